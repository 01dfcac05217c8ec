"""Signalling of a call: who may speak is asked again for every message, then it is passed on."""

from typing import Any

from flask_babel import gettext
from flask_socketio import rooms as live_rooms

from telehealth.consults import service as consults
from telehealth.consults.schemas import signals
from telehealth.consults.schemas.signals import NothingSchema, SignalSchema
from telehealth.core import sockets as live
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, NotFound
from telehealth.core.i18n import N_
from telehealth.core.sockets import Sockets
from telehealth.core.web.access import Access
from telehealth.core.web.platform import (
    current_actor,
    now,
    reading,
    signed_in,
    unit_of_work,
)
from video.messages import (
    Candidate,
    Description,
    Event,
    Join,
    Leave,
    MediaState,
    QualityReport,
    forward,
)

sockets = Sockets("consults")
Answer = dict[str, Any]


@sockets.on("join", SignalSchema(Event.JOIN))
def join(said: Join) -> Answer:
    """Come into the room with this connection, and hear from now on how it stands."""
    consultation_id = signals.room_id(said.room)
    with unit_of_work() as session:
        actor = current_actor(session, consults.patient_of(session, consultation_id))
        change = consults.arrive(session, actor, consultation_id, now=now())
    me = change.room.find(change.me)
    _remember_call(consultation_id)
    live.join(signals.channel(me))
    if actor.representation_id is not None:
        live.join(live.representation_room(actor.representation_id))
    live.join(live.session_room(signed_in().session_id))
    signals.tell(change)
    return {"room": signals.state_for(change, change.me)}


@sockets.on("description", SignalSchema(Event.DESCRIPTION))
def description(said: Description) -> Answer:
    """Pass an offer or an answer on to one other person inside."""
    return _pass_on(said, Event.DESCRIPTION)


@sockets.on("candidate", SignalSchema(Event.CANDIDATE))
def candidate(said: Candidate) -> Answer:
    """Pass an ICE candidate on to one other person inside."""
    return _pass_on(said, Event.CANDIDATE)


@sockets.on("media", SignalSchema(Event.MEDIA))
def media(said: MediaState) -> Answer:
    """Say whether camera and microphone are on; the first time means: in the call."""
    consultation_id = _call()
    with unit_of_work() as session:
        actor = current_actor(session, consults.patient_of(session, consultation_id))
        change = consults.show_media(session, actor, consultation_id, said, now=now())
    signals.tell(change)
    return {}


@sockets.on("quality", SignalSchema(Event.QUALITY))
def quality(said: QualityReport) -> Answer:
    """Report how the call feels; the answer says what to do about it."""
    consultation_id = _call()
    with unit_of_work() as session:
        actor = current_actor(session, consults.patient_of(session, consultation_id))
        found = consults.report_quality(session, actor, consultation_id, said, now=now())
    return {"level": found.level, "step": found.step, "advice": gettext(found.msgid)}


@sockets.on("leave", SignalSchema(Event.LEAVE))
def leave(said: Leave) -> Answer:
    """Leave on purpose; the seat is kept."""
    consultation_id = _call()
    with unit_of_work() as session:
        actor = current_actor(session, consults.patient_of(session, consultation_id))
        change = consults.leave(session, actor, consultation_id, said, now=now())
    signals.tell(change)
    return {}


@sockets.on("watch", NothingSchema(), Access.STAFF)
def watch(_: object) -> Answer:
    """Hear when somebody comes to one of the clinician's own consultations."""
    with reading() as session:
        actor: Actor = current_actor(session, signed_in().person_id)
    if actor.person_id is None:
        raise NotFound
    live.join(signals.day_of(actor.person_id))
    return {}


def _pass_on(said: Description | Candidate, event: Event) -> Answer:
    consultation_id = _call()
    with reading() as session:  # nothing changes, so nobody waits for SQLite's one writer
        actor = current_actor(session, consults.patient_of(session, consultation_id))
        found = consults.relay_to(session, actor, consultation_id, said, now=now())
    if found is None:
        return {"is_dropped": True}
    sender_id, receiver = found
    live.emit(f"consults:{event}", forward(said, sender_id), signals.channel(receiver))
    return {}


_CALL = "call:"


def _remember_call(consultation_id: int) -> None:
    """This connection speaks for one call. It says where to look; rights are asked for anew."""
    for room in _calls():
        live.leave(room)
    live.join(f"{_CALL}{consultation_id}")


def _call() -> int:
    for room in _calls():
        return int(room.removeprefix(_CALL))
    raise Conflict(N_("Enter the call first."), code="not_joined")


def _calls() -> list[str]:
    return [room for room in live_rooms(live.sid(), "/") if room.startswith(_CALL)]
