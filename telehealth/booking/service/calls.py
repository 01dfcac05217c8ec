"""Attending: arrive, start, finish, miss. Called by `consults` for video, by the calendar else."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.booking import policy
from telehealth.booking.models import BLOCKING, Appointment, Modality, Status
from telehealth.booking.service.appointments import times_of
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, NotFound
from telehealth.core.i18n import N_

_VERBS = {
    Status.ARRIVED: "arrive",
    Status.IN_PROGRESS: "start",
    Status.DONE: "finish",
    Status.NO_SHOW: "miss",
}


def appointment_for_call(session: Session, appointment_id: int) -> Appointment:
    """The video appointment with this id, whoever asks: the caller checks who may enter.

    Raises:
        NotFound: absent, or not a video consultation.
    """
    row = session.get(Appointment, appointment_id)
    if row is None or row.modality is not Modality.VIDEO:
        raise NotFound
    return row


def is_joinable(row: Appointment, now: datetime) -> bool:
    """Whether the call may be entered: from 10 minutes before the start until 30 after the end."""
    return policy.is_joinable(times_of(row), now)


def arrive(session: Session, actor: Actor, appointment_id: int, *, now: datetime) -> Appointment:
    """The patient's side waits to be let in. Arriving again changes nothing.

    Raises:
        NotAllowed: the actor is not of the patient's side.
        NotFound: not an appointment of this patient.
        Conflict: the call cannot be entered now.
    """
    row = _locked(session, appointment_id)
    if row.patient_id != policy.require_seeing(actor):
        raise NotFound
    if not is_joinable(row, now):
        raise Conflict(N_("This consultation cannot be entered now."), code="not_joinable")
    if row.status is Status.BOOKED:
        _change(session, actor, row, Status.ARRIVED, now)
    return row


def start(session: Session, actor: Actor, appointment_id: int, *, now: datetime) -> Appointment:
    """The appointment is in progress. Starting again (after a lost connection) changes nothing.

    Raises:
        NotFound: not the actor's appointment to hold.
        Conflict: it is over, cancelled or missed.
    """
    row = _held(session, actor, appointment_id)
    if row.status is not Status.IN_PROGRESS:
        row.started_at = now
        _change(session, actor, row, Status.IN_PROGRESS, now)
    return row


def finish(session: Session, actor: Actor, appointment_id: int, *, now: datetime) -> Appointment:
    """The appointment took place; what is left of its time is free.

    Raises:
        NotFound: not the actor's appointment to hold.
        Conflict: it has not begun, or is over, cancelled or missed.
    """
    row = _held(session, actor, appointment_id)
    if row.status is not Status.IN_PROGRESS and now < row.starts_at:
        raise Conflict(N_("This appointment has not begun yet."), code="not_begun")
    row.finished_at = now
    _change(session, actor, row, Status.DONE, now)
    return row


def miss(session: Session, actor: Actor, appointment_id: int, *, now: datetime) -> Appointment:
    """The patient did not come.

    Raises:
        NotFound: not the actor's appointment to hold.
        Conflict: it has not begun, the patient came, or it is over.
    """
    row = _held(session, actor, appointment_id)
    if row.status is not Status.BOOKED or now < row.starts_at:
        raise Conflict(N_("This appointment has not begun yet."), code="not_begun")
    _change(session, actor, row, Status.NO_SHOW, now)
    return row


def _locked(session: Session, appointment_id: int) -> Appointment:
    row = session.scalar(
        select(Appointment)
        .where(Appointment.id == appointment_id)
        .with_for_update(of=Appointment)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    return row


def _held(session: Session, actor: Actor, appointment_id: int) -> Appointment:
    row = _locked(session, appointment_id)
    policy.require_holding(actor, row.patient_id, row.worker_id)
    if row.status not in BLOCKING:
        raise Conflict(N_("This appointment can no longer be changed."), code="not_open")
    return row


def _change(
    session: Session, actor: Actor, row: Appointment, status: Status, now: datetime
) -> None:
    row.status = status
    session.flush()
    audit.record(session, actor, f"booking.{_VERBS[status]}", "appointment", row.id, now=now)
