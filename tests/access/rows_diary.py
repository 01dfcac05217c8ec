"""Doors of the diary: the patient and who acts for the patient write it."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from telehealth.readings import service as readings
from tests import make
from tests.access.matrix import PATIENT, PERSONS, World, patient_page
from tests.make.readings import diary, own_actor, reading

_ONLY_THE_OWNER = dict.fromkeys(PERSONS, 404) | {PATIENT: 303}
_FORM = {
    "key": "matrix-form",
    "value": "7,2",
    "unit": "mmol/L",
    "day": "2026-11-23",
    "time": "07:40",
    "meal": "",
    "note": "",
}

ROWS = (
    *patient_page("diary.diary", "GET", "/dnevnik"),
    *patient_page("diary.figure", "GET", "/dnevnik/graf.json"),
    *patient_page("diary.new_entry", "GET", "/dnevnik/nova", is_audited=False),
    *patient_page("diary.add_entry", "POST", "/dnevnik/nova", status=303, form=_FORM),
    *patient_page(
        "diary.remove", "POST", "/dnevnik/{entry}/odstrani", status=303, own=_ONLY_THE_OWNER
    ),
    *patient_page(
        "diary.restore", "POST", "/dnevnik/{removed}/vrni", status=303, own=_ONLY_THE_OWNER
    ),
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
