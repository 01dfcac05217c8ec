"""What a scenario says, read strictly: unknown words, wrong types and gaps are named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates

from telehealth.glycemia.entered import Digits, parse

DEEDS = (
    "reading", "file", "acknowledge", "pause", "remove", "correct", "end_mandate",
    "mail_down", "mail_up", "worker_down", "worker_up",
)  # fmt: skip
SOURCES = ("sensor", "meter", "manual")
POPULATIONS = ("type1", "type2", "older", "pregnancy-type1", "pregnancy-type2", "child")
PEOPLE = ("patient", "guardian", "proxy", "nurse", "doctor")
UNITS = ("mmol/L", "mg/dL")
KINDS = ("very_low", "low", "high", "very_high", "no_data")
_BRINGS = ("reading", "file")
_ANSWERS = ("acknowledge", "pause")
_CHANGES = ("remove", "correct")
_REPRESENTING = ("guardian", "proxy")
_STEPS = {"mmol/L": Decimal("0.1"), "mg/dL": Decimal(1)}
"""What a threshold can be set to."""


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
        if text not in ("HI", "LO") and not isinstance(parse(text), Digits):
            raise ValidationError('A value is a number as a meter shows it, "HI" or "LO".')
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
    by = fields.String(load_default="", validate=validate.OneOf(("", *PEOPLE)))
    minutes = fields.Integer(load_default=30)
    ref = fields.String(load_default="")
    every_min = fields.Float(
        load_default=None, allow_none=True, validate=validate.Range(0, min_inclusive=False)
    )
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
    target: Mapping[str, Any] | None
    people: Mapping[str, Mapping[str, Any]]
    rules: Mapping[str, Mapping[str, Any]]
    history: list[dict[str, Any]]
    events: list[dict[str, Any]]
    """By time, each value of a series by itself; those of one moment in the order given. `index`
    is the place of an event in the file."""
    until_min: float
    zone: str = "Europe/Ljubljana"


class BadScenario(Exception):
    """What is wrong: a sentence by the place in the file, `{"#/events/2/by": "…"}`."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{place}: {words}" for place, words in errors.items()))
        self.errors = dict(errors)


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
    for index, event in enumerate(found["events"]):
        event["index"] = index
    errors = dict([*_faults_of_rules(found["rules"]), *_faults_of_events(found)])
    if errors:
        raise BadScenario(errors)
    events = [one for event in found["events"] for one in _single(event)]
    found["events"] = sorted(events, key=lambda event: float(event["after_min"]))
    return Scenario(**found)


def _single(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A series of readings as readings of their own, so that what happens meanwhile does."""
    if event["do"] != "reading" or event["times"] == 1:
        yield event
        return
    for n in range(event["times"]):
        gap = n * event["every_min"]
        measured = event["measured_after_min"]
        yield event | {
            "after_min": event["after_min"] + gap,
            "measured_after_min": None if measured is None else measured + gap,
            "ref": event["ref"] if n == 0 else "",
            "times": 1,
        }


def _faults_of_rules(rules: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for name, rule in rules.items():
        step = _STEPS[rule.get("unit", "mmol/L")]
        if "threshold" in rule and rule["threshold"] % step:
            words = f"A threshold has steps of {step} {rule.get('unit', 'mmol/L')}."
            yield f"#/rules/{name}/threshold", words


def _faults_of_events(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    people, until = found["people"], found["until_min"]
    events = found["events"]
    for n, event in enumerate(events):
        place, what = f"#/events/{n}", event["do"]
        last = event["after_min"]
        if what == "reading" and event["every_min"]:
            last += (event["times"] - 1) * event["every_min"]
        if event["after_min"] < 0 or last > until:
            yield f"{place}/after_min", f"An event lies between 0 and {until:g} minutes."
        if event["times"] > 1 and not event["every_min"]:
            yield f"{place}/every_min", "Several values need the minutes between them."
        if what in (*_BRINGS, "correct") and not event["value"]:
            yield f"{place}/value", "A value is needed."
        if what == "correct" and event["value"] in ("HI", "LO"):
            yield f"{place}/value", "A correction needs a number."
        yield from _faults_of_names(place, event, events, people)


def _faults_of_names(
    place: str, event: Mapping[str, Any], events: list[dict[str, Any]], people: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Whoever and whatever an event names has to be there by then."""
    what, name = event["do"], event["by"]
    if what == "end_mandate" and name not in _REPRESENTING:
        yield f"{place}/by", "Whose mandate ends: guardian or proxy?"
    elif what in _ANSWERS and not name:
        yield f"{place}/by", "Who is it that does this?"
    elif name and name not in people:
        yield f"{place}/by", f'Nobody in "people" is the {name}.'
    known = {
        one["ref"]
        for one in events
        if one["do"] in _BRINGS and one["ref"] and one["after_min"] <= event["after_min"]
    }
    if what in _CHANGES and event["ref"] not in known:
        yield f"{place}/ref", f'No reading before is called "{event["ref"]}".'


def _flat(place: str, messages: Any) -> list[tuple[str, str]]:
    if isinstance(messages, dict):
        return [one for name, inner in messages.items() for one in _flat(f"{place}/{name}", inner)]
    return [(place, " ".join(str(message) for message in messages))]
