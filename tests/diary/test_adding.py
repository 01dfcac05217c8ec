import io
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from devices.glucose import Unit
from telehealth.core.errors import Invalid
from telehealth.diary import service as diary
from telehealth.diary.models import Activity, DiaryEntry, DiaryPhoto, Illness, Stress
from telehealth.diary.schemas import glucose_of, is_questionable
from telehealth.identity.models import Person
from telehealth.readings.models import Beyond
from tests import make
from tests.diary.forms import hidden, stored, token
from tests.make import diary as make_diary

SignIn = Callable[[FlaskClient, Person], None]
NEW = "/dnevnik/nova"


@pytest.fixture
def ana(session: Session, client: FlaskClient, sign_in: SignIn) -> Person:
    person = make.patient(session)
    sign_in(client, person)
    return person


def send(client: FlaskClient, path: str = NEW, **typed: Any) -> TestResponse:
    return client.post(path, data=hidden(client.get(path).text) | typed)


def test_two_taps_write_a_value_with_the_time_and_the_meal_of_now(
    client: FlaskClient, session: Session, ana: Person
):
    form = hidden(client.get(NEW).text)
    assert (form["time"], form["meal"]) == ("10:00", "after_breakfast")

    client.post(NEW, data=form | {"value": "7,2"})

    assert stored(session, ana) == (["7.2"], [])


def test_everything_about_a_meal_is_written_at_once_and_undone_at_once(
    client: FlaskClient, session: Session, ana: Person
):
    answer = send(
        client,
        value="7,2",
        carbs_g="60",
        rapid_units="6,5",
        long_units="14",
        activity="walk",
        activity_min="30",
        illness="fever",
        stress="much",
        note="kosilo",
    )

    assert answer.status_code == 303
    values, (content,) = stored(session, ana)
    assert values == ["7.2"]
    assert content == diary.Content(
        carbs_g=60,
        rapid=Decimal("6.5"),
        long=Decimal(14),
        activity=Activity.WALK,
        activity_min=30,
        illness=Illness.FEVER,
        stress=Stress.MUCH,
    )
    page = client.get("/dnevnik").text
    for words in ("60 g of carbohydrate", "6.5 units", "14 units", "walk, 30 min", "fever"):
        assert words in page
    undo = re.search(r'action="([^"]*/odstrani[^"]*)"', page)
    assert undo is not None
    client.post(undo[1], data={"csrf_token": token(client)})
    assert stored(session, ana) == ([], [])
    back = re.search(r'action="([^"]*/vrni[^"]*)"', client.get("/dnevnik").text)
    assert back is not None
    client.post(back[1], data={"csrf_token": token(client)})
    assert stored(session, ana) == (values, [content])


def test_a_meal_without_a_value_is_written_too(client: FlaskClient, session: Session, ana: Person):
    send(client, carbs_g="60")

    assert stored(session, ana) == ([], [diary.Content(carbs_g=60)])


def test_a_double_tap_writes_everything_once(client: FlaskClient, session: Session, ana: Person):
    form = hidden(client.get(NEW).text) | {"value": "7.2", "carbs_g": "60"}

    for _ in range(2):
        client.post(NEW, data=form)

    values, contents = stored(session, ana)
    assert (len(values), len(contents)) == (1, 1)
    assert "This was already saved." in client.get("/dnevnik").text


@pytest.mark.parametrize("shown", ["HI", "LO"])
def test_what_the_meter_cannot_measure_is_taken_as_it_shows_it(
    client: FlaskClient, session: Session, ana: Person, shown: str
):
    send(client, beyond=shown)

    assert stored(session, ana)[0] == [shown]
    page = client.get("/dnevnik").text
    assert shown in page
    assert ("very high" if shown == "HI" else "very low") in page


@pytest.mark.parametrize(
    ("typed", "is_told"),
    [
        ({"value": "2.9"}, True),
        ({"beyond": "LO"}, True),
        ({"value": "3.0"}, False),
        ({"beyond": "HI"}, False),
    ],
)
def test_after_a_very_low_value_the_page_says_what_counts_now(
    client: FlaskClient, ana: Person, typed: dict[str, str], *, is_told: bool
):
    send(client, **typed)

    page = client.get("/dnevnik").text
    assert ("Your blood sugar is very low" in page) is is_told


