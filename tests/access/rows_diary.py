"""Doors of the diary: the patient's side writes it, the care team copies into it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from telehealth.readings import service as readings
from tests import make
from tests.access.matrix import (
    DOCTOR,
    NURSE,
    PATIENT,
    PERSONS,
    PROXY,
    Row,
    World,
    door,
    patient_page,
)
from tests.make import diary as make_diary
from tests.make.readings import diary, own_actor, reading

_KEEPERS = dict.fromkeys((PATIENT, PROXY), 200)
_KEEPERS_204 = dict.fromkeys((PATIENT, PROXY), 204)
_FORM = {
    "key": "matrix-form",
    "value": "7,2",
    "unit": "mmol/L",
    "day": "2026-11-23",
    "time": "07:40",
    "meal": "",
    "note": "",
}

_READERS = dict.fromkeys((PATIENT, PROXY, DOCTOR, NURSE), 200)
_TEAM = dict.fromkeys((DOCTOR, NURSE), 200)
_TEAM_403 = dict.fromkeys((DOCTOR, NURSE), 403)
_TEAM_303 = dict.fromkeys((DOCTOR, NURSE), 303)
_API = "/api/v1/patients/{owner}/diary"
_ENTRY = {"key": "matrix-entry", "at": "2026-11-23T07:40:00+01:00", "carbs_g": 60}
_CHANGE = {"version": 1, "at": "2026-11-23T07:40:00+01:00", "carbs_g": 45}
_ENTRY_FORM = {"version": "1", "day": "2026-11-23", "time": "07:40", "carbs_g": "45"}
_SHEET = {"key": "matrix-sheet", "teden": "2026-11-16", "unit": "mmol/L", "c0-bedtime": "7,2"}
_STAFF = "/pacienti/{owner}/dnevnik"


def _kept(endpoint: str, method: str, path: str, status: int = 303, **more: Any) -> Sequence[Row]:
    """A page about one thing in the owner's diary."""
    own = dict.fromkeys(PERSONS, 404) | {PATIENT: status}
    return patient_page(f"diary.{endpoint}", method, path, status=status, own=own, **more)


ROWS = (
    *patient_page("diary.diary", "GET", "/dnevnik"),
    *patient_page("diary.figure", "GET", "/dnevnik/graf.json"),
    *patient_page(
        "diary.choose_unit", "POST", "/dnevnik/enota", status=303, form={"unit": "mg/dL"}
    ),
    *patient_page("diary.new_entry", "GET", "/dnevnik/nova", is_audited=False),
    *patient_page("diary.add_entry", "POST", "/dnevnik/nova", status=303, form=_FORM),
    *_kept("reading", "GET", "/dnevnik/{entry}/uredi", 200),
    *_kept("change_reading", "POST", "/dnevnik/{entry}/uredi", form=_FORM),
    *_kept("revert_reading", "POST", "/dnevnik/{changed}/prejsnja"),
    *_kept("remove", "POST", "/dnevnik/{entry}/odstrani"),
    *_kept("restore", "POST", "/dnevnik/{removed}/vrni"),
    *_kept("entry", "GET", "/dnevnik/zapisi/{written}", 200),
    *_kept("change_entry", "POST", "/dnevnik/zapisi/{written}", form=_ENTRY_FORM),
    *_kept("remove_entry", "POST", "/dnevnik/zapisi/{written}/odstrani"),
    *_kept("restore_entry", "POST", "/dnevnik/zapisi/{gone}/vrni"),
    *_kept("revert_entry", "POST", "/dnevnik/zapisi/{written}/prejsnja?razlicica=1"),
    *_kept("photo", "GET", "/dnevnik/zapisi/{pictured}/slika", 200),
    door("diary.of_patient", "GET", _STAFF, allow=_TEAM),
    door("diary.by_phone", "GET", f"{_STAFF}/klic", allow=_TEAM, is_audited=False),
    door("diary.after_call", "GET", f"{_STAFF}/klic/{{called}}", allow=_TEAM),
    door(
        "diary.say_symptoms",
        "POST",
        f"{_STAFF}/klic/{{called}}",
        form={"symptoms": "some"},
        allow={DOCTOR: 303},
        denies={NURSE: 403},
    ),
    door("diary.write_by_phone", "POST", f"{_STAFF}/klic", allow=_TEAM_303, form=_FORM),
    door("diary.paper", "GET", f"{_STAFF}/papir", allow=_TEAM),
    door("diary.copy_paper", "POST", f"{_STAFF}/papir", allow=_TEAM_303, form=_SHEET),
    door("diary.photo_of_patient", "GET", f"{_STAFF}/zapisi/{{pictured}}/slika", allow=_TEAM),
    door(
        "diary.undo_copy",
        "POST",
        f"{_STAFF}/prepisi/{{copied}}/razveljavi",
        allow={DOCTOR: 303},
        denies={NURSE: 403},
    ),
    door("diary_api.add", "POST", _API, json=_ENTRY, allow=dict.fromkeys(_READERS, 201)),
    door("diary_api.find", "GET", _API, allow=_READERS),
    door(
        "diary_api.amend",
        "PUT",
        f"{_API}/{{written}}",
        json=_CHANGE,
        allow=_KEEPERS,
        denies=_TEAM_403,
    ),
    door("diary_api.remove", "DELETE", f"{_API}/{{written}}", allow=_KEEPERS_204, denies=_TEAM_403),
    door(
        "diary_api.restore", "POST", f"{_API}/{{gone}}/restored", allow=_KEEPERS, denies=_TEAM_403
    ),
)


def furnish(session: Session, world: World) -> Mapping[str, object]:
    """Readings and entries of the owner: as they are, changed, removed, copied, pictured."""
    actor, hour = own_actor(world.owner), timedelta(hours=1)
    entry, removed, changed = (
        diary(session, world.owner, [reading(at=make.NOW - n * hour)], actor=actor).new[0]
        for n in (1, 2, 3)
    )
    readings.remove(session, actor, world.owner.id, removed, now=make.NOW)
    shown = readings.entry(session, actor, world.owner.id, changed, now=make.NOW)
    change = readings.Change(
        shown.measured_at, shown.offset_min, shown.digits, shown.unit, shown.meal, "changed"
    )
    readings.amend(session, actor, world.owner.id, changed, change, now=make.NOW)
    return {
        "entry": str(entry),
        "removed": str(removed),
        "changed": str(changed),
        "written": make_diary.entry(session, world.owner).id,
        "gone": make_diary.removed_entry(session, world.owner).id,
        "pictured": make_diary.entry(session, world.owner, picture=make_diary.JPEG).id,
        "copied": make_diary.sheet(session, world.people[DOCTOR], world.owner).transcript_id,
        "called": make_diary.called(
            session, world.people[DOCTOR], world.owner, "6.4 mmol/L"
        ).transcript_id,
    }
