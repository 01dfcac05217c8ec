"""Values as exports write them; a unit comes from a heading and from nowhere else."""

import re
from decimal import Decimal
from functools import lru_cache

from devices.files.records import Limit, Reason
from devices.glucose import STEP, Glucose, Unit, is_believable

_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,15}|,\d{1,2})?", re.ASCII)
_UNIT = re.compile(r"(mg\s?/\s?dl)|(mmol\s?/\s?l)", re.IGNORECASE)
_BELOW = (
    "lo low niedrig tief nizko nizek nisko laag bas faible bajo baixo basso låg lågt lav lavt "
    "matala alhainen niski niskie nízká nízký alacsony düşük below under"
)
_ABOVE = (
    "hi high hoch visoko visok hoog haut élevé alto elevado hög högt høj højt høy høyt korkea "
    "wysoki wysokie vysoká vysoký magas yüksek above over"
)
_LIMITS = dict.fromkeys(_BELOW.split(), Limit.LOW) | dict.fromkeys(_ABOVE.split(), Limit.HIGH)
"""What vendors write below and above the range of a device, in the languages they export in."""
_BEYOND = re.compile(
    r"([<>≤≥])=?\s*(\d{1,3}(?:[.,]\d)?)\s*(?:mg\s?/\s?dl|mmol\s?/\s?l)?", re.IGNORECASE | re.ASCII
)
_LOWEST_END = {Unit.MG_DL: Decimal(100), Unit.MMOL_L: Decimal("5.5")}
"""No device's range begins above: `<150` says nothing about a low."""
_HIGHEST_END = {Unit.MG_DL: Decimal(180), Unit.MMOL_L: Decimal(10)}
"""No device's range ends below."""
SENSOR_LOW, SENSOR_HIGH = Decimal(39), Decimal(401)
"""Written in mg/dL by Dexcom's programs for below 40 and above 400."""
MAX_VALUE_CHARS = 64
"""No value is written longer; a whole page in a cell is not remembered."""
HIGHEST = Decimal(10_000)
"""Beyond this a number is not worth arithmetic."""


def unit_in(heading: str) -> Unit | None:
    """Return the unit a heading names."""
    found = _UNIT.search(heading)
    if found is None:
        return None
    return Unit.MG_DL if found[1] else Unit.MMOL_L


def number_in(text: str) -> Decimal | None:
    """Return the number that a cell holds; `None` for everything else."""
    if len(text) > MAX_VALUE_CHARS or not _NUMBER.fullmatch(text):
        return None
    return Decimal(text.replace(",", "."))


def without_unit(cell: str) -> str:
    """Return what stands before or behind a unit in a cell."""
    return _UNIT.sub("", cell[:MAX_VALUE_CHARS], count=1).strip()


def read_value(text: str, unit: Unit) -> Glucose | Limit | Reason:
    """Read a cell: a number in a unit, a word for HI or LO, or why it is neither."""
    return Reason.BAD_VALUE if len(text) > MAX_VALUE_CHARS else _read_value(text, unit)


@lru_cache(maxsize=4096)  # a file has many rows and few values
def _read_value(text: str, unit: Unit) -> Glucose | Limit | Reason:
    if not text:
        return Reason.NO_VALUE
    limit = _limit(text.casefold(), unit)
    if limit is not None:
        return limit
    number = number_in(text)
    return Reason.BAD_VALUE if number is None else as_given(number, unit)


def _limit(text: str, unit: Unit) -> Limit | None:
    """Read a word or a bound such as `<40`; `None` for everything else."""
    known = _LIMITS.get(text.rstrip("."))
    found = None if known else _BEYOND.fullmatch(text)
    if found is None:
        return known
    bound = Decimal(found[2].replace(",", "."))
    if found[1] in "<≤":
        return Limit.LOW if bound <= _LOWEST_END[unit] else None
    return Limit.HIGH if bound >= _HIGHEST_END[unit] else None


def sensor_limit(value: Glucose, device: str) -> Limit | None:
    """Return the limit that a sensor's number stands for.

    Args:
        value: as the file has it.
        device: as the file names it; a Libre measures up to 500 mg/dL and writes words.
    """
    if value.unit is not Unit.MG_DL or "libre" in device.casefold():
        return None
    return {SENSOR_LOW: Limit.LOW, SENSOR_HIGH: Limit.HIGH}.get(value.value)


def as_given(number: Decimal, unit: Unit) -> Glucose | Reason:
    """Make a value of a number: whole mg/dL, tenths of mmol/L, halves to even."""
    if not number.is_finite() or number < 0 or number > HIGHEST:
        return Reason.IMPLAUSIBLE
    value = number.quantize(STEP[unit])
    return Glucose(value, unit) if is_believable(value, unit) else Reason.IMPLAUSIBLE


@lru_cache(maxsize=4096)
def plain(value: Glucose | Limit) -> str:
    """Write a value so that 4, 4.0 and 4,0 are one; for keys."""
    if isinstance(value, Limit):
        return value.value
    return f"{value.value.normalize():f}"