def test_a_number_and_hi_together_are_refused(client: FlaskClient, session: Session, ana: Person):
    answer = send(client, value="7.2", beyond="HI")

    assert answer.status_code == 422
    assert "not both" in answer.text


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ({"value": "1,9"}, "Is 1.9 mmol/L right?"),
        ({"value": "30"}, "Is 30 mmol/L right?"),
        ({"value": "38", "unit": "mg/dL"}, "Is 38 mg/dL right?"),
        ({"value": "7.2", "rapid_units": "80"}, "Is 80 units, rapid-acting right?"),
        ({"value": "7.2", "carbs_g": "600"}, "Is 600 g of carbohydrate right?"),
        ({"activity": "walk", "activity_min": "600"}, "Is 600 min right?"),
    ],
)
def test_what_is_possible_and_seldom_is_asked_once_and_never_blocked_twice(
    client: FlaskClient, session: Session, ana: Person, typed: dict[str, str], asked: str
):
    first = send(client, **typed)

    assert first.status_code == 422
    assert asked in first.text
    assert stored(session, ana) == ([], [])

    again = client.post(NEW, data=hidden(first.text))

    assert again.status_code == 303
    values, contents = stored(session, ana)
    assert values or contents


def test_a_yes_to_one_value_is_no_yes_to_another(
    client: FlaskClient, session: Session, ana: Person
):
    first = send(client, value="1,9")

    second = client.post(NEW, data=hidden(first.text) | {"value": "1,2"})

    assert second.status_code == 422
    assert "Is 1.2 mmol/L right?" in second.text


def test_what_was_written_without_a_connection_is_not_held_back_by_a_question(
    client: FlaskClient, session: Session, ana: Person
):
    form = {name: value for name, value in hidden(client.get(NEW).text).items() if name != "sure"}

    answer = client.post(NEW, data=form | {"value": "1,9"})

    assert answer.status_code == 303
    assert stored(session, ana)[0] == ["1.9"]


def test_what_is_plain_only_in_the_other_unit_is_asked_about_on_every_form(
    client: FlaskClient, session: Session, ana: Person
):
    form = hidden(client.get(NEW).text) | {"value": "12", "unit": "mg/dL"}
    without_yes = {name: value for name, value in form.items() if name != "sure"}

    online, offline = client.post(NEW, data=form), client.post(NEW, data=without_yes)

    for answer in (online, offline):
        assert answer.status_code == 422
        assert "Is 12 mg/dL right?" in answer.text
        assert "Or was it 12 mmol/L? Then choose the other unit." in answer.text
    assert stored(session, ana) == ([], [])
    assert client.post(NEW, data=hidden(online.text)).status_code == 303
    assert stored(session, ana)[0] == ["12"]


def test_a_unit_chosen_on_the_diary_stays_whatever_is_typed(
    client: FlaskClient, session: Session, ana: Person
):
    send(client, value="126", unit="mg/dL")
    assert hidden(client.get(NEW).text)["unit"] == "mmol/L"

    page = client.get("/dnevnik")
    client.post("/dnevnik/enota", data={"csrf_token": token(client), "unit": "mg/dL"})
    send(client, value="7.2", unit="mmol/L")

    assert "Use this unit" in page.text
    assert hidden(client.get(NEW).text)["unit"] == "mg/dL"


