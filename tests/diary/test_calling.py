"""A low value told on the phone: what the worker is told to do, and whose the alert is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.alerts.models import Alert, AlertAcknowledgement, AlertNotice, Kind, State
from telehealth.audit.models import AuditEvent
from telehealth.core.clock import local
from telehealth.diary.models import Symptoms, Transcript
from telehealth.identity.models import Person
from tests import make
from tests.conftest import FixedClock
from tests.diary.forms import hidden
from tests.make import contacts as make_contacts

SignIn = Callable[[FlaskClient, Person], None]


@pytest.fixture
def ana(session: Session) -> Person:
    person = make.patient(session)
    make_contacts.confirmed_email(session, person, "ana@posta.si")
    return person


@pytest.fixture
def nurse(session: Session, client: FlaskClient, sign_in: SignIn, ana: Person) -> Person:
    person = make.nurse(session, [ana])
    make_contacts.confirmed_email(session, person, "maja@posta.si")
    sign_in(client, person)
    return person


def tell(client: FlaskClient, patient: Person, **typed: str) -> TestResponse:
    """What a browser sends of the form of a call."""
    address = f"/pacienti/{patient.id}/dnevnik/klic"
    form = hidden(client.get(address).text)
    answer = client.post(address, data=form | typed)
    assert answer.status_code == 303, answer.text
    return answer


def answer(client: FlaskClient, address: str, **typed: str) -> TestResponse:
    form = {name: value for name, value in hidden(client.get(address).text).items()
            if name == "csrf_token"}  # fmt: skip
    return client.post(address, data=form | typed)


def test_a_very_low_value_says_what_to_do_before_the_call_ends(
    client: FlaskClient, session: Session, ana: Person, nurse: Person
) -> None:
    page = client.get(tell(client, ana, value="2.4").location).text

    assert "Do not hang up yet: this is very low" in page
    assert "tel:112" in page
    assert "How is the patient?" in page
    assert f"/pacienti/{ana.id}/opozorila" in page
    assert "The alert is yours until" in page
    assert "is-success" not in page
    alert = session.scalars(select(Alert).where(Alert.kind == Kind.URGENT_LOW)).one()
    assert (alert.state, alert.acknowledged_by_id) == (State.ACKNOWLEDGED, nurse.id)
    assert session.scalars(select(AlertNotice)).all() == []


def test_lo_told_on_the_phone_is_a_very_low(
    client: FlaskClient, session: Session, ana: Person, nurse: Person
) -> None:
    page = client.get(tell(client, ana, beyond="LO", value="").location).text

    assert "this is very low" in page
    assert session.scalars(select(Alert.acknowledged_by_id)).all() == [nurse.id]


def test_a_low_value_asks_as_well(client: FlaskClient, ana: Person, nurse: Person) -> None:
    page = client.get(tell(client, ana, value="3.4").location).text

    assert "Do not hang up yet: this is low" in page
    assert "How is the patient?" in page


def test_a_value_in_range_is_simply_saved(client: FlaskClient, ana: Person, nurse: Person) -> None:
    done = tell(client, ana, value="6.4")

    assert done.location.endswith(f"/pacienti/{ana.id}/dnevnik")
    assert "Saved in the diary." in client.get(done.location).text


def test_a_low_of_yesterday_is_no_reason_to_eat_now_and_not_saved_in_green(
    client: FlaskClient, ana: Person, nurse: Person
) -> None:
    yesterday = local(make.NOW - timedelta(days=1))
    done = tell(
        client, ana, value="2.4", day=yesterday.date().isoformat(), time=f"{yesterday:%H:%M}"
    )

    page = client.get(done.location).text
    assert done.location.endswith(f"/pacienti/{ana.id}/dnevnik")
    assert "The value was very low; it is not of now." in page
    assert "flash is-success" not in page


def test_how_the_patient_is_stands_with_the_call(
    client: FlaskClient, session: Session, ana: Person, nurse: Person
) -> None:
    address = tell(client, ana, value="2.4").location

    assert answer(client, address, symptoms="some").status_code == 303
    assert "Call 112 now, and stay on the line" not in client.get(address).text
    answer(client, address, symptoms="severe")

    assert "Call 112 now, and stay on the line" in client.get(address).text
    assert session.scalars(select(Transcript.symptoms)).all() == [Symptoms.SEVERE]
    written = session.scalars(
        select(AuditEvent.subject_id).where(AuditEvent.action == "diary.symptoms")
    ).all()
    assert written == [ana.id, ana.id]


@pytest.mark.parametrize("typed", [{}, {"symptoms": "fine"}])
def test_an_answer_that_is_none_is_asked_for_again(
    client: FlaskClient, ana: Person, nurse: Person, typed: dict[str, str]
) -> None:
    address = tell(client, ana, value="2.4").location

    refused = answer(client, address, **typed)

    assert refused.status_code == 422
    assert "Choose how the patient is." in refused.text
    assert "Do not hang up yet" in refused.text


def test_a_call_taken_back_says_so(client: FlaskClient, ana: Person, nurse: Person) -> None:
    address = tell(client, ana, value="2.4").location
    token = hidden(client.get(address).text)["csrf_token"]
    number = address.rsplit("/", 1)[1]
    undo = f"/pacienti/{ana.id}/dnevnik/prepisi/{number}/razveljavi"
    assert client.post(undo, data={"csrf_token": token}).status_code == 303

    assert client.get(address).status_code == 409


def test_the_call_of_another_patient_is_not_found(
    client: FlaskClient, session: Session, ana: Person, sign_in: SignIn
) -> None:
    luka = make.patient(session, "Luka", "Mrak")
    sign_in(client, make.nurse(session, [ana, luka]))
    number = tell(client, ana, value="2.4").location.rsplit("/", 1)[1]

    assert client.get(f"/pacienti/{luka.id}/dnevnik/klic/{number}").status_code == 404


def test_the_page_of_an_hour_later_no_longer_tells_anybody_to_eat(
    client: FlaskClient, ana: Person, nurse: Person, clock: FixedClock, sign_in: SignIn
) -> None:
    address = tell(client, ana, value="2.4").location
    clock.at = make.NOW + timedelta(minutes=61)
    sign_in(client, nurse)

    assert "Do not hang up yet" not in client.get(address).text


def test_the_acknowledgement_given_on_the_phone_ends(
    client: FlaskClient, session: Session, ana: Person, nurse: Person
) -> None:
    tell(client, ana, value="2.4")

    given = session.scalars(select(AlertAcknowledgement)).one()
    assert given.until - make.NOW == timedelta(minutes=20)
