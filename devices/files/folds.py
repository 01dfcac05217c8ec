"""Which of its two passes a reading of the doubled autumn hour belongs to.

A wall clock shows that hour twice. A counter beside the readings that no person sets (the seconds
of a sensor's transmitter) decides for each row alone, in whatever order the rows stand. Without
one the order of the rows decides, forwards or backwards, by the file's own numbers where it has
them. Where neither says anything the first pass is taken; every such reading is doubtful anyway.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from devices.files.records import Reason
from devices.meaning import Doubt, in_zone

NEAR = timedelta(hours=6)
"""Neighbours of the hour that are looked at, before and after it."""
SURE = timedelta(minutes=15)
"""A counter that is further off than this fits neither pass."""
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a row stands in its file and on the clocks beside it."""

    line: int
    series: str
    """Readings of one kind of one device."""
    wall: datetime
    """On the device's clock, without a zone."""
    counter_s: int | None = None
    """Seconds on a counter that no person sets."""
    number: int | None = None
    """The row's own number in the file."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass of the doubled hour."""

    second: bool
    is_proven: bool
    """By a counter, so that no order of the rows changes it."""


Passes = Mapping[tuple[int, str], Pass]
"""By line and series."""
UNKNOWN = Pass(second=False, is_proven=False)


def doubled_hour(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Return the doubled hour that a wall clock time is near to: from, and until."""
    for begin, end in _doubled_hours(zone, wall.year):
        if begin - NEAR <= wall < end + NEAR:
            return begin, end
    return None


def is_doubled(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks of a zone show a time twice."""
    hour = doubled_hour(wall, zone)
    return hour is not None and hour[0] <= wall < hour[1]


def placed(
    wall: datetime, zone: ZoneInfo, which: Pass = UNKNOWN
) -> tuple[datetime, Doubt | None] | Reason:
    """Return the instant (UTC) of a wall clock time and the doubt about it, or why there is none.

    Args:
        wall: without a zone.
        zone: of the wall clock.
        which: the pass, where the time comes twice.
    """
    at, doubt = in_zone(wall, zone)
    if at is None:
        return Reason.CLOCK_GAP if doubt is Doubt.CLOCK_GAP else Reason.BAD_TIME
    return at.replace(fold=int(which.second)).astimezone(UTC), doubt


def passes(marks: Iterable[Mark], zone: ZoneInfo) -> Passes:
    """Find the pass of every row in a doubled hour from it and its neighbours.

    Args:
        marks: of all rows of a file; those far from a doubled hour are passed over.
        zone: of the wall clock.
    """
    groups: dict[tuple[str, datetime, datetime], list[Mark]] = defaultdict(list)
    for mark in marks:
        hour = doubled_hour(mark.wall, zone)
        if hour is not None:
            groups[mark.series, *hour].append(mark)
    found: dict[tuple[int, str], Pass] = {}
    for (series, begin, end), near in groups.items():
        inside = [mark for mark in near if begin <= mark.wall < end]
        around = [mark for mark in near if not begin <= mark.wall < end]
        by_order = _by_order(near, begin, end)
        for mark in inside:
            second = _by_counter(mark, around, zone)
            if second is None:
                found[mark.line, series] = Pass(mark.line in by_order, is_proven=False)
            else:
                found[mark.line, series] = Pass(second, is_proven=True)
    return found


def _by_counter(mark: Mark, around: Sequence[Mark], zone: ZoneInfo) -> bool | None:
    """Whether the counter says second pass; `None` where it says nothing."""
    counted = [one for one in around if one.counter_s is not None]
    if mark.counter_s is None or not counted:
        return None
    anchor = min(counted, key=lambda one: abs((one.counter_s or 0) - (mark.counter_s or 0)))
    ticks = timedelta(seconds=mark.counter_s - (anchor.counter_s or 0))
    at = anchor.wall.replace(tzinfo=zone).astimezone(UTC) + ticks
    first, second = (
        abs(mark.wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) - at) for fold in (0, 1)
    )
    return None if min(first, second) > SURE else second < first


def _by_order(near: Sequence[Mark], begin: datetime, end: datetime) -> set[int]:
    """Return the lines of the second pass, where the rows are in an order of time at all.

    A series that rose into the hour and then steps back has begun its second pass.
    """
    ordered = _in_order(near)
    outside = [mark.wall for mark in ordered if not begin <= mark.wall < end]
    rises = any(before < after for before, after in pairwise(outside))
    falls = any(before > after for before, after in pairwise(outside))
    if rises and falls:
        return set()
    if falls:
        ordered.reverse()
    second: set[int] = set()
    before, is_rising = ordered[0], False
    for mark in ordered[1:]:
        if not begin <= mark.wall < end:
            before, is_rising = mark, False
            continue
        is_repeated = mark.number is not None and mark.number == before.number
        steps_back = is_rising and not is_repeated and mark.wall <= before.wall
        if before.line in second or steps_back:
            second.add(mark.line)
        is_rising = is_rising or timedelta() < mark.wall - before.wall < NEAR
        before = mark
    return second


def _in_order(near: Sequence[Mark]) -> list[Mark]:
    """Sort by the file's own numbers, or else leave the order of the lines."""
    if any(mark.number is None for mark in near):
        return list(near)
    return sorted(near, key=lambda mark: (mark.number or 0, mark.line))


@lru_cache(maxsize=512)
def _doubled_hours(zone: ZoneInfo, year: int) -> tuple[tuple[datetime, datetime], ...]:
    """Find the times of a year that the clocks of a zone show twice."""
    found = []
    midnight = datetime(year, 1, 1)  # noqa: DTZ001 - a wall clock has no zone
    for _ in range((date(year, 12, 31) - date(year, 1, 1)).days):
        step_back = _offset(midnight, zone) - _offset(midnight + _DAY, zone)
        if step_back > timedelta():
            begin = midnight
            while not _comes_again(begin, zone) and begin < midnight + _DAY:
                begin += _MINUTE
            found.append((begin, begin + step_back))
        midnight += _DAY
    return tuple(found)


def _offset(wall: datetime, zone: ZoneInfo, fold: int = 0) -> timedelta:
    return wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta()


def _comes_again(wall: datetime, zone: ZoneInfo) -> bool:
    return _offset(wall, zone) > _offset(wall, zone, fold=1)
