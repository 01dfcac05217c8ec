import re
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.core.errors import Invalid, NotAllowed, NotFound
from telehealth.diary import service as diary
from telehealth.diary.models import Transcript, TranscriptKind
from telehealth.diary.schemas import SLOTS, cell_name, read_sheet
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import Meal
from tests import make
from tests.diary.forms import hidden, token
from tests.make import diary as make_diary
from tests.make.readings import own_actor

SignIn = Callable[[FlaskClient, Person], None]
MONDAY = date(2026, 11, 16)
FORM = {"key": "sheet-of-the-test", "unit": "mmol/L", "teden": "2026-11-16"}


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


@pytest.fixture
def nurse(session: Session, client: FlaskClient, sign_in: SignIn, ana: Person) -> Person:
    person = make.nurse(session, [ana])
    sign_in(client, person)
    return person


def stored(session: Session, person: Person) -> list[readings.Entry]:
    window = readings.Window(limit=100)
    page = readings.page(session, own_actor(person), person.id, window, now=make.NOW)
    return list(page.items)[::-1]


def post(client: FlaskClient, patient: Person, **cells: str):
    path = f"/pacienti/{patient.id}/dnevnik/papir"
    form = FORM | {name.replace("__", "-"): value for name, value in cells.items()}
    return client.post(path, data=form | {"csrf_token": token(client)})


def test_a_week_is_copied_cell_by_cell_and_says_from_what_and_by_whom(
    client: FlaskClient, session: Session, ana: Person, nurse: Person
):
    answer = post(
        client,
        ana,
        c0__before_breakfast="7,2",
        c0__bedtime="8.1",
        c6__after_dinner="HI",
        c3__before_lunch="-",
        t__bedtime="22.30",
        source="moder zvezek",
    )

    assert answer.status_code == 303
    entries = stored(session, ana)
    assert [(str(one.digits), one.meal) for one in entries] == [
        ("7.2", Meal.BEFORE_BREAKFAST),
        ("8.1", Meal.BEDTIME),
        ("HI", Meal.AFTER_DINNER),
    ]
    assert [one.measured_at.isoformat()[:16] for one in entries] == [
        "2026-11-16T06:00",
        "2026-11-16T21:30",
        "2026-11-22T19:30",
    ]
    transcript = session.scalars(select(Transcript)).one()
    assert (transcript.kind, transcript.source) == (TranscriptKind.PAPER, "moder zvezek")
    assert (transcript.first_on, transcript.last_on) == (MONDAY, date(2026, 11, 22))
    shown = diary.show(session, own_actor(ana), ana.id, diary.View(), now=make.NOW)
    assert {copied.by_name for copied in shown.copied.values()} == {nurse.name}
    page = client.get(answer.location).get_data(as_text=True)
    assert "3 values are copied." in page
    assert f"copied from the paper diary by {nurse.name} (moder zvezek)" in page


def test_the_patient_sees_who_copied(
    client: FlaskClient, session: Session, ana: Person, sign_in: SignIn
):
    make_diary.sheet(session, make.nurse(session, [ana]), ana, "7.2 mmol/L")
    sign_in(client, ana)

    page = client.get("/dnevnik").get_data(as_text=True)

    assert "copied from the paper diary by" in page
    assert "(blue notebook)" in page


def test_each_wrong_cell_says_what_is_wrong_and_nothing_is_stored_or_lost(
    client: FlaskClient, session: Session, ana: Person, nurse: Person
):
    answer = post(
        client, ana, c0__before_breakfast="72", c1__bedtime="sedem", c2__after_lunch="6,4"
    )

    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    beside = dict(re.findall(r'id="(c\d-[a-z_]+)-note">([^<]*)', html))
    assert "Did you mean 7.2 mmol/L, or 72 mg/dL?" in beside["c0-before_breakfast"]
    assert "Enter a number" in beside["c1-bedtime"]
    kept = hidden(html)
    assert (kept["c0-before_breakfast"], kept["c2-after_lunch"]) == ("72", "6,4")
    assert stored(session, ana) == []


def test_a_cell_of_a_day_to_come_is_refused_in_its_place(
    client: FlaskClient, session: Session, ana: Person, nurse: Person
):
    answer = post(client, ana, teden="2026-11-23", c0__before_breakfast="7,2", c2__bedtime="6,4")

    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert re.search(r'id="c2-bedtime-note">This time is still to come', html)
    assert stored(session, ana) == []
    assert session.scalars(select(Transcript)).all() == []


