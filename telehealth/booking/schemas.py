"""What crosses the wire: wishes and hours in, slots and appointments out."""

from datetime import date
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load, pre_load, validate

from telehealth.booking.models import Channel
from telehealth.booking.service import NewHours, SlotQuery, Wish
from telehealth.core.i18n import N_
from telehealth.core.web.fields import Day, Instant, RowId

_MISSING = N_("Please fill this in.")
_DATE: dict[str, Any] = {
    "invalid": N_("Write the day like this: 2026-12-31."),
    "required": _MISSING,
}
_TIME: dict[str, Any] = {"invalid": N_("Write the time like this: 08:30."), "required": _MISSING}
_INSTANT: dict[str, Any] = {
    "invalid": N_("Choose one of the times."),
    "invalid_awareness": N_("A time needs an offset."),
    "required": N_("Choose one of the times."),
}
_NUMBER: dict[str, Any] = {"invalid": N_("Enter a whole number."), "required": _MISSING}
_SLOT_MIN = validate.Range(5, 480, error=N_("Between 5 and 480 minutes."))
_KEY = validate.Length(8, 64, error=N_("8 to 64 characters."))
_CHANNELS = [channel.value for channel in Channel]


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class SlotQuerySchema(_Strict):
    """Which days of whom; both days included, at most 62."""

    worker = RowId(required=True, attribute="worker_id", error_messages=_NUMBER)
    service = fields.String(required=True)
    first_on = Day(required=True, data_key="from", error_messages=_DATE)
    last_on = Day(required=True, data_key="to", error_messages=_DATE)

    @post_load
    def _command(self, given: dict[str, Any], **_: object) -> SlotQuery:
        return SlotQuery(**given)


class SlotPageSchema(_Strict):
    """What the address of the page of slots says; the days come from the page."""

    worker = RowId(required=True)
    service = fields.String(required=True)
    first_on = Day(load_default=None, data_key="from")


class WishSchema(_Strict):
    """A slot somebody wants. `key` is made by the caller once per attempt: repeats are harmless."""

    worker = RowId(required=True, attribute="worker_id", error_messages=_NUMBER)
    service = fields.String(required=True)
    starts_at = Instant(required=True, error_messages=_INSTANT)
    key = fields.String(required=True, validate=_KEY)
    channel = fields.Enum(
        Channel, by_value=True, load_default=Channel.PORTAL, metadata={"enum": _CHANNELS}
    )

    @post_load
    def _command(self, given: dict[str, Any], **_: object) -> Wish:
        return Wish(**given)


class NewHoursSchema(_Strict):
    """Hours in wall time. `last_on` as `first_on`: one day; null: every week until withdrawn."""

    service = fields.String(required=True)
    first_on = Day(required=True, error_messages=_DATE)
    last_on = Day(required=True, allow_none=True, error_messages=_DATE)
    starts_wall = fields.Time(
        required=True, data_key="starts", format="%H:%M", error_messages=_TIME
    )
    ends_wall = fields.Time(required=True, data_key="ends", format="%H:%M", error_messages=_TIME)
    slot_min = fields.Integer(load_default=None, validate=_SLOT_MIN, error_messages=_NUMBER)

    @post_load
    def _command(self, given: dict[str, Any], **_: object) -> NewHours:
        return NewHours(**given)


class HoursFormSchema(NewHoursSchema):
    """The same as a form says it: once, or every week until a day that may be left open."""

    repeat = fields.String(required=True, validate=validate.OneOf(["once", "weekly"]))
    last_on = Day(load_default=None, allow_none=True, error_messages=_DATE)

    @pre_load
    def _empty_is_absent(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        return {name: value for name, value in given.items() if value}

    @post_load
    def _command(self, given: dict[str, Any], **_: object) -> NewHours:
        is_once = given.pop("repeat") == "once"
        last_on: date | None = given["first_on"] if is_once else given["last_on"]
        return NewHours(**given | {"last_on": last_on})


class SpanSchema(Schema):
    """A free slot."""

    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()


class PartySchema(Schema):
    """Somebody of an appointment: id and name."""

    id = fields.Integer()
    name = fields.String()


class SlotsSchema(Schema):
    """Free slots in order; `next_free` where there are none in the asked days."""

    worker = fields.Integer(attribute="worker.person_id")
    service = fields.String(attribute="service.key")
    slots = fields.List(fields.Nested(SpanSchema))
    next_free = fields.Nested(SpanSchema, allow_none=True)


class AppointmentSchema(Schema):
    """An appointment, with who booked it and on what basis."""

    id = fields.Integer()
    patient = fields.Nested(PartySchema)
    worker = fields.Nested(PartySchema)
    service = fields.String(attribute="service_type.key")
    modality = fields.String()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    zone = fields.String()
    status = fields.String()
    booked_by = fields.Nested(PartySchema)
    booked_basis = fields.String()
    booked_at = fields.AwareDateTime()
    channel = fields.String()
    moved_from = fields.Integer(attribute="moved_from_id", allow_none=True)
    cancelled_at = fields.AwareDateTime(allow_none=True)
    cancel_reason = fields.String(allow_none=True)


class AppointmentsSchema(Schema):
    """A patient's appointments."""

    upcoming = fields.List(fields.Nested(AppointmentSchema))
    past = fields.List(fields.Nested(AppointmentSchema))


class OfferSchema(Schema):
    """Offered hours in wall time of `zone`."""

    id = fields.Integer()
    service = fields.String(attribute="service_type.key")
    first_on = fields.Date()
    last_on = fields.Date(allow_none=True)
    starts = fields.Time(attribute="starts_wall", format="%H:%M")
    ends = fields.Time(attribute="ends_wall", format="%H:%M")
    zone = fields.String()
    slot_min = fields.Integer()


class OffersSchema(Schema):
    """A worker's offered hours."""

    offers = fields.List(fields.Nested(OfferSchema))
