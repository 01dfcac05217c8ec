"""Signalling over the real Socket.IO server, without a browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent, Outcome
from telehealth.consults.models import Consultation, Seat
from telehealth.core import sockets as live
from telehealth.identity.models import Person
from telehealth.mandates import service as mandates
from tests import make
from tests.conftest import FixedClock
from tests.make.booking import as_self
from tests.make.consults import video_appointment
from video.rooms import Place

SDP = "v=0\r\n"


class Line:
    """One connection of one person."""

    def __init__(self, client: SocketIOTestClient) -> None:
        self.client = client
        self.room: dict[str, Any] = {}

    def ask(self, event: str, payload: object) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.emit(f"consults:{event}", payload, callback=True)
        return answer

    def join(self, consultation: object) -> dict[str, Any]:
        answer = self.ask("join", {"room": str(consultation)})
        if answer["ok"]:
            self.room = answer["room"]
        return answer

    def heard(self, event: str) -> list[dict[str, Any]]:
        found = self.client.get_received()
        return [one["args"][0] for one in found if one["name"] == f"consults:{event}"]

    def latest(self) -> dict[str, Any]:
        self.room = self.heard("state")[-1]
        return self.room

    @property
    def me(self) -> dict[str, Any]:
        me: dict[str, Any] = self.room["me"]
        return me

    def to(self, other: "Line", **content: object) -> dict[str, object]:
        return {
            "generation": self.me["generation"],
            "to": other.me["id"],
            "to_generation": other.me["generation"],
            **content,
        }


class World:
    """Ana has an appointment with doctor Miha in five minutes; Eva is Ana's proxy."""

    def __init__(self, app: Flask, session: Session) -> None:
        self._app, self._session = app, session
        self.ana = make.patient(session)
        self.eva = make.patient(session, "Eva", "Zupan")
        self.miha = make.doctor(session, [self.ana])
        self.mandate = make.mandate(session, self.ana, self.eva)
        self.id = video_appointment(session, self.ana, self.miha).id
        session.commit()
        self.lines: list[SocketIOTestClient] = []

    def line(self, who: Person) -> Line:
        browser = self._app.test_client()
        browser.set_cookie("lang", "en")
        browser.set_cookie("session", make.browser_session(self._session, who))
        self._session.commit()
        client = live.server.test_client(self._app, flask_test_client=browser)
        self.lines.append(client)
        return Line(client)

    def page(self, who: Person) -> FlaskClient:
        browser = self._app.test_client()
        browser.set_cookie("lang", "en")
        browser.set_cookie("session", make.browser_session(self._session, who))
        self._session.commit()
        return browser

    def talking(self) -> tuple[Line, Line]:
        """Ana and Miha, inside."""
        ana, miha = self.line(self.ana), self.line(self.miha)
        ana.join(self.id)
        miha.join(self.id)
        self.admit(ana)
        ana.latest()
        miha.latest()
        return ana, miha

    def admit(self, guest: Line) -> None:
        browser = self.page(self.miha)
        answer = browser.get(f"/klinika/posveti/{self.id}")
        token = answer.text.split('name="csrf-token" content="')[1].split('"')[0]
        form = {"participant": guest.me["id"], "csrf_token": token}
        answer = browser.post(f"/klinika/posveti/{self.id}/sprejem", data=form)
        assert answer.status_code == 303, answer.text


@pytest.fixture
def world(app: Flask, session: Session) -> Iterator[World]:
    made = World(app, session)
    yield made
    for client in made.lines:
        if client.is_connected():
            client.disconnect()


def test_two_people_meet_and_their_signalling_is_passed_on(world: World) -> None:
    ana, miha = world.talking()

    assert ana.room["peers"][0]["id"] == miha.me["id"]
    assert ana.room["peers"][0]["polite"] != miha.room["peers"][0]["polite"]

    offer = {"type": "offer", "sdp": SDP}
    assert ana.ask("description", ana.to(miha, description=offer)) == {"ok": True}
    assert miha.ask("candidate", miha.to(ana, candidate=None)) == {"ok": True}

    (heard,) = miha.heard("description")
    assert heard == {
        "from": ana.me["id"],
        "from_generation": 1,
        "to_generation": 1,
        "description": offer,
    }
    (candidate,) = ana.heard("candidate")
    assert candidate["candidate"] is None


def test_who_waits_learns_nothing_of_the_others_and_may_send_nothing(world: World) -> None:
    ana, miha = world.line(world.ana), world.line(world.miha)
    ana.join(world.id)
    miha.join(world.id)

    refused = ana.ask("description", ana.to(miha, description={"type": "offer", "sdp": SDP}))

    assert ana.room["peers"] == []
    assert ana.room["names"] == {}
    assert refused["problem"]["code"] == "not_admitted"
    assert miha.heard("description") == []


def test_the_doctor_sees_by_name_who_waits_and_for_whom(world: World) -> None:
    miha, eva = world.line(world.miha), world.line(world.eva)
    miha.join(world.id)
    eva.join(world.id)

    room = miha.latest()

    (waiting,) = room["waiting"]
    assert room["names"][waiting["id"]] == {"name": "Eva Zupan", "for": "Ana Novak"}


