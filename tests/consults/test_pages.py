"""Pages and JSON doors of consultations, without a browser."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.consults import service as consults
from telehealth.consults.service import NewNote
from telehealth.identity.models import Person
from tests import make
from tests.conftest import FixedClock
from tests.make.booking import as_self, as_team
from tests.make.consults import video_appointment

SignIn = Callable[[FlaskClient, Person], None]


class Visit:
    """A patient, her doctor and their appointment in five minutes."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.ana = make.patient(session)
        self.miha = make.doctor(session, [self.ana])
        self.id = video_appointment(session, self.ana, self.miha).id
        self.team = as_team(self.miha, self.ana)
        session.commit()

    def come(self) -> str:
        change = consults.arrive(self.session, as_self(self.ana), self.id, now=make.NOW)
        self.session.commit()
        return change.me

    def note(self, text: str, *, is_shared: bool) -> None:
        new = NewNote(text, is_shared, 0)
        consults.write_note(self.session, self.team, self.id, new, now=make.NOW)
        self.session.commit()


@pytest.fixture
def visit(session: Session) -> Visit:
    return Visit(session)


def send(browser: FlaskClient, path: str, **form: str) -> TestResponse:
    page = browser.get("/problems/not-found").text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    return browser.post(path, data=form | {"csrf_token": token})


def test_the_list_offers_to_enter_ten_minutes_before(
    client: FlaskClient, sign_in: SignIn, visit: Visit, clock: FixedClock
) -> None:
    sign_in(client, visit.ana)

    clock.at = make.NOW - timedelta(minutes=10)
    early = client.get("/posveti").text
    clock.at = make.NOW
    due = client.get("/posveti").text

    assert "Enter the consultation" not in early
    assert "You can enter from 10 minutes before the start." in early
    assert "Enter the consultation" in due


def test_an_empty_list_says_what_will_be_there(
    client: FlaskClient, sign_in: SignIn, session: Session
) -> None:
    sign_in(client, make.patient(session))

    assert "No video consultation is booked" in client.get("/posveti").text


def test_the_waiting_room_states_the_place_without_javascript(
    client: FlaskClient, sign_in: SignIn, visit: Visit
) -> None:
    sign_in(client, visit.ana)
    before = client.get(f"/posveti/{visit.id}").text

    answer = send(client, f"/posveti/{visit.id}/vstop")

    assert "You are not in the waiting room yet." in before
    assert answer.status_code == 303
    after = client.get(f"/posveti/{visit.id}").text
    assert "You are in the waiting room." in after
    assert "You are next." in after


def test_too_early_the_page_says_when(
    client: FlaskClient, sign_in: SignIn, visit: Visit, clock: FixedClock
) -> None:
    sign_in(client, visit.ana)
    clock.at = make.NOW - timedelta(hours=1)

    assert "It is too early to enter." in client.get(f"/posveti/{visit.id}").text


def test_after_the_call_the_patient_reads_what_was_shared_and_nothing_else(
    client: FlaskClient, sign_in: SignIn, visit: Visit
) -> None:
    guest = visit.come()
    consults.admit(visit.session, visit.team, visit.id, guest, now=make.NOW)
    consults.end(visit.session, visit.team, visit.id, now=make.NOW)
    visit.note("Za zdravnika", is_shared=False)
    sign_in(client, visit.ana)
    hidden = client.get(f"/posveti/{visit.id}").text

    new = NewNote("Za pacientko", is_shared=True, version=1)
    consults.write_note(visit.session, visit.team, visit.id, new, now=make.NOW)
    visit.session.commit()
    shared = client.get(f"/posveti/{visit.id}").text

    assert "The consultation has ended." in hidden
    assert "Za zdravnika" not in hidden
    assert "Za pacientko" in shared
    assert "Shared by your clinicians" in client.get("/posveti").text


def test_the_doctor_admits_from_the_list_and_ends_from_the_page(
    client: FlaskClient, sign_in: SignIn, visit: Visit
) -> None:
    guest = visit.come()
    sign_in(client, visit.miha)
    assert "Ana Novak is in the waiting room." in client.get("/klinika/posveti").text

    admitted = send(client, f"/klinika/posveti/{visit.id}/sprejem", participant=guest)
    ended = send(client, f"/klinika/posveti/{visit.id}/konec")

    assert (admitted.status_code, ended.status_code) == (303, 303)
    page = client.get(f"/klinika/posveti/{visit.id}").text
    assert "call ended" in page
    assert "Clinical note" in page


