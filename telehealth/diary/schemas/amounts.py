"""Numbers as people type them: decimal comma or point, kept as written, refused with a question."""

import re
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from devices.glucose import Unit
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_, number
from telehealth.core.web.words import locale
from telehealth.diary.models import MAX_DOSE_HUNDREDTHS
from telehealth.glycemia.entered import (
    OTHER_UNIT,
    Digits,
    Flaw,
    is_believable,
    is_credible,
    parse,
    perhaps_in,
)
from telehealth.readings.models import Beyond
from telehealth.readings.schemas import sentence
from telehealth.readings.service import Rejection

Value = Digits | Beyond

_NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,2})?", re.ASCII)


class Whole(fields.Field[int | None]):
    """A whole number from 1 to `most`; zero means nothing and is left out.

    Args:
        most: the largest that is taken.
        hint: what to enter instead, as a message id.
    """

    def __init__(self, *, most: int, hint: str, **more: Any) -> None:
        super().__init__(**more)
        self._most, self._hint = most, hint

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int | None:
        amount = _amount(value, self._hint)
        if amount != amount.to_integral() or amount > self._most:
            raise ValidationError(self._hint)
        return int(amount) or None


class Units(fields.Field[Decimal | None]):
    """Units of insulin with at most two decimals, up to 300; zero means nothing and is left out."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Decimal | None:
        hint = N_("Enter units of insulin, for example 6 or 6.5; at most 300.")
        amount = _amount(value, hint)
        if amount * 100 > MAX_DOSE_HUNDREDTHS:
            raise ValidationError(hint)
        if amount == amount.to_integral():
            amount = amount.quantize(Decimal(1))
        return amount or None


def _amount(value: Any, hint: str) -> Decimal:
    text = repr(value) if type(value) in (int, float) else value
    if not isinstance(text, str) or not _NUMBER.fullmatch(text.strip()):
        raise ValidationError(hint)
    return Decimal(text.strip().replace(",", "."))


def glucose_of(typed: str, unit: Unit) -> Value:
    """What somebody typed as a value; HI and LO as the meter's display says them.

    Raises:
        Invalid: no value a meter shows; the sentence says what was probably meant.
    """
    text = typed.strip().replace(",", ".")
    if text.upper() in ("HI", "LO"):
        return Beyond(text.upper())
    found = parse(text)
    if isinstance(found, Digits) and is_believable(found, unit):
        return found
    if isinstance(found, Flaw):
        raise _wrong(sentence(Rejection(0, "value", found)))
    raise _wrong(sentence(Rejection(0, "value", Flaw.NOT_MEASURABLE, found, unit)))


def other_unit(value: Value, unit: Unit) -> str:
    """The same in the other unit, for the eye: `130 mg/dL`; empty for HI and LO."""
    if isinstance(value, Beyond):
        return ""
    other = OTHER_UNIT[unit]
    factor = Decimal("18.01559")
    number_there = value.value / factor if other is Unit.MMOL_L else value.value * factor
    return f"{number(number_there, locale(), 1 if other is Unit.MMOL_L else 0)} {other.value}"


def in_words(value: Value, unit: Unit) -> str:
    """`7,2 mmol/L` in the reader's language."""
    if isinstance(value, Beyond):
        return str(value)
    return f"{number(value.value, locale())} {unit.value}"


def is_questionable(value: Value, unit: Unit) -> bool:
    """Whether a person is asked once if this is right."""
    if isinstance(value, Beyond):
        return False
    return not is_credible(value, unit)


def perhaps_meant(value: Value, unit: Unit) -> str:
    """What it may have been in the other unit, in words; empty where there is no such doubt."""
    other = None if isinstance(value, Beyond) else perhaps_in(value, unit)
    return "" if other is None else in_words(value, other)


def _wrong(text: str) -> Invalid:
    return Invalid(errors=(FieldError("#/value", text, "value"),))
