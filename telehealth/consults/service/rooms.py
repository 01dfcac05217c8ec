"""A room between two deeds: loaded under a lock, changed by the rules of `video.rooms`, kept.

Membership is these rows and nothing else: any process may handle the next message.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from telehealth.booking import service as booking
from telehealth.booking.models import Appointment
from telehealth.consults.models import CallEvent, Consultation, EventKind, Seat
from telehealth.consults.policy import Facts
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, NotAllowed, NotFound, Refusal
from telehealth.core.i18n import N_
from telehealth.directory import service as directory
from telehealth.identity import service as identity
from telehealth.mandates.policy import is_child
from video import rooms as rules
from video.rooms import CallState, Participant, Role, Room, RoomRefusal, Why


@dataclass(frozen=True, slots=True)
class Who:
    """A person in the room as others may see them."""

    name: str
    stands_for: str = ""
    """The patient's name, when a guardian or proxy is here in their place."""


@dataclass(frozen=True, slots=True)
class Change:
    """The room after a deed, for whoever tells the browsers in it."""

    consultation_id: int
    worker_id: int
    revision: int
    room: Room
    people: dict[str, Who]
    """By participant id."""
    me: str = ""
    """Participant id of whoever acted, if they sit in the room."""
    replaced: tuple[str, int] | None = None
    """Participant and generation of a connection that a newer one has taken over from."""


def facts_of(row: Appointment, now: datetime) -> Facts:
    """What the policy needs of an appointment."""
    return Facts(row.patient_id, row.worker_id, is_child(row.patient.birth_on, now))


def open_room(session: Session, row: Appointment, *, now: datetime) -> Consultation:
    """The consultation of an appointment, made if nobody came before; ours until the commit."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(Consultation)
        .values(id=row.id, state=CallState.OPEN, revision=0, opened_at=now)
        .on_conflict_do_nothing(index_elements=["id"])
    )
    return locked(session, row.id)


def locked(session: Session, consultation_id: int) -> Consultation:
    """A consultation, ours until the commit.

    Raises:
        NotFound: nobody has come to it yet.
    """
    found = session.scalar(
        select(Consultation)
        .where(Consultation.id == consultation_id)
        .with_for_update(of=Consultation)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def glance(session: Session, consultation_id: int) -> Consultation | None:
    """A consultation as it is now, without a lock; None: nobody has come yet."""
    return session.get(Consultation, consultation_id, populate_existing=True)


def room_of(row: Consultation) -> Room:
    """The stored room as the rules know it."""
    return Room(participants=tuple(_participant(seat) for seat in row.seats), state=row.state)


def seat_of(row: Consultation, person_id: int | None) -> Seat:
    """The seat of a person.

    Raises:
        NotFound: they never came.
    """
    for seat in row.seats:
        if seat.person_id == person_id:
            return seat
    raise NotFound


def allowed(deed: Callable[[], rules.Room]) -> Room:
    """Do what the rules allow; what they refuse becomes a refusal that a door can render."""
    try:
        return deed()
    except RoomRefusal as refusal:
        raise refused(refusal) from refusal


def refused(refusal: RoomRefusal) -> Refusal:
    """The refusal of a room in the application's words."""
    if refusal.why is Why.UNKNOWN_PERSON:
        return NotFound()
    kind = NotAllowed if refusal.why in (Why.NOT_HOST, Why.NOT_ADMITTED) else Conflict
    return kind(_SENTENCE[refusal.why], code=refusal.why.value)


_SENTENCE = {
    Why.ENDED: N_("This consultation has ended."),
    Why.OTHER_ROLE: N_("You already take part in this consultation in another role."),
    Why.NOT_HOST: N_("Only the clinician of this appointment may do this."),
    Why.NOT_HERE: N_("This person has left. They can come back to the waiting room."),
    Why.NOT_ADMITTED: N_("Please wait until you are let in."),
    Why.FULL: N_("Two people can talk at once. Somebody has to leave first."),
    Why.STALE: N_("The call was opened again elsewhere."),
}


def keep(session: Session, row: Consultation, room: Room) -> None:
    """Store what a deed made of the room."""
    row.state = room.state
    row.revision += 1
    seats = {seat.participant_id: seat for seat in row.seats}
    for one in room.participants:
        seat = seats[one.id]
        seat.generation = one.generation
        seat.place = one.place
        seat.is_welcome = one.is_welcome
        seat.has_camera_on = one.has_camera_on
        seat.has_microphone_on = one.has_microphone_on
    session.flush()


def add_seat(row: Consultation, actor: Actor, role: Role, *, now: datetime) -> Seat:
    """A place for somebody who comes for the first time, not yet ruled upon."""
    seat = Seat(
        consultation_id=row.id,
        person_id=actor.person_id,
        participant_id=secrets.token_urlsafe(12),
        role=role,
        basis=actor.basis,
        representation_id=actor.representation_id,
        number=len(row.seats),
        generation=1,
        place=rules.Place.WAITING,
        is_welcome=False,
        has_camera_on=False,
        has_microphone_on=False,
        arrived_at=now,
    )
    row.seats.append(seat)
    return seat


def remember(
    session: Session,
    row: Consultation,
    kind: EventKind,
    seat: Seat | None,
    by_person_id: int | None,
    *,
    now: datetime,
    detail: str = "",
) -> None:
    """A line in the history of the call."""
    session.add(
        CallEvent(
            consultation_id=row.id,
            at=now,
            kind=kind,
            seat_id=seat.id if seat else None,
            by_person_id=by_person_id,
            detail=detail,
        )
    )


def change_of(
    session: Session,
    row: Consultation,
    *,
    now: datetime,
    me: str = "",
    replaced: tuple[str, int] | None = None,
) -> Change:
    """What the browsers in the room are to be told."""
    people = {seat.participant_id: _who(session, seat, row, now) for seat in row.seats}
    return Change(
        row.id, row.appointment.worker_id, row.revision, room_of(row), people, me, replaced
    )


def patient_of(session: Session, consultation_id: int) -> int:
    """Whose consultation it is; the door then decides who acts for them.

    Raises:
        NotFound: absent, or not a video appointment.
    """
    return booking.appointment_for_call(session, consultation_id).patient_id


def _who(session: Session, seat: Seat, row: Consultation, now: datetime) -> Who:
    if seat.role is Role.CLINICIAN:
        worker = directory.worker(session, seat.person_id, now=now)
        return Who(worker.full_name if worker else seat.person.name)
    name = identity.person(session, seat.person_id).name
    if seat.role is Role.COMPANION:
        return Who(name, stands_for=row.appointment.patient.name)
    return Who(name)


def _participant(seat: Seat) -> Participant:
    return Participant(
        id=seat.participant_id,
        role=seat.role,
        seat=seat.number,
        generation=seat.generation,
        place=seat.place,
        is_welcome=seat.is_welcome,
        has_camera_on=seat.has_camera_on,
        has_microphone_on=seat.has_microphone_on,
    )
