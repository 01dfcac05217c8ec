import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.audit.models import AuditEvent
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import Meal, Reading, SourceKind
from tests import make
from tests.make.readings import diary, own_actor, reading, sensor_days

SignIn = Callable[[FlaskClient, Person], None]
HOUR = timedelta(hours=1)


@pytest.fixture
def ana(session: Session, client: FlaskClient, sign_in: SignIn):
    person = make.patient(session)
    sign_in(client, person)
    return person


def typed(page: TestResponse):
    """What the form shows, as a browser would send it."""
    html = page.get_data(as_text=True)
    inputs = re.findall(r"<input[^>]*>", html)
    fields = {}
    for field in inputs:
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', field))
        if attributes.get("type") == "radio" and not re.search(r"\bchecked\b", field):
            continue
        if "name" in attributes:
            fields[attributes["name"]] = attributes.get("value", "")
    note = re.search(r'<textarea[^>]*name="note"[^>]*>(.*?)</textarea>', html, re.DOTALL)
    return fields | ({"note": note[1]} if note else {})


def stored(session: Session, person: Person):
    page = readings.page(session, own_actor(person), person.id, readings.Window(), now=make.NOW)
    return list(page.items)


def test_a_patient_writes_a_reading_before_breakfast_and_sees_it(
    client: FlaskClient, session: Session, ana: Person
):
    form = typed(client.get("/dnevnik/nova"))
    assert (form["unit"], form["day"], form["time"]) == ("mmol/L", "2026-11-23", "10:00")

    answer = client.post(
        "/dnevnik/nova",
        data=form | {"value": "7,2", "time": "7.40", "meal": "before_breakfast", "note": "po teku"},
    )

    assert (answer.status_code, answer.location) == (303, "/dnevnik")
    (entry,) = stored(session, ana)
    assert (str(entry.digits), entry.meal, entry.note) == ("7.2", Meal.BEFORE_BREAKFAST, "po teku")
    page = client.get("/dnevnik").get_data(as_text=True)
    assert "7.2" in page
    assert "before breakfast" in page
    assert "po teku" in page
    assert "in range" in page
    assert "The reading is saved." in page


def test_a_double_tap_is_one_reading(client: FlaskClient, session: Session, ana: Person):
    form = typed(client.get("/dnevnik/nova")) | {"value": "7.2"}

    client.post("/dnevnik/nova", data=form)
    client.post("/dnevnik/nova", data=form)

    assert len(stored(session, ana)) == 1


def test_the_unit_of_the_diary_is_offered_whatever_was_written_last(
    client: FlaskClient, session: Session, ana: Person
):
    form = typed(client.get("/dnevnik/nova")) | {"value": "126", "unit": "mg/dL"}

    client.post("/dnevnik/nova", data=form)

    assert typed(client.get("/dnevnik/nova"))["unit"] == "mmol/L"
    assert str(stored(session, ana)[0].digits) == "126"


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        (
            {"value": "72"},
            "value",
            "72 mmol/L cannot be measured. Did you mean 7.2 mmol/L, or 72 mg/dL?",
        ),
        ({"value": "sedem"}, "value", "Enter a number, for example 7.2."),
        ({"value": "", "note": ""}, "value", "Please fill this in."),
        ({"value": "nan"}, "value", "Enter a number"),
        ({"value": "0.4"}, "value", "Meters show 0.6 to 33.3 mmol/L."),
        ({"value": "900", "unit": "mg/dL"}, "value", "Meters show 10 to 600 mg/dL."),
        ({"time": "23:59"}, "time", "This time is still to come."),
        ({"day": "2027-01-01"}, "day", "This time is still to come."),
        ({"day": "2019-01-01"}, "day", "more than five years ago"),
        ({"day": "0001-01-01"}, "day", "more than five years ago"),
        ({"day": "yesterday"}, "day", "Enter a date."),
        ({"time": "25:00"}, "time", "Enter a time"),
        ({"day": "2026-03-29", "time": "02:30"}, "time", "the clock skipped this hour"),
        ({"unit": "g/L"}, "unit", "The unit is mmol/L or mg/dL."),
        ({"meal": "brunch"}, "meal", "We do not know this meal."),
        ({"note": "x" * 501}, "note", "A note has at most 500 characters."),
    ],
)
def test_nonsense_is_refused_beside_the_field_and_nothing_typed_is_lost(
    client: FlaskClient,
    session: Session,
    ana: Person,
    change: dict[str, Any],
    field: str,
    sentence: str,
):
    given = typed(client.get("/dnevnik/nova")) | {
        "value": "7.2",
        "note": "po malici",
        "meal": "after_lunch",
    }

    answer = client.post("/dnevnik/nova", data=given | change)

    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    beside = re.search(rf'id="{field}-error"(.*?)</p>', html, re.DOTALL)
    assert beside is not None
    assert sentence in beside[1]
    kept = typed(answer)
    expected = {
        name: value for name, value in (given | change).items() if name not in ("unit", "meal")
    }
    assert {name: kept[name] for name in expected} == expected
    assert stored(session, ana) == []


