"""What crosses the wire at the doors of meters."""

import re
from datetime import timedelta
from typing import Any

from marshmallow import (
    RAISE,
    Schema,
    ValidationError,
    fields,
    post_load,
    pre_load,
    validate,
    validates_schema,
)

from devices.gatt.glucose import CONTEXT, MEASUREMENT
from telehealth.core.i18n import N_
from telehealth.core.web.fields import Instant, RowId
from telehealth.meters.models import (
    MAX_FIRMWARE_CHARS,
    MAX_IDENTITY_CHARS,
    MAX_NAME_CHARS,
    MAX_RAW_BYTES,
    MeterKind,
)
from telehealth.meters.service import (
    MAX_NOTIFICATIONS,
    Harvested,
    MeterReport,
    NewMeter,
    Plan,
    Said,
    SetAside,
    State,
    Transfer,
    identity_of,
)

MAX_REPORTED = 50
MAX_DRIFT_S = 2**31 - 1
MAX_RECORDS = 2**16
MAX_SET_ASIDE = 2**31 - 1
MAX_CLOCK_AGE_S = 24 * 3600
MAX_PART_CHARS = 36
"""Maker, model and serial number: three of them and what stands between make an identity."""
CHARACTERISTICS = {"2a18": MEASUREMENT, "2a34": CONTEXT}
_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_PAIR = 2
_REQUIRED: dict[str, str | list[Any] | dict[Any, Any]] = {"required": N_("Please fill this in.")}
_FILLED = N_("Please fill this in.")


def _short(most: int = MAX_PART_CHARS, least: int = 0) -> validate.Length:
    return validate.Length(
        least, most, error=N_("This text is too long.") if not least else _FILLED
    )


class _StrictSchema(Schema):
    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE


class SetAsideSchema(_StrictSchema):
    """Records that wait for a person on the computer that reads the meter."""

    records = fields.Integer(required=True, strict=True, validate=validate.Range(0, MAX_SET_ASIDE))
    clock_off = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, MAX_SET_ASIDE),
        metadata={"description": "How many of these because the meter's clock was off"},
    )
    clock_drift_s = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(-MAX_DRIFT_S, MAX_DRIFT_S),
        metadata={"description": "How far it was ahead then; null where that differed"},
    )

    @validates_schema
    def _no_more_than_all(self, values: dict[str, Any], **_: object) -> None:
        if values["clock_off"] > values["records"]:
            raise ValidationError(N_("More than all records."), "clock_off")

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> SetAside:
        return SetAside(**values)


class StateSchema(_StrictSchema):
    """How one meter did when a gateway read it."""

    identity = fields.String(
        required=True,
        validate=validate.Length(1, MAX_IDENTITY_CHARS),
        metadata={"description": "The very text its readings carry as `device`"},
    )
    name = fields.String(load_default="", validate=validate.Length(max=MAX_IDENTITY_CHARS))
    read_at = Instant(required=True)
    battery_percent = fields.Integer(
        strict=True, allow_none=True, load_default=None, validate=validate.Range(0, 100)
    )
    clock_drift_s = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(-MAX_DRIFT_S, MAX_DRIFT_S),
        metadata={"description": "Seconds the meter's clock was ahead, before it was set"},
    )
    clock_set_at = Instant(allow_none=True, load_default=None)
    records = fields.Integer(
        strict=True, allow_none=True, load_default=None, validate=validate.Range(0, MAX_RECORDS)
    )
    firmware = fields.String(
        allow_none=True, load_default=None, validate=validate.Length(max=MAX_FIRMWARE_CHARS)
    )
    set_aside = fields.Nested(SetAsideSchema, allow_none=True, load_default=None)
    sent_at = Instant(
        allow_none=True,
        load_default=None,
        metadata={
            "description": "What the sender's clock shows now. A drift is kept only when this"
            " agrees with the server's clock within five minutes; without it, `read_at` has to"
        },
    )

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> MeterReport:
        identity, name = values.pop("identity"), values.pop("name")
        return MeterReport(identity, name, State(**values))


class StatesSchema(_StrictSchema):
    """A gateway's report."""

    meters = fields.List(
        fields.Nested(StateSchema), required=True, validate=validate.Length(1, MAX_REPORTED)
    )


class RefusedStateSchema(Schema):
    """A meter whose state was not taken."""

    index = fields.Integer(required=True, metadata={"description": "Place in the request, from 0"})
    code = fields.String(required=True)
    detail = fields.String(required=True)


class ReportedSchema(Schema):
    """What became of a report."""

    meters = fields.Integer(required=True, metadata={"description": "How many were taken"})
    refused = fields.List(fields.Nested(RefusedStateSchema), required=True)


class KnownSchema(Schema):
    """A meter or sensor of the patient."""

    id = fields.Integer(required=True)
    identity = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True, metadata={"description": "meter or cgm"})
    is_bound = fields.Boolean(required=True, attribute="is_open")
    bound_at = fields.AwareDateTime(required=True)
    unbound_at = fields.AwareDateTime(allow_none=True)
    synced_at = fields.AwareDateTime(allow_none=True)
    readings = fields.Integer(required=True, attribute="sums.readings")
    interval_min = fields.Integer(allow_none=True, attribute="sums.interval_min")
    read_at = fields.AwareDateTime(allow_none=True)
    battery_percent = fields.Integer(allow_none=True)
    clock_drift_s = fields.Integer(allow_none=True, attribute="drift_s")
    clock_set_at = fields.AwareDateTime(allow_none=True)
    firmware = fields.String(allow_none=True)
    records = fields.Integer(allow_none=True)
    waiting = fields.Integer(
        required=True, metadata={"description": "Records that a person has to look at"}
    )


