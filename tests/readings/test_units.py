"""The unit belongs to the diary; a value that is plain only in the other unit is asked about."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import NotAllowed
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from tests import make
from tests.make.readings import diary, own_actor, reading

ROW = {
    "key": "k1",
    "measured_at": "2026-11-23T07:40:00+01:00",
    "value": "12",
    "unit": "mg/dL",
    "source": "manual",
}
QUESTION = "12 mg/dL is seldom. Is it right, or was it 12 mmol/L? Correct it, or confirm it."


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


def sent(client: FlaskClient, session: Session, ana: Person, **changes: object) -> Any:
    header = make.bearer(session, ana)
    path = f"/api/v1/patients/{ana.id}/readings"
    return client.post(path, json={"readings": [ROW | changes]}, headers=header).json


def team(session: Session, ana: Person) -> Actor:
    nurse = make.nurse(session, [ana])
    return Actor(nurse.id, ana.id, Basis.CARE_TEAM, frozenset({Role.NURSE}))


def test_entries_in_mg_dl_by_anybody_leave_the_unit_of_the_diary(session: Session, ana: Person):
    diary(session, ana, [reading("7.2 mmol/L")])

    diary(session, ana, [reading("126 mg/dL")], actor=team(session, ana))
    diary(session, ana, [reading("130 mg/dL")])

    assert readings.preferred_unit(session, ana.id) is Unit.MMOL_L
    assert readings.open_form(session, own_actor(ana), ana.id) is Unit.MMOL_L


def test_the_person_chooses_the_unit_and_no_worker_does(session: Session, ana: Person):
    readings.choose_unit(session, own_actor(ana), ana.id, Unit.MG_DL, now=make.NOW)

    diary(session, ana, [reading("7.2 mmol/L")])

    assert readings.preferred_unit(session, ana.id) is Unit.MG_DL
    with pytest.raises(NotAllowed):
        readings.choose_unit(session, team(session, ana), ana.id, Unit.MMOL_L, now=make.NOW)


def test_the_api_asks_back_and_takes_what_is_confirmed(
    client: FlaskClient, session: Session, ana: Person
):
    asked = sent(client, session, ana)
    said_no = sent(client, session, ana, sure=False)
    taken = sent(client, session, ana, sure=True)

    (rejection,) = asked["rejected"]
    assert rejection == {"index": 0, "field": "value", "code": "other_unit", "detail": QUESTION}
    assert said_no == asked
    assert (taken["accepted"], taken["rejected"]) == (1, [])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"value": "126", "unit": "mmol/L", "sure": True}, "not_measurable"),
        ({"value": "12", "sure": "yes"}, "not_boolean"),
        ({"value": "12", "sure": 1}, "not_boolean"),
        ({"value": "26", "unit": "mmol/L"}, None),
        ({"value": "30"}, None),
        ({"value": "24.9"}, "other_unit"),
        ({"value": "41"}, None),
        ({"value": "12", "source": "meter"}, None),
        ({"value": "LO"}, None),
    ],
)
def test_only_what_is_plain_in_the_other_unit_is_asked_about(
    client: FlaskClient,
    session: Session,
    ana: Person,
    changes: dict[str, object],
    code: str | None,
):
    answer = sent(client, session, ana, **changes)

    assert [one["code"] for one in answer["rejected"]] == ([] if code is None else [code])


def test_both_decimal_marks_are_taken_as_the_sentence_says(
    client: FlaskClient, session: Session, ana: Person
):
    answer = sent(client, session, ana, value="11,8", unit="mmol/L")
    point = sent(client, session, ana, value="11.8", unit="mmol/L", key="k2")

    assert (answer["accepted"], point["accepted"]) == (1, 1)
    wrong = sent(client, session, ana, value="11;8", unit="mmol/L", key="k3")
    assert wrong["rejected"][0]["detail"] == "Enter a number, for example 7.2."
