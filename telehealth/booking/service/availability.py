"""Which slots offered hours make: arithmetic without a database.

Hours are wall time; each day's window is turned into instants first, and slots are then counted in
elapsed minutes. So on 29 March and 25 October a slot still lasts as long as it says, a clock time
that does not exist is never offered, and one that comes twice is two slots.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time between two instants, without its end: spans may touch."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share any time."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Hours:
    """Offered hours as the arithmetic needs them; buffers and slot length in minutes."""

    first_on: date
    last_on: date | None
    starts_wall: time
    ends_wall: time
    zone: str
    slot_min: int
    before_min: int = 0
    after_min: int = 0

    def are_on(self, day: date) -> bool:
        """Whether these hours take place on `day`."""
        is_over = self.last_on is not None and day > self.last_on
        is_weekday = (day - self.first_on).days % DAYS_PER_WEEK == 0
        return day >= self.first_on and is_weekday and not is_over

    def window(self, day: date) -> Span:
        """The hours of one day as instants; the window is empty when the clock skips all of it."""
        return Span(
            _instant(day, self.starts_wall, self.zone), _instant(day, self.ends_wall, self.zone)
        )

    def blocked(self, slot: Span) -> Span:
        """The slot and its buffers: what is taken from the worker."""
        return Span(
            slot.starts_at - timedelta(minutes=self.before_min),
            slot.ends_at + timedelta(minutes=self.after_min),
        )


def _instant(day: date, wall: time, zone: str) -> datetime:
    """The instant a wall clock shows: the first of two, or the moment the clock skips over it."""
    place = ZoneInfo(zone)
    shown = datetime.combine(day, wall, place)
    instant = shown.astimezone(UTC)
    if instant.astimezone(place).time() == wall:
        return instant
    after_change = instant.astimezone(place).utcoffset()
    before = shown.replace(fold=1).astimezone(UTC)  # in a gap, fold 1 counts with the later offset
    while before.astimezone(place).utcoffset() != after_change:
        before += timedelta(minutes=1)
    return before


def slots_on(hours: Hours, day: date) -> Iterator[Span]:
    """All slots of `hours` on `day`, taken or not, in order."""
    if not hours.are_on(day):
        return
    window = hours.window(day)
    length = timedelta(minutes=hours.slot_min)
    step = timedelta(minutes=hours.before_min + hours.slot_min + hours.after_min)
    start = window.starts_at
    while start + length <= window.ends_at:
        yield Span(start, start + length)
        start += step


def days_between(first_on: date, last_on: date) -> Iterator[date]:
    """The days from `first_on` to `last_on`, both included."""
    for offset in range((last_on - first_on).days + 1):
        yield first_on + timedelta(days=offset)


def free_on(hours: Hours, day: date, busy: Iterable[Span], own: Iterable[Span] = ()) -> list[Span]:
    """The slots of `day` that neither the worker (`busy`) nor the patient (`own`) has taken.

    The worker's time is compared with buffers, the patient's without.
    """
    busy, own = tuple(busy), tuple(own)
    return [
        slot
        for slot in slots_on(hours, day)
        if not any(hours.blocked(slot).overlaps(taken) for taken in busy)
        and not any(slot.overlaps(taken) for taken in own)
    ]
