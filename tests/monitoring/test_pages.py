from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.identity.models import Person
from tests import make
from tests.make.readings import diary, reading

SignIn = Callable[[FlaskClient, Person], None]


@pytest.fixture
def ana(session: Session) -> Person:
    person = make.patient(session, "Ana", "Šuštar")
    diary(session, person, [reading("2.7 mmol/L", make.NOW - timedelta(hours=1), note="tresavica")])
    return person


def test_a_doctor_sees_own_patients_by_name_with_the_newest_value(
    app: Flask, client: FlaskClient, session: Session, sign_in: SignIn, ana: Person
):
    zala, cene = make.patient(session, "Zala", "Čuk"), make.patient(session, "Cene", "Cerar")
    make.patient(session, "Tuji", "Pacient")
    sign_in(client, make.doctor(session, [ana, zala, cene]))
    app.extensions["telehealth"].queue.drain()

    page = client.get("/pacienti?red=ime").get_data(as_text=True)

    places = [page.index(name) for name in ("Cerar Cene", "Čuk Zala", "Šuštar Ana")]
    assert places == sorted(places)
    assert "Pacient Tuji" not in page
    assert "2.7" in page
    assert "very low" in page
    assert "1 of 14 days" in page
    assert "no readings yet" in page
    assert "3 patients in your care" in page


def test_a_doctor_opens_a_patient_and_the_patients_trail_says_so(
    client: FlaskClient, session: Session, sign_in: SignIn, ana: Person
):
    doctor = make.doctor(session, [ana])
    sign_in(client, doctor)

    page = client.get(f"/pacienti/{ana.id}").get_data(as_text=True)
    figure = orjson.loads(client.get(f"/pacienti/{ana.id}/graf.json").data)

    assert "Ana Šuštar" in page
    assert "tresavica" in page
    assert f"/pacienti/{ana.id}/graf.json" in page
    assert "odstrani" not in page
    assert figure["data"][0]["y"] == [2.7]
    told = session.scalars(
        select(AuditEvent).where(AuditEvent.subject_id == ana.id, AuditEvent.basis == "care_team")
    ).all()
    assert [event.actor_person_id for event in told] == [doctor.id, doctor.id]


def test_the_chart_beside_a_call_is_a_piece_of_a_page(
    client: FlaskClient, session: Session, sign_in: SignIn, ana: Person
):
    sign_in(client, make.doctor(session, [ana]))

    piece = client.get(f"/pacienti/{ana.id}/graf").get_data(as_text=True)

    assert "<html" not in piece
    assert f'src="/pacienti/{ana.id}/graf.json?dni=14"' in piece


@pytest.mark.parametrize("path", ["", "/graf", "/graf.json"])
def test_another_doctor_and_a_patient_find_nothing(
    client: FlaskClient, session: Session, sign_in: SignIn, ana: Person, path: str
):
    for nosy in (make.doctor(session), make.patient(session, "Bor"), ana):
        sign_in(client, nosy)

        answer = client.get(f"/pacienti/{ana.id}{path}")

        assert answer.status_code == 404
        assert b"tresavica" not in answer.data


def test_a_doctor_without_patients_is_told_so(
    client: FlaskClient, session: Session, sign_in: SignIn
):
    sign_in(client, make.doctor(session))

    page = client.get("/pacienti").get_data(as_text=True)

    assert "No patients yet" in page


def test_the_list_takes_the_same_number_of_statements_for_any_number_of_patients(
    client: FlaskClient, session: Session, sign_in: SignIn, statements: list[str]
):
    counts = []
    for size in (1, 12):
        people = [make.patient(session, f"P{n}") for n in range(size)]
        for person in people:
            diary(session, person)
        sign_in(client, make.doctor(session, people))
        statements.clear()
        client.get("/pacienti")
        counts.append(len([said for said in statements if "SAVEPOINT" not in said]))

    assert counts[0] == counts[1]


def test_the_list_speaks_slovenian(
    app: Flask, client: FlaskClient, session: Session, sign_in: SignIn, ana: Person
):
    sign_in(client, make.doctor(session, [ana]))
    app.extensions["telehealth"].queue.drain()
    client.set_cookie("lang", "sl")

    page = client.get("/pacienti").get_data(as_text=True)

    for words in ("Pacienti", "1 pacient v vaši oskrbi", "2,7", "zelo nizko", "1 od 14 dni"):
        assert words in page
