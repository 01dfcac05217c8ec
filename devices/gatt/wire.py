"""Reading little-endian fields one after the other, and the one way bytes can be refused."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Why bytes were refused."""

    TRUNCATED = "truncated"
    """Fields the flags announce do not fit."""
    INVALID = "invalid"
    """Not a message of this kind."""
    CRC = "crc"
    """The checksum does not agree with the bytes before it."""
    BAD_SIZE = "bad size"
    """A record says a length that its own flags contradict."""


class WireError(ValueError):
    """Bytes that cannot be read as what they claim to be."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(slots=True)
class Wire:
    """A place in a byte string, moved forward by each field taken."""

    raw: bytes
    at: int = 0

    @property
    def left(self) -> int:
        """Bytes not taken yet."""
        return len(self.raw) - self.at

    def take(self, size: int) -> bytes:
        """Take the next bytes.

        Raises:
            WireError: fewer bytes are left (truncated).
        """
        begun, self.at = self.at, self.at + size
        if self.at > len(self.raw):
            raise WireError(Fault.TRUNCATED)
        return self.raw[begun : self.at]

    def u8(self) -> int:
        """Take one unsigned byte."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Take two bytes, unsigned, little-endian."""
        return int.from_bytes(self.take(2), "little")

    def u24(self) -> int:
        """Take three bytes, unsigned, little-endian."""
        return int.from_bytes(self.take(3), "little")

    def s8(self) -> int:
        """Take one signed byte."""
        return int.from_bytes(self.take(1), "little", signed=True)

    def s16(self) -> int:
        """Take two bytes, two's complement, little-endian."""
        return int.from_bytes(self.take(2), "little", signed=True)
