"""An answer that must be seen is an alert of the team, in the same transaction."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveys import entry
from telehealth.alerts.models import Alert, AlertStep, Kind, Ring, State
from telehealth.identity.models import Person
from telehealth.questionnaires import service as questionnaires
from telehealth.questionnaires.models import Assignment
from tests import make
from tests.make import contacts as make_contacts
from tests.make import questionnaires as made

SignIn = Callable[[FlaskClient, Person], None]
NOW = make.NOW
RULE = {"id": "item_9", "items": ["worst"], "at_least": 1, "urgent": True}
SCORING = {"scores": [{"id": "total", "kind": "sum", "items": ["worst"]}], "rules": [RULE]}
WORST = {"linkId": "worst", "type": "integer", "text": "How often?", "required": True}
OTHER = {"linkId": "other", "type": "string", "text": "Anything else?", "required": True}


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


@pytest.fixture
def nurse(session: Session, ana: Person) -> Person:
    return make.nurse(session, [ana])


@pytest.fixture
def form(session: Session, ana: Person, nurse: Person) -> Assignment:
    return made.own_form(session, nurse, ana, [WORST, OTHER], SCORING)


def keep(session: Session, ana: Person, form: Assignment, n: int) -> None:
    actor = made.as_self(ana)
    questionnaires.keep_answers(session, actor, form.id, {"worst": (n,)}, language="en", now=NOW)


def alerts_of(session: Session) -> list[Alert]:
    return list(session.scalars(select(Alert).where(Alert.kind == Kind.ANSWER)))


def post(client: FlaskClient, address: str, **typed: str) -> TestResponse:
    page = client.get(address).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    return client.post(address, data={"csrf_token": token[1], **typed}, follow_redirects=True)


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def test_the_alert_is_there_before_the_form_is_sent(
    session: Session, ana: Person, form: Assignment
) -> None:
    keep(session, ana, form, 2)

    (alert,) = alerts_of(session)
    assert (alert.patient_id, alert.state) == (ana.id, State.ESCALATED)
    assert alert.ref == f"questionnaire:{form.id}"
    steps = session.scalars(select(AlertStep.ring).where(AlertStep.alert_id == alert.id)).all()
    assert Ring.PATIENT not in steps
    assert Ring.PROXY not in steps


def test_the_same_answer_saved_again_is_one_alert(
    session: Session, ana: Person, form: Assignment
) -> None:
    for _ in range(3):
        keep(session, ana, form, 2)

    assert len(alerts_of(session)) == 1


def test_an_answer_below_the_rule_is_no_alert(
    session: Session, ana: Person, form: Assignment
) -> None:
    keep(session, ana, form, 0)

    assert alerts_of(session) == []


def test_an_answer_that_is_taken_back_stays_an_alert(
    session: Session, ana: Person, form: Assignment
) -> None:
    keep(session, ana, form, 3)
    keep(session, ana, form, 0)

    assert [alert.state for alert in alerts_of(session)] == [State.ESCALATED]


def test_an_urgent_answer_of_a_form_sent_in_one_go_is_an_alert(
    session: Session, ana: Person, form: Assignment
) -> None:
    given = entry.respond(
        questionnaires.open_form(
            session, made.as_self(ana), form.id, language="en", now=NOW
        ).definition.form,
        {"worst": (2,), "other": ("no",)},
        language="en",
    )
    questionnaires.submit(session, made.as_self(ana), form.id, given, now=NOW)

    assert len(alerts_of(session)) == 1


def test_answers_that_are_not_stored_leave_no_alert(
    session: Session, ana: Person, form: Assignment
) -> None:
    session.commit()
    keep(session, ana, form, 2)
    session.rollback()

    assert alerts_of(session) == []


@pytest.mark.parametrize(
    ("has_address", "said"),
    [
        (True, "We are telling your care team now"),
        (False, "We cannot reach your care team now"),
    ],
)
def test_the_patient_reads_what_is_true_and_what_to_do(
    client: FlaskClient, session: Session, ana: Person, nurse: Person, form: Assignment,
    sign_in: SignIn, *, has_address: bool, said: str,
) -> None:  # fmt: skip
    if has_address:
        make_contacts.confirmed_email(session, nurse, "maja@posta.si")
    sign_in(client, ana)
    base = f"/vprasalniki/{form.id}"

    page = post(client, f"{base}/vprasanja?mode=all", worst="2", go="later")

    assert said in text_of(page)
    assert "tel:112" in page.text
    assert "116 123" in page.text


def test_the_nurse_finds_it_on_alerts_and_with_the_answers(
    client: FlaskClient, session: Session, ana: Person, nurse: Person, form: Assignment,
    sign_in: SignIn,
) -> None:  # fmt: skip
    keep(session, ana, form, 2)
    sign_in(client, nurse)

    of_patient = client.get(f"/pacienti/{ana.id}/opozorila")
    results = client.get(f"/pacienti/{ana.id}/vprasalniki")

    assert "an answer in a questionnaire that somebody must see now" in text_of(of_patient)
    assert f"/pacienti/{ana.id}/vprasalniki" in of_patient.text
    assert "no reading for 0 min" not in text_of(of_patient)
    assert "Answers that somebody must see now" in text_of(results)
    assert "thoughts of being better off dead" in text_of(results)


def test_the_patients_own_pages_say_nothing_of_the_alert(
    client: FlaskClient, session: Session, ana: Person, form: Assignment, sign_in: SignIn
) -> None:
    keep(session, ana, form, 2)
    sign_in(client, ana)

    for address in ("/danes", "/opozorila"):
        assert "somebody must see now" not in text_of(client.get(address))
