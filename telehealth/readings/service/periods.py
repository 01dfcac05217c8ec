"""Periods people look at: whole local days up to now."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from telehealth.core.clock import HOME_ZONE, local

MAX_COLUMNS = 50_000
"""90 days of a five-minute sensor are 25,920 readings."""
PERIODS = (1, 7, 14, 30, 90)
DEFAULT_DAYS = 14


@dataclass(frozen=True, slots=True)
class Window:
    """Which readings: from (inclusive), to (exclusive), after a cursor's place, how many."""

    begins_at: datetime | None = None
    ends_at: datetime | None = None
    cursor: str | None = None
    limit: int = 100
    with_sensor: bool = True
    """False: only what was written by hand or measured with a meter."""


@dataclass(frozen=True, slots=True)
class Period:
    """Some local days, the last of them today; `ends_at` leaves room for a clock a little ahead."""

    length_days: int
    begins_at: datetime
    ends_at: datetime
    first: date
    last: date

    @property
    def window(self) -> Window:
        """All readings of the period."""
        return Window(self.begins_at, self.ends_at, limit=MAX_COLUMNS)

    def part(self, begins_wall: datetime, ends_wall: datetime) -> "Period":
        """The part of the period between two times of the wall clock, for looking closer.

        Args:
            begins_wall: without zone, on the clock of the installation; of an hour that exists
                twice the first is meant.
            ends_wall: the same, of such an hour the second.
        """
        begins_at = begins_wall.replace(tzinfo=HOME_ZONE).astimezone(UTC)
        ends_at = ends_wall.replace(tzinfo=HOME_ZONE, fold=1).astimezone(UTC)
        begins_at = min(max(begins_at, self.begins_at), self.ends_at)
        ends_at = max(min(ends_at, self.ends_at), begins_at)
        return replace(self, begins_at=begins_at, ends_at=ends_at)


def period_of(length_days: int, now: datetime) -> Period:
    """The last days including today; the usual number for one that is not offered."""
    length_days = length_days if length_days in PERIODS else DEFAULT_DAYS
    last = local(now).date()
    first = last - timedelta(days=length_days - 1)
    begins_at = datetime.combine(first, time(), HOME_ZONE).astimezone(UTC)
    ends_at = now + timedelta(hours=1)
    return Period(length_days, begins_at, ends_at, first, last)
