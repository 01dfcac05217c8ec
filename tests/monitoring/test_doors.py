"""Pages and JSON doors of the worklist, thresholds and the patient's plan, as people use them."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.core.web.access import CSRF_FIELD
from telehealth.glycemia.adherence import EVERY_DAY, Planned
from telehealth.glycemia.slots import Slot
from telehealth.identity.models import Person
from telehealth.monitoring.models import Stage
from telehealth.targets import service as targets
from tests import make
from tests.make.readings import diary, reading
from tests.monitoring.steps import SignIn, drain, entry_of, team


def post(client: FlaskClient, path: str, **fields: object) -> tuple[int, str]:
    """Send a form of a page; the page it leads to."""
    page = client.get("/pacienti").get_data(as_text=True)
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    answer = client.post(path, data={CSRF_FIELD: token, **fields}, follow_redirects=True)
    return answer.status_code, answer.get_data(as_text=True)


@pytest.fixture
def ana(session: Session, four: dict[str, Person], doctor: Person, app: Flask) -> Person:
    """The low patient, with an entry."""
    session.commit()
    drain(app)
    return four["low"]


def test_several_entries_are_acknowledged_at_once_and_what_is_done_stays(
    client: FlaskClient,
    session: Session,
    sign_in: SignIn,
    ana: Person,
    four: dict[str, Person],
    doctor: Person,
):
    sign_in(client, doctor)
    ids = [str(ana.id), str(four["high"].id), str(four["good"].id)]

    _, page = post(client, "/pacienti", deed="acknowledged", patient=ids, back="stanje=open")

    assert "2 entries acknowledged." in page
    assert "1 entry stays as it was" in page
    session.expire_all()
    stages = [entry_of(session, four[name]).stage for name in ("low", "high", "good")]
    assert stages == [Stage.ACKNOWLEDGED, Stage.ACKNOWLEDGED, Stage.CLOSED]


def test_ticking_nobody_or_an_unknown_deed_changes_nothing(
    client: FlaskClient, sign_in: SignIn, ana: Person, doctor: Person
):
    sign_in(client, doctor)

    for fields in ({"deed": "acknowledged"}, {"deed": "noted", "patient": str(ana.id)}):
        _, page = post(client, "/pacienti", **fields)
        assert "Tick the patients first" in page


def test_a_foreign_patient_among_the_ticked_refuses_them_all(
    client: FlaskClient, session: Session, sign_in: SignIn, ana: Person, doctor: Person
):
    stranger = make.patient(session, "Tuji")
    sign_in(client, doctor)

    status, _ = post(
        client, "/pacienti", deed="acknowledged", patient=[str(ana.id), str(stranger.id)]
    )

    assert status == 404
    session.expire_all()
    assert entry_of(session, ana).stage is Stage.OPEN


def test_the_loop_of_one_patient_is_worked_on_the_patients_page(
    client: FlaskClient, session: Session, sign_in: SignIn, ana: Person, doctor: Person
):
    nurse = make.nurse(session, [ana])
    sign_in(client, doctor)
    deeds = f"/pacienti/{ana.id}/vnos"

    _, page = post(client, deeds, deed="acknowledged", version=entry_of(session, ana).version)
    assert "Acknowledged." in page
    _, page = post(client, deeds, deed="noted", text="Poklicala <b>sina</b>.")
    assert "Poklicala &lt;b&gt;sina&lt;/b&gt;." in page
    _, page = post(client, deeds, deed="review", review_on="2026-11-30")
    assert "Mon 30 Nov" in page
    _, page = post(client, deeds, deed="owned", owner_id=nurse.id)
    assert "Maja Čebulj" in page
    _, page = post(client, deeds, deed="closed", version=1)
    assert "changed meanwhile" in page
    _, page = post(client, deeds, deed="closed")
    assert "A new reason opens the entry again" in page

    actions = session.scalars(
        select(AuditEvent.action).where(
            AuditEvent.subject_id == ana.id, AuditEvent.action.like("monitoring.%")
        )
    ).all()
    assert actions == [
        "monitoring.acknowledge",
        "monitoring.note",
        "monitoring.review",
        "monitoring.own",
        "monitoring.close",
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"deed": "noted", "text": " "}, "Write a note first."),
        ({"deed": "review", "review_on": "2026-11-22"}, "today or later"),
        ({"deed": "review", "review_on": "soon"}, "Choose a day."),
        ({"deed": "owned", "owner_id": "1"}, "care team can take"),
        ({"deed": "opened"}, "Must be one of"),
    ],
)
def test_a_wrong_deed_comes_back_with_its_sentence(
    client: FlaskClient,
    sign_in: SignIn,
    ana: Person,
    doctor: Person,
    fields: dict[str, str],
    words: str,
):
    sign_in(client, doctor)

    status, page = post(client, f"/pacienti/{ana.id}/vnos", **fields)

    assert status == 422
    assert words in page


def test_a_view_is_saved_without_the_name_searched_for(
    client: FlaskClient, sign_in: SignIn, ana: Person, doctor: Person
):
    sign_in(client, doctor)

    _, page = post(
        client,
        "/pacienti/pogledi",
        name="Nizki",
        back="razlog=low&isci=sustar&od=abc&next=//evil.example",
    )

    assert "View saved." in page
    assert '<a class="chip" href="/pacienti?razlog=low" aria-current="true">Nizki</a>' in page
    assert "evil.example" not in page


def test_filters_nobody_knows_narrow_nothing_and_an_empty_list_says_so(
    client: FlaskClient, sign_in: SignIn, ana: Person, doctor: Person
):
    sign_in(client, doctor)

    odd = client.get("/pacienti?razlog=x&vrsta=y&stanje=z&lastnik=q&red=w").get_data(as_text=True)
    empty = client.get("/pacienti?isci=nobody").get_data(as_text=True)
    wrong = client.get("/pacienti?od=nonsense")

    assert "Šuštar Ana" in odd
    assert "Nobody matches" in empty
    assert wrong.status_code == 422


def test_thresholds_are_typed_with_a_comma_switched_off_and_given_back(
    client: FlaskClient, session: Session, sign_in: SignIn, app: Flask, ana: Person, doctor: Person
):
    sign_in(client, doctor)
    place = f"/pacienti/{ana.id}/pragovi"

    _, page = post(client, place, sticks_low_pct="14,5", sticks_high_pct="-")
    assert 'value="14.5"' in page
    assert 'value="-"' in page
    drain(app)
    session.expire_all()
    assert [code for code, _ in entry_of(session, ana).reasons] == ["good"]

    status, page = post(client, place, sticks_low_pct="many")
    assert status == 422
    assert "Write a number, a hyphen (off), or nothing." in page
    assert 'value="many"' in page

    post(client, place)
    drain(app)
    session.expire_all()
    assert [code for code, _ in entry_of(session, ana).reasons] == ["low"]


def test_the_json_list_says_codes_numbers_and_where_it_goes_on(
    client: FlaskClient, session: Session, ana: Person, doctor: Person
):
    headers = make.bearer(session, doctor)

    first = client.get("/api/v1/worklist?limit=1", headers=headers).get_json()
    cursor = first["next_cursor"]
    second = client.get(f"/api/v1/worklist?limit=1&cursor={cursor}", headers=headers).get_json()

    assert first["total"] == 4
    assert first["entries"][0]["name"] == "Šuštar Ana"
    assert first["entries"][0]["reasons"][0] == {
        "code": "low",
        "numbers": {"limit": 10.0, "pct": pytest.approx(100 * 2 / 14)},
    }
    assert second["entries"][0]["name"] == "Žagar Bor"
    refused = client.get("/api/v1/worklist?reason=nothing", headers=headers)
    assert refused.status_code == 422


def test_the_json_deed_answers_the_entry_or_why_not(
    client: FlaskClient, session: Session, ana: Person, doctor: Person
):
    headers = make.bearer(session, doctor)
    door = f"/api/v1/patients/{ana.id}/worklist"

    done = client.post(door, json={"deed": "acknowledged"}, headers=headers).get_json()
    again = client.post(door, json={"deed": "acknowledged"}, headers=headers)

    assert (done["stage"], done["owner"]) == ("acknowledged", "Miha Kovač")
    assert (again.status_code, again.get_json()["code"]) == (409, "not_open")


def test_the_patient_sees_what_is_due_today_and_the_last_two_weeks(
    client: FlaskClient, session: Session, sign_in: SignIn, ana: Person, doctor: Person
):
    slots = (
        Planned(Slot.BEFORE_BREAKFAST, EVERY_DAY, 6 * 60, 7 * 60),
        Planned(Slot.BEFORE_LUNCH, EVERY_DAY, 9 * 60, 11 * 60),
        Planned(Slot.BEDTIME, EVERY_DAY, 21 * 60, 23 * 60),
    )
    plan = targets.NewPlan(slots, note="Hvala.")
    agreed = make.NOW - timedelta(days=2)
    targets.set_plan(session, team(doctor, ana), ana.id, plan, now=agreed)
    sign_in(client, ana)

    page = client.get("/nacrt").get_data(as_text=True)
    assert "1 of 3 measurements of today are done." in page
    assert "You did 2 of 6 planned measurements." in page
    for words in ("not measured", "later", "Hvala.", "Agreed with Miha Kovač"):
        assert words in page

    diary(session, ana, [reading("6.1 mmol/L", make.NOW - timedelta(hours=3, minutes=45))])
    page = client.get("/nacrt").get_data(as_text=True)
    assert "2 of 3 measurements of today are done." in page


def test_without_a_plan_the_patient_is_told_so(
    client: FlaskClient, session: Session, sign_in: SignIn
):
    sign_in(client, make.patient(session))

    assert "No plan yet" in client.get("/nacrt").get_data(as_text=True)
