"""Dates as exports write them: what they say, what stays open, and where they lie in a zone."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from devices.files.records import DateOrder, Reason
from devices.meaning import Doubt, in_zone

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before this no device of any format existed: its clock was never set."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""From here on a number is no time of a reading, but one in another measure."""
MONTHS = 12
MIDNIGHT_HOUR = 12
CENTURY = 2000
MAX_SERIES = 1000
"""No person has so many devices; a file that claims it must not fill the memory."""
_DATE = re.compile(
    r"(\d{1,4})([-/.])\s?(\d{1,2})\2\s?(\d{1,4})[T ]+"
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([AaPp]\.?[Mm]\.?)?",
    re.ASCII,
)
_YEAR_DIGITS = 4
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d", re.ASCII)
_SHORT_DIGITS = (1, 2)


def order_shown(text: str) -> DateOrder | None:
    """Return the order a date shows by itself: with a 13 to 31 in the place of the day."""
    if _has_year_first(text):
        return None
    found = _DATE.fullmatch(text)
    if found is None or len(found[1]) == _YEAR_DIGITS:
        return None
    first, second = int(found[1]), int(found[3])
    if first > MONTHS >= second:
        return DateOrder.DMY
    if second > MONTHS >= first:
        return DateOrder.MDY
    return None


def needs_order(text: str) -> bool:
    """Whether a date has its year last."""
    if _has_year_first(text):
        return False
    found = _DATE.fullmatch(text)
    return found is not None and len(found[1]) in _SHORT_DIGITS


def _has_year_first(text: str) -> bool:
    """Whether a text begins as 2026-11-24 does: quicker than reading it, for long files."""
    return text[4:5] == "-" and text[:4].isdigit()


def wall_of(text: str, order: DateOrder | None) -> datetime | None:
    """Read a wall clock time; `None` if it names none in this order."""
    if _ISO.fullmatch(text):  # what most long files have; the library reads it at once
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    day = _day(found[1], found[3], found[4], order)
    hour = _hour(int(found[5]), found[9])
    if day is None or hour is None:
        return None
    micro = int((found[8] or "0")[:6].ljust(6, "0"))
    try:
        return datetime(*day, hour, int(found[6]), int(found[7] or 0), micro)  # noqa: DTZ001 - a wall clock has no zone
    except ValueError:
        return None


def _day(
    first: str, second: str, third: str, order: DateOrder | None
) -> tuple[int, int, int] | None:
    if len(first) == _YEAR_DIGITS:
        return int(first), int(second), int(third)
    if order is None or len(third) not in (2, _YEAR_DIGITS):
        return None
    year = int(third) + (CENTURY if len(third) == len("yy") else 0)
    if order is DateOrder.DMY:
        return year, int(second), int(first)
    return year, int(first), int(second)


def _hour(hour: int, half: str | None) -> int | None:
    if half is None:
        return hour
    is_afternoon = half[0] in "pP"
    if not 1 <= hour <= MIDNIGHT_HOUR:
        # Some exports put the half beside a clock of 24 hours: 13:05 PM, 00:20 AM.
        return hour if is_afternoon is (hour > MIDNIGHT_HOUR) else None
    return hour % MIDNIGHT_HOUR + (MIDNIGHT_HOUR if is_afternoon else 0)


def instant_of(text: str) -> datetime | None:
    """Read a time that names its offset (`Z`, `+02:00`, `+0200`); `None` for all others."""
    try:
        at = datetime.fromisoformat(text)
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def offset_of(text: str) -> int | None:
    """Return the minutes ahead of UTC that a time names; `None` where it names none."""
    try:
        offset = datetime.fromisoformat(text).utcoffset()
    except ValueError:
        return None
    return None if offset is None else int(offset.total_seconds() // 60)


class Clock:
    """Places the wall clock times of one file in a zone, in the order of the file.

    In the hour that comes twice, a series that walked into it from below and then steps back
    has begun its second pass; every reading of that hour is doubtful all the same.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._before: dict[str, tuple[datetime, bool, int]] = {}

    def place(self, wall: datetime, series: str) -> tuple[datetime, Doubt | None] | Reason:
        """Return the instant (UTC) and the doubt about it, or why there is none."""
        at, doubt = in_zone(wall, self._zone)
        if at is None:
            return Reason.CLOCK_GAP if doubt is Doubt.CLOCK_GAP else Reason.BAD_TIME
        second = self._pass(wall, series, is_twice=doubt is Doubt.CLOCK_FOLD)
        return at.replace(fold=second).astimezone(UTC), doubt

    def _pass(self, wall: datetime, series: str, *, is_twice: bool) -> int:
        """Return 1 in the proven second pass of the hour that comes twice."""
        before, was_rising, second = self._before.get(series, (wall, False, 0))
        if len(self._before) > MAX_SERIES:
            self._before.clear()
        if not is_twice:
            self._before[series] = (wall, False, 0)
            return 0
        came_from_below = timedelta() < wall - before < timedelta(hours=6)
        if was_rising and wall <= before:
            second = 1
        self._before[series] = (wall, was_rising or came_from_below, second)
        return second
