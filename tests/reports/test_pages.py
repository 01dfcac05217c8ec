"""The pages by a browser without JavaScript, in both languages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.core.actor import Actor
from telehealth.core.db import Database
from telehealth.identity.models import Person
from telehealth.readings.models import Meal, Reading
from telehealth.reports import service as reports
from telehealth.reports.models import Audience, SharedReport
from tests import make
from tests.make.alerts import open_alert
from tests.make.reports import LAST, pricked, sensor

SignIn = Callable[[FlaskClient, Person], None]
Said = Any
"""The helper of conftest."""


def test_two_weeks_of_a_sensor_are_said_in_words_and_figures(
    session: Session, client: FlaskClient, sign_in: SignIn, said: Said, ana: Person
) -> None:
    sensor(session, ana)
    sign_in(client, ana)

    text = said.text(client.get("/glukoza"))

    assert "There are data on 14 of 14 days, for 100 % of the time" in text
    assert "Target range 3.9 to 10.0 mmol/L (adults with type 1 or type 2 diabetes)" in text
    assert "time in target range (goal: over 70 %) not reached" in text
    assert "Lowest at" in text
    assert "AGP" not in text


def test_too_few_days_are_said_without_number_and_colour(
    session: Session, client: FlaskClient, sign_in: SignIn, said: Said, ana: Person
) -> None:
    sensor(session, ana, days=9)
    sign_in(client, ana)
    client.set_cookie("lang", "sl")

    answer = client.get("/glukoza")

    text = said.text(answer)
    assert "Podatki so za 9 od 14 dni" in text
    assert "Premalo podatkov za deleže in profil" in text
    assert "range-bar" not in answer.get_data(as_text=True)
    assert "tile-value" not in answer.get_data(as_text=True)
    assert "GMI" not in text


def test_fingersticks_are_percent_of_readings_and_say_why(
    session: Session, client: FlaskClient, sign_in: SignIn, said: Said, ana: Person
) -> None:
    pricked(session, ana, [(1, "07:00", "2.4 mmol/L", Meal.FASTING)])
    sign_in(client, ana)

    text = said.text(client.get("/glukoza"))

    assert "Readings: 1, on 1 of 14 days" in text
    assert "Percent of readings, not of time" in text
    assert "2.4 very low, 07:00" in text
    assert "time in target range" not in text


def test_a_day_shows_its_course_and_no_profile(
    session: Session, client: FlaskClient, sign_in: SignIn, said: Said, ana: Person
) -> None:
    sensor(session, ana)
    sign_in(client, ana)

    text = said.text(client.get("/glukoza?dni=1"))

    assert "Over time" in text
    assert "Glucose profile" not in text
    assert "Readings of the sensor: 120. Mon 23 Nov: 2.7 to 14.9 mmol/L, data for" in text


@pytest.mark.parametrize(
    "words", ["dni=abc", "dni=-1", "dni=99999", "do=2026-13-45", "do=9999-12-31", "do=1800-01-01"]
)
def test_days_that_cannot_be_show_those_that_can(
    client: FlaskClient, sign_in: SignIn, said: Said, ana: Person, words: str
) -> None:
    sign_in(client, ana)

    answer = client.get(f"/glukoza?{words}")

    assert answer.status_code == 200
    assert "No readings in this period." in said.text(answer)


def test_the_patient_sees_remarks_meant_for_them_only(
    session: Session,
    client: FlaskClient,
    sign_in: SignIn,
    said: Said,
    ana: Person,
    nurse: Person,
    as_nurse: Actor,
) -> None:
    for text, audience in (("For the team.", Audience.TEAM), ("For you.", Audience.PATIENT)):
        new = reports.NewRemark(LAST, None, text, audience)
        reports.add_remark(session, as_nurse, ana.id, new, now=make.NOW)
    sign_in(client, ana)

    mine = said.text(client.get("/glukoza"))
    sign_in(client, nurse)
    theirs = said.text(client.get(f"/pacienti/{ana.id}/porocilo"))

    assert "For you." in mine
    assert "For the team." not in mine
    assert "For the team." in theirs
    assert "care team only" in theirs


def test_a_nurse_writes_changes_removes_and_takes_that_back(
    session: Session, client: FlaskClient, sign_in: SignIn, said: Said, ana: Person, nurse: Person
) -> None:
    sign_in(client, nurse)
    base = f"/pacienti/{ana.id}/porocilo"
    typed = {"day": LAST.isoformat(), "time": "7.40", "text": "Before.", "audience": "patient"}

    written = client.post(f"{base}/opombe", data=said.form(client, **typed))
    remark_id = session.scalars(
        select(AuditEvent.resource_id).where(AuditEvent.action == "reports.remark")
    ).one()
    one = f"{base}/opombe/{remark_id}"
    changed = client.post(one, data=said.form(client, **typed | {"text": "After.", "version": "1"}))
    stale = client.post(one, data=said.form(client, **typed | {"text": "Lost?", "version": "1"}))
    removed = client.post(f"{one}/odstrani", data=said.form(client), follow_redirects=True)
    gone = said.text(client.get(one))
    client.post(f"{one}/vrni", data=said.form(client))

    assert (written.status_code, changed.status_code, stale.status_code) == (303, 303, 409)
    assert "changed meanwhile" in said.text(stale)
    assert "Lost?</textarea>" in stale.get_data(as_text=True)
    assert "The remark is removed." in said.text(removed)
    assert "This remark is removed." in gone
    assert "After." in said.text(client.get(base))
    history = said.text(client.get(one))
    assert "Before." in history
    assert "Maja Čebulj" in history


def test_a_remark_without_words_is_shown_again_with_what_was_typed(
    client: FlaskClient, sign_in: SignIn, said: Said, ana: Person, nurse: Person
) -> None:
    sign_in(client, nurse)
    typed = {"day": "2026-11-20", "time": "25:99", "text": "", "audience": "everybody"}

    answer = client.post(f"/pacienti/{ana.id}/porocilo/opombe", data=said.form(client, **typed))

    assert answer.status_code == 422
    text = said.text(answer)
    assert "Enter a time, for example 7:40." in text
    assert "Choose who sees the remark." in text
    assert 'value="2026-11-20"' in answer.get_data(as_text=True)


def test_a_doctor_shares_and_the_patient_opens_it_from_the_inbox(
    session: Session, client: FlaskClient, sign_in: SignIn, said: Said, ana: Person, doctor: Person
) -> None:
    pricked(session, ana, [(1, "07:00", "6.0 mmol/L", Meal.FASTING)])
    sign_in(client, doctor)
    base = f"/pacienti/{ana.id}/porocilo"

    shared = client.post(
        f"{base}/deli?dni=14",
        data=said.form(client, words="Bring your log."),
        follow_redirects=True,
    )
    row = session.scalars(select(SharedReport)).one()
    sign_in(client, ana)
    page = client.get(f"/glukoza/deljeno/{row.id}")
    listed = said.text(client.get("/glukoza"))
    sign_in(client, doctor)
    client.post(f"{base}/deljeno/{row.id}/umakni", data=said.form(client))
    sign_in(client, ana)
    after = client.get(f"/glukoza/deljeno/{row.id}")

    assert "waits in the patient's inbox" in said.text(shared)
    assert "Bring your log." in said.text(page)
    assert "Readings: 1, on 1 of 14 days" in said.text(page)
    assert "Reports shared with you" in listed
    assert after.status_code == 404


def test_sharing_nothing_is_refused_on_the_page(
    client: FlaskClient, sign_in: SignIn, said: Said, ana: Person, doctor: Person
) -> None:
    sign_in(client, doctor)

    answer = client.post(f"/pacienti/{ana.id}/porocilo/deli", data=said.form(client))

    assert answer.status_code == 422
    assert "there is no report to share" in said.text(answer)


def test_two_periods_stand_side_by_side_with_what_changed(
    session: Session, client: FlaskClient, sign_in: SignIn, said: Said, ana: Person, doctor: Person
) -> None:
    old, new = LAST - timedelta(days=14), LAST
    sensor(session, ana, last=old, course=lambda _: 120)
    sensor(session, ana, last=new, course=lambda _: 90)
    sign_in(client, doctor)

    text = said.text(client.get(f"/pacienti/{ana.id}/porocilo/primerjava"))

    assert "mean glucose 12.0 mmol/L 9.0 mmol/L \u22123.0" in text
    assert "time in target range 0 % 100 % +100" in text


def test_a_chart_without_data_is_empty_and_an_unknown_one_is_not_there(
    client: FlaskClient, sign_in: SignIn, ana: Person
) -> None:
    sign_in(client, ana)

    found = [client.get(f"/glukoza/{name}.json").get_json() for name in ("potek", "profil", "dan")]

    assert [figure["data"] for figure in found] == [[], [], []]
    assert client.get("/glukoza/karkoli.json").status_code == 404


def test_looking_closer_draws_every_reading_of_the_part(
    session: Session, client: FlaskClient, sign_in: SignIn, ana: Person
) -> None:
    sensor(session, ana, course=lambda n: 60 + n % 30)
    sign_in(client, ana)
    day = (LAST - timedelta(days=3)).isoformat()

    asked = f"/glukoza/potek.json?dni=14&zacetek={day}T06:00&konec={day}T18:00"
    figure = client.get(asked).get_json()

    line = next(trace for trace in figure["data"] if trace["mode"] == "lines")
    assert len(line["x"]) == 288
    assert figure["layout"]["meta"]["whole"] is True


def test_ninety_days_take_one_query_of_readings(
    session: Session, db: Database, client: FlaskClient, sign_in: SignIn, ana: Person
) -> None:
    sensor(session, ana, days=20)
    sign_in(client, ana)
    asked: list[str] = []
    loaded: list[object] = []

    def hear(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM reading\n" in statement or "FROM reading " in statement:
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    event.listen(Reading, "load", lambda *found: loaded.append(found))
    try:
        answer = client.get("/glukoza?dni=90")
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)

    assert answer.status_code == 200
    of_the_period = [one for one in asked if "max(" not in one and "given" not in one]
    assert len(of_the_period) == 1
    assert len(loaded) <= 1, "the newest value, for what to do about it, and no other"


def test_looking_leaves_one_line_in_the_trail(
    session: Session, client: FlaskClient, sign_in: SignIn, ana: Person, doctor: Person
) -> None:
    sign_in(client, doctor)

    client.get(f"/pacienti/{ana.id}/porocilo")

    events = session.scalars(
        select(AuditEvent).where(
            AuditEvent.subject_id == ana.id, AuditEvent.action.like("reports.%")
        )
    ).all()
    assert [(event.action, event.actor_person_id) for event in events] == [
        ("reports.read", doctor.id)
    ]


def test_anybody_reads_what_the_numbers_mean(client: FlaskClient, said: Said) -> None:
    english = said.text(client.get("/pomoc/stevilke"))
    client.set_cookie("lang", "sl")
    slovenian = said.text(client.get("/pomoc/stevilke"))

    assert "70 % is about 17 hours of a day" in english
    assert "70 % je približno 17 ur na dan" in slovenian


def test_the_team_reads_a_report_beside_the_open_alerts(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    doctor = make.doctor(session, [ana])
    sensor(session, ana, days=14)
    sign_in(client, doctor)
    calm = client.get(f"/pacienti/{ana.id}/porocilo").text
    open_alert(session, ana)

    page = client.get(f"/pacienti/{ana.id}/porocilo").text

    assert "Open alerts" not in calm
    assert "Open alerts" in page
    assert f"/pacienti/{ana.id}/opozorila" in page
