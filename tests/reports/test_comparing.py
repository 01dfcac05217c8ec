"""What stands beside a comparison and a mean: too few values, and values without a number."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from telehealth.identity.models import Person
from telehealth.readings.figures import Words
from telehealth.readings.models import SourceKind
from telehealth.reports.figures import paper
from telehealth.reports.figures.lines import OF_STICKS, differences, stick_lines
from telehealth.reports.service.reporting import sheet_of
from telehealth.reports.service.sheets import Sheet
from telehealth.reports.service.windows import Days
from tests import make
from tests.make.readings import beyond, diary, reading

WORDS = Words(lambda text: text, "en")
METER = {"kind": SourceKind.METER, "device": "M"}
TODAY = make.NOW.date()


def sheet(session: Session, patient: Person, *, weeks_ago: int = 0) -> Sheet:
    last = TODAY - timedelta(weeks=weeks_ago)
    return sheet_of(session, patient.id, Days(last - timedelta(days=13), last), now=make.NOW)


def measured(session: Session, patient: Person, n: int, *, days_ago: int) -> None:
    diary(session, patient, [
        reading("9.0 mmol/L", make.NOW - timedelta(days=days_ago, hours=3 * k), **METER)
        for k in range(n)
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        (4, 96, "4 readings against 96: too few to compare"),
        (96, 4, "96 readings against 4: too few to compare"),
        (20, 96, "20 readings against 96: too unequal to compare"),
        (40, 60, ""),
    ],
)
def test_a_comparison_of_few_or_unequal_values_says_so(
    session: Session, before: int, after: int, note: str
):
    ana = make.patient(session)
    measured(session, ana, before, days_ago=15)
    measured(session, ana, after, days_ago=1)

    rows = differences(sheet(session, ana), sheet(session, ana, weeks_ago=2), WORDS)

    assert {row.note for row in rows if row.change} == {note}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["HI", "HI"], "9.0 mmol/L, without 2 values above the meter's range"),
        (["LO"], "9.0 mmol/L, without 1 values below the meter's range"),
        (["LO", "HI", "HI"], "9.0 mmol/L, without 1 values below and 2 above the meter's range"),
        ([], "9.0 mmol/L"),
    ],
)
def test_a_mean_says_beside_it_what_it_leaves_out(session: Session, words: list[str], told: str):
    ana = make.patient(session)
    measured(session, ana, 12, days_ago=1)
    if words:
        diary(session, ana, [
            beyond(word, make.NOW - timedelta(hours=k + 1), **METER)
            for k, word in enumerate(words)
        ])  # fmt: skip

    found = sheet(session, ana)

    assert stick_lines(found, OF_STICKS, WORDS)[0].value == told
    head = paper.Head(ana.name, ana.birth_on, "now", "clinic")
    printed = paper.page_data(found, head, WORDS)
    assert printed["sticks"]["figures"][0]["value"] == told
    assert (found["sticks"]["n_below_meter"], found["sticks"]["n_above_meter"]) == (
        words.count("LO"),
        words.count("HI"),
    )
