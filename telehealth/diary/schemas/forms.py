"""What people type into the diary: glucose, and what belongs to the same moment."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from marshmallow import (
    EXCLUDE,
    RAISE,
    Schema,
    ValidationError,
    fields,
    post_load,
    pre_load,
    validate,
)

from devices.glucose import Unit
from telehealth.core.errors import Invalid
from telehealth.core.i18n import N_
from telehealth.core.text import is_storable
from telehealth.core.web.fields import RowId
from telehealth.diary.models import (
    DOSES,
    MAX_ACTIVITY_MIN,
    MAX_CARBS_G,
    MAX_KEY_CHARS,
    MAX_NOTE_CHARS,
    MAX_SOURCE_CHARS,
    Activity,
    Illness,
    Stress,
)
from telehealth.diary.schemas.amounts import Units, Value, Whole, glucose_of
from telehealth.diary.schemas.moments import BAD_DAY, TimeOfDay, instant
from telehealth.diary.service import Content
from telehealth.readings.models import Meal

FILL_IN = N_("Please fill this in.")
CHOOSE = N_("Choose one of these.")
BAD_UNIT = N_("The unit is mmol/L or mg/dL.")
BAD_MEAL = N_("We do not know this meal.")
_BOTH = N_("Enter a number or choose HI or LO, not both.")


def storable(text: str) -> None:
    """Refuse text that no database takes."""
    if not is_storable(text):
        raise ValidationError(N_("This must be text."))


Check = Callable[[str], object]
KEY: list[Check] = [validate.Length(8, MAX_KEY_CHARS, error=FILL_IN), storable]
NOTE: list[Check] = [
    validate.Length(max=MAX_NOTE_CHARS, error=N_("A note has at most 500 characters.")),
    storable,
]


SOURCE: list[Check] = [
    validate.Length(max=MAX_SOURCE_CHARS, error=N_("This text is too long.")),
    storable,
]


class ContentSchema(Schema):
    """What can be written about a moment beside glucose; the names of the API and of the form."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    carbs_g = Whole(
        most=MAX_CARBS_G,
        hint=N_("Enter whole grams of carbohydrate, for example 60; at most 1000."),
        allow_none=True,
        metadata={"type": "integer", "description": "Carbohydrate, grams"},
    )
    rapid_units = Units(allow_none=True, metadata={"type": ["string", "number"], "example": "6.5"})
    long_units = Units(allow_none=True, metadata={"type": ["string", "number"]})
    mixed_units = Units(allow_none=True, metadata={"type": ["string", "number"]})
    other_units = Units(allow_none=True, metadata={"type": ["string", "number"]})
    activity = fields.String(
        allow_none=True, validate=validate.OneOf([one.value for one in Activity], error=CHOOSE)
    )
    activity_min = Whole(
        most=MAX_ACTIVITY_MIN,
        hint=N_("Enter minutes, for example 30."),
        allow_none=True,
        metadata={"type": "integer"},
    )
    illness = fields.String(
        allow_none=True, validate=validate.OneOf([one.value for one in Illness], error=CHOOSE)
    )
    stress = fields.String(
        allow_none=True, validate=validate.OneOf([one.value for one in Stress], error=CHOOSE)
    )
    note = fields.String(allow_none=True, validate=NOTE)


def content_of(values: dict[str, Any], *, photo_id: int | None = None) -> Content:
    """Loaded fields as what an entry says; what is absent is nothing."""
    activity, illness, stress = (values.get(name) for name in ("activity", "illness", "stress"))
    doses = {kind: values.get(f"{kind}_units") for kind in DOSES}
    return Content(
        carbs_g=values.get("carbs_g"),
        activity=Activity(activity) if activity else None,
        activity_min=values.get("activity_min"),
        illness=Illness(illness) if illness else None,
        stress=Stress(stress) if stress else None,
        note=(values.get("note") or "").strip(),
        photo_id=photo_id,
        **doses,
    )


@dataclass(frozen=True, slots=True)
class TypedForm:
    """A form of the diary, read."""

    key: str
    at: datetime
    offset_min: int
    value: Value | None
    """None: nothing was measured, only written."""
    unit: Unit
    meal: Meal
    content: Content
    sure: str
    """What the person has been asked about and answered yes to."""
    version: int | None
    source: str


class _MomentFormSchema(ContentSchema):
    """Day, time and content; empty fields are absent, as a browser sends every field."""

    class Meta:
        """A browser sends its own fields too."""

        unknown = EXCLUDE

    key = fields.String(load_default="", validate=KEY)
    day = fields.Date(required=True, error_messages={"required": FILL_IN, "invalid": BAD_DAY})
    time = TimeOfDay(required=True, error_messages={"required": FILL_IN})
    sure = fields.String(load_default="")
    version = fields.Integer(load_default=None, error_messages={"invalid": FILL_IN})
    photo_id = RowId(load_default=None)
    source = fields.String(
        load_default="",
        validate=SOURCE,
    )

    @pre_load
    def _empty_is_absent(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        return {name: value for name, value in given.items() if value.strip()}


class EntryFormSchema(_MomentFormSchema):
    """An entry beside glucose."""

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> TypedForm:
        return _typed(values, None, Unit.MMOL_L)


class ReadingFormSchema(_MomentFormSchema):
    """Glucose, and below it what belongs to the same moment."""

    value = fields.String(load_default="")
    beyond = fields.String(load_default="", validate=validate.OneOf(["HI", "LO"], error=CHOOSE))
    unit = fields.String(
        required=True,
        error_messages={"required": BAD_UNIT},
        validate=validate.OneOf([unit.value for unit in Unit], error=BAD_UNIT),
    )
    meal = fields.String(
        load_default="", validate=validate.OneOf([meal.value for meal in Meal], error=BAD_MEAL)
    )

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> TypedForm:
        unit, text, wrong = Unit(values["unit"]), values["value"] or values["beyond"], {}
        value: Value | None = None
        if values["value"] and values["beyond"]:
            wrong["value"] = [_BOTH]
        elif text:
            try:
                value = glucose_of(text, unit)
            except Invalid as refusal:
                wrong["value"] = [refusal.errors[0].detail]
        elif content_of(values, photo_id=values["photo_id"]).is_empty:
            wrong["value"] = [FILL_IN]
        try:
            return _typed(values, value, unit, wrong)
        except Invalid as refusal:
            wrong |= {one.pointer.removeprefix("#/"): [one.detail] for one in refusal.errors}
        raise ValidationError(wrong)


def _typed(
    values: dict[str, Any],
    value: Value | None,
    unit: Unit,
    wrong: dict[str, list[str]] | None = None,
) -> TypedForm:
    day: date = values["day"]
    clock: time = values["time"]
    try:
        at, offset_min = instant(day, clock)
    except Invalid as refusal:
        found = {one.pointer.removeprefix("#/"): [one.detail] for one in refusal.errors}
        raise ValidationError((wrong or {}) | found) from refusal
    if wrong:
        raise ValidationError(wrong)
    return TypedForm(
        key=values["key"],
        at=at,
        offset_min=offset_min,
        value=value,
        unit=unit,
        meal=Meal(values.get("meal") or ""),
        content=content_of(values, photo_id=values["photo_id"]),
        sure=values["sure"],
        version=values["version"],
        source=values["source"].strip(),
    )
