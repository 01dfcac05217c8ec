"""Dates as exports write them: what they say, and what stays open."""

import re
from datetime import UTC, datetime

from devices.files.records import DateOrder

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before this no device of any format existed: its clock was never set."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""From here on a number is no time of a reading, but one in another measure."""
MONTHS = 12
MIDNIGHT_HOUR = 12
CENTURY = 2000
MAX_TIME_CHARS = 48
"""No time is written longer; a whole page in a cell is none."""
_DATE = re.compile(
    r"(\d{1,4})([-/.])\s?(\d{1,2})\2\s?(\d{1,4})[T ]+"
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?\s?([AaPp]\.?[Mm]\.?)?",
    re.ASCII,
)
_DAY_FIRST = re.compile(r"(\d{1,2})\.?[ -]([^\W\d_]{3,10})\.?[ ,-]+(\d{4})\b")
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,10})\.? (\d{1,2}),? +(\d{4})\b")
_MONTHS = (
    "jan january januar januarja janvier janv enero ene gennaio gen januari janeiro",
    "feb february februar februarja février févr febrero febbraio februari fevereiro fev",
    "mar march märz marec marca mars marzo maart mrt março",
    "apr april aprila avril avr abril abr aprile",
    "may mai maj maja mayo maggio mag mei maio",
    "jun june juni junij junija juin junio giugno giu junho",
    "jul july juli julij julija juillet juil julio luglio lug julho",
    "aug august avg avgust avgusta août agosto ago augustus",
    "sep sept september septembra septembre septiembre settembre set setembro",
    "oct october okt oktober oktobra octobre octubre ottobre ott outubro out",
    "nov november novembra novembre noviembre novembro",
    "dec december dez dezember decembra décembre déc diciembre dic dicembre dezembro",
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
"""Names of months and their short forms in the languages that exports come in."""
_DATE_ONLY = re.compile(
    r"\d{1,4}([-/.])\s?\d{1,2}\1\s?\d{1,4}|\d{1,2}\.?[ -][^\W\d_]{3,10}\.?[ ,-]+\d{4}"
    r"|[^\W\d_]{3,10}\.? \d{1,2},? +\d{4}"
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
    found = _date_and_time(text)
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


def _date_and_time(text: str) -> re.Match[str] | None:
    if len(text) > MAX_TIME_CHARS:
        return None
    return _DATE.fullmatch(text) or _DATE.fullmatch(_numbered(text))


def is_date(text: str) -> bool:
    """Whether a cell holds a date, with a time of day or without."""
    if not text or len(text) > MAX_TIME_CHARS:
        return False
    return bool(_DATE_ONLY.fullmatch(text) or _DATE.fullmatch(_numbered(text)) or instant_of(text))


def _numbered(text: str) -> str:
    """Write a month in words, as in 25 Sep 2026, as its number with the year first."""
    found = _DAY_FIRST.match(text)
    day, name = (found[1], found[2]) if found else ("", "")
    if found is None and (found := _MONTH_FIRST.match(text)):
        day, name = found[2], found[1]
    month = _MONTH.get(name.casefold())
    if found is None or month is None:
        return text
    return f"{found[3]}-{month:02}-{int(day):02}{text[found.end() :].removeprefix(',')}"


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
