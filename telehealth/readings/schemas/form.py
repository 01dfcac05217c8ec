"""The diary's form: what a person types, with a decimal comma and a clock without a zone."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from devices.glucose import Unit
from telehealth.core.clock import HOME_ZONE
from telehealth.core.i18n import N_
from telehealth.core.text import is_storable
from telehealth.glycemia.entered import Digits, Flaw, is_believable, parse
from telehealth.readings.models import MAX_NOTE_CHARS, Meal, SourceKind
from telehealth.readings.schemas.rows import MAX_KEY_CHARS
from telehealth.readings.schemas.words import SENTENCES, sentence
from telehealth.readings.service import Code, NewReading, Rejection

_TIME = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)(?::[0-5]\d)?", re.ASCII)
_FILL_IN = N_("Please fill this in.")
_NO_SUCH_HOUR = N_("On this night the clock skipped this hour. Check the time.")


@dataclass(frozen=True, slots=True)
class TypedEntry:
    """The form as a reading."""

    reading: NewReading


def _text(text: str) -> None:
    if not is_storable(text):
        raise ValidationError(SENTENCES[Code.NOT_TEXT])


class TimeOfDay(fields.Field[time]):
    """A time as a browser sends it or as a person types it: `07:40`, `7.40`."""

    def _deserialize(self, value: object, *_: object, **__: object) -> time:
        found = _TIME.fullmatch(str(value).strip())
        if found is None:
            raise ValidationError(N_("Enter a time, for example 7:40."))
        return time(int(found[1]), int(found[2]))


class EntryFormSchema(Schema):
    """Value, unit, day, time of day, meal, note; `key` makes a double tap one reading."""

    key = fields.String(
        required=True, validate=[validate.Length(8, MAX_KEY_CHARS, error=_FILL_IN), _text]
    )
    value = fields.String(required=True, error_messages={"required": _FILL_IN})
    unit = fields.String(
        required=True,
        error_messages={"required": SENTENCES[Code.UNKNOWN_UNIT]},
        validate=validate.OneOf([unit.value for unit in Unit], error=SENTENCES[Code.UNKNOWN_UNIT]),
    )
    day = fields.Date(
        required=True,
        error_messages={"required": _FILL_IN, "invalid": N_("Enter a date.")},
    )
    time = TimeOfDay(required=True, error_messages={"required": _FILL_IN})
    meal = fields.String(
        load_default="",
        validate=validate.OneOf([meal.value for meal in Meal], error=SENTENCES[Code.UNKNOWN_MEAL]),
    )
    note = fields.String(
        load_default="",
        validate=[
            validate.Length(max=MAX_NOTE_CHARS, error=N_("A note has at most 500 characters.")),
            _text,
        ],
    )

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> TypedEntry:
        unit = Unit(values["unit"])
        digits, wrong_value = _digits(values["value"], unit)
        instant, wrong_time = _instant(values)
        if digits is None or instant is None:
            raise ValidationError(wrong_value | wrong_time)
        measured_at, offset_min = instant
        return TypedEntry(
            NewReading(
                row=0,
                key=values["key"],
                measured_at=measured_at,
                offset_min=offset_min,
                digits=digits,
                unit=unit,
                kind=SourceKind.MANUAL,
                meal=Meal(values["meal"]),
                note=values["note"].strip(),
            )
        )


Wrong = dict[str, list[str]]
"""Field name to sentences: both halves of the form are checked before anything is said."""


def _digits(typed: str, unit: Unit) -> tuple[Digits | None, Wrong]:
    text = typed.strip().replace(",", ".")
    digits = parse(text)
    if not text:
        return None, {"value": [_FILL_IN]}
    if isinstance(digits, Flaw):
        return None, {"value": [SENTENCES[digits]]}
    if not is_believable(digits, unit):
        wrong = Rejection(0, "value", Flaw.NOT_MEASURABLE, digits, unit)
        return None, {"value": [sentence(wrong)]}
    return digits, {}


def _instant(values: dict[str, Any]) -> tuple[tuple[datetime, int] | None, Wrong]:
    """The clock at home as an instant; in the hour that comes twice the first is meant."""
    try:
        wall = datetime.combine(values["day"], values["time"], HOME_ZONE)
        at = wall.astimezone(UTC)
        is_skipped = at.astimezone(HOME_ZONE).replace(tzinfo=None) != wall.replace(tzinfo=None)
    except OverflowError:
        return None, {"day": [SENTENCES[Code.BAD_TIME]]}
    if is_skipped:
        return None, {"time": [_NO_SUCH_HOUR]}
    offset = wall.utcoffset()
    return (at, int(offset.total_seconds() // 60) if offset else 0), {}
