"""The one-page PDF: one page, text that can be read out, the figures of the engine."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pypdf
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor
from telehealth.core.i18n import share
from telehealth.identity.models import Person
from telehealth.readings.models import Meal
from telehealth.reports import service as reports
from telehealth.reports.models import Audience
from tests import make
from tests.make.reports import LAST, pricked, sensor

IN_CYRILLIC = (
    "\u0409\u0443\u0431\u0438\u0446\u0430",
    "\u202e\u041f\u0435\u0442\u0440\u043e\u0432\u0438\u045b",
)
"""A name the embedded fonts may not have, with a mark that reorders what is shown."""
SignIn = Callable[[FlaskClient, Person], None]


@pytest.fixture
def full_diary(session: Session, ana: Person) -> reports.Sheet:
    """Two weeks of a sensor, and fingersticks in every slot."""
    sensor(session, ana)
    slots = (
        ("06:55", Meal.BEFORE_BREAKFAST),
        ("09:05", Meal.AFTER_BREAKFAST),
        ("12:10", Meal.BEFORE_LUNCH),
        ("14:20", Meal.AFTER_LUNCH),
        ("18:15", Meal.BEFORE_DINNER),
        ("20:25", Meal.AFTER_DINNER),
        ("22:35", Meal.BEDTIME),
    )
    for day in range(1, 14):
        pricked(
            session,
            ana,
            [(day, at, f"{6 + n}.4 mmol/L", meal) for n, (at, meal) in enumerate(slots)],
        )
    days = reports.days_ending(LAST, 14)
    return reports.sheet_of(session, ana.id, days, now=make.NOW)


def opened(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


def text_of(reader: pypdf.PdfReader) -> str:
    return " ".join(reader.pages[0].extract_text().split())


def test_a_report_is_one_page_with_the_figures_of_the_page(
    client: FlaskClient, sign_in: SignIn, ana: Person, full_diary: reports.Sheet
) -> None:
    sign_in(client, ana)

    answer = client.get("/glukoza/porocilo.pdf?dni=14")

    reader = opened(answer.data)
    text = text_of(reader)
    assert answer.mimetype == "application/pdf"
    assert "Novak" not in answer.headers["Content-Disposition"]
    assert len(reader.pages) == 1
    sensed, sticks = full_diary["sensor"], full_diary["sticks"]
    assert sensed is not None
    assert sensed["bands"] is not None
    assert sticks is not None
    for said in (
        "Ana Novak, born 14 March 1958",
        "10 November 2026 \u2013 23 November 2026 (14 days)",
        "Target range 3.9 to 10.0 mmol/L",
        f"time in target range {share(sensed['bands']['in_range'], 'en')} % goal: over 70 %",
        f"GMI, estimate of HbA1c from the sensor {sensed['measures']['gmi_pct']['value']:.1f} %",
        f"mean glucose {sensed['measures']['mean']['value'] / 18.01559:.1f} mmol/L",  # type: ignore[operator]  # there is one
        f"Readings: {sticks['n']}, on 13 of 14 days",
        "Percent of readings, not of time",
        "change after the meal +1.0",
    ):
        assert said in text, said


def test_the_file_is_tagged_has_a_language_a_title_and_words_for_pictures(
    client: FlaskClient, sign_in: SignIn, ana: Person, full_diary: reports.Sheet
) -> None:
    assert full_diary["n_days"] == 14
    sign_in(client, ana)

    reader = opened(client.get("/glukoza/porocilo.pdf").data)

    root: Any = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert reader.metadata is not None
    assert reader.metadata.title == "Glucose report, Ana Novak"
    every: list[Any] = [reader.get_object(n) for n in range(1, int(str(reader.trailer["/Size"])))]
    said = [str(one["/Alt"]) for one in every if isinstance(one, dict) and "/Alt" in one]
    assert any("Glucose profile" in words for words in said)
    assert sum("in target range" in words for words in said) >= 13


def test_the_same_in_slovenian(
    client: FlaskClient, sign_in: SignIn, ana: Person, full_diary: reports.Sheet
) -> None:
    assert full_diary["sticks"] is not None
    sign_in(client, ana)
    client.set_cookie("lang", "sl")

    reader = opened(client.get("/glukoza/porocilo.pdf").data)

    text = text_of(reader)
    assert len(reader.pages) == 1
    assert "Poročilo o glukozi" in text
    assert "Podatki so za 14 od 14 dni" in text
    assert "Odstotki meritev, ne časa" in text
    root: Any = reader.root_object
    assert root["/Lang"] == "sl"


def test_ninety_days_and_many_remarks_still_fit_one_page(
    session: Session,
    client: FlaskClient,
    sign_in: SignIn,
    ana: Person,
    nurse: Person,
    as_nurse: Actor,
    full_diary: reports.Sheet,
) -> None:
    assert full_diary["n_days"] == 14
    for back in range(9):
        day = LAST - timedelta(days=back)
        new = reports.NewRemark(day, 460, "Široko besedilo. " * 50, Audience.PATIENT)
        reports.add_remark(session, as_nurse, ana.id, new, now=make.NOW)
    sign_in(client, nurse)

    reader = opened(client.get(f"/pacienti/{ana.id}/porocilo.pdf?dni=90").data)

    assert len(reader.pages) == 1
    assert "Days (the last 14)" in text_of(reader)
    assert "Maja Čebulj" in text_of(reader)


def test_too_little_data_is_printed_as_such(
    session: Session, client: FlaskClient, sign_in: SignIn, ana: Person
) -> None:
    sensor(session, ana, days=5)
    sign_in(client, ana)

    text = text_of(opened(client.get("/glukoza/porocilo.pdf").data))

    assert "Not enough data for shares and a profile" in text
    assert "GMI, estimate of HbA1c from the sensor not enough data" in text
    assert "in range" not in text.replace("in target range", "")


def test_an_empty_diary_is_a_page_that_says_so(
    client: FlaskClient, sign_in: SignIn, ana: Person
) -> None:
    sign_in(client, ana)

    reader = opened(client.get("/glukoza/porocilo.pdf?dni=1").data)

    assert len(reader.pages) == 1
    assert "No readings in this period." in text_of(reader)


def test_a_shared_report_prints_what_it_showed(
    session: Session, client: FlaskClient, sign_in: SignIn, ana: Person, as_doctor: Actor
) -> None:
    pricked(session, ana, [(1, "07:00", "6.0 mmol/L", Meal.FASTING)])
    days = reports.days_ending(LAST, 14)
    row = reports.share(session, as_doctor, ana.id, days, "", now=make.NOW)
    pricked(session, ana, [(2, "07:00", "6.0 mmol/L", Meal.FASTING)])
    sign_in(client, ana)

    text = text_of(opened(client.get(f"/glukoza/deljeno/{row.id}.pdf").data))

    assert "Readings: 1, on 1 of 14 days" in text
    assert "Miha Kovač" in text


def test_a_clock_with_microseconds_prints_too(
    client: FlaskClient, sign_in: SignIn, ana: Person, clock: Any
) -> None:
    sign_in(client, ana)
    clock.at = make.NOW.replace(microsecond=523_417)

    answer = client.get("/glukoza/porocilo.pdf")

    assert answer.status_code == 200


def test_names_in_other_scripts_still_make_a_page(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    person = make.patient(session, *IN_CYRILLIC)
    sign_in(client, person)

    answer = client.get("/glukoza/porocilo.pdf")

    assert answer.status_code == 200
    assert len(opened(answer.data).pages) == 1