def test_the_hour_that_comes_twice_in_autumn_is_taken(
    client: FlaskClient, session: Session, ana: Person
):
    form = typed(client.get("/dnevnik/nova"))

    client.post("/dnevnik/nova", data=form | {"value": "7", "day": "2026-10-25", "time": "02:30"})

    (entry,) = stored(session, ana)
    assert entry.measured_at.isoformat() == "2026-10-25T00:30:00+00:00"
    assert entry.offset_min == 120


def test_a_form_without_its_token_is_refused(client: FlaskClient, session: Session, ana: Person):
    form = typed(client.get("/dnevnik/nova")) | {"value": "7.2"}

    answer = client.post("/dnevnik/nova", data=form | {"csrf_token": "x"})

    assert answer.status_code == 403
    assert stored(session, ana) == []


def test_removing_an_entry_can_be_undone(client: FlaskClient, session: Session, ana: Person):
    diary(session, ana, [reading("7.2 mmol/L", note="zjutraj")])
    session.commit()
    (entry,) = stored(session, ana)
    token = typed(client.get("/dnevnik"))["csrf_token"]

    assert (
        client.post(f"/dnevnik/{entry.id}/odstrani", data={"csrf_token": token}).status_code == 303
    )
    assert stored(session, ana) == []
    assert "The reading is removed." in (page := client.get("/dnevnik")).get_data(as_text=True)
    assert f"/dnevnik/{entry.id}/vrni" in page.get_data(as_text=True)
    client.post(f"/dnevnik/{entry.id}/vrni", data={"csrf_token": token})

    assert stored(session, ana) == [entry]


def test_a_parent_writes_for_a_child_and_both_see_who_wrote_it(
    client: FlaskClient, session: Session, sign_in: SignIn
):
    parent, kid = make.patient(session, "Eva", "Zupan"), make.child(session)
    acting = make.guardian(session, parent, kid).id
    sign_in(client, parent)
    form = typed(client.get(f"/za/{acting}/dnevnik/nova")) | {"value": "5.5"}

    answer = client.post(f"/za/{acting}/dnevnik/nova", data=form)

    assert answer.location == f"/za/{acting}/dnevnik"
    assert len(stored(session, kid)) == 1
    assert stored(session, parent) == []
    page = client.get(f"/za/{acting}/dnevnik").get_data(as_text=True)
    assert "entered by Eva Zupan (guardian)" in page
    told = session.scalars(select(AuditEvent).where(AuditEvent.action == "readings.record")).one()
    assert (told.actor_person_id, told.subject_id, told.basis) == (parent.id, kid.id, "guardian")


def test_a_meter_is_named_with_its_readings_and_they_stay(
    client: FlaskClient, session: Session, ana: Person
):
    diary(session, ana, [reading(kind=SourceKind.METER, device="Ascensia|Contour Next|1234567")])
    session.commit()

    page = client.get("/dnevnik").get_data(as_text=True)

    assert "Ascensia Contour Next" in page
    assert "1234567" not in page
    assert "odstrani" not in page
    (entry,) = stored(session, ana)
    token = typed(client.get("/dnevnik/nova"))["csrf_token"]
    assert (
        client.post(f"/dnevnik/{entry.id}/odstrani", data={"csrf_token": token}).status_code == 409
    )
    assert len(stored(session, ana)) == 1


