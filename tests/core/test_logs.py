"""What logs, mails and addresses never carry: who somebody is, what they measured or wrote."""

import json
import logging
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.core.logs import JsonLines
from telehealth.core.outbox import OutboxEvent
from telehealth.identity.models import Person
from tests import make
from tests.home.browser import csrf_of

SignIn = Callable[[FlaskClient, Person], None]
NAME, NOTE, VALUE, LOGIN = "Kanarc7q2x", "Kanarnote9w", "13.7", "kanarlogin4z@test.example"


class Kept(logging.Handler):
    """All lines as they would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonLines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def logged(app: Flask) -> Iterator[list[str]]:
    """Every line of the application's own loggers, down to the finest, made after `app`."""
    assert app
    kept, ours = Kept(), logging.getLogger("telehealth")
    before = ours.level
    ours.addHandler(kept)
    ours.setLevel(logging.DEBUG)
    yield kept.lines
    ours.removeHandler(kept)
    ours.setLevel(before)


def test_a_journey_leaves_no_name_value_note_or_token_in_the_log_an_address_or_an_event(
    client: FlaskClient, session: Session, sign_in: SignIn, logged: list[str]
) -> None:
    ana = make.person(session, "Ana", NAME)
    make.account(session, ana, LOGIN)
    doctor = make.doctor(session, [ana])
    session.commit()
    body = {"login": LOGIN, "password": make.PASSWORD}
    begun = client.post("/api/v1/sessions", json=body)
    client.post("/api/v1/sessions", json=body | {"password": "wrong"})
    bearer = {"Authorization": f"Bearer {begun.json['token']}"}
    reading = {
        "key": "k1", "measured_at": "2026-11-23T07:40:00+01:00", "value": VALUE, "unit": "mmol/L",
        "source": "manual", "note": NOTE,
    }  # fmt: skip
    api = f"/api/v1/patients/{ana.id}/readings"
    assert client.post(api, json={"readings": [reading]}, headers=bearer).status_code == 200
    assert client.get(api, headers=bearer).status_code == 200
    client.post(api, json={NAME: NOTE}, headers=bearer)
    sign_in(client, ana)
    pages = [client.get("/"), client.get("/dnevnik"), client.get(f"/nothing/{NAME}")]
    form = {"value": VALUE, "note": NOTE, "login": LOGIN, "csrf_token": csrf_of(client)}
    pages.append(client.post("/dnevnik/nova", data=form))
    sign_in(client, doctor)
    pages.append(client.get(f"/pacienti/{ana.id}"))

    assert [page.status_code for page in pages] == [200, 200, 404, 422, 200]
    assert len(logged) >= 9
    session.expire_all()
    events = [str(event.payload) for event in session.query(OutboxEvent)]
    addresses = [
        link
        for page in pages[:2] + pages[3:]
        for link in re.findall(r'(?:href|src)="([^"]*)', page.text)
    ]
    for told in [*logged, *events, *addresses]:
        for canary in (NAME, NOTE, LOGIN, begun.json["token"], make.PASSWORD):
            assert canary not in told
    assert not [line for line in logged if f'"{VALUE}"' in line or f"{VALUE} " in line]
    assert {json.loads(line)["message"] for line in logged} == {"answered"}


def test_a_fault_is_logged_by_its_class_and_place_and_answered_without_its_text(
    app: Flask, session: Session, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = make.bearer(session, make.patient(session))
    session.commit()

    def broken() -> None:
        raise RuntimeError(f"{NAME} measured {VALUE}")

    broken.__access__ = "public"  # type: ignore[attr-defined]  # what `access` writes
    monkeypatch.setitem(app.view_functions, "mandates_api.me", broken)
    client = app.test_client()
    client.set_cookie("lang", "en")

    answer = client.get("/api/v1/me", headers=headers)

    assert (answer.status_code, answer.json["code"]) == (500, "fault")
    assert NAME not in answer.text
    assert client.get(answer.json["type"]).status_code == 200
    fault = next(json.loads(line) for line in logged if "unexpected" in line)
    assert fault["fault"] == "RuntimeError"
    assert "test_logs.py" in fault["where"]
    assert NAME not in " ".join(logged)


def test_only_known_keys_reach_a_line() -> None:
    record = logging.makeLogRecord({"msg": "x", "name": "n", "patient": NAME, "status": 200})

    line = json.loads(JsonLines().format(record))

    assert line["status"] == 200
    assert "patient" not in line
