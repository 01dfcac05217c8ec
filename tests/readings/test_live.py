"""Open pages of a diary hear that it has changed; nobody else does."""

from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from telehealth.core import sockets
from telehealth.identity.models import Person
from tests import make
from tests.make.readings import diary


def connected(app: Flask, session: Session, person: Person) -> Any:
    browser = app.test_client()
    browser.set_cookie("session", make.browser_session(session, person))
    session.commit()
    return sockets.server.test_client(app, flask_test_client=browser)


def heard(connection: Any) -> list[Any]:
    return [
        event["args"][0]
        for event in connection.get_received()
        if event["name"] == "readings:changed"
    ]


def test_a_watching_page_is_told_and_learns_no_value(app: Flask, session: Session) -> None:
    ana, bor = make.patient(session), make.patient(session, "Bor")
    doctor = make.doctor(session, [ana])
    watchers = [connected(app, session, person) for person in (ana, doctor)]
    stranger = connected(app, session, bor)
    answers = [
        connection.emit("readings:watch", {"patient": ana.id}, callback=True)
        for connection in (*watchers, stranger)
    ]
    assert [answer["ok"] for answer in answers] == [True, True, False]

    diary(session, ana)
    session.commit()
    app.extensions["telehealth"].queue.drain()

    assert [heard(connection) for connection in watchers] == [[{"patient": ana.id}]] * 2
    assert heard(stranger) == []


def test_a_watch_without_a_patient_is_refused(app: Flask, session: Session) -> None:
    connection = connected(app, session, make.patient(session))

    for payload in ({}, {"patient": "1"}, {"patient": True}, {"patient": 1, "x": 2}, [], None):
        answer = connection.emit("readings:watch", payload, callback=True)

        assert answer["ok"] is False
        assert answer["problem"]["status"] == 422
