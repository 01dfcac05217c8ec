"""Doors of questionnaires. The owner has one to answer; doctor and nurse are the care team."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from tests.access.matrix import (
    DOCTOR,
    NURSE,
    PATIENT,
    PERSONS,
    PROXY,
    World,
    door,
    patient_page,
)
from tests.make import questionnaires as made

_ANSWERS = made.response_json((3, 3, 3, 2, 2))
_API = "/api/v1/patients/{owner}/questionnaires"
_PAGE = "/vprasalniki/{questionnaire}"
_TEAM_PAGE = "/pacienti/{owner}/vprasalniki"


def _own(status: int) -> Mapping[str, int]:
    return dict.fromkeys(PERSONS, 404) | {PATIENT: status}


def _team(status: int) -> Mapping[str, int]:
    return {DOCTOR: status, NURSE: status}


ROWS = (
    door(
        "questionnaires_api.send",
        "POST",
        _API,
        json={"instrument": "who-5"},
        allow=_team(201),
        denies={PATIENT: 403, PROXY: 403},
    ),
    door(
        "questionnaires_api.find",
        "GET",
        _API + "/{questionnaire}",
        allow=_team(200) | {PATIENT: 200, PROXY: 200},
    ),
    door(
        "questionnaires_api.answer",
        "PUT",
        _API + "/{questionnaire}",
        json=_ANSWERS,
        allow={PATIENT: 200, PROXY: 200},
        denies={DOCTOR: 403, NURSE: 403},
    ),
    *patient_page("questionnaires.start", "GET", _PAGE, own=_own(200)),
    *patient_page("questionnaires.ask", "GET", _PAGE + "/vprasanja", own=_own(200)),
    *patient_page(
        "questionnaires.keep",
        "POST",
        _PAGE + "/vprasanja?mode=one&question=who5-1",
        form={"who5-1": "o0"},
        status=303,
        own=_own(303),
    ),
    *patient_page("questionnaires.review", "GET", _PAGE + "/pregled", own=_own(200)),
    *patient_page(
        "questionnaires.send_answers",
        "POST",
        "/vprasalniki/{begun}/pregled",
        status=303,
        own=_own(303),
    ),
    *patient_page("questionnaires.thanks", "GET", "/vprasalniki/{answered}/hvala", own=_own(200)),
    door("questionnaires.results", "GET", _TEAM_PAGE, allow=_team(200)),
    door("questionnaires.send", "POST", _TEAM_PAGE, form={"instrument": "who-5"}, allow=_team(303)),
    door("questionnaires.result", "GET", _TEAM_PAGE + "/{answered}", allow=_team(200)),
    door(
        "questionnaires.withdraw",
        "POST",
        _TEAM_PAGE + "/{questionnaire}/preklic",
        allow=_team(303),
    ),
)


def furnish(session: Session, world: World) -> Mapping[str, object]:
    """One to answer, one begun with all its answers, one answered."""
    doctor, owner = world.people[DOCTOR], world.owner
    return {
        "questionnaire": made.sent(session, doctor, owner).id,
        "begun": made.begun(session, doctor, owner, (3, 3, 3, 2, 2)).id,
        "answered": made.completed(session, doctor, owner).assignment.id,
    }
