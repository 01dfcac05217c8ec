"""The pages of both sides by a browser without JavaScript, and the JSON doors."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.alerts.models import Alert, AlertMute, AlertRule, AlertTest, Kind, State
from telehealth.core import sockets
from telehealth.core.queue import Queue
from telehealth.identity.models import Person
from telehealth.readings.models import SourceKind
from tests import make
from tests.conftest import FixedClock
from tests.make import alerts as made
from tests.stand_ins.mail import MailServer

SignIn = Callable[[FlaskClient, Person], None]
MIN = timedelta(minutes=1)
NOW = make.NOW


@pytest.fixture
def around(session: Session) -> made.Family:
    return made.family(session)


@pytest.fixture
def low(session: Session, around: made.Family) -> Alert:
    """A low value that has lasted ten minutes, at `NOW`."""
    made.lasts(session, around.patient, "3.4 mmol/L", NOW - 10 * MIN, 10)
    return made.live(session, around.patient)[0]


@pytest.fixture
def as_patient(client: FlaskClient, sign_in: SignIn, around: made.Family) -> FlaskClient:
    sign_in(client, around.patient)
    return client


@pytest.fixture
def as_nurse(client: FlaskClient, sign_in: SignIn, around: made.Family) -> FlaskClient:
    sign_in(client, around.nurse)
    return client


def text_of(answer: TestResponse) -> str:
    """The words of a page."""
    html = answer.get_data(as_text=True)
    html = re.sub(r"<(script|style|title)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def post(client: FlaskClient, path: str, **form: str) -> str:
    """Send a form and follow it; the words of the page it leads to."""
    html = client.get("/problems/not-found").get_data(as_text=True)
    found = re.search(r'name="csrf-token" content="([^"]+)"', html)
    assert found
    answer = client.post(path, data={"csrf_token": found[1], **form}, follow_redirects=True)
    return text_of(answer)


def test_nothing_is_open_and_the_page_says_what_it_is_not(as_patient: FlaskClient) -> None:
    words = text_of(as_patient.get("/opozorila"))

    assert "No alert is open." in words
    assert "No alert so far." in words
    assert "not an emergency service" in words
    assert "call 112" in words
    assert "says nothing about how much insulin" in words
    assert "below 3.0 mmol/L, at once" in words
    assert "nurse after 15 min" in words


def test_the_page_is_slovenian_for_slovenian_readers(as_patient: FlaskClient, low: Alert) -> None:
    as_patient.set_cookie("lang", "sl")

    words = text_of(as_patient.get("/opozorila"))

    assert "Nizka vrednost" in words
    assert "pod 3,9 mmol/L vsaj 10 min" in words
    assert "pokličite 112" in words


def test_the_patient_acknowledges_and_takes_it_back(
    session: Session, as_patient: FlaskClient, low: Alert
) -> None:
    words = text_of(as_patient.get("/opozorila"))
    assert "below 3.9 mmol/L for 10 min" in words
    assert "3.4 mmol/L" in words
    assert "not acknowledged" in words

    words = post(as_patient, f"/opozorila/{low.id}/potrdi")
    assert "Noted. Nobody else is told for now." in words
    assert "acknowledged by Ana Novak, today at 10:00" in words
    words = post(as_patient, f"/opozorila/{low.id}/preklici-potrditev")

    assert "The alert is open again." in words
    session.refresh(low)
    assert low.state is State.OPEN


def test_the_patient_pauses_and_ends_the_pause(
    session: Session, as_patient: FlaskClient, low: Alert
) -> None:
    words = post(as_patient, f"/opozorila/{low.id}/premor", minutes="30")
    assert "Paused. The alert stays open." in words
    assert "paused until 10:30" in words

    words = post(as_patient, f"/opozorila/{low.id}/konec-premora")

    assert "The pause is over." in words
    session.refresh(low)
    assert low.snoozed_until is None


def test_a_pause_no_form_offers_is_refused(as_patient: FlaskClient, low: Alert) -> None:
    words = post(as_patient, f"/opozorila/{low.id}/premor", minutes="9999")

    assert "This pause is too long." in words


def test_a_very_low_value_offers_no_pause_and_refuses_one(
    session: Session, as_patient: FlaskClient, around: made.Family
) -> None:
    urgent = made.open_alert(session, around.patient)

    words = text_of(as_patient.get("/opozorila"))
    assert "Pause the alert" not in words
    assert "Call 112" in words

    assert "cannot be paused" in post(as_patient, f"/opozorila/{urgent.id}/premor", minutes="15")


def test_a_proxy_answers_in_their_own_name(
    session: Session, client: FlaskClient, sign_in: SignIn, around: made.Family, low: Alert
) -> None:
    sign_in(client, around.proxy)
    path = f"/za/{around.mandate.id}/opozorila"

    words = post(client, f"{path}/{low.id}/potrdi")

    assert "acknowledged by Luka Mrak" in words
    session.refresh(low)
    assert low.acknowledged_by_id == around.proxy.id


def test_a_child_reads_and_is_told_who_answers(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    tine = make.child(session)
    made.open_alert(session, tine)
    sign_in(client, tine)

    page = client.get("/opozorila")

    assert "answered by a parent or the care team" in text_of(page)
    assert "/potrdi" not in page.get_data(as_text=True)


def test_somebody_chooses_their_own_notices(
    session: Session, as_patient: FlaskClient, around: made.Family
) -> None:
    words = post(as_patient, "/opozorila/obvestila", low="yes", high="yes", no_data="yes")

    assert "Your notices are saved." in words
    muted = session.execute(select(AlertMute.person_id, AlertMute.kind)).all()
    assert [tuple(row) for row in muted] == [(around.patient.id, Kind.VERY_HIGH)]


def test_the_self_test_is_sent_once_in_ten_minutes(
    session: Session, as_patient: FlaskClient, around: made.Family
) -> None:
    words = post(as_patient, "/opozorila/preizkus")
    assert "The test is on its way." in words
    assert "waits to be sent" in words

    words = post(as_patient, "/opozorila/preizkus")

    assert "Please wait ten minutes." in words
    assert len(session.scalars(select(AlertTest)).all()) == 1


def test_an_answer_that_comes_too_late_says_so(
    session: Session, as_patient: FlaskClient, around: made.Family, low: Alert
) -> None:
    made.lasts(session, around.patient, "5.0 mmol/L", NOW + 5 * MIN, 15)
    session.commit()

    words = post(as_patient, f"/opozorila/{low.id}/potrdi")

    assert "This alert is over." in words
    assert "values were back in range for 15 minutes" in words


def test_the_nurse_sees_the_alerts_of_her_own_patients_the_worst_first(
    session: Session, as_nurse: FlaskClient, around: made.Family, low: Alert
) -> None:
    stranger = make.patient(session, "Eva", "Kos")
    made.open_alert(session, stranger)
    made.open_alert(session, around.patient, at=NOW)
    session.commit()

    words = text_of(as_nurse.get("/klinika/opozorila"))

    assert words.index("Very low value") < words.index("Low value")
    assert "Novak Ana" in words
    assert "Kos" not in words
    words = post(as_nurse, f"/pacienti/{around.patient.id}/opozorila/{low.id}/potrdi", back="list")
    assert "Open alerts" in words
    assert "acknowledged by Maja Čebulj" in words


def test_a_list_without_alerts_says_what_will_appear(as_nurse: FlaskClient) -> None:
    words = text_of(as_nurse.get("/klinika/opozorila"))

    assert "No alert is open" in words
    assert "it appears here by itself" in words


def test_the_nurse_gives_a_patient_a_rule_and_goes_back_to_the_clinics(
    session: Session, as_nurse: FlaskClient, around: made.Family
) -> None:
    path = f"/pacienti/{around.patient.id}/opozorila"
    form = {"is_on": "yes", "unit": "mmol/L", "delay_min": "0", "repeat_min": "30"}

    words = post(as_nurse, f"{path}/pravila/low", threshold="4,2", nurse_min="45", **form)
    assert "The rule is saved." in words
    assert "below 4.2 mmol/L, at once" in words
    assert "own rule, set by Maja Čebulj, today" in words
    row = session.scalars(select(AlertRule)).one()
    assert (row.tick, row.nurse_min, row.proxy_min) == (42, 45, None)
    words = post(as_nurse, f"{path}/pravila/low/privzeto")

    assert "The clinic's rule counts again." in words
    assert session.scalars(select(AlertRule)).all() == []


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"threshold": "abc"}, "Enter a number, for example 3.9."),
        ({"threshold": "39"}, "This value is too far from usual."),
        ({"threshold": "2.5"}, "This value is too far from usual."),
        ({"threshold": ""}, "Please fill this in."),
        ({"threshold": "70,5", "unit": "mg/dL"}, "Enter a whole number of mg/dL."),
        ({"threshold": "3.9", "delay_min": "soon"}, "Enter a whole number of minutes."),
        ({"threshold": "3.9", "nurse_min": "5", "proxy_min": "10"}, "Nobody is told before"),
    ],
)
def test_a_rule_that_makes_no_sense_comes_back_with_what_was_typed(
    as_nurse: FlaskClient, around: made.Family, form: dict[str, str], sentence: str
) -> None:
    path = f"/pacienti/{around.patient.id}/opozorila/pravila/low"
    given = {"is_on": "yes", "unit": "mmol/L", "delay_min": "0", "repeat_min": "0"} | form

    words = post(as_nurse, path, **given)

    assert sentence in words
    assert "from 3.0 to 6.0" in words
    assert "One thing needs your attention" in words


def test_a_rule_that_does_not_exist_is_not_there(
    as_nurse: FlaskClient, around: made.Family
) -> None:
    words = post(as_nurse, f"/pacienti/{around.patient.id}/opozorila/pravila/medium")

    assert "There is nothing here." in words


def test_a_patient_who_measures_in_mg_dl_reads_thresholds_in_mg_dl(
    session: Session, as_nurse: FlaskClient, around: made.Family
) -> None:
    made.arrives(session, around.patient, "110 mg/dL", kind=SourceKind.MANUAL)
    session.commit()

    words = text_of(as_nurse.get(f"/pacienti/{around.patient.id}/opozorila"))

    assert "below 54 mg/dL, at once" in words
    assert "above 250 mg/dL, 2 values within 4 h" in words


def test_the_doctor_sets_the_clinics_rule_and_the_nurse_reads_it(
    client: FlaskClient, sign_in: SignIn, around: made.Family
) -> None:
    sign_in(client, around.doctor)
    form = {"is_on": "yes", "unit": "mmol/L", "delay_min": "20", "repeat_min": "0"}
    words = post(client, "/klinika/opozorila/pravila/low", threshold="4.0", **form)
    assert "The clinic's rule is saved." in words

    sign_in(client, around.nurse)
    page = client.get("/klinika/opozorila/pravila")

    assert "below 4.0 mmol/L: a sensor for 20 min, a single value at once" in text_of(page)
    assert "The doctors of the unit change the rules." in text_of(page)
    assert '<form method="post" action="/klinika' not in page.get_data(as_text=True)


def test_the_api_lists_acknowledges_and_pauses(
    session: Session, client: FlaskClient, around: made.Family, low: Alert
) -> None:
    headers = make.bearer(session, around.nurse)
    session.commit()
    path = f"/api/v1/patients/{around.patient.id}/alerts"

    found = client.get(path, headers=headers).get_json()
    (one,) = found["open"]
    assert one["kind"] == "low"
    assert one["threshold"] == {"value": "3.9", "unit": "mmol/L"}
    assert one["last_value"] == {"value": "3.4", "unit": "mmol/L"}
    assert [told["name"] for told in one["told"]] == ["Ana Novak"]
    assert one["told"][0]["delivery"] == "waiting"

    paused = client.put(f"{path}/{low.id}/snooze", json={"minutes": 15}, headers=headers)
    assert paused.get_json()["snoozed_until"] == "2026-11-23T09:15:00+00:00"
    ended = client.delete(f"{path}/{low.id}/snooze", headers=headers)
    assert ended.get_json()["snoozed_until"] is None
    done = client.put(f"{path}/{low.id}/acknowledgement", headers=headers).get_json()
    assert (done["state"], done["acknowledged_by"]) == ("acknowledged", "Maja Čebulj")
    back = client.delete(f"{path}/{low.id}/acknowledgement", headers=headers).get_json()
    assert back["state"] == "open"


@pytest.mark.parametrize("body", [{}, {"minutes": 0}, {"minutes": "x"}, {"minutes": 5, "x": 1}])
def test_the_api_refuses_a_pause_it_does_not_understand(
    session: Session, client: FlaskClient, around: made.Family, low: Alert, body: dict[str, object]
) -> None:
    headers = make.bearer(session, around.nurse)
    session.commit()

    answer = client.put(
        f"/api/v1/patients/{around.patient.id}/alerts/{low.id}/snooze", json=body, headers=headers
    )

    assert answer.status_code == 422
    assert answer.get_json()["errors"]


def test_open_pages_of_those_concerned_hear_of_a_change_and_nobody_else(
    app: Flask, session: Session, around: made.Family
) -> None:
    stranger = make.patient(session, "Eva", "Kos")
    connections = {}
    for person in (around.patient, around.nurse, stranger):
        browser = app.test_client()
        browser.set_cookie("session", make.browser_session(session, person))
        session.commit()
        connections[person.id] = sockets.server.test_client(app, flask_test_client=browser)

    made.open_alert(session, around.patient)
    session.commit()
    app.extensions["telehealth"].queue.drain()

    heard = {
        person_id: [one["args"][0] for one in connection.get_received()]
        for person_id, connection in connections.items()
    }
    assert {} in heard[around.patient.id]
    assert {} in heard[around.nurse.id]
    assert heard[stranger.id] == []


def test_the_team_sees_that_the_mail_server_takes_no_mail(
    client: FlaskClient,
    session: Session,
    sign_in: SignIn,
    queue: Queue,
    clock: FixedClock,
    family: made.Family,
    mail_server: MailServer,
) -> None:
    mail_server.answers |= dict.fromkeys(
        ("ana@posta.si", "luka@posta.si", "maja@posta.si", "miha@posta.si"), "451 later"
    )
    made.open_alert(session, family.patient, "2.4 mmol/L")
    sign_in(client, family.nurse)
    assert "The mail server takes no mail" not in client.get("/klinika/opozorila").text
    session.commit()
    for minutes in (0, 6):
        clock.at = NOW + timedelta(minutes=minutes)
        queue.sweep()
        queue.drain()

    assert "The mail server takes no mail" in client.get("/klinika/opozorila").text
    assert "The mail server takes no mail" in client.get("/", follow_redirects=True).text
