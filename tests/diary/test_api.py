import base64
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.diary.models import DiaryEntry
from telehealth.identity.models import Person
from tests import make
from tests.make import diary as make_diary

LUNCH = {
    "key": "offline-key-1",
    "at": "2026-11-23T08:30:00+01:00",
    "carbs_g": 60,
    "rapid_units": "6.5",
    "activity": "walk",
    "activity_min": 30,
    "note": "kosilo",
}


class Phone:
    """A program with a person's token."""

    def __init__(
        self, client: FlaskClient, session: Session, person: Person, patient: Person
    ) -> None:
        self._client, self._headers = client, make.bearer(session, person)
        self._path = f"/api/v1/patients/{patient.id}/diary"

    def ask(self, method: str, more: str = "", body: Mapping[str, Any] | None = None):
        return self._client.open(self._path + more, method=method, json=body, headers=self._headers)


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


@pytest.fixture
def phone(client: FlaskClient, session: Session, ana: Person) -> Phone:
    return Phone(client, session, ana, ana)


def pointers(answer: TestResponse) -> list[str]:
    return [error["pointer"] for error in orjson.loads(answer.data)["errors"]]


def test_an_entry_written_offline_arrives_once_however_often_it_is_sent(phone: Phone):
    first, second = phone.ask("POST", body=LUNCH), phone.ask("POST", body=LUNCH)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert {name: first.json[name] for name in LUNCH if name != "at"} == {
        name: value for name, value in LUNCH.items() if name != "at"
    }
    assert first.json["at"] == "2026-11-23T07:30:00+00:00"
    assert len(phone.ask("GET").json["entries"]) == 1


def test_a_span_is_listed_newest_first(phone: Phone):
    for hour in (5, 7, 6):
        body = LUNCH | {"key": f"offline-key-{hour}", "at": f"2026-11-23T0{hour}:00:00Z"}
        phone.ask("POST", body=body)

    found = phone.ask("GET", "?from=2026-11-23T05:30:00Z&to=2026-11-23T08:00:00Z").json["entries"]

    assert [entry["at"][11:16] for entry in found] == ["07:00", "06:00"]
    assert len(phone.ask("GET", "?limit=1").json["entries"]) == 1


def test_a_change_names_the_version_it_saw(phone: Phone):
    entry = phone.ask("POST", body=LUNCH).json
    change = {"version": 1, "at": LUNCH["at"], "carbs_g": 45}

    changed = phone.ask("PUT", f"/{entry['id']}", change)
    late = phone.ask("PUT", f"/{entry['id']}", change | {"carbs_g": 90})

    assert (changed.status_code, changed.json["carbs_g"], changed.json["version"]) == (200, 45, 2)
    assert (changed.json["rapid_units"], changed.json["note"]) == (None, "")
    assert (late.status_code, late.json["code"]) == (409, "conflict")


def test_removing_and_restoring_are_harmless_when_repeated(phone: Phone):
    entry = phone.ask("POST", body=LUNCH).json

    for _ in range(2):
        assert phone.ask("DELETE", f"/{entry['id']}").status_code == 204
    assert phone.ask("GET").json == {"entries": []}
    assert phone.ask("POST", body=LUNCH).json["is_removed"] is True
    for _ in range(2):
        restored = phone.ask("POST", f"/{entry['id']}/restored")

    assert (restored.status_code, restored.json["carbs_g"]) == (200, 60)


def test_a_picture_comes_in_base64_and_stays_until_it_is_taken_away(phone: Phone, session: Session):
    picture = base64.b64encode(make_diary.JPEG).decode()
    entry = phone.ask("POST", body=LUNCH | {"photo": picture}).json
    assert entry["has_photo"] is True
    path, change = f"/{entry['id']}", {"version": 1, "at": LUNCH["at"], "carbs_g": 45}

    kept = phone.ask("PUT", path, change).json
    gone = phone.ask("PUT", path, change | {"version": 2, "photo": None}).json

    assert (kept["has_photo"], gone["has_photo"]) == (True, False)
    bad = phone.ask("POST", body=LUNCH | {"key": "offline-key-2", "photo": "JVBERi0="})
    assert (bad.status_code, pointers(bad)) == (422, ["#/photo"])
    assert len(session.scalars(select(DiaryEntry)).all()) == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"at": "2026-11-23T08:30:00"}, "#/at"),
        ({"at": "2026-11-25T08:30:00Z"}, "#/at"),
        ({"at": "1999-11-25T08:30:00Z"}, "#/at"),
        ({"key": "short"}, "#/key"),
        ({"carbs_g": -1}, "#/carbs_g"),
        ({"carbs_g": True}, "#/carbs_g"),
        ({"carbs_g": 1e9}, "#/carbs_g"),
        ({"rapid_units": "NaN"}, "#/rapid_units"),
        ({"rapid_units": 6.555}, "#/rapid_units"),
        ({"activity": "flying"}, "#/activity"),
        ({"activity": None}, "#/activity"),
        ({"note": "x" * 501}, "#/note"),
        ({"photo": "%%%"}, "#/photo"),
        ({"units": 5}, "#/units"),
    ],
)
def test_what_cannot_be_is_refused_by_name(phone: Phone, change: dict[str, Any], pointer: str):
    answer = phone.ask("POST", body=LUNCH | change)

    assert answer.status_code == 422
    assert pointers(answer) == [pointer]
    assert phone.ask("GET").json == {"entries": []}


def test_who_wrote_for_the_patient_is_said(client: FlaskClient, session: Session, ana: Person):
    luka = make.patient(session, "Luka", "Mrak")
    make.mandate(session, ana, luka)

    entry = Phone(client, session, luka, ana).ask("POST", body=LUNCH).json

    assert entry["writer"] == {"person_id": luka.id, "name": "Luka Mrak", "basis": "mandate"}


def test_a_stranger_learns_nothing(client: FlaskClient, session: Session, ana: Person):
    eva = make.patient(session, "Eva", "Kos")
    entry = make_diary.entry(session, ana)
    stranger = Phone(client, session, eva, ana)

    assert stranger.ask("GET").status_code == 404
    assert stranger.ask("DELETE", f"/{entry.id}").status_code == 404
    own = Phone(client, session, eva, eva)
    assert own.ask("DELETE", f"/{entry.id}").status_code == 404
