"""JSON door of booking."""

from collections.abc import Mapping, Sequence
from typing import Any

from telehealth.booking import service as booking
from telehealth.booking.models import Appointment, Offer
from telehealth.booking.schemas import (
    AppointmentSchema,
    AppointmentsSchema,
    NewHoursSchema,
    OfferSchema,
    OffersSchema,
    SlotQuerySchema,
    SlotsSchema,
    WishSchema,
)
from telehealth.booking.service import FreeSlots, NewHours, SlotQuery, Wish
from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, unit_of_work

api = api_blueprint("booking", "Offered hours, free slots and appointments")


@api.get("/patients/<int:patient_id>/slots")
@api.arguments(SlotQuerySchema, location="query")
@api.response(200, SlotsSchema)
@access(Access.SIGNED_IN)
def slots(asked: SlotQuery, patient_id: int) -> FreeSlots:
    """Free slots of a worker of the patient's care team. For the patient's side and the team."""
    with unit_of_work() as session:
        return booking.find_slots(session, current_actor(session, patient_id), asked, now=now())


@api.post("/patients/<int:patient_id>/appointments")
@api.arguments(WishSchema)
@api.response(201, AppointmentSchema)
@access(Access.SIGNED_IN)
def book(wish: Wish, patient_id: int) -> Appointment:
    """Book a slot; 409 `slot_taken`: somebody was faster. For the patient's side and the team."""
    with unit_of_work() as session:
        return booking.book(session, current_actor(session, patient_id), wish, now=now())


@api.get("/patients/<int:patient_id>/appointments")
@api.response(200, AppointmentsSchema)
@access(Access.SIGNED_IN)
def appointments(patient_id: int) -> Mapping[str, Sequence[Appointment]]:
    """A patient's appointments, upcoming and past. For the patient's side and the team."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        return {
            "upcoming": booking.upcoming(session, actor, now=now()),
            "past": booking.past(session, actor, now=now()),
        }


@api.post("/patients/<int:patient_id>/appointments/<int:appointment_id>/moves")
@api.arguments(WishSchema)
@api.response(201, AppointmentSchema)
@access(Access.SIGNED_IN)
def move(wish: Wish, patient_id: int, appointment_id: int) -> Appointment:
    """Give up an appointment for another slot, both or neither; answers with the new one.

    For the patient's side and the team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        return booking.move(session, actor, appointment_id, wish, now=now())


@api.delete("/patients/<int:patient_id>/appointments/<int:appointment_id>")
@api.response(200, AppointmentSchema)
@access(Access.SIGNED_IN)
def cancel(patient_id: int, appointment_id: int) -> Appointment:
    """Cancel an appointment; it stays in the list as cancelled. Repeating changes nothing.

    For the patient's side and the team.
    """
    with unit_of_work() as session:
        return booking.cancel(
            session, current_actor(session, patient_id), appointment_id, now=now()
        )


@api.post("/offers")
@api.arguments(NewHoursSchema)
@api.response(201, OfferSchema)
@access(Access.STAFF)
def offer(wanted: NewHours) -> Offer:
    """Offer own hours. For doctors and nurses."""
    with unit_of_work() as session:
        return booking.offer(session, current_actor(session), wanted, now=now())


@api.get("/offers")
@api.response(200, OffersSchema)
@access(Access.STAFF)
def offers() -> Mapping[str, Any]:
    """Own offered hours that are in force. For doctors and nurses."""
    with unit_of_work() as session:
        return {"offers": booking.offered_by(session, current_actor(session), now=now())}


@api.delete("/offers/<int:offer_id>")
@api.response(204)
@access(Access.STAFF)
def withdraw(offer_id: int) -> None:
    """Withdraw own hours; what is booked in them stays booked. For doctors and nurses."""
    with unit_of_work() as session:
        booking.withdraw(session, current_actor(session), offer_id, now=now())
