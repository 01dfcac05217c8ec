"""A value exactly as somebody or some meter wrote it, in whole numbers only.

`72` with one decimal in mmol/L is the literal `7.2`. Beside it stands the *tick*: the
number that is classified and summed, whole mg/dL or whole tenths of mmol/L. Where more digits were
given it is rounded away from the middle of the scale, so that comparing ticks compares literals:
2.95 is below 3.0 and 10.04 above 10.0. No float takes part, so a replayed value is always equal
to itself.
"""

import re
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from devices.glucose import Glucose, Unit

MAX_MANTISSA = 9_999
MAX_SCALE = 3
TICK_SCALE = {Unit.MG_DL: 0, Unit.MMOL_L: 1}
"""Decimals of a tick: whole mg/dL, tenths of mmol/L."""

MIDDLE = {Unit.MG_DL: 126, Unit.MMOL_L: 70}
"""Ticks from which more digits round up: no lower limit lies above it and no upper one below."""

BELIEVABLE = {Unit.MG_DL: (10, 600), Unit.MMOL_L: (6, 333)}
"""Lowest and highest tick a meter shows (typical limits: 10-600 mg/dL, 0.6-33.3 mmol/L)."""

CREDIBLE = {Unit.MG_DL: (41, 449), Unit.MMOL_L: (23, 249)}
"""Ticks between which nobody is asked: meters show the others too, but slips of the finger more."""

OTHER_UNIT = {Unit.MG_DL: Unit.MMOL_L, Unit.MMOL_L: Unit.MG_DL}

_POWERS = (1, 10, 100, 1_000)
_DIGITS = re.compile(r"0*(\d{1,4})(?:[.,](\d{1,3}))?", re.ASCII)


class Flaw(StrEnum):
    """Why a value is not taken; stable codes of the API."""

    NOT_A_NUMBER = "not_a_number"
    TOO_PRECISE = "too_precise"
    """More than four digits, or more than three after the point."""
    NOT_MEASURABLE = "not_measurable"


class Digits(NamedTuple):
    """The literal: `mantissa` / 10 ** `scale`."""

    mantissa: int
    scale: int

    @property
    def value(self) -> Decimal:
        """The number, with the decimals it was given with."""
        return Decimal(self.mantissa).scaleb(-self.scale)

    def __str__(self) -> str:
        """The literal as it was entered, with a decimal point."""
        return f"{self.value:f}"


def parse(given: object) -> Digits | Flaw:
    """Read a value: a number, or text with a decimal point or comma; `True` and NaN are neither."""
    if type(given) is int:  # not bool, which is a subclass
        return Digits(given, 0) if 0 <= given <= MAX_MANTISSA else Flaw.NOT_MEASURABLE
    if type(given) is float:
        given = repr(given)
    if type(given) is not str or len(given) > 32:  # noqa: PLR2004 - longer is nobody's glucose
        return Flaw.NOT_A_NUMBER
    found = _DIGITS.fullmatch(given)
    if found is None:
        return _flaw_of(given)
    whole, part = found.groups(default="")
    mantissa = int(whole + part)
    return Digits(mantissa, len(part)) if mantissa <= MAX_MANTISSA else Flaw.TOO_PRECISE


def _flaw_of(text: str) -> Flaw:
    if re.fullmatch(r"\d+[.,]\d{4,}", text, re.ASCII):
        return Flaw.TOO_PRECISE
    is_number = re.fullmatch(r"-?\d+([.,]\d+)?(e[+-]?\d+)?", text, re.ASCII | re.IGNORECASE)
    return Flaw.NOT_MEASURABLE if is_number else Flaw.NOT_A_NUMBER


def tick(digits: Digits, unit: Unit, middle: int | None = None) -> int:
    """The whole number that is classified and summed: mg/dL, or tenths of mmol/L.

    Below the middle of the scale (7.0 mmol/L, 126 mg/dL) down, above it up: every lower limit lies
    below it and every upper one above, so a printed number below the printed limit counts below it.
    A sum of such values is off by less than one tick for each of them.

    Args:
        digits: the literal.
        unit: its unit.
        middle: the lowest tick in range of a person whose own limits lie otherwise (8.0 to 12.0
            mmol/L): for classifying by those limits, never for storing.
    """
    shift = TICK_SCALE[unit] - digits.scale
    if shift >= 0:
        return digits.mantissa * _POWERS[shift]
    quotient, rest = divmod(digits.mantissa, _POWERS[-shift])
    return quotient + bool(rest and quotient >= (MIDDLE[unit] if middle is None else middle))


def is_believable(digits: Digits, unit: Unit) -> bool:
    """Whether a meter can show this: 10 to 600 mg/dL, 0.6 to 33.3 mmol/L, both ends included."""
    return _is_within(digits, unit, BELIEVABLE[unit])


def is_credible(digits: Digits, unit: Unit) -> bool:
    """Whether a typed value needs no question: 41 to 449 mg/dL, 2.3 to 24.9 mmol/L."""
    return _is_within(digits, unit, CREDIBLE[unit])


def perhaps_in(digits: Digits, unit: Unit) -> Unit | None:
    """The other unit, where a typed value is plain in that one and seldom in this: 12 mg/dL.

    Only a question to the person follows from it; the unit is never guessed.
    """
    other = OTHER_UNIT[unit]
    return other if not is_credible(digits, unit) and is_credible(digits, other) else None


def _is_within(digits: Digits, unit: Unit, ends: tuple[int, int]) -> bool:
    """Compares the literal, not its tick."""
    lowest, highest = ends
    places = _POWERS[digits.scale]
    ticks = digits.mantissa * _POWERS[TICK_SCALE[unit]]
    return lowest * places <= ticks <= highest * places


def perhaps_meant(digits: Digits, unit: Unit) -> Digits | None:
    """What somebody probably meant by a value no meter shows: 72 mmol/L is 7.2, never mg/dL.

    The unit is never guessed from the size of a number; only a forgotten decimal point is.
    """
    if unit is not Unit.MMOL_L or digits.scale:
        return None
    pointed = Digits(digits.mantissa, 1)
    return pointed if is_believable(pointed, unit) else None


def glucose(digits: Digits, unit: Unit) -> Glucose:
    """The same as a quantity with its unit."""
    return Glucose(digits.value, unit)
