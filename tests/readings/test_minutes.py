"""Fingersticks of one minute count once, the lowest, whoever sent them and in whatever order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import permutations, product

import pytest
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.alerts.service import values
from telehealth.diary import service as written
from telehealth.glycemia.entered import Digits
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import Meal, SourceKind, Standing, Via
from telehealth.readings.service.duplicates import Placed, Provenance, standings
from tests import make
from tests.make.readings import beyond, diary, own_actor, reading
from tests.readings.expected import stored_rows, stored_standings

AT = datetime(2026, 11, 20, 6, 40, tzinfo=UTC)
HAND = {"kind": SourceKind.MANUAL}
METER = {"kind": SourceKind.METER, "device": "Contour|Next|1"}
SENSOR = {"kind": SourceKind.CGM, "device": "Libre 2|123"}
SCAN = {"kind": SourceKind.CGM, "device": "Scan"}
FILE = {"kind": SourceKind.METER, "device": "Contour|Next|1", "via": Via.FILE}
SECONDS = (0, 1, 15, 30, 31, 45, 59)


def given(words: str, at: datetime, source: dict[str, object]) -> readings.NewReading:
    """A value, or LO or HI, by this source."""
    if words in ("LO", "HI"):
        return beyond(words, at, Unit.MMOL_L, **source)
    return reading(words, at, **source)


def n_counted(session: Session, patient: Person) -> int:
    return sum(row.sums.n for row in stored_rows(session, patient).values())


def counted(session: Session, patient: Person) -> list[str]:
    """What counts, as it was written."""
    window = readings.Window(limit=100)
    page = readings.page(session, own_actor(patient), patient.id, window, now=make.NOW)
    return [str(entry.digits) for entry in page.items if entry.counts]


@pytest.mark.parametrize("second", SECONDS)
@pytest.mark.parametrize("is_hand_first", [True, False])
def test_a_written_and_a_transferred_value_of_one_minute_are_one_measurement(
    session: Session,
    second: int,
    is_hand_first: bool,  # noqa: FBT001 - given by name
):
    ana = make.patient(session)
    pair = [
        reading("6.7 mmol/L", AT, **HAND),
        reading("120 mg/dL", AT + timedelta(seconds=second), **METER),
    ]

    for one in pair if is_hand_first else reversed(pair):
        diary(session, ana, [one])

    assert n_counted(session, ana) == 1
    assert counted(session, ana) == ["120"]


DIFFERENT = [
    ("5.5 mmol/L", "2.4 mmol/L", "2.4"),
    ("2.4 mmol/L", "5.5 mmol/L", "2.4"),
    ("5.5 mmol/L", "LO", "LO"),
    ("LO", "5.5 mmol/L", "LO"),
    ("5.5 mmol/L", "HI", "5.5"),
    ("HI", "5.5 mmol/L", "5.5"),
    ("LO", "HI", "LO"),
    ("HI", "LO", "LO"),
    ("99 mg/dL", "2.4 mmol/L", "2.4"),
    ("2.4 mmol/L", "99 mg/dL", "2.4"),
    ("54 mg/dL", "53 mg/dL", "53"),
    ("53 mg/dL", "54 mg/dL", "53"),
]


@pytest.mark.parametrize(("by_meter", "by_hand", "wanted"), DIFFERENT)
@pytest.mark.parametrize("second", [0, 20, 45])
@pytest.mark.parametrize("is_hand_first", [True, False])
def test_of_different_values_of_a_minute_the_lowest_counts_whoever_sent_it(
    session: Session,
    by_meter: str,
    by_hand: str,
    wanted: str,
    second: int,
    is_hand_first: bool,  # noqa: FBT001 - given by name
):
    ana = make.patient(session)
    pair = [given(by_hand, AT, HAND), given(by_meter, AT + timedelta(seconds=second), METER)]

    for one in pair if is_hand_first else reversed(pair):
        diary(session, ana, [one])

    assert counted(session, ana) == [wanted]
    assert n_counted(session, ana) == 1
    standing = list(stored_standings(session, ana).values())
    assert sorted(standing) == [Standing.CONFLICT, Standing.ASIDE]
    (proof,) = [
        value
        for value in values.between(session, ana.id, AT, AT + timedelta(minutes=1))
        if value.counts
    ]
    assert proof.tick == (None if wanted == "LO" else int(wanted.replace(".", "")))


def test_a_meter_that_was_asked_twice_in_a_minute_counts_once_and_shows_both(session: Session):
    ana = make.patient(session)

    diary(session, ana, [
        reading("7.2 mmol/L", AT, **METER),
        reading("7.2 mmol/L", AT + timedelta(seconds=25), **METER),
    ])  # fmt: skip

    assert n_counted(session, ana) == 1
    assert sorted(stored_standings(session, ana).values()) == [Standing.CONFLICT, Standing.ASIDE]


@dataclass
class Corrected:
    """A hand-written value beside a meter's, changed step by step."""

    session: Session
    patient: Person
    entry: readings.Reference = field(init=False)

    def write(self, words: str) -> None:
        self.entry = diary(self.session, self.patient, [reading(words, AT)]).new[0]

    def correct(self, digits: Digits, at: datetime = AT) -> None:
        change = readings.Change(at, 60, digits, Unit.MMOL_L, Meal.NONE, "")
        actor = own_actor(self.patient)
        readings.amend(self.session, actor, self.patient.id, self.entry, change, now=make.NOW)

    def remove(self) -> None:
        actor = own_actor(self.patient)
        readings.remove(self.session, actor, self.patient.id, self.entry, now=make.NOW)

    def restore(self) -> None:
        actor = own_actor(self.patient)
        readings.restore(self.session, actor, self.patient.id, self.entry, now=make.NOW)