def test_possible_and_seldom_values_are_asked_about_once(
    client: FlaskClient, session: Session, ana: Person, nurse: Person
):
    cells = {"c0__before_breakfast": "1,9", "c1__bedtime": "7,0"}
    asked = post(client, ana, **cells)
    assert asked.status_code == 422
    html = asked.get_data(as_text=True)
    assert "Is this value right?" in html
    assert stored(session, ana) == []

    answer = post(client, ana, **cells, sure=hidden(html)["sure"])

    assert answer.status_code == 303
    assert len(stored(session, ana)) == 2


def test_a_sheet_sent_twice_is_copied_once(
    client: FlaskClient, session: Session, ana: Person, nurse: Person
):
    for _ in range(2):
        answer = post(client, ana, c0__bedtime="7,2")

    assert "This was already saved." in client.get(answer.location).get_data(as_text=True)
    assert len(stored(session, ana)) == 1
    assert len(session.scalars(select(Transcript)).all()) == 1


def test_an_empty_sheet_says_so(client: FlaskClient, session: Session, ana: Person, nurse: Person):
    answer = post(client, ana)

    assert answer.status_code == 422
    assert "Copy at least one value." in answer.get_data(as_text=True)


def test_what_stands_in_the_diary_stands_beside_its_cell(
    client: FlaskClient, session: Session, ana: Person, nurse: Person
):
    post(client, ana, c0__bedtime="7,2")

    html = client.get(f"/pacienti/{ana.id}/dnevnik/papir?teden=2026-11-18").get_data(as_text=True)

    assert re.search(r'id="c0-bedtime-note">already: 7.2<', html)


def test_a_copy_is_taken_back_as_a_whole(
    client: FlaskClient, session: Session, ana: Person, nurse: Person
):
    answer = post(client, ana, c0__bedtime="7,2", c1__bedtime="6,4")
    undo = re.search(r'action="([^"]*/razveljavi)"', client.get(answer.location).text)
    assert undo is not None

    for _ in range(2):
        assert client.post(undo[1], data={"csrf_token": token(client)}).status_code == 303

    assert stored(session, ana) == []
    told = [event.action for event in session.scalars(select(AuditEvent))]
    assert told.count("diary.undo_copy") == 1


def test_only_who_copied_takes_it_back(session: Session, ana: Person):
    nurse, doctor = make.nurse(session, [ana]), make.doctor(session, [ana])
    copied = make_diary.sheet(session, nurse, ana)
    caring = make_diary.team_actor(doctor, ana)

    with pytest.raises(NotAllowed):
        diary.undo_copy(session, caring, ana.id, copied.transcript_id, now=make.NOW)
    eva = make.patient(session, "Eva", "Kos")
    other = make_diary.team_actor(nurse, eva)
    with pytest.raises(NotFound):
        diary.undo_copy(session, other, eva.id, copied.transcript_id, now=make.NOW)
    with pytest.raises(NotAllowed):
        diary.open_sheet(own_actor(ana), ana.id)

    assert len(stored(session, ana)) == 1


def test_what_a_patient_says_in_a_call_is_marked_so_and_can_be_taken_back(
    client: FlaskClient, session: Session, ana: Person, nurse: Person
):
    path = f"/pacienti/{ana.id}/dnevnik/klic"
    form = hidden(client.get(path).text)

    answer = client.post(path, data=form | {"value": "12,4", "carbs_g": "50", "source": "hči"})

    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert page.count(f"told by phone, written by {nurse.name} (hči)") == 2
    undo = re.search(r'action="([^"]*/razveljavi)"', page)
    assert undo is not None
    client.post(undo[1], data={"csrf_token": token(client)})
    assert "The diary is empty" not in page
    assert "Nothing of this yet" in client.get(answer.location).text


CELLS = st.dictionaries(
    st.builds(cell_name, st.integers(0, 6), st.sampled_from(SLOTS)),
    st.sampled_from(["", "7,2", "7.2", "-", "HI", "72", "sedem", "1,9", "0", "NaN", "\0"])
    | st.text(max_size=6),
)


@given(CELLS, st.sampled_from(["mmol/L", "mg/dL", ""]))
def test_any_sheet_is_read_whole_or_every_wrong_cell_is_named(cells: dict[str, str], unit: str):
    try:
        typed = read_sheet(FORM | {"unit": unit} | cells, MONDAY)
    except Invalid as refusal:
        named = {error.pointer.removeprefix("#/") for error in refusal.errors}
        assert named <= {*cells, "unit", ""}
        return
    places = [(cell.day, cell.meal) for cell in typed.cells]
    assert len(set(places)) == len(places)
    assert all(cells[cell.name].strip() for cell in typed.cells)
    assert len({cell.reading.key for cell in typed.cells}) == len(places)
