"""A claim on time: locked, checked against what is offered, and put to the database's decision."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.booking.models import (
    Appointment,
    AppointmentResource,
    Channel,
    Offer,
    ResourceKind,
    Status,
)
from telehealth.booking.service import resources
from telehealth.booking.service.availability import Span
from telehealth.booking.service.offers import hours_of, service_type
from telehealth.booking.service.slots import bookable_span, offered_slot
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, NotAllowed
from telehealth.core.i18n import N_


@dataclass(frozen=True, slots=True)
class Wish:
    """A slot somebody wants: identified by worker, service and start."""

    worker_id: int
    service: str
    starts_at: datetime
    key: str
    """Made once per attempt: repeating it finds the first booking."""
    channel: Channel = Channel.PORTAL


@dataclass(frozen=True, slots=True)
class Locked:
    """The time of worker and patient, ours to decide about until the transaction ends."""

    patient_id: int
    worker_resource: int
    patient_resource: int
    first: Appointment | None
    """What an earlier click of the same attempt booked."""


def lock(session: Session, actor: Actor, wish: Wish, patient_id: int) -> Locked:
    """Bookings of this worker and this patient wait for us; a repeated attempt is recognised.

    Raises:
        Conflict: the key was used for another booking.
    """
    worker_resource = resources.resource_of(session, ResourceKind.WORKER, wish.worker_id)
    patient_resource = resources.resource_of(session, ResourceKind.PATIENT, patient_id)
    resources.lock(session, (worker_resource, patient_resource))
    first = session.scalar(
        select(Appointment).where(
            Appointment.booked_by_id == actor.person_id, Appointment.attempt_key == wish.key
        )
    )
    if first is not None and not _is_same(first, wish, patient_id):
        raise Conflict(
            N_("This form was already used for another appointment. Open it again."),
            code="key_reused",
        )
    return Locked(patient_id, worker_resource, patient_resource, first)


def store(
    session: Session,
    actor: Actor,
    wish: Wish,
    locked: Locked,
    *,
    now: datetime,
    moved_from: Appointment | None = None,
) -> Appointment:
    """The appointment stands, and its time is taken from worker and patient.

    Raises:
        Conflict: the slot is not offered, too near or too far, or somebody was faster.
    """
    kind = service_type(session, wish.service)
    offer, slot = offered_slot(session, wish.worker_id, kind, wish.starts_at)
    bookable = bookable_span(actor, kind, now)
    if not bookable.starts_at <= slot.starts_at < bookable.ends_at:
        raise Conflict(
            N_("This time can no longer be booked here. Choose another one."), code="slot_closed"
        )
    row = _row(actor, wish, offer, slot, now)
    row.patient_id = locked.patient_id
    if moved_from is not None:
        row.moved_from_id = moved_from.id
        row.uid, row.sequence = moved_from.uid, moved_from.sequence + 1
    _put_to_the_database(session, row, _taken(row, locked, hours_of(offer).blocked(slot)))
    session.refresh(row, ["patient", "worker", "booked_by", "service_type"])
    outbox.put(session, "booking.booked", {"appointment_id": row.id}, now=now)
    return row


def _is_same(first: Appointment, wish: Wish, patient_id: int) -> bool:
    return (first.patient_id, first.worker_id, first.starts_at) == (
        patient_id,
        wish.worker_id,
        wish.starts_at,
    )


def _row(actor: Actor, wish: Wish, offer: Offer, slot: Span, now: datetime) -> Appointment:
    if actor.person_id is None:
        raise NotAllowed(N_("You may not book for this person."))
    return Appointment(
        uid=str(uuid4()),
        sequence=0,
        worker_id=wish.worker_id,
        service_type_id=offer.service_type_id,
        offer_id=offer.id,
        modality=offer.service_type.modality,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        zone=offer.zone,
        starts_wall=slot.starts_at.astimezone(ZoneInfo(offer.zone)).replace(tzinfo=None),
        status=Status.BOOKED,
        booked_by_id=actor.person_id,
        booked_basis=actor.basis,
        channel=wish.channel,
        attempt_key=wish.key,
        booked_at=now,
    )


def _taken(row: Appointment, locked: Locked, blocked: Span) -> dict[int, Span]:
    """Whose time goes: the worker's with buffers, the patient's without, in the order of ids."""
    taken = {
        locked.worker_resource: blocked,
        locked.patient_resource: Span(row.starts_at, row.ends_at),
    }
    return dict(sorted(taken.items()))


def _put_to_the_database(session: Session, row: Appointment, taken: dict[int, Span]) -> None:
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
            for resource_id, time in taken.items():
                session.add(_claim_of(row, resource_id, time))
            session.flush()  # the constraint decides now, not at commit
    except IntegrityError as error:
        raise Conflict(
            N_("This time has just been taken. Choose another one; nothing was changed."),
            code="slot_taken",
        ) from error


def _claim_of(row: Appointment, resource_id: int, time: Span) -> AppointmentResource:
    return AppointmentResource(
        appointment_id=row.id,
        resource_id=resource_id,
        blocking=True,
        blocked_from=time.starts_at,
        blocked_until=time.ends_at,
    )
