"""What a scenario says, read strictly: unknown words, wrong types and gaps are named."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates

DEEDS = (
    "reading", "file", "acknowledge", "pause", "remove", "correct", "end_mandate",
    "mail_down", "mail_up", "worker_down", "worker_up",
)  # fmt: skip
SOURCES = ("sensor", "meter", "manual")
POPULATIONS = ("type1", "type2", "older", "pregnancy-type1", "pregnancy-type2", "child")
PEOPLE = ("patient", "guardian", "proxy", "nurse", "doctor")
UNITS = ("mmol/L", "mg/dL")
KINDS = ("very_low", "low", "high", "very_high", "no_data")
DEFAULT_SENSOR_MIN = 5


class _Strict(Schema):
    class Meta:
        """Unknown keys are refused: a misspelt word must not be silence."""

        unknown = RAISE


class _Person(_Strict):
    email = fields.Boolean(load_default=True)


class _People(_Strict):
    patient = fields.Nested(_Person, required=True)
    guardian = fields.Nested(_Person)
    proxy = fields.Nested(_Person)
    nurse = fields.Nested(_Person, required=True)
    doctor = fields.Nested(_Person, required=True)


class _Target(_Strict):
    low = fields.Decimal(required=True)
    high = fields.Decimal(required=True)
    unit = fields.String(required=True, validate=validate.OneOf(UNITS))


class _Rule(_Strict):
    is_on = fields.Boolean()
    threshold = fields.Decimal()
    unit = fields.String(validate=validate.OneOf(UNITS))
    delay_min = fields.Integer()
    values_n = fields.Integer()
    values_within_min = fields.Integer()
    repeat_min = fields.Integer()
    acknowledged_min = fields.Integer()
    proxy_min = fields.Integer(allow_none=True)
    nurse_min = fields.Integer(allow_none=True)
    doctor_min = fields.Integer(allow_none=True)


class _Value(fields.Field[str]):
    """`HI`, `LO`, or a number as it is printed."""

    def _deserialize(self, value: object, *_: object, **__: object) -> str:
        text = str(value)
        if text not in ("HI", "LO") and not text.replace(".", "", 1).isdigit():
            raise ValidationError('A value is a number, "HI" or "LO".')
        return text


class _History(_Strict):
    days = fields.Integer(required=True, validate=validate.Range(1, 90))
    source = fields.String(required=True, validate=validate.OneOf(SOURCES))
    every_min = fields.Integer(required=True, validate=validate.Range(1, 1440))
    value = _Value(required=True)


class _Event(_Strict):
    after_min = fields.Float(required=True)
    do = fields.String(required=True, validate=validate.OneOf(DEEDS))
    source = fields.String(load_default="sensor", validate=validate.OneOf(SOURCES))
    device = fields.String(load_default="")
    value = _Value(load_default="")
    unit = fields.String(load_default="mmol/L", validate=validate.OneOf(UNITS))
    measured_after_min = fields.Float(load_default=None, allow_none=True)
    by = fields.String(load_default="patient", validate=validate.OneOf(PEOPLE))
    minutes = fields.Integer(load_default=30)
    ref = fields.String(load_default="")
    every_min = fields.Float(load_default=None, allow_none=True)
    times = fields.Integer(load_default=1, validate=validate.Range(1, 5000))


class _Scenario(_Strict):
    start = fields.AwareDateTime(required=True)
    zone = fields.String(load_default="Europe/Ljubljana")
    population = fields.String(load_default="type1", validate=validate.OneOf(POPULATIONS))
    target = fields.Nested(_Target, load_default=None, allow_none=True)
    people = fields.Nested(_People, required=True)
    rules = fields.Dict(
        keys=fields.String(validate=validate.OneOf(KINDS)),
        values=fields.Nested(_Rule),
        load_default=dict,
    )
    history = fields.List(fields.Nested(_History), load_default=list)
    events = fields.List(fields.Nested(_Event), load_default=list)
    until_min = fields.Float(required=True, validate=validate.Range(0, 14 * 1440))

    @validates("zone")
    def _zone(self, value: str, **_: object) -> None:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValidationError("No such time zone.") from error


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that can be played."""

    start: datetime
    population: str
    target: dict[str, Any] | None
    people: dict[str, dict[str, Any]]
    rules: dict[str, dict[str, Any]]
    history: list[dict[str, Any]]
    events: list[dict[str, Any]]
    """By time; those of one moment in the order given."""
    until_min: float
    zone: str = "Europe/Ljubljana"


@dataclass(frozen=True, slots=True)
class BadScenario(Exception):
    """What is wrong, by the place in the file."""

    errors: dict[str, str] = field(default_factory=dict)


def read(given: object) -> Scenario:
    """A scenario from what a JSON file holds.

    Raises:
        BadScenario: with a sentence for each place that is wrong.
    """
    if not isinstance(given, dict):
        raise BadScenario({"#": "A scenario is a JSON object."})
    try:
        found: dict[str, Any] = _Scenario().load(given)
    except ValidationError as error:
        raise BadScenario(dict(_flat("#", error.messages))) from error
    found["events"] = sorted(found["events"], key=lambda event: float(event["after_min"]))
    return Scenario(**found)


def _flat(place: str, messages: Any) -> list[tuple[str, str]]:
    if isinstance(messages, dict):
        return [one for name, inner in messages.items() for one in _flat(f"{place}/{name}", inner)]
    return [(place, " ".join(str(message) for message in messages))]