@pytest.mark.parametrize("edge", ["2.3", "24.9"])
def test_an_ordinary_low_or_high_is_not_asked_about(
    client: FlaskClient, session: Session, ana: Person, edge: str
):
    assert send(client, value=edge).status_code == 303


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"value": "126"}, "value", "Did you mean 12.6 mmol/L, or 126 mg/dL?"),
        ({"value": "500"}, "value", "Did you mean 500 mg/dL?"),
        ({"value": "7.2", "unit": "mg/dL"}, "value", "Did you mean 7.2 mmol/L?"),
        ({"carbs_g": "lots"}, "carbs_g", "Enter whole grams"),
        ({"carbs_g": "60.5"}, "carbs_g", "Enter whole grams"),
        ({"carbs_g": "1001"}, "carbs_g", "at most 1000"),
        ({"rapid_units": "6,555"}, "rapid_units", "Enter units of insulin"),
        ({"long_units": "301"}, "long_units", "at most 300"),
        ({"activity_min": "30"}, "activity", "What did you do?"),
        ({"activity": "flying"}, "activity", "Choose one of these."),
        ({"stress": "total"}, "stress", "Choose one of these."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_with_what_was_meant(
    client: FlaskClient,
    session: Session,
    ana: Person,
    typed: dict[str, str],
    field: str,
    sentence: str,
):
    answer = send(client, **({"value": "7.2"} | typed))

    assert answer.status_code == 422
    beside = re.search(rf'id="{field}-error"(.*?)</p>', answer.text, re.DOTALL)
    assert beside is not None
    assert sentence in beside[1]
    assert stored(session, ana) == ([], [])
    kept = hidden(answer.text)
    assert {name: kept.get(name) for name in typed if name not in ("activity", "stress")} == {
        name: value for name, value in typed.items() if name not in ("activity", "stress")
    }


def test_zero_means_nothing(client: FlaskClient, session: Session, ana: Person):
    send(client, value="7.2", carbs_g="0", rapid_units="0,0")

    assert stored(session, ana) == (["7.2"], [])


def send_whole(client: FlaskClient, content: bytes) -> TestResponse:
    """The form with a large file; the client's own writer would leave a temporary file open."""
    fields = hidden(client.get(NEW).text) | {"value": "7.2"}
    line = b'--end\r\nContent-Disposition: form-data; name="%s"'
    body = b"".join(
        line % name.encode() + b"\r\n\r\n" + value.encode() + b"\r\n"
        for name, value in fields.items()
    )
    body += line % b"photo" + b'; filename="kosilo.jpg"\r\n\r\n' + content + b"\r\n--end--\r\n"
    return client.post(NEW, data=body, content_type="multipart/form-data; boundary=end")


def photo(content: bytes = make_diary.JPEG) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), "kosilo.jpg"


def test_a_photo_of_a_meal_is_kept_and_shown_to_nobody_else(
    client: FlaskClient, session: Session, ana: Person, sign_in: SignIn
):
    send(client, carbs_g="60", photo=photo())

    page = client.get("/dnevnik").text
    source = re.search(r'<img src="([^"]+)" alt="Photo of the meal"', page)
    assert source is not None
    shown = client.get(source[1])
    assert (shown.data, shown.mimetype) == (make_diary.JPEG, "image/jpeg")
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    sign_in(client, make.patient(session, "Eva", "Kos"))
    assert client.get(source[1]).status_code == 404


def test_a_photo_outlives_a_form_that_is_sent_back(
    client: FlaskClient, session: Session, ana: Person
):
    refused = send(client, value="72", photo=photo())
    assert refused.status_code == 422
    assert "Your picture is kept." in refused.text

    client.post(NEW, data=hidden(refused.text) | {"value": "7,2"})

    assert session.scalars(select(DiaryEntry.photo_id)).one() is not None
    assert session.scalars(select(DiaryPhoto.is_linked)).all() == [True]


def test_a_file_that_is_no_picture_is_refused_and_the_rest_is_kept(
    client: FlaskClient, session: Session, ana: Person
):
    answer = send(client, value="7.2", photo=photo(b"%PDF-1.7"))

    assert answer.status_code == 422
    assert "We cannot read this picture." in answer.text
    assert hidden(answer.text)["value"] == "7.2"
    assert stored(session, ana) == ([], [])


def test_a_large_photo_fits_and_a_larger_one_is_refused_kindly(
    client: FlaskClient, session: Session, ana: Person
):
    segment = b"\xff\xfe\xff\xff" + b"x" * 65_533
    large = make_diary.JPEG[:2] + segment * 60 + make_diary.JPEG[2:]

    assert send_whole(client, large).status_code == 303
    answer = send_whole(client, make_diary.JPEG + b"x" * (9 * 2**20))
    assert answer.status_code == 422
    assert "larger than 5 MB" in answer.text
    assert hidden(answer.text)["value"] == "7.2"


TEXTS = st.one_of(
    st.decimals(0, 1000, places=1).map(lambda n: f"{n}".replace(".", ",")),
    st.sampled_from(["hi", "LO", " Hi ", "", "7.2.1", "1e3", "-5", "½"]),
    st.text(max_size=8),
)


@given(TEXTS, st.sampled_from(Unit))
def test_a_typed_value_is_one_a_meter_shows_or_a_sentence(typed: str, unit: Unit):
    try:
        value = glucose_of(typed, unit)
    except Invalid as refusal:
        (error,) = refusal.errors
        assert error.pointer == "#/value"
        return
    if isinstance(value, Beyond):
        assert typed.strip().upper() == value
        return
    lowest, highest = (Decimal("0.6"), Decimal("33.3")) if unit is Unit.MMOL_L else (10, 600)
    assert lowest <= value.value <= highest
    assert is_questionable(value, unit) in (True, False)
