"""Doors of imports: the patient, the proxy, the care team; taking back only who may."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis
from telehealth.imports import service as imports
from tests import make
from tests.access.matrix import (
    DOCTOR,
    NURSE,
    PATIENT,
    PERSONS,
    Row,
    World,
    door,
    patient_page,
)
from tests.make.imports import ZONE

_TEAM = (DOCTOR, NURSE)
_ONLY_THE_OWNER = dict.fromkeys(PERSONS, 404)


def _staff(name: str, method: str, path: str, *, status: int = 200, **more: Any) -> Row:
    allow = dict.fromkeys(_TEAM, status)
    return door(f"imports.patient_{name}", method, "/pacienti/{owner}" + path, allow=allow, **more)


def _both(name: str, method: str, path: str, *, status: int = 200, **more: Any) -> tuple[Row, ...]:
    """A page about one of the owner's imports."""
    own = _ONLY_THE_OWNER | {PATIENT: status}
    own_pages = patient_page(f"imports.{name}", method, path, status=status, own=own, **more)
    return *own_pages, _staff(name, method, path, status=status, **more)


_SHOW = "/uvoz/{import_ready}"
_UNDO = "/uvoz/{import_done}/preklic"

ROWS = (
    *patient_page("imports.start", "GET", "/uvoz"),
    _staff("start", "GET", "/uvoz"),
    *patient_page("imports.bring", "POST", "/uvoz", status=422),
    _staff("bring", "POST", "/uvoz", status=422),
    *_both("show", "GET", _SHOW),
    *_both("progress", "GET", _SHOW + "/stanje.json", is_audited=False),
    *_both("answer", "POST", _SHOW + "/odgovor", status=303, form={"zone": ZONE}),
    *_both("confirm", "POST", _SHOW + "/potrditev", status=303),
    *_both("discard", "POST", _SHOW + "/zavrzi", status=303),
    *patient_page("imports.undo", "POST", _UNDO, status=303, own=_ONLY_THE_OWNER | {PATIENT: 303}),
    door(
        "imports.patient_undo",
        "POST",
        "/pacienti/{owner}" + _UNDO,
        allow={NURSE: 303},
        denies={DOCTOR: 403},
    ),
    *patient_page("imports.leave", "GET", "/izvoz", is_audited=False),
    _staff("leave", "GET", "/izvoz", is_audited=False),
    *patient_page("imports.download", "GET", "/izvoz/datoteka?oblika=json"),
    _staff("download", "GET", "/izvoz/datoteka?oblika=json"),
)


def furnish(session: Session, world: World) -> Mapping[str, object]:
    """A file of the owner that waits for a yes, and one that the nurse has imported."""
    owner = world.owner.id
    nurse = Actor(world.people[NURSE].id, owner, Basis.CARE_TEAM)
    ids = []
    for number in range(2):
        sent = imports.Sent(f"{number:032x}", 100, ZONE)
        row = imports.receive(session, nurse, owner, sent, now=make.NOW)
        sight = imports.Sight(format="clarity", taken={"cgm": 1}, n_new=1)
        imports.keep_sight(session, row.id, sight, [])
        ids.append(row.id)
    imports.confirm(session, nurse, owner, ids[1], now=make.NOW)
    imports.finish_adding(session, ids[1], now=make.NOW)
    return {"import_ready": ids[0], "import_done": ids[1]}
