"""What waits for a decision is said on every page that somebody looks at, and where it waits."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from devices.gatt import clock
from telehealth.core.clock import local
from telehealth.identity.models import Person
from telehealth.meters import service as meters
from tests import make
from tests.make import meters as made
from tests.make.people import NOW

SignIn = Callable[[FlaskClient, Person], None]
HOUR_S = 3600


def _told(
    session: Session, person: Person, records: int, clock_off: int, drift_s: int | None = 6 * HOUR_S
) -> int:
    """The computer at home says what it has set aside; returns the meter's id."""
    state = meters.State(NOW, 80, 0, set_aside=meters.SetAside(records, clock_off, drift_s))
    reports = [meters.MeterReport(made.GUIDE, "", state)]
    meters.report(session, made.device_actor(person), person.id, reports, now=NOW)
    (known,) = meters.known_of(session, person.id).bound
    return known.id


def _read_in_the_browser(session: Session, person: Person, hours_ahead: int) -> int:
    """Three records of a meter whose clock is off wait on the server; returns the meter's id."""
    wall = local(NOW + timedelta(hours=hours_ahead)).replace(tzinfo=None)
    sent = made.transfer(
        [made.stored(seq, minutes_ago=9000 - seq) for seq in range(1, 4)],
        said=meters.Said("Ascensia", "Contour Next One", serial="77"),
        clock=clock.WireTime.of(wall).to_bytes(),
    )
    return meters.take_in(session, made.own_actor(person), person.id, sent, now=NOW).meter_id


def _text(client: FlaskClient, path: str, lang: str = "en") -> str:
    client.set_cookie("lang", lang)
    answer = client.get(path)
    assert answer.status_code == 200, path
    return unescape(answer.text)


def test_many_patients_are_answered_in_one_statement(session: Session) -> None:
    ana, luka, eva = make.patient(session), make.patient(session, "Luka"), make.patient(session)
    at_home = _told(session, ana, 482, 480)
    here = _read_in_the_browser(session, luka, -2)
    session.flush()
    ids = [ana.id, luka.id, eva.id]
    seen: list[str] = []

    def note(*what: str) -> None:
        seen.append(what[2])

    event.listen(session.get_bind(), "before_cursor_execute", note)
    found = meters.waiting_of_patients(session, ids)
    event.remove(session.get_bind(), "before_cursor_execute", note)

    assert len(seen) == 1
    home, on_server = meters.Place.HOME, meters.Place.HERE
    assert found == {
        ana.id: [
            meters.Waiting(at_home, home, 480, is_clock=True, clock_drift_s=6 * HOUR_S),
            meters.Waiting(at_home, home, 2, is_clock=False, clock_drift_s=None),
        ],
        luka.id: [
            meters.Waiting(here, on_server, 3, is_clock=True, clock_drift_s=-2 * HOUR_S),
        ],
    }


def test_what_waits_at_home_ends_with_the_next_word_and_goes_to_nobody_else(
    session: Session,
) -> None:
    ana = make.patient(session)
    meter_id = _told(session, ana, 5, 5)

    _told(session, ana, 0, 0, None)
    assert not meters.waiting_of(session, ana.id)

    _told(session, ana, 5, 5)
    meters.unbind(session, made.own_actor(ana), ana.id, meter_id, now=NOW)
    luka = make.patient(session, "Luka")
    made.meter(session, luka)
    assert not meters.waiting_of(session, ana.id)
    assert not meters.waiting_of(session, luka.id)


def test_reading_in_the_browser_forgets_nothing_of_what_waits_at_home(session: Session) -> None:
    ana = make.patient(session)
    _told(session, ana, 5, 5)

    later = NOW + timedelta(hours=1)
    meters.take_in(session, made.own_actor(ana), ana.id, made.transfer([]), now=later)

    assert [one.records for one in meters.waiting_of(session, ana.id)] == [5]


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "On the computer at home 480 readings wait: the meter's clock was 6 hours ahead."),
        ("sl", "Na računalniku doma čaka 480 meritev: ura merilnika je prehitevala za 6 ur."),
    ],
)
def test_every_page_says_the_same_about_what_waits_at_home(
    client: FlaskClient, session: Session, sign_in: SignIn, lang: str, sentence: str
) -> None:
    ana = make.patient(session)
    nurse = make.nurse(session, patients=[ana])
    meter_id = _told(session, ana, 480, 480)
    session.commit()

    sign_in(client, ana)
    own = [_text(client, path, lang) for path in ("/", "/merilniki", f"/merilniki/{meter_id}")]
    sign_in(client, nurse)
    of_team = [
        _text(client, f"/pacienti/{ana.id}{path}", lang)
        for path in ("", "/merilniki", f"/merilniki/{meter_id}")
    ]

    assert 'id="waits"' in own[2]
    for page in (own[2], of_team[2]):
        assert "glucometer release" in page
    for page in (*own, *of_team):
        assert page.count(sentence) == 1
        assert f'/merilniki/{meter_id}#waits"' in page or "glucometer status" in page, "what to do"
        assert "#aside" not in page, "nothing waits on the server"


def test_what_waits_on_the_server_is_said_there_and_leads_there(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    nurse = make.nurse(session, patients=[ana])
    meter_id = _read_in_the_browser(session, ana, -48)
    session.commit()
    sentence = "3 readings from the meter wait for a decision: the meter's clock was 2 days behind."

    sign_in(client, ana)
    for path in ("/", "/merilniki"):
        assert sentence in _text(client, path)
        assert f'href="/merilniki/{meter_id}#aside"' in _text(client, path)
    sign_in(client, nurse)
    page = _text(client, f"/pacienti/{ana.id}")

    assert sentence in page
    assert f'href="/pacienti/{ana.id}/merilniki/{meter_id}#aside"' in page


def test_a_clock_that_is_off_promises_no_readings_that_are_not_there(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    state = meters.State(NOW, 80, 6 * HOUR_S)
    reports = [meters.MeterReport(made.GUIDE, "", state)]
    meters.report(session, made.device_actor(ana), ana.id, reports, now=NOW)
    (known,) = meters.known_of(session, ana.id).bound
    sign_in(client, ana)

    page = _text(client, f"/merilniki/{known.id}")

    assert "The meter's clock is 6 hours ahead." in page
    assert "wait" not in page.split("</h1>")[1].split('<h2 id="name-of-it"')[0]
