"""Appointments to look at: a patient's, and a worker's calendar."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.booking import policy
from telehealth.booking.models import BLOCKING, Appointment, Status
from telehealth.core.actor import Actor
from telehealth.core.clock import HOME_ZONE
from telehealth.core.errors import NotFound
from telehealth.core.i18n import sort_key
from telehealth.directory import service as directory
from telehealth.identity.models import Person

PAST_SHOWN = 50


def upcoming(
    session: Session, actor: Actor, *, now: datetime, limit: int | None = None
) -> Sequence[Appointment]:
    """The subject's appointments that are still ahead or can still be entered, the next one first.

    Raises:
        NotAllowed: the actor may not see this patient's appointments.
    """
    query = _of(policy.require_seeing(actor)).where(_is_ahead(now))
    rows = session.scalars(query.order_by(Appointment.starts_at).limit(limit)).all()
    _read(session, actor, "booking.upcoming", len(rows), now)
    return rows


def past(session: Session, actor: Actor, *, now: datetime) -> Sequence[Appointment]:
    """The subject's appointments that are over or cancelled, newest first; the last 50.

    Moved ones are left out: the one that took their place is shown.

    Raises:
        NotAllowed: the actor may not see this patient's appointments.
    """
    was_moved = select(Appointment.moved_from_id).where(Appointment.moved_from_id.is_not(None))
    query = _of(policy.require_seeing(actor)).where(
        ~_is_ahead(now), Appointment.id.not_in(was_moved)
    )
    rows = session.scalars(query.order_by(Appointment.starts_at.desc()).limit(PAST_SHOWN)).all()
    _read(session, actor, "booking.past", len(rows), now)
    return rows


def find(session: Session, actor: Actor, appointment_id: int, *, now: datetime) -> Appointment:
    """One appointment of the subject.

    Raises:
        NotAllowed: the actor may not see this patient's appointments.
        NotFound: absent, or another patient's: one answer.
    """
    query = _of(policy.require_seeing(actor)).where(Appointment.id == appointment_id)
    row = session.scalar(query)
    if row is None:
        raise NotFound
    audit.record(session, actor, "booking.open", "appointment", row.id, now=now)
    return row


def agenda(
    session: Session, actor: Actor, first_on: date, last_on: date, *, now: datetime
) -> Sequence[Appointment]:
    """The worker's own appointments from day to day (both included), without cancelled ones.

    Raises:
        NotFound: the actor has no calendar.
    """
    worker_id = policy.require_offering(actor)
    rows = session.scalars(
        select(Appointment)
        .where(
            Appointment.worker_id == worker_id,
            Appointment.starts_at >= _midnight(first_on),
            Appointment.starts_at < _midnight(last_on + timedelta(days=1)),
            Appointment.status != Status.CANCELLED,
        )
        .order_by(Appointment.starts_at)
    ).all()
    _read(session, actor, "booking.agenda", len(rows), now)
    return rows


def patients_to_book(
    session: Session, actor: Actor, *, asked: str = "", now: datetime
) -> Sequence[Person]:
    """The worker's own patients whose name contains `asked`, in alphabetical order.

    Raises:
        NotFound: the actor has no calendar.
    """
    patients = directory.patients_of(session, policy.require_offering(actor), now=now)
    found = [row for row in patients if asked.casefold() in row.name.casefold()]
    found.sort(key=lambda row: (sort_key(row.family_name), sort_key(row.given_name)))
    audit.record(session, actor, "booking.patients", now=now, detail={"patients": len(found)})
    return found


def _of(patient_id: int) -> Select[Appointment]:
    return select(Appointment).where(Appointment.patient_id == patient_id)


def _is_ahead(now: datetime) -> ColumnElement[bool]:
    return Appointment.status.in_(BLOCKING) & (Appointment.ends_at >= now - policy.JOIN_CLOSES)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), HOME_ZONE).astimezone(UTC)


def _read(session: Session, actor: Actor, action: str, count: int, now: datetime) -> None:
    detail = {"appointments": count}
    audit.record(session, actor, action, "appointment", now=now, detail=detail)
