"""The days a report is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from telehealth.core.clock import HOME_ZONE, local

LENGTHS = (1, 14, 90)
"""Today, two weeks, three months."""
DEFAULT_LENGTH = 14
MAX_DAYS = 90
EARLIEST = date(2000, 1, 1)
_AHEAD = timedelta(hours=1)
"""A sender's clock may be a little ahead."""


@dataclass(frozen=True, slots=True)
class Days:
    """Some whole local days, `first` to `last`, both inside."""

    first: date
    last: date

    @property
    def length(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def begins_at(self) -> datetime:
        """Midnight before the first day."""
        return _midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        """Midnight after the last day; the days when the clock changes are 23 and 25 hours."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def before(self) -> "Days":
        """As many days directly before."""
        return days_ending(self.first - timedelta(days=1), self.length)

    def __iter__(self) -> Iterator[date]:
        """Every day, oldest first."""
        return (self.first + timedelta(days=n) for n in range(self.length))


def days_ending(last: date, length: int) -> Days:
    """So many days, the last of them given."""
    return Days(last - timedelta(days=length - 1), last)


def days_of(length: int | None, last: date | None, now: datetime) -> Days:
    """The days asked for: today where no last day is given, never the future, at most 90 days."""
    today = local(now).date()
    last = min(max(last or today, EARLIEST + timedelta(days=MAX_DAYS)), today)
    wanted = length or DEFAULT_LENGTH
    return days_ending(last, wanted if 1 <= wanted <= MAX_DAYS else DEFAULT_LENGTH)


def last_instant(days: Days, now: datetime) -> datetime:
    """Until when readings are looked for."""
    return min(days.ends_at, now + _AHEAD)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), HOME_ZONE).astimezone(UTC)
