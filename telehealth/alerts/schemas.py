"""What crosses the wire: rules, pauses and choices in, alerts out."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from devices.glucose import Unit
from telehealth.alerts.models import MAX_REASON_CHARS, Action, Alert, Kind
from telehealth.alerts.service import (
    KINDS,
    STARTING,
    Overview,
    Rule,
    Shown,
    Threshold,
    Told,
    applies,
)
from telehealth.core.errors import NotFound
from telehealth.core.i18n import N_

_MISSING = N_("Please fill this in.")
_NUMBER = re.compile(r"\d{1,3}([.,]\d)?", re.ASCII)
_WHOLE = re.compile(r"\d{1,5}", re.ASCII)
_UNITS = [unit.value for unit in Unit]


def kind_of(name: str) -> Kind:
    """The rule an address names.

    Raises:
        NotFound: there is none.
    """
    try:
        return Kind(name)
    except ValueError as error:
        raise NotFound from error


class Minutes(fields.Field[int | None]):
    """Whole minutes as typed; left empty: None."""

    def _deserialize(self, value: object, *_: object, **__: object) -> int | None:
        text = str(value).strip()
        if not text:
            return None
        if not _WHOLE.fullmatch(text):
            raise ValidationError(N_("Enter a whole number of minutes."))
        return int(text)


class Edge(fields.Field[Decimal | None]):
    """A threshold as typed, with a decimal comma or point; left empty: None."""

    def _deserialize(self, value: object, *_: object, **__: object) -> Decimal | None:
        text = str(value).strip()
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise ValidationError(N_("Enter a number, for example 3.9."))
        return Decimal(text.replace(",", "."))


def _or(given: int | None, usual: int) -> int:
    """What was typed; left empty: what a clinic starts with."""
    return usual if given is None else given


class RuleFormSchema(Schema):
    """A rule as the form sends it; a box that is not ticked is not sent."""

    is_on = fields.String(load_default="")
    threshold = Edge(load_default=None)
    unit = fields.String(
        load_default=Unit.MMOL_L.value, validate=validate.OneOf(_UNITS, error=_MISSING)
    )
    delay_min = Minutes(load_default=0)
    repeat_min = Minutes(load_default=0)
    proxy_min = Minutes(load_default=None)
    nurse_min = Minutes(load_default=None)
    doctor_min = Minutes(load_default=None)
    values_n = Minutes(load_default=None)
    values_within_min = Minutes(load_default=None)
    acknowledged_min = Minutes(load_default=None)
    reason = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_REASON_CHARS, error=N_("This is too long.")),
    )

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._kind = kind

    @post_load
    def _command(self, given: dict[str, Any], **_: object) -> Rule:
        unit, edge = Unit(given["unit"]), given["threshold"]
        usual = STARTING[self._kind]
        threshold = None
        if edge is not None:
            tick = edge * 10 if unit is Unit.MMOL_L else edge
            if tick != int(tick):
                raise ValidationError(N_("Enter a whole number of mg/dL."), "threshold")
            threshold = Threshold(int(tick), unit)
        return Rule(
            self._kind,
            bool(given["is_on"]),
            threshold,
            given["delay_min"] or 0,
            given["repeat_min"] or 0,
            given["proxy_min"],
            given["nurse_min"],
            given["doctor_min"],
            _or(given["values_n"], usual.values_n),
            _or(given["values_within_min"], usual.values_within_min),
            _or(given["acknowledged_min"], usual.acknowledged_min),
            reason=given["reason"].strip(),
        )


class NoticesFormSchema(Schema):
    """Which notices somebody wants: a box for each rule, sent only when it is ticked.

    Loads the rules whose notices are not wanted. A very low value has no box.
    """

    low = fields.String(load_default="")
    high = fields.String(load_default="")
    very_high = fields.String(load_default="")
    no_data = fields.String(load_default="")

    @post_load
    def _command(self, given: dict[str, Any], **_: object) -> tuple[Kind, ...]:
        return tuple(Kind(name) for name, ticked in given.items() if not ticked)


class SnoozeSchema(Schema):
    """For how many minutes nobody is to be told again."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    minutes = fields.Integer(
        required=True,
        validate=validate.Range(1, 480, error=N_("This pause is too long.")),
        error_messages={"required": _MISSING, "invalid": N_("Enter a whole number of minutes.")},
    )

    @post_load
    def _command(self, given: dict[str, Any], **_: object) -> int:
        minutes: int = given["minutes"]
        return minutes


class AnswerSchema(Schema):
    """What whoever acknowledges says was done; nothing: it was seen."""

    action = fields.Enum(Action, by_value=True, load_default=Action.SEEN)

    @post_load
    def _command(self, given: dict[str, Any], **_: object) -> Action:
        action: Action = given["action"]
        return action


class QuantitySchema(Schema):
    """A value with its unit; `value` is null for HI and LO."""

    value = fields.String(required=True, allow_none=True)
    unit = fields.String(required=True, metadata={"enum": _UNITS})


class NoticeSchema(Schema):
    """One person who was told."""

    name = fields.String(required=True)
    ring = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    delivery = fields.String(
        required=True,
        metadata={"description": "State of the delivery; `accepted` is no receipt"},
    )
    reason = fields.String(required=True)
    seen_at = fields.AwareDateTime(required=True, allow_none=True)


