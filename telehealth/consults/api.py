"""JSON doors of consultations: a patient's list, the note, ICE servers, the device check."""

from typing import Any

from flask_babel import gettext

from telehealth.consults import service as consults
from telehealth.consults.gateways import media_node
from telehealth.consults.schemas.checks import (
    EchoOfferSchema,
    EchoSchema,
    IceSchema,
    ResultsSchema,
    VerdictsSchema,
)
from telehealth.consults.schemas.records import (
    ConsultationsSchema,
    ConsultNoteSchema,
    NoteWishSchema,
    note_out,
    visit_out,
)
from telehealth.consults.service import NewNote, Relays
from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, platform, unit_of_work
from video import precheck
from video.node.base import Echo, MediaNode

api = api_blueprint("consults", "Video consultations, notes, the device check")


@api.get("/patients/<int:patient>/consultations")
@api.response(200, ConsultationsSchema)
@access(Access.SIGNED_IN)
def consultations(patient: int) -> dict[str, Any]:
    """The latest 50 video consultations. The patient, who represents them, the care team."""
    with unit_of_work() as session:
        visits = consults.visits_of(session, current_actor(session, patient), now=now())
    return {"consultations": [visit_out(visit) for visit in visits]}


@api.get("/consultations/<int:consultation>/note")
@api.response(200, ConsultNoteSchema)
@access(Access.STAFF)
def read_note(consultation: int) -> dict[str, Any]:
    """The newest version of the note. Doctors and nurses of the care team."""
    with unit_of_work() as session:
        actor = current_actor(session, consults.patient_of(session, consultation))
        note = consults.read_note(session, actor, consultation, now=now())
    return note_out(note)


@api.put("/consultations/<int:consultation>/note")
@api.arguments(NoteWishSchema)
@api.response(200, ConsultNoteSchema)
@access(Access.STAFF)
def write_note(new: NewNote, consultation: int) -> dict[str, Any]:
    """Keep a new version of the note. The clinician of the appointment."""
    with unit_of_work() as session:
        actor = current_actor(session, consults.patient_of(session, consultation))
        note = consults.write_note(session, actor, consultation, new, now=now())
    return note_out(note)


@api.get("/consultations/<int:consultation>/ice")
@api.response(200, IceSchema)
@access(Access.SIGNED_IN)
def connection(consultation: int) -> Any:
    """Fresh STUN and TURN servers. Whoever is let into the call."""
    with unit_of_work() as session:
        actor = current_actor(session, consults.patient_of(session, consultation))
        return consults.connection(session, actor, consultation, _relays(), now=now())


@api.get("/device-check/ice")
@api.response(200, IceSchema)
@access(Access.SIGNED_IN)
def check_connection() -> Any:
    """STUN and TURN servers for two minutes. Whoever is signed in."""
    return consults.check_connection(_relays(), now=now())


@api.post("/device-check/echo")
@api.arguments(EchoOfferSchema)
@api.response(201, EchoSchema)
@access(Access.SIGNED_IN)
def start_echo(offer_sdp: str) -> Echo:
    """Start an echo of a minute at most; 503 `no_media_node` without one. Whoever is signed in."""
    return consults.echo(_node(), offer_sdp)


@api.delete("/device-check/echo/<string:session_id>")
@api.response(204)
@access(Access.SIGNED_IN)
def stop_echo(session_id: str) -> None:
    """End an echo. Whoever was given its id."""
    consults.stop_echo(_node(), session_id)


@api.post("/device-check/verdicts")
@api.arguments(ResultsSchema)
@api.response(200, VerdictsSchema)
@access(Access.SIGNED_IN)
def judge(results: precheck.Results) -> dict[str, Any]:
    """What measurements mean, in sentences; nothing is kept. Whoever is signed in."""
    judged = precheck.verdicts(results)
    return {
        "is_ready": precheck.is_ready(judged),
        "verdicts": [
            {"step": one.step, "outcome": one.outcome, "sentence": gettext(one.msgid)}
            for one in judged
        ],
    }


def _relays() -> Relays:
    settings = platform().settings
    return Relays(_listed(settings.turn_urls), _listed(settings.turn_secrets))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _node() -> MediaNode:
    settings = platform().settings
    return media_node(settings.media_socket, settings.media_token_file)
