"""Adherence to a measurement plan: which planned slots of a day were measured.

A slot counts once however often somebody measured in it, and a reading does one slot at most. What
people marked decides: a reading marked "after breakfast" never does the slot before it. A reading
without a mark may do any slot whose window it lies in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from telehealth.glycemia.slots import Slot

DAY_MIN = 24 * 60
EVERY_DAY = 0b111_1111

_MARKS: dict[str, frozenset[Slot]] = {
    **{slot.value: frozenset({slot}) for slot in Slot},
    "fasting": frozenset({Slot.BEFORE_BREAKFAST}),
    "before_meal": frozenset({Slot.BEFORE_BREAKFAST, Slot.BEFORE_LUNCH, Slot.BEFORE_DINNER}),
    "after_meal": frozenset({Slot.AFTER_BREAKFAST, Slot.AFTER_LUNCH, Slot.AFTER_DINNER}),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """One slot of a plan: weekdays as bits (Monday 1 … Sunday 64), window in wall-clock minutes."""

    slot: Slot
    weekdays: int
    starts_min: int
    ends_min: int

    def is_on(self, day: date) -> bool:
        """Whether the slot is planned on this day of the week."""
        return bool(self.weekdays >> day.weekday() & 1)


@dataclass(frozen=True, slots=True)
class Window:
    """One planned slot on one day; both ends still count. The tolerance lies inside."""

    slot: Slot
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A fingerstick: when, and what it was marked as (a slot, `fasting`, `before_meal`, …)."""

    at: datetime
    mark: str = ""

    def may_do(self, window: Window) -> bool:
        """Whether this reading may stand for the planned slot."""
        slots = _MARKS.get(self.mark)
        return (slots is None or window.slot in slots) and (
            window.opens_at <= self.at <= window.closes_at
        )


def windows(
    planned: Iterable[Planned], day: date, *, tolerance_min: int, zone: ZoneInfo
) -> list[Window]:
    """The slots planned on a local day, in order of time, as instants.

    Times are those of the wall clock, so a window keeps its place on the days the clocks change.
    """
    around = timedelta(minutes=tolerance_min)
    found = [
        Window(
            one.slot,
            _instant(day, one.starts_min, zone) - around,
            _instant(day, one.ends_min, zone) + around,
        )
        for one in planned
        if one.is_on(day)
    ]
    return sorted(found, key=lambda window: (window.opens_at, window.closes_at, window.slot))


def done(planned: Sequence[Window], taken: Sequence[Taken]) -> list[int | None]:
    """For each window the place of the reading that does it, or None.

    As many slots as possible are done: readings are moved between windows that overlap (augmenting
    paths in a bipartite graph), so the order of the readings changes no count.
    """
    ways = [
        [place for place, reading in enumerate(taken) if reading.may_do(window)]
        for window in planned
    ]
    owner: dict[int, int] = {}

    def seat(window: int, seen: set[int]) -> bool:
        for reading in ways[window]:
            if reading in seen:
                continue
            seen.add(reading)
            if reading not in owner or seat(owner[reading], seen):
                owner[reading] = window
                return True
        return False

    for window in range(len(planned)):
        seat(window, set())
    by_window = {window: reading for reading, window in owner.items()}
    return [by_window.get(window) for window in range(len(planned))]


def adherence_pct(done_slots: int, planned_slots: int) -> float | None:
    """Slots done in percent of those planned; None where nothing was planned."""
    return 100 * done_slots / planned_slots if planned_slots else None


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    on = day + timedelta(days=minute // DAY_MIN)
    wall = datetime.combine(on, time(minute % DAY_MIN // 60, minute % 60), zone)
    return wall.astimezone(UTC)
