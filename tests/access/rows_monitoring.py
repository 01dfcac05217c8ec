"""Doors of monitoring: doctors and nurses, each with the patients of their own."""

from typing import Any

from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis, Role
from telehealth.monitoring import service as monitoring
from tests import make
from tests.access.matrix import (
    DOCTOR,
    NURSE,
    OTHER_DOCTOR,
    PATIENT,
    PROXY,
    World,
    door,
    patient_page,
)

_TEAM = {DOCTOR: 200, NURSE: 200}
_GO_ON = dict.fromkeys(_TEAM, 303)
_WORKERS = _TEAM | {OTHER_DOCTOR: 200}
_OWN_SIDE = {PATIENT: 403, PROXY: 403}
_NOTE = {"deed": "noted", "text": "Klicala."}


def furnish(session: Session, world: World) -> dict[str, object]:
    """The owner's entry, and a view of the doctor."""
    monitoring.judge_all(session, [world.owner.id], now=make.NOW)
    doctor = Actor(world.people[DOCTOR].id, None, Basis.CLINIC_STAFF, frozenset({Role.DOCTOR}))
    return {"view": monitoring.save_view(session, doctor, "Moji", "lastnik=jaz").id}


def _own_list(endpoint: str, method: str, path: str, status: int, **more: Any) -> Any:
    allow = dict.fromkeys(_WORKERS, status)
    return door(endpoint, method, path, allow=allow, is_about_owner=False, **more)


ROWS = (
    door("monitoring.patients", "GET", "/pacienti", allow=_WORKERS),
    _own_list("monitoring.save_view", "POST", "/pacienti/pogledi", 303, form={"name": "Odprti"}),
    door(
        "monitoring.remove_view",
        "POST",
        "/pacienti/pogledi/{view}/odstrani",
        allow={DOCTOR: 303},
        is_audited=False,
    ),
    door(
        "monitoring.act_on_several",
        "POST",
        "/pacienti",
        form={"deed": "owned", "patient": "{owner}"},
        allow=_GO_ON,
    ),
    _own_list("monitoring.clinic_limits", "GET", "/pacienti/pragovi", 200),
    _own_list(
        "monitoring.clinic_limits", "POST", "/pacienti/pragovi", 303, form={"cgm_low_pct": "5"}
    ),
    door("monitoring.patient", "GET", "/pacienti/{owner}", allow=_TEAM),
    door("monitoring.act", "POST", "/pacienti/{owner}/vnos", form=_NOTE, allow=_GO_ON),
    door("monitoring.patient_limits", "GET", "/pacienti/{owner}/pragovi", allow=_TEAM),
    door(
        "monitoring.patient_limits",
        "POST",
        "/pacienti/{owner}/pragovi",
        form={"cgm_low_pct": "5"},
        allow=_GO_ON,
    ),
    door("monitoring.chart", "GET", "/pacienti/{owner}/graf", allow=_TEAM),
    door("monitoring.figure", "GET", "/pacienti/{owner}/graf.json", allow=_TEAM),
    *patient_page("monitoring.plan", "GET", "/nacrt"),
    door("monitoring_api.worklist", "GET", "/api/v1/worklist", allow=_WORKERS),
    door(
        "monitoring_api.version",
        "GET",
        "/api/v1/worklist/version",
        allow=_WORKERS,
        is_audited=False,
    ),
    door(
        "monitoring_api.act",
        "POST",
        "/api/v1/patients/{owner}/worklist",
        json=_NOTE,
        allow=_TEAM,
        denies=_OWN_SIDE,
    ),
    door(
        "monitoring_api.limits",
        "GET",
        "/api/v1/patients/{owner}/thresholds",
        allow=_TEAM,
        denies=_OWN_SIDE,
    ),
    door(
        "monitoring_api.set_limits",
        "PUT",
        "/api/v1/patients/{owner}/thresholds",
        json={"thresholds": {"cgm_low_pct": 5}},
        allow=_TEAM,
        denies=_OWN_SIDE,
    ),
    door(
        "monitoring_api.todays_plan",
        "GET",
        "/api/v1/patients/{owner}/plan/today",
        allow=_TEAM | {PATIENT: 200, PROXY: 200},
    ),
)