def test_a_foreign_call_and_an_absent_one_are_the_same(world: World, session: Session) -> None:
    stranger = world.line(make.patient(session, "Tuja", "Oseba"))

    foreign = stranger.join(world.id)

    assert foreign["problem"]["status"] == 404
    for absent in (world.id + 999, "nowhere", "9" * 60, "٣"):
        answer = stranger.ask("join", {"room": str(absent)})
        if answer["problem"]["status"] == 404:
            assert answer == foreign
        else:
            assert answer["problem"]["status"] == 422
    denials = session.scalars(select(AuditEvent).where(AuditEvent.outcome == Outcome.DENY)).all()
    assert {row.action for row in denials} == {"consults:join"}
    assert any(row.subject_id == world.ana.id for row in denials)


def test_messages_before_joining_are_refused(world: World) -> None:
    ana = world.line(world.ana)

    refused = ana.ask("leave", {"generation": 1})

    assert refused["problem"]["code"] == "not_joined"


def test_a_revoked_proxy_is_refused_at_the_next_message_and_then_cut(
    world: World, session: Session, app: Flask
) -> None:
    eva, miha = world.line(world.eva), world.line(world.miha)
    eva.join(world.id)
    miha.join(world.id)
    world.admit(eva)
    eva.latest()
    miha.latest()

    mandates.end(session, as_self(world.ana), world.mandate.id, now=make.NOW)
    session.commit()
    refused = eva.ask("candidate", eva.to(miha, candidate=None))

    assert refused["problem"]["status"] == 404
    assert miha.heard("candidate") == []

    platform = app.extensions["telehealth"]
    with app.app_context():
        platform.queue.drain()

    assert not eva.client.is_connected()
    assert miha.latest()["peers"] == []
    seat = session.scalars(select(Seat).where(Seat.person_id == world.eva.id)).one()
    session.refresh(seat)
    assert seat.place is Place.LEFT


def test_an_ended_sign_in_is_refused_at_the_next_message(
    world: World, session: Session, clock: FixedClock
) -> None:
    ana, miha = world.talking()

    clock.at = make.NOW.replace(hour=23)
    refused = ana.ask("candidate", ana.to(miha, candidate=None))

    assert refused["problem"]["status"] == 401
    assert miha.heard("candidate") == []


def test_an_older_window_is_replaced_and_what_it_still_says_is_dropped(world: World) -> None:
    ana, miha = world.talking()
    second = world.line(world.ana)

    second.join(world.id)
    stale = ana.ask("candidate", ana.to(miha, candidate=None))

    assert ana.heard("replaced") == [{}]
    assert stale == {"ok": True, "is_dropped": True}
    assert miha.heard("candidate") == []
    assert second.me["generation"] == 2
    assert second.me["place"] == "admitted"


def test_leaving_tells_the_other_side(world: World) -> None:
    ana, miha = world.talking()

    assert ana.ask("leave", {"generation": 1}) == {"ok": True}

    assert miha.latest()["peers"] == []


def test_what_somebody_sends_is_known_to_the_other_side(world: World) -> None:
    ana, miha = world.talking()

    ana.ask("media", {"generation": 1, "camera": True, "microphone": False})

    (peer,) = miha.latest()["peers"]
    assert (peer["camera"], peer["microphone"]) == (True, False)


def test_a_poor_connection_is_answered_with_advice(world: World) -> None:
    ana, _ = world.talking()

    answer = ana.ask("quality", {"generation": 1, "camera": False, "loss_pct": 40})

    assert (answer["level"], answer["step"]) == ("poor", "phone")
    assert "telephone" in answer["advice"]


@pytest.mark.parametrize(
    ("event", "payload", "pointer"),
    [
        ("join", {"room": 7}, "#/room"),
        ("join", {}, "#/room"),
        ("join", {"room": "1", "role": "clinician"}, "#/role"),
        ("media", {"generation": True, "camera": True, "microphone": True}, "#/generation"),
        ("leave", {"generation": "1"}, "#/generation"),
        ("description", {"generation": 1, "to": "x", "to_generation": 1}, "#/description"),
        (
            "description",
            {
                "generation": 1,
                "to": "x",
                "to_generation": 1,
                "description": {"type": "offer", "sdp": "v=0" + "x" * 1024 * 1024},
            },
            "#/description/sdp",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_messages_are_refused_whole(
    world: World, event: str, payload: object, pointer: str
) -> None:
    ana = world.line(world.ana)

    answer = ana.ask(event, payload)

    assert answer["problem"]["status"] == 422
    assert [error["pointer"] for error in answer["problem"]["errors"]] == [pointer]


@pytest.mark.parametrize("payload", ["text", 7, ["a"], None])
def test_what_is_no_object_is_answered_all_the_same(world: World, payload: object) -> None:
    answer = world.line(world.ana).ask("join", payload)

    assert answer["problem"]["status"] == 422


def test_a_clinician_hears_that_somebody_came(world: World) -> None:
    miha, ana = world.line(world.miha), world.line(world.ana)
    assert miha.ask("watch", {}) == {"ok": True}

    ana.join(world.id)

    assert miha.heard("changed") == [{}]


def test_a_patient_watches_nobodys_list(world: World) -> None:
    assert world.line(world.ana).ask("watch", {})["problem"]["status"] == 404


def test_the_room_is_stored_and_not_kept_in_a_process(world: World, session: Session) -> None:
    world.talking()

    row = session.get_one(Consultation, world.id)

    places = [seat.place for seat in row.seats]
    assert places == [Place.ADMITTED, Place.ADMITTED]


def test_the_job_takes_the_topic_of_ended_representations(app: Flask) -> None:
    queue = app.extensions["telehealth"].queue

    assert len(queue.handlers["mandates.ended"]) >= 2
