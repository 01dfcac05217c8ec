"""Book, move and cancel. The database decides who was first; here the loser is told."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.booking import policy
from telehealth.booking.models import Appointment, CancelReason, Status
from telehealth.booking.policy import Times
from telehealth.booking.service import claims
from telehealth.booking.service.claims import Wish
from telehealth.booking.service.slots import require_worker
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import NotFound
from telehealth.core.i18n import N_
from telehealth.identity import service as identity
from telehealth.identity.models import Person
from telehealth.inbox import service as inbox
from telehealth.inbox.models import ItemKind
from telehealth.inbox.service import Delivery
from telehealth.mandates.policy import is_child

_BOOKED = N_("Appointment booked")
_MOVED = N_("Appointment moved")
_CANCELLED = N_("Appointment cancelled")


def book(session: Session, actor: Actor, wish: Wish, *, now: datetime) -> Appointment:
    """The slot is the patient's; the patient's inbox says so.

    Raises:
        NotAllowed: the actor may not book for this patient.
        NotFound: the worker is not in the patient's care team.
        Conflict: somebody was faster, or the slot is not offered or too near.
    """
    patient = _bookable_patient(session, actor, wish, now)
    taken = claims.lock(session, actor, wish, patient.id)
    if taken.first is not None:
        return taken.first
    row = claims.store(session, actor, wish, taken, now=now)
    audit.record(session, actor, "booking.book", "appointment", row.id, now=now)
    _remind(session, row, _BOOKED, now)
    return row


def move(
    session: Session, actor: Actor, appointment_id: int, wish: Wish, *, now: datetime
) -> Appointment:
    """The appointment takes place at the new time, the old time is free: both or neither.

    Raises:
        NotAllowed: the actor may not change this patient's appointments.
        NotFound: not an appointment of this patient.
        Conflict: somebody was faster, the new slot is not offered, or it is too late to change.
    """
    patient = _bookable_patient(session, actor, wish, now)
    taken = claims.lock(session, actor, wish, patient.id)
    old = _own(session, patient.id, appointment_id)
    if taken.first is not None:
        return taken.first
    policy.require_changing(actor, times_of(old), now)
    _give_back(session, actor, old, CancelReason.MOVED, now)
    row = claims.store(session, actor, wish, taken, now=now, moved_from=old)
    detail = {"from": old.id}
    audit.record(session, actor, "booking.move", "appointment", row.id, now=now, detail=detail)
    _remind(session, row, _MOVED, now)
    if not policy.is_for_staff(actor):
        _tell(session, row.worker_id, f"moved-{row.id}", _MOVED, now)
    return row


def cancel(session: Session, actor: Actor, appointment_id: int, *, now: datetime) -> Appointment:
    """The time is free again; the other side is told. Cancelling twice changes nothing.

    Raises:
        NotAllowed: the actor may not change this patient's appointments.
        NotFound: not an appointment of this patient.
        Conflict: it has begun, is over, or its start is too near.
    """
    row = _own(session, _patient(session, actor, now).id, appointment_id)
    if row.status is Status.CANCELLED:
        return row
    policy.require_changing(actor, times_of(row), now)
    by_clinic = policy.is_for_staff(actor)
    _give_back(session, actor, row, CancelReason.CLINIC if by_clinic else CancelReason.PATIENT, now)
    audit.record(session, actor, "booking.cancel", "appointment", row.id, now=now)
    if by_clinic or actor.is_representing:
        _tell(session, row.patient_id, f"cancelled-{row.id}", _CANCELLED, now)
    if not by_clinic:
        _tell(session, row.worker_id, f"cancelled-{row.id}", _CANCELLED, now)
    return row


def may_change(actor: Actor, row: Appointment, now: datetime) -> bool:
    """Whether the actor's side can still cancel or move this appointment."""
    return policy.may_change(actor, times_of(row), now)


def times_of(row: Appointment) -> Times:
    """What the rules need of an appointment."""
    return Times(
        row.starts_at, row.ends_at, row.status, row.modality, row.service_type.cancel_until_min
    )


def _patient(session: Session, actor: Actor, now: datetime) -> Person:
    patient = identity.person(session, policy.require_seeing(actor))
    policy.require_acting(actor, is_child=is_child(patient.birth_on, now))
    return patient


def _bookable_patient(session: Session, actor: Actor, wish: Wish, now: datetime) -> Person:
    patient = _patient(session, actor, now)
    policy.require_channel(actor, wish.channel)
    if patient.died_on is not None:
        raise NotFound
    require_worker(session, actor, wish.worker_id, now=now)
    return patient


def _own(session: Session, patient_id: int, appointment_id: int) -> Appointment:
    """The appointment through its patient, in one query: a foreign id is an absent one."""
    row = session.scalar(
        select(Appointment)
        .where(Appointment.id == appointment_id, Appointment.patient_id == patient_id)
        .with_for_update(of=Appointment)
    )
    if row is None:
        raise NotFound
    return row


def _give_back(
    session: Session, actor: Actor, row: Appointment, reason: CancelReason, now: datetime
) -> None:
    """The time is free; nobody is told yet but other rooms, after the commit."""
    row.status = Status.CANCELLED
    row.cancelled_at = now
    row.cancelled_by_id = actor.person_id
    row.cancel_reason = reason
    session.flush()  # frees the time before a moved appointment asks for one beside it
    inbox.finish(session, row.patient_id, ItemKind.APPOINTMENT, str(row.id), now=now)
    outbox.put(session, "booking.cancelled", {"appointment_id": row.id}, now=now)


def _remind(session: Session, row: Appointment, title: str, now: datetime) -> None:
    """The patient's inbox keeps the appointment as a thing to come back to."""
    delivery = Delivery(row.patient_id, ItemKind.APPOINTMENT, str(row.id), title)
    inbox.deliver(session, delivery, now=now)


def _tell(session: Session, person_id: int, ref: str, title: str, now: datetime) -> None:
    """Somebody hears of a change they did not make."""
    inbox.deliver(session, Delivery(person_id, ItemKind.NOTICE, ref, title), now=now)