def test_corrections_and_removals_bring_the_other_value_back(session: Session):
    ana = make.patient(session)
    diary(session, ana, [reading("5.5 mmol/L", AT + timedelta(seconds=45), **METER)])
    hand = Corrected(session, ana)

    hand.write("2.4 mmol/L")
    assert counted(session, ana) == ["2.4"]
    hand.correct(Digits(64, 1))
    assert counted(session, ana) == ["5.5"]
    hand.correct(Digits(24, 1))
    assert counted(session, ana) == ["2.4"]
    hand.remove()
    assert counted(session, ana) == ["5.5"]
    hand.restore()
    assert counted(session, ana) == ["2.4"]
    hand.correct(Digits(24, 1), AT + timedelta(minutes=1))
    assert counted(session, ana) == ["2.4", "5.5"]


SOURCES = {
    1: Provenance(SourceKind.MANUAL, "", Via.DIRECT),
    2: Provenance(SourceKind.METER, "A", Via.DIRECT),
    3: Provenance(SourceKind.METER, "B", Via.FILE),
}
TICKS = ((None, -1, 1), (24, 0, 1), (55, 0, 1), (99, 0, 0), (None, 1, 1))
"""LO, 2.4 mmol/L, 5.5 mmol/L, 99 mg/dL (which is 5.5 mmol/L), HI."""


def placed(source_id: int, second: int, value: tuple[int | None, int, int]) -> Placed:
    tick, beyond_code, unit = value
    at = AT + timedelta(seconds=0 if source_id == 1 else second)
    return Placed(source_id, source_id, at, tick, beyond_code, unit)


@pytest.mark.parametrize("seconds", [(0, 0), (15, 45), (59, 1), (31, 30)])
def test_every_three_values_of_a_minute_count_once_with_the_lowest_in_every_order(
    seconds: tuple[int, int],
):
    for picked in product(TICKS, repeat=3):
        crowd = [
            placed(1, 0, picked[0]),
            placed(2, seconds[0], picked[1]),
            placed(3, seconds[1], picked[2]),
        ]

        found = [standings(order, SOURCES) for order in permutations(crowd)]

        assert all(one == found[0] for one in found), picked
        counts = [one for one in crowd if found[0][one.place] <= Standing.CONFLICT]
        lowest = min(one.mg_dl for one in crowd)
        assert len(counts) == 1, picked
        assert counts[0].mg_dl == pytest.approx(lowest, abs=0.91), picked


