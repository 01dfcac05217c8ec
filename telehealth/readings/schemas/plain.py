"""The contract of one reading as an ordinary schema: source of OpenAPI, oracle of `rows`."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from devices.glucose import Unit
from telehealth.glycemia.entered import Digits
from telehealth.readings.models import (
    MAX_DEVICE_CHARS,
    MAX_NOTE_CHARS,
    Beyond,
    Meal,
    SourceKind,
)
from telehealth.readings.schemas.rows import MAX_KEY_CHARS, RECORDS
from telehealth.readings.service import NewReading

_BELIEVABLE = {
    "mmol/L": (Decimal("0.6"), Decimal("33.3")),
    "mg/dL": (Decimal(10), Decimal(600)),
}
_MAX_DIGITS = 4


def _storable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValidationError("Not text.") from error
    if "\0" in text:
        raise ValidationError("Not text.")


class ValueField(fields.Field[Decimal | Beyond]):
    """A decimal string or a number, exactly as written; or what the meter showed instead."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Decimal | Beyond:
        if value in ("HI", "LO"):
            return Beyond(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValidationError("Not a number.")
        try:
            text = str(value)
        except ValueError as error:  # an integer of more than 4,300 digits
            raise ValidationError("Not a number.") from error
        if not re.fullmatch(r"[0-9]+([.,][0-9]{1,3})?", text) or len(text) > 32:  # noqa: PLR2004
            raise ValidationError("Not a number.")
        number = Decimal(text.replace(",", "."))
        digits = number.as_tuple().digits
        if len(digits) > _MAX_DIGITS or number.adjusted() >= _MAX_DIGITS:
            raise ValidationError("Too many digits.")
        return number


class _YesNo(fields.Field[bool]):
    """`true` or `false`, and nothing that could be taken for one of them."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Not true or false.")
        return value


class ReadingSchema(Schema):
    """One reading of a batch."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    key = fields.String(
        required=True,
        validate=[validate.Length(1, MAX_KEY_CHARS), _storable],
        metadata={"description": "The sender's own key; the same key again is the same reading"},
    )
    measured_at = fields.AwareDateTime(required=True)
    value = ValueField(
        required=True,
        metadata={
            "type": ["string", "number"],
            "description": "Kept as written: 0.6 to 33.3 mmol/L, 10 to 600 mg/dL; at most 4 digits,"
            " in text with a decimal point or comma. HI or LO where the meter showed no number",
            "example": "7.2",
        },
    )
    unit = fields.String(required=True, validate=validate.OneOf([unit.value for unit in Unit]))
    source = fields.String(
        required=True, validate=validate.OneOf([kind.value for kind in SourceKind])
    )
    meal = fields.String(
        allow_none=True, validate=validate.OneOf([meal.value for meal in Meal if meal])
    )
    note = fields.String(allow_none=True, validate=[validate.Length(max=MAX_NOTE_CHARS), _storable])
    device = fields.String(
        allow_none=True,
        validate=[validate.Length(max=MAX_DEVICE_CHARS), _storable],
        metadata={"description": "Maker, model and serial number of the meter or sensor"},
    )
    record = fields.String(
        allow_none=True,
        validate=validate.OneOf(list(RECORDS)),
        metadata={
            "description": "scan: a look at a sensor that also sends its history; it is shown and"
            " not summed. Ketone values and control solutions are refused: not_glucose"
        },
    )

    sure = _YesNo(
        allow_none=True,
        metadata={
            "type": "boolean",
            "description": "Confirms a value typed by hand that is seldom in its unit and plain in"
            " the other, such as 12 mg/dL; without it such a row is refused: other_unit",
        },
    )

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> NewReading:
        number: Decimal | Beyond = values["value"]
        moment: datetime = values["measured_at"]
        try:
            at = moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError("No such time.", "measured_at") from error
        offset = moment.utcoffset()
        offset_min = int(offset.total_seconds() // 60) if offset else 0
        if abs(offset_min) > 18 * 60:
            raise ValidationError("No such offset.", "measured_at")
        digits = _digits(number, values["unit"])
        if values["source"] == "manual" and not values.get("sure"):
            _require_no_question(number, values["unit"])
        return NewReading(
            row=0,
            key=values["key"],
            measured_at=at,
            offset_min=offset_min,
            digits=digits,
            unit=Unit(values["unit"]),
            kind=SourceKind(values["source"]),
            device=values.get("device") or "",
            meal=Meal(values.get("meal") or ""),
            note=values.get("note") or "",
            is_scan=RECORDS[values.get("record") or "glucose"],
        )


def _require_no_question(number: Decimal | Beyond, unit: str) -> None:
    if isinstance(number, Beyond):
        return
    ends = {"mmol/L": (Decimal("2.3"), Decimal("24.9")), "mg/dL": (Decimal(41), Decimal(449))}
    is_plain = {name: low <= number <= high for name, (low, high) in ends.items()}
    if not is_plain.pop(unit) and any(is_plain.values()):
        raise ValidationError("Is the unit right?", "value")


def _digits(number: Decimal | Beyond, unit: str) -> Digits | Beyond:
    if isinstance(number, Beyond):
        return number
    lowest, highest = _BELIEVABLE[unit]
    if not lowest <= number <= highest:
        raise ValidationError("Not measurable.", "value")
    _sign, digits, exponent = number.as_tuple()
    return Digits(int("".join(map(str, digits))), -int(exponent))


class PlainBatchSchema(Schema):
    """A batch, every row through the ordinary schema: slow, and the measure of the fast one."""

    readings = fields.List(fields.Nested(ReadingSchema), required=True)
