"""Date-times as meters send them: a wall clock without a zone, not necessarily on a calendar."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from struct import Struct

from devices.gatt.wire import Wire

DATE_TIME = "00002a08-0000-1000-8000-00805f9b34fb"
CURRENT_TIME = "00002a2b-0000-1000-8000-00805f9b34fb"
LAYOUT = Struct("<H5B")
"""Year, month, day, hour, minute, second."""


@dataclass(frozen=True, slots=True)
class WireTime:
    """Seven bytes of date and time without any calendar check: month 13 is kept as sent."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int

    def __str__(self) -> str:
        """Print as sent, in the shape of ISO 8601."""
        return (
            f"{self.year:04d}-{self.month:02d}-{self.day:02d}"
            f"T{self.hour:02d}:{self.minute:02d}:{self.second:02d}"
        )

    def wall(self, offset_min: int = 0) -> datetime | None:
        """Return the naive local clock time, moved by an offset in minutes.

        `None` when no calendar has this date, or the offset leaves the calendar.
        """
        try:
            at = datetime(  # noqa: DTZ001 - a meter's clock has no zone
                self.year, self.month, self.day, self.hour, self.minute, self.second
            )
            return at + timedelta(minutes=offset_min)
        except (ValueError, OverflowError):
            return None

    def to_bytes(self) -> bytes:
        """Return the seven bytes as sent."""
        rest = bytes((self.month, self.day, self.hour, self.minute, self.second))
        return self.year.to_bytes(2, "little") + rest

    @classmethod
    def of(cls, at: datetime) -> "WireTime":
        """Write a clock time down; the zone, if any, is not sent."""
        return cls(at.year, at.month, at.day, at.hour, at.minute, at.second)


@dataclass(frozen=True, slots=True)
class CurrentTime:
    """Characteristic 0x2A2B: the clock a meter shows."""

    at_wall: WireTime
    weekday: int
    """1 is Monday, 0 unknown."""
    fraction_256: int
    """Parts of a second, of 256."""
    adjust_reason: int


def take_time(wire: Wire) -> WireTime:
    """Take seven bytes as a date-time.

    Raises:
        WireError: fewer than seven bytes are left.
    """
    return WireTime(*LAYOUT.unpack(wire.take(LAYOUT.size)))


def decode_date_time(raw: bytes) -> WireTime:
    """Read characteristic 0x2A08.

    Raises:
        WireError: fewer than seven bytes.
    """
    return take_time(Wire(raw))


def decode_current_time(raw: bytes) -> CurrentTime:
    """Read characteristic 0x2A2B.

    Raises:
        WireError: fewer than ten bytes.
    """
    wire = Wire(raw)
    return CurrentTime(take_time(wire), wire.u8(), wire.u8(), wire.u8())


def encode_current_time(at: WireTime, weekday: int = 0) -> bytes:
    """Build the ten bytes of 0x2A2B, whole seconds, no adjustment."""
    return at.to_bytes() + bytes((weekday, 0, 0))