def test_a_note_written_elsewhere_meanwhile_is_not_overwritten_and_nothing_typed_is_lost(
    client: FlaskClient, sign_in: SignIn, visit: Visit
) -> None:
    visit.note("Prvo okno", is_shared=False)
    sign_in(client, visit.miha)

    answer = send(client, f"/klinika/posveti/{visit.id}/zapis", text="Drugo okno", version="0")

    assert answer.status_code == 409
    assert "Drugo okno" in answer.text
    assert "This note was changed in another window." in answer.text


def test_a_note_too_long_is_refused_beside_the_field(
    client: FlaskClient, sign_in: SignIn, visit: Visit
) -> None:
    sign_in(client, visit.miha)

    answer = send(client, f"/klinika/posveti/{visit.id}/zapis", text="x" * 20_001, version="0")

    assert answer.status_code == 422
    assert 'id="text-error"' in answer.text


def test_the_proxys_page_says_for_whom(
    client: FlaskClient, sign_in: SignIn, visit: Visit, session: Session
) -> None:
    eva = make.patient(session, "Eva", "Zupan")
    mandate = make.mandate(session, visit.ana, eva)
    sign_in(client, eva)

    page = client.get(f"/za/{mandate.id}/posveti/{visit.id}").text

    assert "You take part for Ana Novak." in page


def test_the_api_keeps_a_note_with_its_version(
    client: FlaskClient, visit: Visit, session: Session
) -> None:
    doctor = make.bearer(session, visit.miha)
    session.commit()
    path = f"/api/v1/consultations/{visit.id}/note"

    empty = client.get(path, headers=doctor)
    kept = client.put(path, json={"text": "Prva", "version": 0}, headers=doctor)
    stale = client.put(path, json={"text": "Druga", "version": 0}, headers=doctor)

    assert (empty.json["text"], empty.json["version"]) == ("", 0)
    assert kept.json["version"] == 1
    assert kept.json["written_at"].endswith("+00:00")
    assert (stale.status_code, stale.json["code"]) == (409, "note_changed")


def test_the_api_lists_a_patients_consultations(
    client: FlaskClient, visit: Visit, session: Session
) -> None:
    visit.note("Skrito", is_shared=False)
    headers = make.bearer(session, visit.ana)
    session.commit()

    answer = client.get(f"/api/v1/patients/{visit.ana.id}/consultations", headers=headers)

    (found,) = answer.json["consultations"]
    assert (found["id"], found["is_joinable"], found["note"]) == (visit.id, True, None)
    assert found["clinician"] == {"id": visit.miha.id, "name": "dr. Miha Kovač"}


BAD_RESULTS: list[tuple[Any, str]] = [
    ({"camera": {"height_px": -1}}, "#/camera/height_px"),
    ({"camera": {"height_px": "480"}}, "#/camera/height_px"),
    ({"microphone": {"peak_dbfs": 5}}, "#/microphone/peak_dbfs"),
    ({"network": {}}, "#/network/is_node_there"),
    ({"smell": {}}, "#/smell"),
]


@pytest.mark.parametrize(("results", "pointer"), BAD_RESULTS)
def test_nonsense_measurements_are_refused_one_by_one(
    client: FlaskClient, visit: Visit, session: Session, results: object, pointer: str
) -> None:
    headers = make.bearer(session, visit.ana)
    session.commit()

    answer = client.post("/api/v1/device-check/verdicts", json=results, headers=headers)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_measurements_come_back_as_sentences(
    client: FlaskClient, visit: Visit, session: Session
) -> None:
    headers = make.bearer(session, visit.ana)
    session.commit()
    measured = {
        "camera": {"problem": "SomethingNewError"},
        "microphone": {"peak_dbfs": -20},
        "network": {"is_node_there": False},
    }

    answer = client.post("/api/v1/device-check/verdicts", json=measured, headers=headers)

    outcomes = {one["step"]: one["outcome"] for one in answer.json["verdicts"]}
    assert answer.json["is_ready"] is True
    assert outcomes == {
        "camera": "bad",
        "microphone": "good",
        "speaker": "skipped",
        "network": "skipped",
        "relay": "skipped",
    }


def test_without_a_media_node_the_echo_is_honestly_absent(
    client: FlaskClient, visit: Visit, session: Session, app: Flask
) -> None:
    headers = make.bearer(session, visit.ana)
    session.commit()

    answer = client.post("/api/v1/device-check/echo", json={"sdp": "v=0\r\n"}, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (503, "no_media_node")
