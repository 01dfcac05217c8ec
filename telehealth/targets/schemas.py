"""What crosses the border of targets: targets and plans, as JSON and as typed into a page."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate
from werkzeug.datastructures import MultiDict

from devices.glucose import Unit
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.glycemia.adherence import DAY_MIN, Planned
from telehealth.glycemia.slots import Slot
from telehealth.targets.models import GOALS, MAX_NOTE_CHARS, Population
from telehealth.targets.service import NewPlan, NewTargets, OwnLimits, Plan, Targets

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MAX_DIGITS = 8
_WALL = re.compile(r"(\d{1,2})[.:](\d{2})", re.ASCII)


_Goals = Schema.from_dict(
    {goal: fields.Float(allow_none=True, load_default=None) for goal in GOALS}, name="TargetGoals"
)
"""Goals by share; null: no goal."""


class OwnLimitsSchema(Schema):
    """A range in one unit; the other unit's whole numbers are derived."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    unit = fields.Enum(Unit, by_value=True, required=True)
    low = fields.Decimal(required=True, as_string=True)
    high = fields.Decimal(required=True, as_string=True)

    @post_load
    def _limits(self, data: dict[str, Any], **_: Any) -> OwnLimits:
        return OwnLimits(**data)


class NewTargetsSchema(Schema):
    """Targets to be set."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    population = fields.Enum(Population, by_value=True, required=True)
    limits = fields.Nested(
        OwnLimitsSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "null: the population's own range"},
    )
    goals = fields.Nested(
        _Goals,
        load_default=None,
        allow_none=True,
        metadata={"description": "null: the population's own goals"},
    )
    note = fields.String(load_default="", validate=validate.Length(max=MAX_NOTE_CHARS))
    takes_rules = fields.Boolean(
        load_default=True,
        metadata={
            "description": "Whether the alert rules of the population hold too; false: those of now"
            " stay as the patient's own"
        },
    )

    @post_load
    def _new(self, data: dict[str, Any], **_: Any) -> NewTargets:
        return NewTargets(**data)


class PatientTargetsSchema(Schema):
    """Targets, as set by whom and when."""

    name = fields.Function(lambda found: found.preset.name)
    population = fields.Enum(Population, by_value=True)
    is_own = fields.Boolean()
    unit = fields.Enum(Unit, by_value=True, allow_none=True)
    mg_dl = fields.Function(lambda found: _shown(found, Unit.MG_DL))
    mmol_l = fields.Function(lambda found: _shown(found, Unit.MMOL_L))
    goals = fields.Dict(keys=fields.String(), values=fields.Float(allow_none=True))
    note = fields.String()
    set_by = fields.String()
    set_at = fields.AwareDateTime(allow_none=True)


class PatientTargetsHistorySchema(Schema):
    """The targets in force and all earlier ones, newest first."""

    current = fields.Nested(PatientTargetsSchema)
    earlier = fields.List(fields.Nested(PatientTargetsSchema))
    alert_rules = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Dict()),
        metadata={
            "description": "For each population: every alert rule as it is (`before`) and as it"
            " will hold with these targets (`after`); a patient's own (`is_own`) stays"
        },
    )


def _shown(found: Targets, unit: Unit) -> dict[str, str]:
    low, high = found.limits.shown(unit)
    return {"low": str(low), "high": str(high)}


class _Wall(fields.Field[int]):
    """A time of day as `HH:MM`; `24:00` ends a day."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        _ = attr, data, kwargs
        if not isinstance(value, str):
            raise ValidationError(N_("Write a time such as 7:30."))
        return minutes_of(value)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        _ = attr, obj, kwargs
        return f"{value // 60:02}:{value % 60:02}"


class MeasurementSlotSchema(Schema):
    """One slot: on which days, between which times of the wall clock."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    slot = fields.Enum(Slot, by_value=True, required=True)
    days = fields.List(
        fields.String(validate=validate.OneOf(_DAYS)), required=True, validate=validate.Length(1, 7)
    )
    starts = _Wall(required=True, attribute="starts_min")
    ends = _Wall(required=True, attribute="ends_min")

    @post_load
    def _planned(self, data: dict[str, Any], **_: Any) -> Planned:
        weekdays = sum(1 << _DAYS.index(day) for day in set(data.pop("days")))
        return Planned(weekdays=weekdays, **data)


class NewMeasurementPlanSchema(Schema):
    """A plan to be agreed on; without slots nothing is planned any more."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    slots = fields.List(
        fields.Nested(MeasurementSlotSchema), required=True, validate=validate.Length(0, 8)
    )
    tolerance_min = fields.Integer(load_default=30, strict=True)
    note = fields.String(load_default="", validate=validate.Length(max=MAX_NOTE_CHARS))

    @post_load
    def _plan(self, data: dict[str, Any], **_: Any) -> NewPlan:
        return NewPlan(**{**data, "slots": tuple(data["slots"])})


