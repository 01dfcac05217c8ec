"""Doors of readings: the patient, the proxy, the care team; the device only uploads."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from telehealth.readings import service as readings
from tests import make
from tests.access.matrix import (
    DEVICE,
    DOCTOR,
    NURSE,
    PATIENT,
    PERSONS,
    PROXY,
    World,
    door,
    event,
    patient_page,
)
from tests.make.readings import diary, own_actor, reading

_READERS = dict.fromkeys((PATIENT, PROXY, DOCTOR, NURSE), 200)
_ONLY_THE_OWNER = dict.fromkeys(PERSONS, 404) | {PATIENT: 303}
_READING = {
    "key": "matrix",
    "measured_at": "2026-11-23T07:40:00+01:00",
    "value": "7.2",
    "unit": "mmol/L",
    "source": "meter",
}
_FORM = {
    "key": "matrix-form",
    "value": "7,2",
    "unit": "mmol/L",
    "day": "2026-11-23",
    "time": "07:40",
    "meal": "",
    "note": "",
}
_API = "/api/v1/patients/{owner}/readings"

ROWS = (
    door(
        "readings_api.add",
        "POST",
        _API,
        json={"readings": [_READING]},
        allow=_READERS | {DEVICE: 200},
    ),
    door("readings_api.find", "GET", _API, allow=_READERS),
    *patient_page("readings.diary", "GET", "/dnevnik"),
    *patient_page("readings.figure", "GET", "/dnevnik/graf.json"),
    *patient_page("readings.new_entry", "GET", "/dnevnik/nova", is_audited=False),
    *patient_page("readings.add_entry", "POST", "/dnevnik/nova", status=303, form=_FORM),
    *patient_page(
        "readings.remove", "POST", "/dnevnik/{entry}/odstrani", status=303, own=_ONLY_THE_OWNER
    ),
    *patient_page(
        "readings.restore", "POST", "/dnevnik/{removed}/vrni", status=303, own=_ONLY_THE_OWNER
    ),
    event("readings:watch", {"patient": "{owner}"}, allow=(PATIENT, PROXY, DOCTOR, NURSE)),
)


def furnish(session: Session, world: World) -> Mapping[str, object]:
    """An entry in the owner's diary and one that was removed."""
    actor, hour = own_actor(world.owner), timedelta(hours=1)
    entry, removed = (
        diary(session, world.owner, [reading(at=make.NOW - n * hour)], actor=actor).new[0]
        for n in (1, 2)
    )
    readings.remove(session, actor, world.owner.id, removed, now=make.NOW)
    return {"entry": str(entry), "removed": str(removed)}
