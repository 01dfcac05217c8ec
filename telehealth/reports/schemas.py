"""What may be asked of reports: days, remarks, words beside a shared one; shapes of answers."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from telehealth.core.i18n import N_
from telehealth.core.text import is_storable
from telehealth.core.web.fields import Day
from telehealth.reports.models import MAX_REMARK_CHARS, MAX_WORDS_CHARS, Audience
from telehealth.reports.service import MAX_DAYS, NewRemark, Sheet

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)", re.ASCII)
_FILL_IN = N_("Please fill this in.")
_TOO_LONG = N_("At most 1,000 characters.")


def _text(text: str) -> None:
    if not is_storable(text):
        raise ValidationError(N_("This must be text."))


class Minute(fields.Field[int]):
    """A time of day as minutes after midnight; empty is none."""

    def _deserialize(self, value: object, *_: object, **__: object) -> int | None:  # type: ignore[override]  # an empty field is no minute
        text = str(value).strip()
        if not text:
            return None
        found = _CLOCK.fullmatch(text)
        if found is None:
            raise ValidationError(N_("Enter a time, for example 7:40."))
        return int(found[1]) * 60 + int(found[2])


@dataclass(frozen=True, slots=True)
class TypedRemark:
    """The form of a remark, with the version it was opened at."""

    remark: NewRemark
    version: int


class RemarkFormSchema(Schema):
    """Day, perhaps a time, text, who sees it."""

    day = Day(
        required=True,
        error_messages={
            "required": _FILL_IN,
            "invalid": N_("Enter a date."),
            "format": N_("Enter a date."),
        },
    )
    time = Minute(load_default=None)
    text = fields.String(
        required=True,
        error_messages={"required": N_("Please write the remark.")},
        validate=[
            validate.Length(max=MAX_REMARK_CHARS * 2, error=_TOO_LONG),
            _text,
        ],
    )
    audience = fields.String(
        required=True,
        error_messages={"required": N_("Choose who sees the remark.")},
        validate=validate.OneOf(
            [one.value for one in Audience], error=N_("Choose who sees the remark.")
        ),
    )
    version = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> TypedRemark:
        text = values["text"].replace("\r\n", "\n")
        remark = NewRemark(values["day"], values["time"], text, Audience(values["audience"]))
        return TypedRemark(remark, values["version"])


class ShareFormSchema(Schema):
    """Words beside a shared report."""

    words = fields.String(
        load_default="",
        validate=[validate.Length(max=MAX_WORDS_CHARS * 2, error=_TOO_LONG), _text],
    )

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> str:
        words: str = values["words"].replace("\r\n", "\n")
        return words


@dataclass(frozen=True, slots=True)
class AskedDays:
    """Which days a report is asked for."""

    length: int | None
    last: date | None


class ReportQuerySchema(Schema):
    """`?days=14&last=2026-11-23`."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    days = fields.Integer(
        validate=validate.Range(1, MAX_DAYS), metadata={"description": "How many, 14 by default"}
    )
    last = Day(metadata={"description": "Last day, today by default"})

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> AskedDays:
        return AskedDays(values.get("days"), values.get("last"))


class MeasureSchema(Schema):
    """One figure: `value` is null where the data do not suffice, `reason` says why."""

    value = fields.Float(required=True, allow_none=True)
    n = fields.Integer(required=True)
    reason = fields.String(required=True, allow_none=True)


class EpisodeSchema(Schema):
    """Episodes of one kind."""

    count = fields.Integer(required=True)
    n_open = fields.Integer(required=True)
    n_nocturnal = fields.Integer(required=True)
    per_day = fields.Float(required=True, allow_none=True)
    mean_minutes = fields.Float(required=True, allow_none=True)


class SensorSchema(Schema):
    """A sensor's figures; glucose in mg/dL, shares in percent of time."""

    n = fields.Integer(required=True)
    n_days = fields.Integer(required=True)
    n_beyond = fields.Integer(required=True, metadata={"description": "HI and LO"})
    n_below_meter = fields.Integer(metadata={"description": "LO: not in mean, SD and CV"})
    n_above_meter = fields.Integer(metadata={"description": "HI: not in mean, SD and CV"})
    interval_min = fields.Integer(required=True, allow_none=True)
    is_enough = fields.Boolean(required=True)
    bands = fields.Dict(fields.String(), fields.Float(), required=True, allow_none=True)
    gri_zone = fields.String(required=True, allow_none=True)
    measures = fields.Dict(fields.String(), fields.Nested(MeasureSchema), required=True)
    episodes = fields.Dict(fields.String(), fields.Nested(EpisodeSchema), required=True)


class SticksSchema(Schema):
    """Fingersticks' figures; glucose in mg/dL, shares in percent of readings, never of time."""

    n = fields.Integer(required=True)
    n_days = fields.Integer(required=True)
    n_beyond = fields.Integer(required=True, metadata={"description": "HI and LO"})
    n_below_meter = fields.Integer(metadata={"description": "LO: not in mean, SD and CV"})
    n_above_meter = fields.Integer(metadata={"description": "HI: not in mean, SD and CV"})
    per_day = fields.Float(required=True, allow_none=True)
    bands = fields.Dict(fields.String(), fields.Float(), required=True)
    counts = fields.Dict(fields.String(), fields.Integer(), required=True)
    measures = fields.Dict(fields.String(), fields.Nested(MeasureSchema), required=True)


class GoalSchema(Schema):
    """A limit in percent."""

    limit = fields.Float(required=True)
    is_minimum = fields.Boolean(required=True)


class TargetsSchema(Schema):
    """The targets the figures are of; the range in the report's unit."""

    preset = fields.String(required=True)
    low = fields.Float(required=True)
    high = fields.Float(required=True)
    goals = fields.Dict(fields.String(), fields.Nested(GoalSchema), required=True)


class ReportSchema(Schema):
    """A report's figures. Sensor and fingersticks are two blocks, never pooled."""

    patient_id = fields.Integer(required=True)
    first_on = fields.String(required=True)
    last_on = fields.String(required=True)
    n_days = fields.Integer(required=True)
    made_at = fields.String(required=True)
    unit = fields.String(required=True, metadata={"description": "Unit of the targets' range"})
    targets = fields.Nested(TargetsSchema, required=True)
    sensor = fields.Nested(SensorSchema, required=True, allow_none=True)
    sticks = fields.Nested(SticksSchema, required=True, allow_none=True)


def pdf_answer(pdf: bytes, file_name: str) -> Response:
    """A PDF to look at or keep; never stored on the way."""
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{file_name}"'
    return response


def pdf_name(sheet: Sheet) -> str:
    """Name of the file: dates only, never a person's name."""
    return f"glukoza-{sheet['first_on']}-{sheet['last_on']}.pdf"
