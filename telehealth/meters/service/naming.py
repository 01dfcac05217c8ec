"""What a meter is called: the identity its readings carry, its model for people, its own name."""

import re
from dataclasses import dataclass

from telehealth.meters.models import MAX_IDENTITY_CHARS

BETWEEN = " | "
_ADDRESS = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}", re.IGNORECASE)
_SERIAL_PART = 2
_SHOWN_OF_SERIAL = 4


@dataclass(frozen=True, slots=True)
class Named:
    """An identity taken apart: `Roche | Accu-Chek Guide | 123`."""

    identity: str

    @property
    def parts(self) -> tuple[str, ...]:
        """Maker, model, serial number, as far as there are any."""
        return tuple(part.strip() for part in self.identity.split("|"))

    @property
    def serial(self) -> str:
        """The serial number; empty where none is known."""
        return self.parts[_SERIAL_PART] if len(self.parts) > _SERIAL_PART else ""

    @property
    def ending(self) -> str:
        """The last digits of the serial number: enough to tell two meters of a household apart."""
        return self.serial[-_SHOWN_OF_SERIAL:]

    @property
    def model(self) -> str:
        """Maker and model for people; the maker only where the model does not say it."""
        maker, model, *_ = (*self.parts, "")
        if not model or maker.lower() in model.lower():
            return model or maker
        return f"{maker} {model}".strip()

    @property
    def is_unique(self) -> bool:
        """Whether no other meter can have this identity."""
        return bool(self.serial) or _ADDRESS.fullmatch(self.identity) is not None

    def is_model_of(self, maker: str, model: str) -> bool:
        """Whether it is a meter of this maker and model."""
        ours = tuple(part.lower() for part in self.parts[:_SERIAL_PART])
        return ours == (maker.strip().lower(), model.strip().lower())


def identity_of(maker: str, model: str, serial: str = "") -> str:
    """Put an identity together as a gateway does."""
    parts = [part.replace("|", "/").strip() for part in (maker, model, serial)]
    kept = parts if parts[_SERIAL_PART] else parts[:_SERIAL_PART]
    return BETWEEN.join(kept)[:MAX_IDENTITY_CHARS]
