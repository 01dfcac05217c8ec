"""The JSON door of booking."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.directory import service as directory
from telehealth.directory.models import CareKind
from telehealth.identity.models import Person
from tests import make
from tests.make import booking as made
from tests.make.booking import TOMORROW, at

PROBLEM = "application/problem+json"


@pytest.fixture
def patient(session: Session) -> Person:
    return make.patient(session)


@pytest.fixture
def doctor(session: Session, patient: Person) -> Person:
    return make.doctor(session, [patient])


def wanted(worker: Person, wall: str = "08:00", **more: object) -> dict[str, Any]:
    return {
        "worker": worker.id,
        "service": "video",
        "starts_at": at(wall).isoformat(),
        "key": f"attempt at {wall}",
    } | more


def test_from_offered_hours_to_a_cancelled_appointment(
    client: FlaskClient, session: Session, patient: Person, doctor: Person
):
    mine, theirs = make.bearer(session, patient), make.bearer(session, doctor)
    url = f"/api/v1/patients/{patient.id}"

    offered = client.post(
        "/api/v1/offers",
        headers=theirs,
        json={
            "service": "video",
            "first_on": str(TOMORROW),
            "last_on": str(TOMORROW),
            "starts": "08:00",
            "ends": "09:00",
        },
    )
    assert offered.status_code == 201
    assert offered.json["zone"] == "Europe/Ljubljana"
    assert len(client.get("/api/v1/offers", headers=theirs).json["offers"]) == 1

    asked = {"worker": doctor.id, "service": "video", "from": TOMORROW, "to": TOMORROW}
    free = client.get(f"{url}/slots", headers=mine, query_string=asked).json
    assert [slot["starts_at"] for slot in free["slots"]] == [
        "2026-11-24T07:00:00+00:00",
        "2026-11-24T07:30:00+00:00",
    ]

    booked = client.post(f"{url}/appointments", headers=mine, json=wanted(doctor))
    again = client.post(f"{url}/appointments", headers=mine, json=wanted(doctor))
    assert (booked.status_code, again.json["id"]) == (201, booked.json["id"])
    assert booked.json["booked_by"] == {"id": patient.id, "name": patient.name}
    assert booked.json["status"] == "booked"

    moved = client.post(
        f"{url}/appointments/{booked.json['id']}/moves", headers=mine, json=wanted(doctor, "08:30")
    )
    assert (moved.status_code, moved.json["moved_from"]) == (201, booked.json["id"])

    gone = client.delete(f"{url}/appointments/{moved.json['id']}", headers=mine)
    assert (gone.status_code, gone.json["cancel_reason"]) == (200, "patient")
    listed = client.get(f"{url}/appointments", headers=mine).json
    assert (listed["upcoming"], [row["id"] for row in listed["past"]]) == ([], [moved.json["id"]])

    dropped = client.delete(f"/api/v1/offers/{offered.json['id']}", headers=theirs)
    assert dropped.status_code == 204
    assert client.get(f"{url}/slots", headers=mine, query_string=asked).json["slots"] == []


def test_a_taken_slot_is_a_conflict_with_a_stable_code(
    client: FlaskClient, session: Session, patient: Person, doctor: Person
):
    made.appointment(session, patient, doctor)
    other = make.patient(session, "Eva")
    directory.register_with(session, other.id, doctor.id, CareKind.PERSONAL_DOCTOR, now=make.NOW)

    answer = client.post(
        f"/api/v1/patients/{other.id}/appointments",
        headers=make.bearer(session, other),
        json=wanted(doctor),
    )

    assert (answer.status_code, answer.content_type) == (409, PROBLEM)
    assert answer.json["code"] == "slot_taken"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"starts_at": "2026-11-24T08:00:00"}, "#/starts_at"),
        ({"starts_at": "tomorrow"}, "#/starts_at"),
        ({"starts_at": None}, "#/starts_at"),
        ({"worker": "x"}, "#/worker"),
        ({"key": ""}, "#/key"),
        ({"key": "k" * 65}, "#/key"),
        ({"channel": "pigeon"}, "#/channel"),
        ({"status": "done"}, "#/status"),
        ({"service": "magic"}, "#/service"),
    ],
)
def test_wrong_wishes_are_refused_at_their_field(
    client: FlaskClient,
    session: Session,
    patient: Person,
    doctor: Person,
    change: dict[str, Any],
    pointer: str,
):
    made.offer(session, doctor)

    answer = client.post(
        f"/api/v1/patients/{patient.id}/appointments",
        headers=make.bearer(session, patient),
        json=wanted(doctor) | change,
    )

    assert (answer.status_code, answer.content_type) == (422, PROBLEM)
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("first", "last"), [("2026-11-24", "2026-11-23"), ("2026-11-24", "2027-11-24"), ("x", "y")]
)
def test_days_the_wrong_way_round_or_too_many_are_refused(
    client: FlaskClient, session: Session, patient: Person, doctor: Person, first: str, last: str
):
    answer = client.get(
        f"/api/v1/patients/{patient.id}/slots",
        headers=make.bearer(session, patient),
        query_string={"worker": doctor.id, "service": "video", "from": first, "to": last},
    )

    assert answer.status_code == 422


def test_foreign_and_absent_appointments_give_the_same_answer(
    client: FlaskClient, session: Session, patient: Person, doctor: Person
):
    row = made.appointment(session, patient, doctor)
    other = make.patient(session, "Eva")
    headers = make.bearer(session, other)

    bodies = [
        client.delete(f"/api/v1/patients/{person}/appointments/{number}", headers=headers)
        for person, number in [
            (other.id, row.id),
            (other.id, 10**9),
            (patient.id, row.id),
            (10**12, row.id),
        ]
    ]

    assert {answer.status_code for answer in bodies} == {404}
    assert len({tuple(sorted((answer.json | {"instance": ""}).items())) for answer in bodies}) == 1