class AlertSchema(Schema):
    """An alert."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"enum": [kind.value for kind in KINDS]})
    direction = fields.String(required=True)
    state = fields.String(required=True)
    opened_at = fields.AwareDateTime(required=True, allow_none=True)
    delay_min = fields.Integer(required=True)
    threshold = fields.Nested(QuantitySchema, required=True, allow_none=True)
    last_value = fields.Nested(QuantitySchema, required=True, allow_none=True)
    last_beyond_at = fields.AwareDateTime(required=True)
    acknowledged_at = fields.AwareDateTime(required=True, allow_none=True)
    acknowledged_by = fields.String(required=True)
    acknowledged_until = fields.AwareDateTime(required=True, allow_none=True)
    received_at = fields.AwareDateTime(required=True, allow_none=True)
    needs_review = fields.Boolean(required=True)
    snoozed_until = fields.AwareDateTime(required=True, allow_none=True)
    resolved_at = fields.AwareDateTime(required=True, allow_none=True)
    end_reason = fields.String(required=True, allow_none=True)
    told = fields.List(fields.Nested(NoticeSchema), required=True)


class RuleSchema(Schema):
    """A rule in force for the patient."""

    kind = fields.String(required=True, metadata={"enum": [kind.value for kind in KINDS]})
    is_on = fields.Boolean(required=True)
    applies = fields.Boolean(
        required=True,
        metadata={"description": "false: it cannot fire for what this patient measures with"},
    )
    is_own = fields.Boolean(required=True)
    threshold = fields.Nested(QuantitySchema, required=True, allow_none=True)
    delay_min = fields.Integer(required=True)
    values_n = fields.Integer(required=True)
    values_within_min = fields.Integer(required=True)
    repeat_min = fields.Integer(required=True)
    acknowledged_min = fields.Integer(required=True)
    proxy_min = fields.Integer(required=True, allow_none=True)
    nurse_min = fields.Integer(required=True, allow_none=True)
    doctor_min = fields.Integer(required=True, allow_none=True)


class AlertsSchema(Schema):
    """Open alerts, the most severe first, and the last ones that are over."""

    open = fields.List(fields.Nested(AlertSchema), required=True)
    past = fields.List(fields.Nested(AlertSchema), required=True)
    rules = fields.List(fields.Nested(RuleSchema), required=True)


def rule_json(rule: Rule) -> dict[str, Any]:
    """What a rule says, as the API shows it."""
    edge = rule.threshold
    return {
        "is_on": rule.is_on,
        "threshold": _quantity(edge.tick, edge.unit) if edge else None,
        **{
            name: getattr(rule, name)
            for name in (
                "delay_min", "values_n", "values_within_min", "repeat_min", "acknowledged_min",
                "proxy_min", "nurse_min", "doctor_min",
            )
        },
    }  # fmt: skip


def alert_json(shown: Shown) -> dict[str, Any]:
    """An alert as the API shows it."""
    alert = shown.alert
    return {
        "id": alert.id,
        "kind": alert.kind.value,
        "direction": alert.direction.value,
        "state": alert.state.value,
        "opened_at": alert.opened_at,
        "delay_min": alert.delay_min,
        "threshold": _quantity(alert.threshold_tick, alert.threshold_unit),
        "last_value": _last_value(alert),
        "last_beyond_at": alert.last_beyond_at,
        "acknowledged_at": alert.acknowledged_at,
        "acknowledged_by": shown.acknowledged_by,
        "acknowledged_until": alert.acknowledged_until,
        "received_at": alert.received_at,
        "needs_review": alert.needs_review and alert.reviewed_at is None,
        "snoozed_until": alert.snoozed_until,
        "resolved_at": alert.resolved_at,
        "end_reason": alert.end_reason.value if alert.end_reason else None,
        "told": [_notice(one) for one in shown.told],
    }


def alerts_json(found: Overview) -> dict[str, Any]:
    """Alerts and rules of a patient as the API shows them."""
    return {
        "open": [alert_json(one) for one in found.open],
        "past": [alert_json(one) for one in found.past],
        "rules": [
            {
                "kind": rule.kind.value,
                "is_own": rule.is_own,
                "applies": applies(rule, found.sources),
                **rule_json(rule),
            }
            for rule in found.rules
        ],
    }


def _notice(told: Told) -> dict[str, str | datetime | None]:
    return {
        "name": told.name,
        "ring": told.notice.ring.value,
        "at": told.notice.at,
        "delivery": told.fate.state.value if told.fate else "waiting",
        "reason": told.fate.reason if told.fate else "",
        "seen_at": told.notice.seen_at,
    }


def _last_value(alert: Alert) -> dict[str, str | None] | None:
    if alert.unit is None:
        return None
    return _quantity(alert.tick, alert.unit) or {"value": None, "unit": alert.unit.value}


def _quantity(tick: int | None, unit: Unit | None) -> dict[str, str | None] | None:
    if tick is None or unit is None:
        return None
    value = f"{tick // 10}.{tick % 10}" if unit is Unit.MMOL_L else str(tick)
    return {"value": value, "unit": unit.value}