class MeasurementPlanSchema(Schema):
    """A plan, as agreed on with whom and when."""

    slots = fields.Function(lambda plan: [_slot_json(one) for one in plan.slots])
    tolerance_min = fields.Integer()
    note = fields.String()
    set_by = fields.String()
    set_at = fields.AwareDateTime()


class MeasurementPlanHistorySchema(Schema):
    """The plan in force (null: none) and all earlier ones, newest first."""

    current = fields.Nested(MeasurementPlanSchema, allow_none=True)
    earlier = fields.List(fields.Nested(MeasurementPlanSchema))


def _slot_json(one: Planned) -> dict[str, Any]:
    return {
        "slot": one.slot.value,
        "days": [day for place, day in enumerate(_DAYS) if one.weekdays >> place & 1],
        "starts": f"{one.starts_min // 60:02}:{one.starts_min % 60:02}",
        "ends": f"{one.ends_min // 60:02}:{one.ends_min % 60:02}",
    }


def plan_json(versions: list[Plan]) -> dict[str, Any]:
    """Versions newest first, as the API answers them."""
    return {"current": versions[0] if versions else None, "earlier": versions[1:]}


def minutes_of(text: str) -> int:
    """Minutes since midnight of `HH:MM` or `H.MM`.

    Raises:
        ValidationError: no time of day.
    """
    found = _WALL.fullmatch(text.strip())
    minutes = int(found[1]) * 60 + int(found[2]) if found else DAY_MIN + 1
    if minutes > DAY_MIN or (found and int(found[2]) > 59):  # noqa: PLR2004 - minutes of an hour
        raise ValidationError(N_("Write a time such as 7:30."))
    return minutes


def typed_targets(form: "MultiDict[str, str]") -> NewTargets:
    """Targets as typed into the page.

    Raises:
        Invalid: something is no number or no choice.
    """
    errors: list[FieldError] = []
    population = form.get("population", "")
    if population not in set(Population):
        errors.append(FieldError("#/population", N_("Choose whose targets these are."), "choice"))
    limits = _typed_limits(form, errors) if form.get("range") == "own" else None
    goals = None
    if form.get("goals") == "own":
        typed = {goal: _number(form, goal, errors) for goal in GOALS}
        goals = {goal: None if value is None else float(value) for goal, value in typed.items()}
    if errors:
        raise Invalid(errors=tuple(errors))
    note = form.get("note", "")[:MAX_NOTE_CHARS]
    takes_rules = form.get("rules") == "take"
    return NewTargets(Population(population), limits, goals, note, takes_rules)


def _typed_limits(form: "MultiDict[str, str]", errors: list[FieldError]) -> OwnLimits | None:
    low, high = (_number(form, name, errors) for name in ("low", "high"))
    if form.get("unit") not in set(Unit):
        errors.append(FieldError("#/unit", N_("Choose the unit."), "choice"))
    for name, value in (("low", low), ("high", high)):
        if value is None and not any(error.pointer == f"#/{name}" for error in errors):
            errors.append(FieldError(f"#/{name}", N_("Write a number."), "required"))
    if errors or low is None or high is None:
        return None
    return OwnLimits(Unit(form["unit"]), low, high)


def _number(form: "MultiDict[str, str]", name: str, errors: list[FieldError]) -> Decimal | None:
    text = form.get(name, "").strip().replace(",", ".")
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or len(text) > _MAX_DIGITS:
        errors.append(FieldError(f"#/{name}", N_("Write a number."), "number"))
        return None
    return value


def typed_plan(form: "MultiDict[str, str]") -> NewPlan:
    """A plan as typed into the page: a line per slot, its days as ticks.

    Raises:
        Invalid: something is no time.
    """
    slots, errors = [], []
    for slot in Slot:
        weekdays = sum(
            1 << int(day) for day in set(form.getlist(f"{slot}-day")) if day in set("0123456")
        )
        if not weekdays:
            continue
        ends = []
        for name in ("from", "until"):
            try:
                ends.append(minutes_of(form.get(f"{slot}-{name}", "")))
            except ValidationError as error:
                errors.append(FieldError(f"#/{slot}-{name}", str(error.messages[0]), "time"))
        if len(ends) == 2 and not ends[0] < ends[1]:  # noqa: PLR2004 - from and until
            words = N_("The window must end after it begins, on the same day.")
            errors.append(FieldError(f"#/{slot}-until", words, "window"))
        if len(ends) == 2:  # noqa: PLR2004 - from and until
            slots.append(Planned(slot, weekdays, *ends))
    tolerance = form.get("tolerance_min", "")
    if errors:
        raise Invalid(errors=tuple(errors))
    tolerance_min = int(tolerance) if tolerance.isdecimal() and len(tolerance) < 4 else -1  # noqa: PLR2004
    return NewPlan(tuple(slots), tolerance_min, form.get("note", "")[:MAX_NOTE_CHARS])
