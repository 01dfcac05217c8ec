"""Doors of consultations. The owner waits in one call of the doctor's and is inside another."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from telehealth.consults import service as consults
from tests.access.matrix import (
    DOCTOR,
    NURSE,
    OTHER_DOCTOR,
    PATIENT,
    PERSONS,
    PROXY,
    STAFF,
    Row,
    World,
    door,
    event,
    patient_page,
)
from tests.make.booking import NOW, as_self, as_team
from tests.make.consults import video_appointment

_ANYBODY: dict[str, Any] = {"is_audited": False, "is_about_owner": False}
_ONLY_THE_OWNERS = dict.fromkeys(PERSONS, 404)
_COLLEAGUE = {NURSE: 403}
"""Of the care team, but it is not her appointment: she knows the patient, so the answer is no."""
_NOTE = {"text": "Brez posebnosti", "is_shared": False, "version": 0}


def _unjoined(name: str, payload: dict[str, Any]) -> Row:
    """A message of a call: whoever has not joined by this connection is told to join first."""
    return Row(name, "SOCKET", name, dict.fromkeys(PERSONS, 409), json=payload)


ROWS = (
    door(
        "consults_api.consultations",
        "GET",
        "/api/v1/patients/{owner}/consultations",
        allow=dict.fromkeys((PATIENT, PROXY, DOCTOR, NURSE), 200),
    ),
    door(
        "consults_api.read_note",
        "GET",
        "/api/v1/consultations/{consultation}/note",
        allow=dict.fromkeys((DOCTOR, NURSE), 200),
    ),
    door(
        "consults_api.write_note",
        "PUT",
        "/api/v1/consultations/{consultation}/note",
        json=_NOTE,
        allow={DOCTOR: 200},
        denies=_COLLEAGUE,
    ),
    door(
        "consults_api.connection",
        "GET",
        "/api/v1/consultations/{running}/ice",
        allow=dict.fromkeys((PATIENT, DOCTOR), 200),
        denies=_COLLEAGUE,
        is_audited=False,
    ),
    door(
        "consults_api.check_connection",
        "GET",
        "/api/v1/device-check/ice",
        allow=dict.fromkeys(PERSONS, 200),
        **_ANYBODY,
    ),
    door(
        "consults_api.start_echo",
        "POST",
        "/api/v1/device-check/echo",
        json={"sdp": "v=0\r\n"},
        allow=dict.fromkeys(PERSONS, 503),
        **_ANYBODY,
    ),
    door(
        "consults_api.stop_echo",
        "DELETE",
        "/api/v1/device-check/echo/" + "0" * 32,
        allow=dict.fromkeys(PERSONS, 204),
        **_ANYBODY,
    ),
    door(
        "consults_api.judge",
        "POST",
        "/api/v1/device-check/verdicts",
        json={},
        allow=dict.fromkeys(PERSONS, 200),
        **_ANYBODY,
    ),
    *patient_page("consults.mine", "GET", "/posveti"),
    *patient_page(
        "consults.room",
        "GET",
        "/posveti/{consultation}",
        own=_ONLY_THE_OWNERS | {PATIENT: 200},
    ),
    *patient_page(
        "consults.enter",
        "POST",
        "/posveti/{consultation}/vstop",
        status=303,
        own=_ONLY_THE_OWNERS | {PATIENT: 303},
    ),
    door(
        "consults.check",
        "GET",
        "/posveti/preverjanje",
        allow=dict.fromkeys(PERSONS, 200),
        **_ANYBODY,
    ),
    door(
        "consults.today",
        "GET",
        "/klinika/posveti",
        allow=dict.fromkeys((DOCTOR, OTHER_DOCTOR, NURSE), 200),
    ),
    door(
        "consults.call",
        "GET",
        "/klinika/posveti/{consultation}",
        allow={DOCTOR: 200},
        denies=_COLLEAGUE,
    ),
    door(
        "consults.figure",
        "GET",
        "/klinika/posveti/{consultation}/graf.json",
        allow=dict.fromkeys((DOCTOR, NURSE), 200),
    ),
    door(
        "consults.admit",
        "POST",
        "/klinika/posveti/{consultation}/sprejem",
        form={"participant": "{guest}"},
        allow={DOCTOR: 303},
        denies=_COLLEAGUE,
    ),
    door(
        "consults.end",
        "POST",
        "/klinika/posveti/{consultation}/konec",
        allow={DOCTOR: 303},
        denies=_COLLEAGUE,
    ),
    door(
        "consults.save_note",
        "POST",
        "/klinika/posveti/{consultation}/zapis",
        form={"text": "Brez posebnosti", "version": "0"},
        allow={DOCTOR: 303},
        denies=_COLLEAGUE,
    ),
    event(
        "consults:join",
        {"room": "{call}"},
        allow=(PATIENT, PROXY, DOCTOR),
        denies=_COLLEAGUE,
    ),
    event("consults:watch", {}, allow=STAFF, is_audited=False),
    _unjoined(
        "consults:description",
        {
            "generation": 1,
            "to": "somebody",
            "to_generation": 1,
            "description": {"type": "offer", "sdp": "v=0\r\n"},
        },
    ),
    _unjoined(
        "consults:candidate",
        {"generation": 1, "to": "somebody", "to_generation": 1, "candidate": None},
    ),
    _unjoined("consults:media", {"generation": 1, "camera": True, "microphone": True}),
    _unjoined("consults:quality", {"generation": 1, "camera": False}),
    _unjoined("consults:leave", {"generation": 1}),
)


def furnish(session: Session, world: World) -> dict[str, object]:
    """A call in five minutes in which the owner waits, and one in which she talks."""
    doctor = world.people[DOCTOR]
    ana, team = as_self(world.owner), as_team(doctor, world.owner)
    running = video_appointment(session, world.owner, doctor, NOW - timedelta(minutes=40))
    early = NOW - timedelta(minutes=35)
    inside = consults.arrive(session, ana, running.id, now=early)
    consults.admit(session, team, running.id, inside.me, now=early)
    waiting = video_appointment(session, world.owner, doctor)
    change = consults.arrive(session, ana, waiting.id, now=NOW)
    return {
        "running": running.id,
        "consultation": waiting.id,
        "call": str(waiting.id),
        "guest": change.me,
    }
