"""Open pages of a diary hear that an entry has changed, and learn no value; nobody else does."""

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.core import sockets
from telehealth.diary import service as diary
from telehealth.diary.models import DiaryPhoto
from telehealth.identity.models import Person
from tests import make
from tests.conftest import FixedClock
from tests.make import diary as make_diary
from tests.make.readings import own_actor


def connected(app: Flask, session: Session, person: Person) -> Any:
    browser = app.test_client()
    browser.set_cookie("session", make.browser_session(session, person))
    session.commit()
    return sockets.server.test_client(app, flask_test_client=browser)


def heard(connection: Any) -> list[Any]:
    return [
        event["args"][0] for event in connection.get_received() if event["name"] == "diary:changed"
    ]


def test_a_watching_page_is_told_of_each_change(app: Flask, session: Session):
    ana, bor = make.patient(session), make.patient(session, "Bor")
    nurse = make.nurse(session, [ana])
    watchers = [connected(app, session, person) for person in (ana, nurse)]
    stranger = connected(app, session, bor)
    for connection in (*watchers, stranger):
        connection.emit("readings:watch", {"patient": ana.id}, callback=True)

    entry = make_diary.entry(session, ana, note="skrivnost")
    diary.remove(session, own_actor(ana), ana.id, entry.id, now=make.NOW)
    session.commit()
    app.extensions["telehealth"].queue.drain()

    assert [heard(connection) for connection in watchers] == [[{"patient": ana.id}] * 2] * 2
    assert heard(stranger) == []


def test_the_sweep_forgets_pictures_nobody_came_back_for(
    app: Flask, session: Session, clock: FixedClock
):
    ana = make.patient(session)
    diary.keep_photo(session, own_actor(ana), ana.id, make_diary.JPEG, now=make.NOW)
    session.commit()
    clock.at = make.NOW + timedelta(hours=25)

    app.extensions["telehealth"].queue.sweep()

    session.expire_all()
    assert session.scalars(select(DiaryPhoto.id)).all() == []
