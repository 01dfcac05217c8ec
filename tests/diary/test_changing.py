import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.diary import service as diary
from telehealth.identity.models import Person
from telehealth.readings.models import SourceKind
from tests import make
from tests.diary.forms import hidden, stored, token
from tests.make import diary as make_diary
from tests.make.readings import diary as make_readings
from tests.make.readings import own_actor, reading

SignIn = Callable[[FlaskClient, Person], None]


@pytest.fixture
def ana(session: Session, client: FlaskClient, sign_in: SignIn) -> Person:
    person = make.patient(session)
    sign_in(client, person)
    return person


def entry_page(entry: diary.Written) -> str:
    return f"/dnevnik/zapisi/{entry.id}"


def test_an_entry_is_changed_and_the_change_is_said_and_can_be_taken_back(
    client: FlaskClient, session: Session, ana: Person
):
    entry = make_diary.entry(session, ana, carbs_g=60, rapid=Decimal("6.5"))
    form = hidden(client.get(entry_page(entry)).text)
    assert (form["carbs_g"], form["rapid_units"]) == ("60", "6.5")

    answer = client.post(entry_page(entry), data=form | {"carbs_g": "45", "rapid_units": ""})

    assert answer.status_code == 303
    assert stored(session, ana)[1] == [diary.Content(carbs_g=45)]
    page = client.get("/dnevnik").text
    assert "changed today at 10:00" in page
    undo = re.search(r'action="([^"]*/prejsnja[^"]*)"', page)
    assert undo is not None
    client.post(undo[1].replace("&amp;", "&"), data={"csrf_token": token(client)})
    assert stored(session, ana)[1] == [entry.content]
    history = client.get(entry_page(entry)).text
    assert history.count("60 g of carbohydrate") == 2
    assert "45 g of carbohydrate" in history


def test_a_change_over_somebody_elses_is_not_made(
    client: FlaskClient, session: Session, ana: Person
):
    entry = make_diary.entry(session, ana)
    form = hidden(client.get(entry_page(entry)).text)
    change = diary.Change(entry.at, 60, diary.Content(carbs_g=30))
    diary.amend(session, own_actor(ana), ana.id, entry.id, change, now=make.NOW)

    answer = client.post(entry_page(entry), data=form | {"carbs_g": "45"})

    assert answer.status_code == 409
    assert "Someone changed this entry meanwhile." in answer.text
    assert hidden(answer.text)["carbs_g"] == "45"
    assert stored(session, ana)[1] == [diary.Content(carbs_g=30)]


def test_a_photo_stays_through_a_change_and_can_be_taken_out(
    client: FlaskClient, session: Session, ana: Person
):
    entry = make_diary.entry(session, ana, picture=make_diary.JPEG, carbs_g=60)
    form = hidden(client.get(entry_page(entry)).text)
    client.post(entry_page(entry), data=form | {"carbs_g": "45"})
    assert client.get(f"{entry_page(entry)}/slika").status_code == 200

    form = hidden(client.get(entry_page(entry)).text)
    client.post(entry_page(entry), data=form | {"drop_photo": "yes"})

    assert client.get(f"{entry_page(entry)}/slika").status_code == 404
    assert stored(session, ana)[1] == [diary.Content(carbs_g=45)]


def test_an_entry_is_removed_and_put_back(client: FlaskClient, session: Session, ana: Person):
    entry = make_diary.entry(session, ana)
    client.post(f"{entry_page(entry)}/odstrani", data={"csrf_token": token(client)})
    assert stored(session, ana)[1] == []
    assert "This entry is removed" in client.get(entry_page(entry)).text

    client.post(f"{entry_page(entry)}/vrni", data={"csrf_token": token(client)})

    assert stored(session, ana)[1] == [entry.content]


def test_a_reading_is_changed_with_its_history_and_taken_back(
    client: FlaskClient, session: Session, ana: Person
):
    (place,) = make_readings(session, ana, [reading("7.2 mmol/L")]).new
    form = hidden(client.get(f"/dnevnik/{place}/uredi").text)
    assert (form["value"], form["unit"]) == ("7.2", "mmol/L")

    answer = client.post(f"/dnevnik/{place}/uredi", data=form | {"value": "6,2", "note": "prav"})

    assert answer.status_code == 303
    assert stored(session, ana)[0] == ["6.2"]
    page = client.get("/dnevnik").text
    assert "changed today at 10:00" in page
    history = client.get(f"/dnevnik/{place}/uredi").text
    assert history.index("6.2") < history.rindex("7.2")
    undo = re.search(r'action="([^"]*/prejsnja)"', page)
    assert undo is not None
    client.post(undo[1], data={"csrf_token": token(client)})
    assert stored(session, ana)[0] == ["7.2"]


def test_a_changed_value_is_asked_about_too(client: FlaskClient, session: Session, ana: Person):
    (place,) = make_readings(session, ana, [reading("7.2 mmol/L")]).new
    form = hidden(client.get(f"/dnevnik/{place}/uredi").text)

    asked = client.post(f"/dnevnik/{place}/uredi", data=form | {"value": "1,2"})
    assert (asked.status_code, "Is 1.2 mmol/L right?" in asked.text) == (422, True)

    assert client.post(f"/dnevnik/{place}/uredi", data=hidden(asked.text)).status_code == 303
    assert stored(session, ana)[0] == ["1.2"]


def test_beside_a_meters_value_only_meal_and_note_are_the_patients(
    client: FlaskClient, session: Session, ana: Person
):
    sent = reading("7.2 mmol/L", kind=SourceKind.METER, device="Roche|Guide|9")
    (place,) = make_readings(session, ana, [sent]).new
    page = client.get(f"/dnevnik/{place}/uredi").text
    assert "stay as the meter sent them" in page
    form = hidden(page)

    client.post(f"/dnevnik/{place}/uredi", data=form | {"meal": "before_lunch"})

    assert "before lunch" in client.get("/dnevnik").text
    form = hidden(client.get(f"/dnevnik/{place}/uredi").text)
    refused = client.post(f"/dnevnik/{place}/uredi", data=form | {"value": "6.2"})
    assert refused.status_code == 409
    assert stored(session, ana)[0] == ["7.2"]
