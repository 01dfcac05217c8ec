"""Consultations to look at: a patient's, a clinician's day, one waiting room, one history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.booking import service as booking
from telehealth.booking.models import BLOCKING, Appointment, Modality, Status
from telehealth.consults import policy
from telehealth.consults.models import CallEvent, Consultation, ConsultNote, Seat
from telehealth.consults.service import rooms
from telehealth.consults.service.notes import newest_of
from telehealth.core.actor import Actor, Basis
from telehealth.core.clock import local
from telehealth.core.errors import NotFound
from telehealth.directory import service as directory
from telehealth.directory.service import Worker
from video.rooms import CallState, Place, Role

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Visit:
    """One video appointment with what became of its call."""

    appointment: Appointment
    consultation: Consultation | None
    worker: Worker | None
    """None: no longer employed; the appointment still names the person."""
    note: ConsultNote | None
    """The newest version, if the asking side may read it."""
    is_joinable: bool

    @property
    def worker_name(self) -> str:
        """Title and name of the clinician."""
        return self.worker.full_name if self.worker else self.appointment.worker.name

    @property
    def is_ended(self) -> bool:
        """Whether the call has been ended by the clinician."""
        return self.consultation is not None and self.consultation.state is CallState.ENDED

    @property
    def is_ahead(self) -> bool:
        """Whether the appointment still stands."""
        return self.appointment.status in BLOCKING and not self.is_ended

    @property
    def waiting(self) -> tuple[Seat, ...]:
        """Who sits in the waiting room, in order of arrival."""
        seats = self.consultation.seats if self.consultation and not self.is_ended else ()
        return tuple(seat for seat in seats if seat.place is Place.WAITING)


@dataclass(frozen=True, slots=True)
class Lobby:
    """A consultation as the patient's side sees it."""

    visit: Visit
    seat: Seat | None
    """The viewer's; None: they have not come yet."""
    before: int
    """Patients of the same clinician who came or talk now and whose turn is earlier today."""


def visits_of(session: Session, actor: Actor, *, now: datetime) -> Sequence[Visit]:
    """The subject's video consultations, the latest first; at most 50.

    Raises:
        NotAllowed: the actor may not see this person's consultations.
    """
    patient_id = policy.require_seeing(actor)
    found = session.scalars(
        select(Appointment)
        .where(
            Appointment.patient_id == patient_id,
            Appointment.modality == Modality.VIDEO,
            Appointment.status != Status.CANCELLED,
        )
        .order_by(Appointment.starts_at.desc(), Appointment.id.desc())
        .limit(SHOWN)
    ).all()
    detail = {"consultations": len(found)}
    audit.record(session, actor, "consults.list", "consultation", now=now, detail=detail)
    is_team = actor.basis is Basis.CARE_TEAM
    return _visits(session, found, now, may_read_all=is_team)


def today(session: Session, actor: Actor, *, now: datetime) -> Sequence[Visit]:
    """The actor's own video appointments of today, in order of time.

    Raises:
        NotFound: the actor has no calendar here.
    """
    day = local(now).date()
    rows = [
        row
        for row in booking.agenda(session, actor, day, day, now=now)
        if row.modality is Modality.VIDEO
    ]
    return _visits(session, rows, now, may_read_all=False)


def lobby(session: Session, actor: Actor, consultation_id: int, *, now: datetime) -> Lobby:
    """The waiting room of a consultation, for the patient's side.

    Raises:
        NotFound: not a consultation of the actor's subject.
        NotAllowed: a child under 15 without a parent.
    """
    appointment = booking.appointment_for_call(session, consultation_id)
    role = policy.require_joining(actor, rooms.facts_of(appointment, now))
    if role is Role.CLINICIAN:  # hosts have a page of their own
        raise NotFound
    (visit,) = _visits(session, [appointment], now, may_read_all=False)
    seats = visit.consultation.seats if visit.consultation else ()
    seat = next((one for one in seats if one.person_id == actor.person_id), None)
    audit.record(session, actor, "consults.lobby", "consultation", consultation_id, now=now)
    return Lobby(visit, seat, _before(session, appointment))


def hosted(session: Session, actor: Actor, consultation_id: int, *, now: datetime) -> Visit:
    """A consultation for the clinician who holds it, with its note.

    Raises:
        NotFound: not a consultation the actor knows of.
        NotAllowed: not the clinician of this appointment.
    """
    appointment = booking.appointment_for_call(session, consultation_id)
    policy.require_hosting(actor, rooms.facts_of(appointment, now))
    audit.record(session, actor, "consults.open", "consultation", consultation_id, now=now)
    (visit,) = _visits(session, [appointment], now, may_read_all=True)
    return visit


def history(session: Session, consultation_id: int) -> Sequence[CallEvent]:
    """What happened in a call, in order; for callers that have checked who asks."""
    return session.scalars(
        select(CallEvent).where(CallEvent.consultation_id == consultation_id).order_by(CallEvent.id)
    ).all()


def _visits(
    session: Session, rows: Sequence[Appointment], now: datetime, *, may_read_all: bool
) -> Sequence[Visit]:
    ids = [row.id for row in rows]
    calls = _calls(session, ids)
    notes = newest_of(session, ids)
    workers = {row.worker_id: None for row in rows} | {
        one: directory.worker(session, one, now=now) for one in {row.worker_id for row in rows}
    }
    visits = []
    for row in rows:
        note = notes.get(row.id)
        visits.append(
            Visit(
                appointment=row,
                consultation=calls.get(row.id),
                worker=workers[row.worker_id],
                note=note if note and (may_read_all or note.is_shared) else None,
                is_joinable=booking.is_joinable(row, now),
            )
        )
    return visits


def _calls(session: Session, ids: Collection[int]) -> Mapping[int, Consultation]:
    found = session.scalars(select(Consultation).where(Consultation.id.in_(ids)))
    return {row.id: row for row in found}


def _before(session: Session, row: Appointment) -> int:
    """How many others of this clinician came for an earlier turn on the same day."""
    counted = session.scalar(
        select(func.count())
        .select_from(Appointment)
        .where(
            Appointment.worker_id == row.worker_id,
            Appointment.status.in_((Status.ARRIVED, Status.IN_PROGRESS)),
            Appointment.starts_at < row.starts_at,
            Appointment.starts_at >= row.starts_at - timedelta(hours=12),
        )
    )
    return counted or 0
