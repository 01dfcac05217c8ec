"""Live doors: whatever is sent is answered, and the sign-in is asked for again each time."""

from typing import Any

import pytest
from flask import Flask
from flask_socketio import SocketIOTestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.core import sockets
from telehealth.core.actor import Actor, Basis
from telehealth.identity import service as identity
from telehealth.identity.models import Person, SignInSession
from tests import make

ODD: tuple[Any, ...] = (
    None, "text", 1, True, [], [{}], {}, {"patient": None}, {"patient": "x"}, {"patient": 10**30},
    {"patient": -1}, {"patient": 1.5}, {"patient": True}, {"patient": {"a": []}},
    {"patient": 1, "more": 2}, {"room": "\0"}, {"room": "\ud800"}, {"\0": 1},
    {"room": "9" * 40}, {"room": "٣"}, {"generation": 10**30}, {"deep": [[[[[[]]]]]]},
)  # fmt: skip


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


def line(app: Flask, token: str) -> SocketIOTestClient:
    browser = app.test_client()
    browser.set_cookie("session", token)
    return sockets.server.test_client(app, flask_test_client=browser)


def test_every_event_answers_whatever_it_is_sent(app: Flask, session: Session, ana: Person) -> None:
    doctor = make.doctor(session, [ana])
    for person in (ana, doctor):
        connection = line(app, make.browser_session(session, person))
        for event in app.extensions["telehealth-events"]:
            for payload in ODD:
                answer: Any = connection.emit(event.name, payload, callback=True)
                where = f"{event.name} {payload!r}: {answer}"
                assert answer["ok"] in (True, False), where
                if not answer["ok"]:
                    problem = answer["problem"]
                    assert problem["status"] in (401, 403, 404, 409, 422), where
                    assert problem["title"], where
                    assert problem["code"], where
            several: Any = connection.emit(event.name, {}, {}, callback=True)
            assert several["problem"]["status"] in (404, 422)
            nothing: Any = connection.emit(event.name, callback=True)
            assert nothing["problem"]["status"] in (404, 422)
        connection.disconnect()


def test_nobody_without_a_sign_in_gets_a_connection(
    app: Flask, session: Session, ana: Person
) -> None:
    assert not line(app, "x" * 43).is_connected()
    assert not sockets.server.test_client(app).is_connected()
    ended = make.browser_session(session, ana)
    _end_newest(session, ana)
    assert not line(app, ended).is_connected()


def test_an_ended_sign_in_is_refused_at_the_next_event(
    app: Flask, session: Session, ana: Person
) -> None:
    connection = line(app, make.browser_session(session, ana))
    watch = {"patient": ana.id}
    assert connection.emit("readings:watch", watch, callback=True) == {"ok": True}

    _end_newest(session, ana)

    answer: Any = connection.emit("readings:watch", watch, callback=True)
    assert answer["problem"]["status"] == 401
    connection.disconnect()


def _end_newest(session: Session, owner: Person) -> None:
    newest = select(SignInSession.id).order_by(SignInSession.id.desc()).limit(1)
    actor = Actor(owner.id, owner.id, Basis.SELF)
    identity.end_session(session, actor, session.scalars(newest).one(), now=make.NOW)
    session.commit()


def test_a_message_has_a_largest_size(app: Flask) -> None:
    assert app
    engine = vars(sockets.server)["server"].eio

    assert engine.max_http_buffer_size == sockets.MAX_MESSAGE_BYTES == 128 * 1024
