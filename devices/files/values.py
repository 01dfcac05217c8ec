"""Values as exports write them; a unit comes from a heading and from nowhere else."""

import re
from decimal import Decimal
from functools import lru_cache

from devices.files.records import Limit, Reason
from devices.glucose import STEP, Glucose, Unit, is_believable

_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,15}|,\d{1,2})?", re.ASCII)
_UNIT = re.compile(r"(mg\s?/\s?dl)|(mmol\s?/\s?l)", re.IGNORECASE)
_LIMITS = {
    "high": Limit.HIGH,
    "hi": Limit.HIGH,
    "hoch": Limit.HIGH,
    "low": Limit.LOW,
    "lo": Limit.LOW,
    "niedrig": Limit.LOW,
}
HIGHEST = Decimal(10_000)
"""Beyond this a number is not worth arithmetic."""


def unit_in(heading: str) -> Unit | None:
    """Return the unit a heading names."""
    found = _UNIT.search(heading)
    if found is None:
        return None
    return Unit.MG_DL if found[1] else Unit.MMOL_L


@lru_cache(maxsize=4096)  # a file has many rows and few values
def read_value(text: str, unit: Unit) -> Glucose | Limit | Reason:
    """Read a cell: a number in a unit, a word for HI or LO, or why it is neither."""
    if not text:
        return Reason.NO_VALUE
    limit = _LIMITS.get(text.casefold())
    if limit is not None:
        return limit
    if not _NUMBER.fullmatch(text):
        return Reason.BAD_VALUE
    return as_given(Decimal(text.replace(",", ".")), unit)


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