def chain(n: int, step_s: int) -> Sequence[readings.NewReading]:
    """A meter and a hand in turn, over several minutes, with values that repeat."""
    return [
        given(
            ("5.5 mmol/L", "99 mg/dL", "LO", "6.1 mmol/L")[number % 4],
            AT + timedelta(seconds=step_s * number - (step_s * number % 60 if number % 3 else 0)),
            (METER, HAND, FILE)[number % 3],
        )._replace(key=f"c{step_s}-{number}")
        for number in range(n)
    ]


@pytest.mark.parametrize("step_s", [7, 19, 25, 40, 55])
def test_a_diary_ends_the_same_one_by_one_backwards_and_at_once(session: Session, step_s: int):
    ana, bor, cene = (make.patient(session, name) for name in ("Ana", "Bor", "Cene"))
    entries = chain(30, step_s)

    for entry in entries:
        diary(session, ana, [entry])
    for entry in reversed(entries):
        diary(session, bor, [entry])
    diary(session, cene, entries)

    wanted = stored_standings(session, cene)
    assert stored_standings(session, ana) == wanted
    assert stored_standings(session, bor) == wanted
    minutes = {entry.measured_at.replace(second=0) for entry in entries}
    assert n_counted(session, cene) <= len(minutes)


LAST = [
    ([("5.5 mmol/L", 0, HAND), ("2.4 mmol/L", 0, HAND)], "2.4"),
    ([("2.4 mmol/L", 0, HAND), ("5.5 mmol/L", 45, METER)], "2.4"),
    ([("5.5 mmol/L", 0, HAND), ("2.4 mmol/L", 45, METER)], "2.4"),
    ([("LO", 0, HAND), ("HI", 0, HAND), ("7.2 mmol/L", 0, HAND), ("126 mg/dL", 0, HAND)], "LO"),
    ([("2.4 mmol/L", 0, HAND), ("5.8 mmol/L", 45, SENSOR)], "2.4"),
    ([("2.4 mmol/L", 45, HAND), ("5.8 mmol/L", 0, SENSOR)], "2.4"),
    ([("3.1 mmol/L", 20, SCAN), ("8.0 mmol/L", 40, SENSOR)], "3.1"),
    ([("2.4 mmol/L", -1, METER), ("5.5 mmol/L", 0, METER)], "5.5"),
]


@pytest.mark.parametrize(("entries", "wanted"), LAST)
@pytest.mark.parametrize("is_backwards", [True, False])
def test_the_last_value_is_the_lowest_of_its_minute_everywhere(
    session: Session,
    entries: list[tuple[str, int, dict[str, object]]],
    wanted: str,
    is_backwards: bool,  # noqa: FBT001 - given by name
):
    ana = make.patient(session)
    batch = [
        given(words, AT + timedelta(seconds=second), source)
        for words, second, source in (reversed(entries) if is_backwards else entries)
    ]
    batch = [
        one._replace(kind=SourceKind.CGM, is_scan=True) if one.device == "Scan" else one
        for one in batch
    ]

    for one in batch:
        diary(session, ana, [one])

    last = readings.last_readings(session, [ana.id], now=make.NOW)[ana.id]
    assert str(last.digits) == wanted
    period = readings.period_of(90, make.NOW)
    overview = readings.overview(session, own_actor(ana), ana.id, period, now=make.NOW)
    assert overview.newest == last
    listed = written.show(session, own_actor(ana), ana.id, written.View(), now=make.NOW)
    if any(one.kind is not SourceKind.CGM for one in batch):
        assert str(listed.days[0].items[0].digits) == wanted
