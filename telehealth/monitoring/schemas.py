"""What crosses the border of monitoring: filters, deeds, thresholds; rows of the list."""

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from telehealth.core.i18n import N_
from telehealth.core.web.fields import Day, RowId
from telehealth.glycemia.slots import Slot
from telehealth.monitoring.models import MAX_NOTE_CHARS, Deed, Kind, Rule, Stage
from telehealth.monitoring.service import (
    BY_HAND,
    DEFAULT,
    Act,
    Code,
    Filter,
    Owner,
    Sort,
)
from telehealth.monitoring.service.worklist import MAX_SEARCH_CHARS, PAGE

MAX_PAGE = 200
_DEEDS = tuple(sorted(deed.value for deed in BY_HAND))


class WorklistFilterSchema(Schema):
    """Which entries, in which order."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    reason = fields.Enum(Code, by_value=True, load_default=None)
    owner = fields.Enum(Owner, by_value=True, load_default=None)
    due = fields.Boolean(load_default=False, metadata={"description": "The review has come"})
    kind = fields.Enum(Kind, by_value=True, load_default=None)
    stage = fields.Enum(Stage, by_value=True, load_default=None)
    search = fields.String(load_default="", validate=validate.Length(max=MAX_SEARCH_CHARS))
    sort = fields.Enum(Sort, by_value=True, load_default=Sort.URGENCY)
    cursor = fields.String(load_default=None, validate=validate.Length(max=500))
    limit = fields.Integer(load_default=PAGE, validate=validate.Range(1, MAX_PAGE))

    @post_load
    def _filter(self, data: dict[str, Any], **_: Any) -> Filter:
        return Filter(is_due=data.pop("due"), **data)


class _MaybeDay(Day):
    """A day field of a page; left empty it is no day."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        return None if value == "" else super()._deserialize(value, attr, data, **kwargs)


class WorklistDeedSchema(Schema):
    """Something to do with an entry."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    deed = fields.String(required=True, validate=validate.OneOf(_DEEDS))
    version = RowId(
        load_default=None,
        allow_none=True,
        metadata={"description": "Of the entry as it was seen; another one is a conflict"},
    )
    text = fields.String(load_default="", validate=validate.Length(max=MAX_NOTE_CHARS))
    review_on = Day(load_default=None, allow_none=True)
    owner_id = RowId(load_default=None, allow_none=True)

    @post_load
    def _act(self, data: dict[str, Any], **_: Any) -> Act:
        return Act(**{**data, "deed": Deed(data["deed"])})


class DeedFormSchema(WorklistDeedSchema):
    """The same as typed into a page."""

    review_on = _MaybeDay(load_default=None, error_messages={"invalid": N_("Choose a day.")})
    back = fields.String(load_default="")

    @post_load
    def _act(self, data: dict[str, Any], **_: Any) -> Act:
        data.pop("back")
        return Act(**{**data, "deed": Deed(data["deed"])})


class WorklistReasonSchema(Schema):
    """Why a patient stands where they stand."""

    code = fields.Enum(Code, by_value=True)
    numbers = fields.Dict(keys=fields.String(), values=fields.Float())


class WorklistEntrySchema(Schema):
    """One row of the list."""

    patient_id = fields.Integer()
    name = fields.String()
    age_years = fields.Integer()
    kind = fields.Enum(Kind, by_value=True)
    severity = fields.Integer(metadata={"description": "0: meets the targets; higher is worse"})
    reasons = fields.List(fields.Nested(WorklistReasonSchema))
    in_range_pct = fields.Float(allow_none=True)
    in_range_before_pct = fields.Float(allow_none=True)
    newest_at = fields.AwareDateTime(allow_none=True)
    stage = fields.Enum(Stage, by_value=True)
    owner = fields.String(allow_none=True)
    review_on = fields.Date(allow_none=True)
    version = fields.Integer()


class WorklistSchema(Schema):
    """A page of the list."""

    total = fields.Integer(metadata={"description": "All patients of the worker"})
    version = fields.String()
    entries = fields.List(fields.Nested(WorklistEntrySchema))
    next_cursor = fields.String(allow_none=True)


class WorklistVersionSchema(Schema):
    """A word that changes when the list does."""

    version = fields.String()


class _Threshold(fields.Field[float | str]):
    """A number, null (the rule is off) or `default`."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> float | str:
        _ = attr, data, kwargs
        if value == DEFAULT:
            return DEFAULT
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError(N_("Write a number, null (off) or default."))
        return float(value)


class TriageThresholdsSchema(Schema):
    """Thresholds to change; rules that are absent stay as they are."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    thresholds = fields.Dict(
        keys=fields.Enum(Rule, by_value=True),
        values=_Threshold(allow_none=True),
        required=True,
        metadata={"description": "A number; null: the rule is off; `default`: no own value"},
    )

    @post_load
    def _wish(self, data: dict[str, Any], **_: Any) -> Any:
        return data["thresholds"]


class TriageLevelSchema(Schema):
    """One threshold."""

    rule = fields.Enum(Rule, by_value=True)
    usual = fields.Float(allow_none=True)
    value = fields.Float(allow_none=True)
    is_own = fields.Boolean()


class TriageLevelsSchema(Schema):
    """All thresholds."""

    thresholds = fields.List(fields.Nested(TriageLevelSchema))


class TodaysSlotSchema(Schema):
    """A planned measurement of today."""

    slot = fields.Enum(Slot, by_value=True)
    opens_at = fields.AwareDateTime()
    closes_at = fields.AwareDateTime()
    state = fields.String(metadata={"description": "done, due, later or missed"})
    done_at = fields.AwareDateTime(allow_none=True)


class PlanDaySchema(Schema):
    """A day of the plan."""

    day = fields.Date()
    planned = fields.Integer()
    done = fields.Integer()


class TodaysPlanSchema(Schema):
    """Today's plan and how the last 14 days went."""

    today = fields.List(fields.Nested(TodaysSlotSchema))
    days = fields.List(fields.Nested(PlanDaySchema))
    planned = fields.Integer()
    done = fields.Integer()