class MetersSchema(Schema):
    """Meters and sensors of a patient, also those of before."""

    meters = fields.List(fields.Nested(KnownSchema), required=True)


class SaidSchema(_StrictSchema):
    """What a meter in the browser says about itself."""

    maker = fields.String(load_default="", validate=_short())
    model = fields.String(load_default="", validate=_short())
    name = fields.String(load_default="", validate=_short())
    serial = fields.String(load_default="", validate=_short())
    meter_id = RowId(allow_none=True, load_default=None)

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> Said:
        texts = {name: value.strip() for name, value in values.items() if name != "meter_id"}
        return Said(**texts, meter_id=values["meter_id"])


class Bytes(fields.String):
    """Bytes as lower-case hexadecimal digits."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        if len(text) > 2 * MAX_RAW_BYTES or not _HEX.fullmatch(text):
            raise ValidationError("Not bytes.")
        return bytes.fromhex(text)


class Notification(fields.List[Any]):
    """`["2a18", "0b04…"]`: a characteristic and its value."""

    def __init__(self, **more: Any) -> None:
        super().__init__(fields.String(), **more)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        parts = super()._deserialize(value, *args, **kwargs)
        if len(parts) != _PAIR or parts[0] not in CHARACTERISTICS:
            raise ValidationError("Not a notification of a meter.")
        raw = Bytes().deserialize(parts[1])
        if not raw:
            raise ValidationError("Not bytes.")
        return CHARACTERISTICS[parts[0]], raw


class TransferSchema(_StrictSchema):
    """One conversation with a meter: raw notifications in the order they came."""

    meter = fields.Nested(SaidSchema, required=True)
    notifications = fields.List(
        Notification(),
        required=True,
        validate=validate.Length(max=MAX_NOTIFICATIONS),
        metadata={"description": '`["2a18" or "2a34", hexadecimal digits]`, as they came'},
    )
    has_ended = fields.Boolean(required=True)
    is_full = fields.Boolean(required=True)
    is_newest_only = fields.Boolean(load_default=False)
    count = fields.Integer(
        strict=True, allow_none=True, load_default=None, validate=validate.Range(0, MAX_RECORDS)
    )
    battery_percent = fields.Integer(
        strict=True, allow_none=True, load_default=None, validate=validate.Range(0, 100)
    )
    firmware = fields.String(
        allow_none=True, load_default=None, validate=validate.Length(max=MAX_FIRMWARE_CHARS)
    )
    clock = Bytes(load_default=b"")
    clock_age_s = fields.Integer(
        strict=True, load_default=0, validate=validate.Range(0, MAX_CLOCK_AGE_S)
    )

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> Transfer:
        age = timedelta(seconds=values.pop("clock_age_s"))
        return Transfer(said=values.pop("meter"), clock_age=age, **values)


class HarvestedSchema(Schema):
    """What became of a transfer."""

    meter_id = fields.Integer(required=True)
    new = fields.Integer(required=True)
    known = fields.Integer(required=True)
    set_aside = fields.Integer(required=True)
    kept = fields.Integer(required=True)
    needs_all = fields.Boolean(required=True)
    words = fields.String(required=True, metadata={"description": "All of it in a sentence"})


def harvested_json(found: Harvested, words: str) -> dict[str, Any]:
    """The answer to a transfer."""
    names = ("meter_id", "new", "known", "set_aside", "kept", "needs_all")
    return {name: getattr(found, name) for name in names} | {"words": words}


class PlanSchema(Schema):
    """Which of the patient's meters it may be, and what to ask it."""

    model = fields.String(required=True)
    is_usable = fields.Boolean(required=True)
    ways = fields.List(fields.String(), required=True)
    has_moving_sequence = fields.Boolean(required=True)
    marks_ketones = fields.Boolean(required=True)
    overlap = fields.Integer(required=True)
    choices = fields.List(fields.Dict(), required=True)


def plan_json(found: Plan) -> dict[str, Any]:
    """The answer before a transfer."""
    names = ("model", "is_usable", "has_moving_sequence", "marks_ketones", "overlap")
    choices = [
        {name: getattr(one, name) for name in ("id", "name", "ending", "cursor", "count")}
        for one in found.choices
    ]
    ways = [way.value for way in found.ways]
    return {name: getattr(found, name) for name in names} | {"ways": ways, "choices": choices}


class NewMeterSchema(_StrictSchema):
    """The form for a meter that somebody adds by hand."""

    kind = fields.String(
        load_default=MeterKind.METER.value,
        validate=validate.OneOf([kind.value for kind in MeterKind], error=_FILLED),
    )
    maker = fields.String(load_default="", validate=_short())
    model = fields.String(required=True, validate=_short(least=1), error_messages=_REQUIRED)
    serial = fields.String(load_default="", validate=_short())
    name = fields.String(load_default="", validate=_short(MAX_NAME_CHARS))

    @pre_load
    def _trimmed(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        return {name: value.strip() for name, value in given.items()}

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> NewMeter:
        identity = identity_of(values["maker"], values["model"], values["serial"])
        return NewMeter(identity, MeterKind(values["kind"]), values["name"])


class StraySchema(_StrictSchema):
    """The button beside a device that readings name."""

    device = fields.String(required=True, validate=validate.Length(1, MAX_IDENTITY_CHARS))
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in MeterKind]))

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> NewMeter:
        return NewMeter(values["device"], MeterKind(values["kind"]))


class NameSchema(_StrictSchema):
    """A new name; an empty one brings the model back."""

    name = fields.String(load_default="", validate=_short(MAX_NAME_CHARS))

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> str:
        return " ".join(str(values["name"]).split())