def test_the_chart_shades_the_target_and_marks_each_band_by_shape(
    client: FlaskClient, session: Session, ana: Person
):
    diary(session, ana, [
        reading("2.5 mmol/L", make.NOW - HOUR),
        reading("62 mg/dL", make.NOW - 2 * HOUR),
        reading("7.2 mmol/L", make.NOW - 3 * HOUR, kind=SourceKind.METER, device="Roche|Guide|9"),
        reading("15.1 mmol/L", make.NOW - 4 * HOUR),
        *sensor_days(make.NOW - timedelta(days=2), 1),
    ])  # fmt: skip
    session.commit()

    figure = orjson.loads(client.get("/dnevnik/graf.json?dni=7").data)

    symbols = {trace["marker"]["symbol"] for trace in figure["data"] if trace["mode"] == "markers"}
    assert {"triangle-down", "triangle-down-open", "circle", "triangle-up"} <= symbols
    target = figure["layout"]["shapes"][0]
    assert (target["y0"], target["y1"], target["fillcolor"]) == (3.9, 10, "var(--band-target)")
    assert any("Roche Guide" in trace["name"] for trace in figure["data"])
    low = next(
        t
        for t in figure["data"]
        if t.get("marker", {}).get("symbol") == "triangle-down-open" and "written" in t["name"]
    )
    assert low["y"] == [3.4]  # 62 mg/dL, classified in mg/dL, drawn in mmol/L
    assert low["x"] == [
        int((make.NOW - 1 * HOUR).timestamp()) * 1000
    ]  # 08:00 local, one hour ahead of UTC


def test_pages_walk_back_through_the_diary(client: FlaskClient, session: Session, ana: Person):
    diary(
        session, ana, [reading(at=make.NOW - n * 5 * HOUR, note=f"vpis {n:03}") for n in range(70)]
    )
    session.commit()

    page, notes = client.get("/dnevnik").get_data(as_text=True), []
    while True:
        notes += re.findall(r"vpis \d{3}", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        if older is None:
            break
        page = client.get(older[1].replace("&amp;", "&")).get_data(as_text=True)

    assert notes == [f"vpis {n:03}" for n in range(70)]


def test_an_empty_diary_says_what_to_do(client: FlaskClient, ana: Person):
    page = client.get("/dnevnik").get_data(as_text=True)

    assert "No readings in this period." in page
    assert "Write down your first reading, or connect a meter." in page


def test_the_diary_speaks_slovenian(client: FlaskClient, session: Session, ana: Person):
    diary(session, ana, [reading("7.2 mmol/L", meal=Meal.BEFORE_BREAKFAST)])
    session.commit()
    client.set_cookie("lang", "sl")

    page = client.get("/dnevnik").get_data(as_text=True)

    for words in (
        "Dnevnik",
        "7,2",
        "pred zajtrkom",
        "ročni vpis",
        "1 meritev",
        "v 1 od zadnjih 14 dni",
        "14 dni",
    ):
        assert words in page
    assert "Add a reading" not in page


def test_each_page_of_the_diary_is_told_in_the_audit_trail_once(
    client: FlaskClient, session: Session, ana: Person
):
    client.get("/dnevnik")
    client.get("/dnevnik/graf.json")

    told = session.scalars(select(AuditEvent).where(AuditEvent.subject_id == ana.id)).all()
    assert [(event.action, event.resource_type) for event in told] == [
        ("readings.read", "diary"),
        ("readings.read", "columns"),
    ]


@pytest.mark.parametrize(
    "name", ["x", "1-", "-1", "1-99999999999999999999999", "9" * 30 + "-1", "1-2"]
)
def test_a_name_that_no_entry_has_is_not_found(
    client: FlaskClient, session: Session, ana: Person, name: str
):
    token = typed(client.get("/dnevnik/nova"))["csrf_token"]

    answer = client.post(f"/dnevnik/{name}/odstrani", data={"csrf_token": token})

    assert answer.status_code == 404
    assert session.scalars(select(Reading)).all() == []


def test_the_diary_leads_to_reports_files_and_meters(client: FlaskClient, ana: Person):
    page = client.get("/dnevnik").get_data(as_text=True)

    for path in ("/glukoza", "/uvoz", "/izvoz", "/merilniki"):
        assert f'href="{path}"' in page
