"""Come, be let in, speak, go: every deed checks anew who acts and where they are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.booking import service as booking
from telehealth.booking.models import Appointment, Status
from telehealth.consults import policy
from telehealth.consults.models import Consultation, EventKind, Seat
from telehealth.consults.service import rooms
from telehealth.consults.service.rooms import Change
from telehealth.core.actor import Actor, system
from telehealth.core.errors import Conflict, NotFound
from telehealth.core.i18n import N_
from video import rooms as rules
from video.messages import Candidate, Description, Leave, MediaState, QualityReport
from video.quality import Quality, assess
from video.rooms import CallState, Participant, Place, Role, RoomRefusal, Why

_RESOURCE = "consultation"


def arrive(session: Session, actor: Actor, consultation_id: int, *, now: datetime) -> Change:
    """The actor is in the room: waiting, or inside if they host it or were let in before.

    Coming again (another window, a lost connection) takes the same seat under a new generation.

    Raises:
        NotFound: not a consultation the actor knows of.
        NotAllowed: a child alone, or a colleague of the appointment's clinician.
        Conflict: too early, too late, cancelled, ended, or the room is full.
    """
    appointment = booking.appointment_for_call(session, consultation_id)
    role = policy.require_joining(actor, rooms.facts_of(appointment, now))
    row = _enterable(session, appointment, now)
    seat = next((one for one in row.seats if one.person_id == actor.person_id), None)
    room, replaced = rooms.room_of(row), None
    if seat is None:
        seat = rooms.add_seat(row, actor, role, now=now)
    else:
        replaced = (seat.participant_id, seat.generation)
        seat.basis, seat.representation_id = actor.basis, actor.representation_id
        seat.arrived_at = now
    participant_id = seat.participant_id
    rooms.keep(session, row, rooms.allowed(lambda: rules.arrive(room, participant_id, role)))
    if role is not Role.CLINICIAN:
        booking.arrive(session, actor, appointment.id, now=now)
    rooms.remember(session, row, EventKind.ARRIVED, seat, actor.person_id, now=now)
    audit.record(session, actor, "consults.join", _RESOURCE, row.id, now=now)
    return rooms.change_of(session, row, now=now, me=participant_id, replaced=replaced)


def admit(
    session: Session, actor: Actor, consultation_id: int, participant_id: str, *, now: datetime
) -> Change:
    """A waiting person is let in, and the appointment is in progress.

    A clinician who has not opened the call yet is taken to have come.

    Raises:
        NotFound: not a consultation or a person the actor knows of.
        NotAllowed: not the clinician of this appointment.
        Conflict: it has ended, the person has left, or two are inside already.
    """
    appointment = booking.appointment_for_call(session, consultation_id)
    policy.require_hosting(actor, rooms.facts_of(appointment, now))
    row = _enterable(session, appointment, now)
    host = _seat_host(session, row, actor, now)
    room = rooms.allowed(
        lambda: rules.admit(rooms.room_of(row), host.participant_id, participant_id)
    )
    rooms.keep(session, row, room)
    booking.start(session, actor, appointment.id, now=now)
    guest = next(one for one in row.seats if one.participant_id == participant_id)
    rooms.remember(session, row, EventKind.ADMITTED, guest, actor.person_id, now=now)
    detail = {"seat": guest.id}
    audit.record(session, actor, "consults.admit", _RESOURCE, row.id, now=now, detail=detail)
    return rooms.change_of(session, row, now=now, me=host.participant_id)


def end(session: Session, actor: Actor, consultation_id: int, *, now: datetime) -> Change:
    """The call is over for everybody and the appointment took place. Ending twice is once.

    Raises:
        NotFound: not a consultation the actor knows of.
        NotAllowed: not the clinician of this appointment.
        Conflict: nobody came; the calendar marks a missed appointment.
    """
    appointment = booking.appointment_for_call(session, consultation_id)
    policy.require_hosting(actor, rooms.facts_of(appointment, now))
    row = rooms.open_room(session, appointment, now=now)
    if row.state is CallState.ENDED:
        return rooms.change_of(session, row, now=now)
    if appointment.status not in (Status.ARRIVED, Status.IN_PROGRESS):
        raise Conflict(
            N_("Nobody came to this consultation, so there is nothing to end."), code="nobody_came"
        )
    host = _seat_host(session, row, actor, now)
    booking.start(session, actor, appointment.id, now=now)
    room = rooms.allowed(lambda: rules.end(rooms.room_of(row), host.participant_id))
    row.ended_at = now
    rooms.keep(session, row, room)
    booking.finish(session, actor, appointment.id, now=now)
    rooms.remember(session, row, EventKind.ENDED, host, actor.person_id, now=now)
    audit.record(session, actor, "consults.end", _RESOURCE, row.id, now=now)
    return rooms.change_of(session, row, now=now, me=host.participant_id)


def leave(
    session: Session, actor: Actor, consultation_id: int, said: Leave, *, now: datetime
) -> Change:
    """The actor has left and keeps the seat; they may come back while the call lasts.

    Raises:
        NotFound: not a consultation the actor sits in.
        Conflict: a newer connection has taken over (`stale`).
    """
    row, seat = _sitting(session, actor, consultation_id, now, is_locked=True)
    if seat.place is not Place.LEFT:
        room = rooms.allowed(
            lambda: rules.leave(rooms.room_of(row), seat.participant_id, said.generation)
        )
        rooms.keep(session, row, room)
        rooms.remember(session, row, EventKind.LEFT, seat, actor.person_id, now=now)
        audit.record(session, actor, "consults.leave", _RESOURCE, row.id, now=now)
    return rooms.change_of(session, row, now=now, me=seat.participant_id)


def show_media(
    session: Session, actor: Actor, consultation_id: int, said: MediaState, *, now: datetime
) -> Change:
    """The others know what the actor sends; the first time counts as being in the call.

    Raises:
        NotFound: not a consultation the actor sits in.
        NotAllowed: not let in yet.
        Conflict: ended, or a newer connection has taken over (`stale`).
    """
    row, seat = _sitting(session, actor, consultation_id, now, is_locked=True)
    was_in_call = seat.place is Place.IN_CALL
    room = rooms.allowed(
        lambda: rules.show_media(
            rules.enter_call(rooms.room_of(row), seat.participant_id, said.generation),
            seat.participant_id,
            said.generation,
            camera=said.camera,
            microphone=said.microphone,
        )
    )
    rooms.keep(session, row, room)
    if not was_in_call:
        rooms.remember(session, row, EventKind.ENTERED, seat, actor.person_id, now=now)
    return rooms.change_of(session, row, now=now, me=seat.participant_id)


def report_quality(
    session: Session, actor: Actor, consultation_id: int, said: QualityReport, *, now: datetime
) -> Quality:
    """How the connection feels; a change of level is remembered.

    Raises:
        NotFound: not a consultation the actor sits in.
        NotAllowed: not let in yet.
        Conflict: ended, or a newer connection has taken over (`stale`).
    """
    row, seat = _sitting(session, actor, consultation_id, now, is_locked=False)
    inside(row, seat, said.generation)
    found = assess(said.summary)
    if found.level is not seat.quality:
        seat.quality = found.level
        rooms.remember(
            session, row, EventKind.QUALITY, seat, actor.person_id, now=now, detail=found.level
        )
    return found


def relay_to(
    session: Session,
    actor: Actor,
    consultation_id: int,
    said: Description | Candidate,
    *,
    now: datetime,
) -> tuple[str, Participant] | None:
    """Sender's participant id and the receiver of a signalling message.

    None: either end has reconnected meanwhile, so the message speaks to nobody and is dropped.

    Raises:
        NotFound: not a consultation the actor sits in, or no such receiver.
        NotAllowed: not let in yet.
        Conflict: ended, or the receiver has left.
    """
    row, seat = _sitting(session, actor, consultation_id, now, is_locked=False)
    try:
        receiver = rules.require_relay(
            rooms.room_of(row), seat.participant_id, said.generation, said.to, said.to_generation
        )
    except RoomRefusal as refusal:
        if refusal.why is Why.STALE:
            return None
        raise rooms.refused(refusal) from refusal
    return seat.participant_id, receiver


def inside(row: Consultation, seat: Seat, generation: int) -> Participant:
    """The participant, if this connection of theirs may speak now."""
    try:
        return rules.require_inside(rooms.room_of(row), seat.participant_id, generation)
    except RoomRefusal as refusal:
        raise rooms.refused(refusal) from refusal


def dismiss_under(session: Session, representation_id: int, *, now: datetime) -> Sequence[Change]:
    """Nobody takes part under this representation any more. Repeating it changes nothing."""
    found = session.scalars(
        select(Seat.consultation_id)
        .where(Seat.representation_id == representation_id, Seat.place != Place.LEFT)
        .order_by(Seat.consultation_id)
    ).all()
    return [_dismiss(session, one, representation_id, now) for one in found]


def _dismiss(
    session: Session, consultation_id: int, representation_id: int, now: datetime
) -> Change:
    row = rooms.locked(session, consultation_id)
    room = rooms.room_of(row)
    for seat in row.seats:
        if seat.representation_id == representation_id and seat.place is not Place.LEFT:
            room = rules.dismiss(room, seat.participant_id)
            rooms.remember(session, row, EventKind.DISMISSED, seat, None, now=now)
    rooms.keep(session, row, room)
    actor = system("mandates.ended", row.appointment.patient_id)
    audit.record(session, actor, "consults.dismiss", _RESOURCE, row.id, now=now)
    return rooms.change_of(session, row, now=now)


def _seat_host(session: Session, row: Consultation, actor: Actor, now: datetime) -> Seat:
    """The clinician's seat; admitting and ending from the list count as coming."""
    seat = next((one for one in row.seats if one.person_id == actor.person_id), None)
    if seat is not None and seat.place is not Place.LEFT:
        return seat
    room = rooms.room_of(row)
    found = seat or rooms.add_seat(row, actor, Role.CLINICIAN, now=now)
    rooms.keep(
        session,
        row,
        rooms.allowed(lambda: rules.arrive(room, found.participant_id, Role.CLINICIAN)),
    )
    rooms.remember(session, row, EventKind.ARRIVED, found, actor.person_id, now=now)
    return found


def _enterable(session: Session, appointment: Appointment, now: datetime) -> Consultation:
    row = rooms.glance(session, appointment.id)
    if row is not None and row.state is CallState.ENDED:
        raise Conflict(N_("This consultation has ended."), code="ended")
    if not booking.is_joinable(appointment, now):
        raise Conflict(
            N_("This consultation can be entered from 10 minutes before it starts."),
            code="not_joinable",
        )
    return rooms.open_room(session, appointment, now=now)


def _sitting(
    session: Session, actor: Actor, consultation_id: int, now: datetime, *, is_locked: bool
) -> tuple[Consultation, Seat]:
    """The room and the actor's seat, after asking again whether they may be here at all."""
    appointment = booking.appointment_for_call(session, consultation_id)
    policy.require_joining(actor, rooms.facts_of(appointment, now))
    if is_locked:
        row = rooms.locked(session, consultation_id)
    else:
        found = rooms.glance(session, consultation_id)
        if found is None:
            raise NotFound
        row = found
    return row, rooms.seat_of(row, actor.person_id)
