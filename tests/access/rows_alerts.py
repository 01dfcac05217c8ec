"""Doors of alerts: the patient's side and the care team answer; the care team sets the rules."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from tests import make
from tests.access.matrix import (
    ADMIN,
    CHILD,
    DOCTOR,
    NURSE,
    OTHER_DOCTOR,
    PATIENT,
    PERSONS,
    PROXY,
    World,
    door,
    patient_page,
)
from tests.make import alerts as made

_ALERT = "/opozorila/{alert}"
_TEAM = "/pacienti/{owner}/opozorila"
_API = "/api/v1/patients/{owner}/alerts"
_MINUTES = {"minutes": "30"}
_RULE = {
    "is_on": "yes", "threshold": "3,0", "unit": "mmol/L", "delay_min": "0", "repeat_min": "15",
    "proxy_min": "5", "nurse_min": "15", "doctor_min": "30",
}  # fmt: skip
_ONLY_THE_OWNER = dict.fromkeys(PERSONS, 404) | {PATIENT: 303, CHILD: 403}
_BOTH_SIDES = (PATIENT, PROXY, DOCTOR, NURSE)


def _team(status: int) -> Mapping[str, int]:
    return {DOCTOR: status, NURSE: status}


def _answers(status: int = 200) -> Mapping[str, int]:
    return dict.fromkeys(_BOTH_SIDES, status)


ROWS = (
    *patient_page("alerts.mine", "GET", "/opozorila"),
    *patient_page(
        "alerts.acknowledge", "POST", _ALERT + "/potrdi", status=303, own=_ONLY_THE_OWNER
    ),
    *patient_page(
        "alerts.take_back", "POST", "/opozorila/{acknowledged}/preklici-potrditev",
        status=303, own=_ONLY_THE_OWNER, is_audited=False,
    ),
    *patient_page(
        "alerts.snooze", "POST", "/opozorila/{low}/premor",
        status=303, own=_ONLY_THE_OWNER, form=_MINUTES,
    ),
    *patient_page(
        "alerts.end_snooze", "POST", "/opozorila/{low}/konec-premora",
        status=303, own=_ONLY_THE_OWNER, is_audited=False,
    ),
    *patient_page("alerts.choose_notices", "POST", "/opozorila/obvestila", status=303, form={}),
    *patient_page("alerts.try_out", "POST", "/opozorila/preizkus", status=303),
    door("alerts.of_patient", "GET", _TEAM, allow=_team(200)),
    door("alerts.team_acknowledge", "POST", _TEAM + "/{alert}/potrdi", allow=_team(303)),
    door(
        "alerts.team_take_back", "POST", _TEAM + "/{acknowledged}/preklici-potrditev",
        allow=_team(303),
    ),
    door("alerts.team_snooze", "POST", _TEAM + "/{low}/premor", allow=_team(303), form=_MINUTES),
    door("alerts.team_end_snooze", "POST", _TEAM + "/{low}/konec-premora", allow=_team(303)),
    door("alerts.close", "POST", _TEAM + "/zakljuci", allow=_team(303)),
    door("alerts.team_try_out", "POST", _TEAM + "/preizkus", allow=_team(303)),
    door(
        "alerts.set_rule", "POST", _TEAM + "/pravila/urgent_low", allow=_team(303), form=_RULE
    ),
    door("alerts.reset_rule", "POST", _TEAM + "/pravila/urgent_low/privzeto", allow=_team(303)),
    door(
        "alerts.open_alerts", "GET", "/klinika/opozorila",
        allow={DOCTOR: 200, NURSE: 200, OTHER_DOCTOR: 200},
    ),
    door(
        "alerts.unreached", "GET", "/klinika/opozorila/brez-dosega",
        allow={DOCTOR: 200, NURSE: 200, OTHER_DOCTOR: 200, ADMIN: 200}, is_about_owner=False,
    ),
    door(
        "alerts.defaults", "GET", "/klinika/opozorila/pravila",
        allow={DOCTOR: 200, NURSE: 200, OTHER_DOCTOR: 200, ADMIN: 200}, is_about_owner=False,
    ),
    door(
        "alerts.set_default", "POST", "/klinika/opozorila/pravila/urgent_low", form=_RULE,
        allow={DOCTOR: 303, NURSE: 403, OTHER_DOCTOR: 303, ADMIN: 403}, is_about_owner=False,
    ),
    door("alerts_api.find", "GET", _API, allow=_answers()),
    door("alerts_api.acknowledge", "PUT", _API + "/{alert}/acknowledgement", allow=_answers()),
    door(
        "alerts_api.take_back", "DELETE", _API + "/{low}/acknowledgement",
        allow=_answers(), is_audited=False,
    ),
    door(
        "alerts_api.snooze", "PUT", _API + "/{low}/snooze", json={"minutes": 15}, allow=_answers()
    ),
    door(
        "alerts_api.end_snooze", "DELETE", _API + "/{low}/snooze",
        allow=_answers(), is_audited=False,
    ),
)  # fmt: skip


def furnish(session: Session, world: World) -> Mapping[str, object]:
    """Two open alerts of the owner: a low one that has lasted, and a very low one."""
    at = made.lasts(session, world.owner, "3.5 mmol/L", make.NOW - 20 * made.MINUTE, 10)
    low = made.live(session, world.owner)[0]
    urgent = made.open_alert(session, world.owner, at=at + 10 * made.MINUTE)
    return {"low": low.id, "alert": urgent.id, "acknowledged": low.id}
