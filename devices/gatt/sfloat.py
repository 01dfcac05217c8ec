"""SFLOAT, the 16-bit decimal number of IEEE 11073-20601: mantissa x 10^exponent, exactly."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from devices.gatt.wire import Wire

MANTISSA_BITS = 12
MANTISSA_RANGE = range(-0x800, 0x800)
EXPONENT_RANGE = range(-8, 8)


class Special(StrEnum):
    """Words that are not numbers, tested as whole words before any decoding."""

    NAN = "NaN"
    NRES = "NRes"
    PLUS_INF = "+INF"
    MINUS_INF = "-INF"
    RESERVED = "reserved"


SPECIALS = {
    0x07FF: Special.NAN,
    0x0800: Special.NRES,
    0x07FE: Special.PLUS_INF,
    0x0802: Special.MINUS_INF,
    0x0801: Special.RESERVED,
}


@dataclass(frozen=True, slots=True)
class Sfloat:
    """One SFLOAT word, kept as sent; every reading of it is exact."""

    word: int

    def __post_init__(self) -> None:
        """Refuse what does not fit in 16 bits."""
        if not 0 <= self.word <= 0xFFFF:  # noqa: PLR2004 - the width of the word
            raise ValueError(f"not a 16-bit word: {self.word}")

    @property
    def special(self) -> Special | None:
        """Which special this is; `None` for a number."""
        return SPECIALS.get(self.word)

    @property
    def mantissa(self) -> int:
        """Bits 11 to 0, two's complement."""
        low = self.word & 0x0FFF
        return low - 0x1000 if low & 0x0800 else low

    @property
    def exponent(self) -> int:
        """Bits 15 to 12, two's complement: the nibble B is -5."""
        high = self.word >> MANTISSA_BITS
        return high - 16 if high & 8 else high

    def number(self, *, shift: int = 0) -> Decimal | None:
        """Return the number times 10^shift, exactly, or `None` for a special word."""
        if self.special is not None:
            return None
        return Decimal(self.mantissa).scaleb(self.exponent + shift)

    def to_bytes(self) -> bytes:
        """Return the two bytes as sent."""
        return self.word.to_bytes(2, "little")


def take_sfloat(wire: Wire) -> Sfloat:
    """Take two bytes as an SFLOAT.

    Raises:
        WireError: fewer than two bytes are left.
    """
    return Sfloat(wire.u16())


def encode_sfloat(mantissa: int, exponent: int) -> Sfloat:
    """Build the word for mantissa x 10^exponent.

    Raises:
        ValueError: the number does not fit, or its word is one of the specials.
    """
    if mantissa not in MANTISSA_RANGE or exponent not in EXPONENT_RANGE:
        raise ValueError(f"does not fit an SFLOAT: {mantissa}e{exponent}")
    built = Sfloat(((exponent & 0xF) << MANTISSA_BITS) | (mantissa & 0xFFF))
    if built.special is not None:
        raise ValueError(f"{mantissa}e{exponent} is spelled like {built.special}")
    return built
