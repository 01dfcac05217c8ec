"""A report says what the engine says, and nothing where the data do not suffice."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import HOME_ZONE
from telehealth.glycemia.bands import ADULT, codes
from telehealth.glycemia.panel import panel
from telehealth.glycemia.series import series
from telehealth.identity.models import Person
from telehealth.readings.models import Meal
from telehealth.reports import service as reports
from telehealth.reports.service.columns import Columns, sensor_series
from telehealth.reports.service.sheets import SensorPart, SticksPart
from telehealth.targets import service as targets
from telehealth.targets.models import Population
from tests import make
from tests.make.readings import beyond, diary, reading
from tests.make.reports import LAST, at_home, pricked, sensed, sensor, tick_of

FORTNIGHT = reports.days_ending(LAST, 14)


def sheet_of(
    session: Session,
    patient: Person,
    days: reports.Days = FORTNIGHT,
    now: datetime = make.NOW,
) -> reports.Sheet:
    return reports.sheet_of(session, patient.id, days, now=now)


def sensor_of(sheet: reports.Sheet) -> SensorPart:
    assert sheet["sensor"] is not None
    return sheet["sensor"]


def sticks_of(sheet: reports.Sheet) -> SticksPart:
    assert sheet["sticks"] is not None
    return sheet["sticks"]


def test_a_sensors_figures_are_those_of_the_engine(session: Session) -> None:
    ana = make.patient(session)
    worn = sensor(session, ana)

    found = sensor_of(sheet_of(session, ana))

    t = np.array([int(one.measured_at.timestamp()) for one in worn])
    ticks = np.array([tick_of(one) for one in worn])
    told = panel(series(t, np.full(len(t), 3600), ticks, Unit.MMOL_L))
    assert {name: one["value"] for name, one in found["measures"].items()} == pytest.approx(
        {name: result.value for name, result in told.results.items()}
    )
    assert told.episodes is not None
    assert {kind: one["count"] for kind, one in found["episodes"].items()} == {
        kind.value: one.count for kind, one in told.episodes.items()
    }
    assert found["gri_zone"] == told.gri_zone
    assert found["profile"] is not None


def test_too_few_days_give_no_share_no_profile_and_a_reason(session: Session) -> None:
    ana = make.patient(session)
    sensor(session, ana, days=9)

    found = sensor_of(sheet_of(session, ana))

    assert (found["is_enough"], found["bands"], found["profile"], found["gri_zone"]) == (
        False,
        None,
        None,
        None,
    )
    assert found["n_days"] == 9
    for name in ("tir_pct", "gmi_pct", "cv_pct", "gri"):
        assert found["measures"][name]["value"] is None
        assert found["measures"][name]["reason"] == "not_enough_data"


def test_a_sensor_worn_half_the_time_is_not_enough_either(session: Session) -> None:
    ana = make.patient(session)
    for back in range(14):
        day = LAST - timedelta(days=back)
        begins = at_home(day)
        ends = min(begins + timedelta(hours=10), make.NOW)
        diary(session, ana, sensed(begins, ends))

    found = sensor_of(sheet_of(session, ana))

    assert found["n_days"] == 14
    assert found["bands"] is None
    assert found["measures"]["wear_pct"]["value"] < 70  # type: ignore[operator]  # there is one


def test_sensor_and_fingersticks_are_two_blocks_and_never_pooled(session: Session) -> None:
    ana = make.patient(session)
    worn = sensor(session, ana)
    alone = sheet_of(session, ana)
    pricked(session, ana, [(day, "07:03", "2.4 mmol/L", Meal.FASTING) for day in range(1, 6)])

    both = sheet_of(session, ana)

    assert both["sensor"] == alone["sensor"]
    assert sticks_of(both)["n"] == 5
    assert sticks_of(both)["bands"]["very_low"] == 100
    assert sensor_of(both)["n"] == len(worn)


def test_fingersticks_are_never_given_what_needs_a_trace(session: Session) -> None:
    ana = make.patient(session)
    pricked(session, ana, [(day, "07:03", "7.0 mmol/L", Meal.FASTING) for day in range(14)])

    found = sheet_of(session, ana)

    assert found["sensor"] is None
    assert set(sticks_of(found)["measures"]) == {
        "mean",
        "sd",
        "cv_pct",
        "lbgi",
        "hbgi",
        "bgri",
        "adrr",
    }


def test_pairs_points_and_patterns_stand_behind_the_slots(session: Session) -> None:
    ana = make.patient(session)
    for day in range(4):
        pricked(
            session,
            ana,
            [
                (day, "07:00", "6.0 mmol/L", Meal.BEFORE_BREAKFAST),
                (day, "09:00", "11.5 mmol/L", Meal.AFTER_BREAKFAST),
            ],
        )

    found = sticks_of(sheet_of(session, ana))

    assert [(one["meal"], one["n"], one["delta"]) for one in found["pairs"]] == [
        ("breakfast", 4, 5.5)
    ]
    assert [point["mean"] for point in found["points"]][:3] == [6.0, 11.5, None]
    assert [(one["slot"], one["is_low"], len(one["days"])) for one in found["patterns"]] == [
        ("after_breakfast", False, 4)
    ]
    newest = found["log"][0]
    assert newest["on"] == LAST.isoformat()
    assert newest["cells"]["before_breakfast"][0]["value"] == 6.0


def test_an_unmarked_reading_stands_in_the_slot_of_its_time_and_says_so(session: Session) -> None:
    ana = make.patient(session)
    pricked(session, ana, [(1, "12:10", "6.6 mmol/L", Meal.NONE)])

    row = sticks_of(sheet_of(session, ana))["log"][0]

    assert row["cells"] == {
        "before_lunch": [{"at": "12:10", "value": 6.6, "band": "in_range", "is_by_time": True}]
    }


def test_hi_and_lo_have_a_band_and_no_number(session: Session) -> None:
    ana = make.patient(session)
    diary(session, ana, [beyond("HI"), reading("5.0 mmol/L", make.NOW - timedelta(hours=3))])

    found = sticks_of(sheet_of(session, ana))

    assert (found["n"], found["n_beyond"]) == (2, 1)
    assert found["bands"]["very_high"] == 50
    assert (found["lowest"], found["highest"]) == (5.0, 5.0)
    cells = [cell for row in found["log"] for cells in row["cells"].values() for cell in cells]
    assert {(cell["value"], cell["band"]) for cell in cells} == {
        (None, "very_high"),
        (5.0, "in_range"),
    }


def test_the_patients_own_targets_are_used_and_named(session: Session) -> None:
    ana = make.patient(session)
    doctor = make.doctor(session, [ana])
    sensor(session, ana, course=lambda _: 70)
    before = sensor_of(sheet_of(session, ana))["measures"]["tir_pct"]["value"]

    new = targets.NewTargets(Population.PREGNANCY_TYPE1)
    actor = make_actor(doctor, ana)
    targets.set_targets(session, actor, ana.id, new, now=make.NOW)
    diary(session, ana, [reading("8.4 mmol/L", make.NOW - timedelta(hours=2))])
    after = sheet_of(session, ana)

    assert before == 100
    assert (after["targets"]["low"], after["targets"]["high"]) == (3.5, 7.8)
    assert sticks_of(after)["bands"]["high"] == 100


def make_actor(worker: Person, patient: Person) -> Actor:
    return Actor(worker.id, patient.id, Basis.CARE_TEAM, frozenset({Role.DOCTOR}))


@pytest.mark.parametrize(
    ("day", "minutes"), [(date(2026, 3, 29), 23 * 60), (date(2026, 10, 25), 25 * 60)]
)
def test_a_day_when_the_clock_changes_is_whole_with_23_or_25_hours(
    session: Session, day: date, minutes: int
) -> None:
    ana = make.patient(session)
    now = at_home(day + timedelta(days=1), 9 * 60)
    days = reports.Days(day, day)
    worn = sensed(days.begins_at, days.ends_at, lambda _: 70)
    diary(session, ana, worn, now=now)

    strip = sensor_of(sheet_of(session, ana, days, now))["strips"][0]

    assert strip["n"] == len(worn) == minutes // 5
    assert strip["covered_pct"] == 100
    assert strip["in_range_pct"] == 100


def test_half_past_two_exists_twice_in_autumn_and_both_are_kept(session: Session) -> None:
    ana = make.patient(session)
    day = date(2026, 10, 25)
    now = at_home(day + timedelta(days=1), 9 * 60)
    first, second = (at_home(day, 150, fold=fold).astimezone(UTC) for fold in (0, 1))
    worn = [
        *sensed(first, first + timedelta(minutes=5), lambda _: 30),
        *sensed(second, second + timedelta(minutes=5), lambda _: 180),
    ]
    diary(session, ana, worn, now=now)

    strip = sensor_of(sheet_of(session, ana, reports.Days(day, day), now))["strips"][0]

    kept = [
        (minute, value)
        for minute, value in zip(strip["minutes"], strip["values"], strict=True)
        if value is not None
    ]
    assert kept == [(150, 3.0), (150, 18.0)]


def test_a_day_of_few_readings_has_a_curve_and_no_share(session: Session) -> None:
    ana = make.patient(session)
    begins = at_home(LAST - timedelta(days=1), 600)
    diary(session, ana, sensed(begins, begins + timedelta(hours=2)))

    strips = sensor_of(sheet_of(session, ana))["strips"]

    yesterday, before = strips[-2], strips[-3]
    assert yesterday["n"] == 24
    assert yesterday["in_range_pct"] is None
    assert (before["n"], before["values"], before["lowest"]) == (0, [], None)


def test_a_silent_sensor_breaks_the_line_of_its_day(session: Session) -> None:
    ana = make.patient(session)
    morning = at_home(LAST - timedelta(days=1), 300)
    for begins in (morning, morning + timedelta(hours=3)):
        diary(session, ana, sensed(begins, begins + timedelta(hours=1)))

    strip = sensor_of(sheet_of(session, ana))["strips"][-2]

    assert strip["values"].count(None) == 1


def test_every_value_out_of_range_is_in_the_small_curve_of_its_day(session: Session) -> None:
    ana = make.patient(session)
    worn = sensor(session, ana, days=3, course=lambda n: 70 + (n * n) % 97 - 48)

    strips = sensor_of(sheet_of(session, ana))["strips"]

    put_in = {
        (one.measured_at.astimezone(HOME_ZONE).date().isoformat(), tick_of(one))
        for one in worn
        if not 39 <= tick_of(one) <= 100
    }
    drawn = {
        (strip["on"], round(value * 10))
        for strip in strips
        for value in strip["values"]
        if value is not None and not 3.9 <= value <= 10
    }
    assert drawn == put_in


def test_an_empty_diary_is_said_to_be_empty(session: Session) -> None:
    found = sheet_of(session, make.patient(session))

    assert (found["sensor"], found["sticks"]) == (None, None)


@given(st.lists(st.tuples(st.integers(11, 330), st.booleans()), min_size=2, max_size=40))
def test_a_diary_in_both_units_keeps_each_values_own_band(values: list[tuple[int, bool]]) -> None:
    ticks = np.array([value if mmol else value + 40 for value, mmol in values])
    units = np.array([int(mmol) for _, mmol in values])
    n = len(values)
    found = Columns(np.arange(n) * 300, ticks, units, *(np.zeros(n, np.int64) for _ in range(3)))

    one = sensor_series(found, ADULT, {})

    own = np.where(units == 1, codes(ticks, Unit.MMOL_L, ADULT), codes(ticks, Unit.MG_DL, ADULT))
    assert codes(one.ticks, one.unit, ADULT).tolist() == own.tolist()


def test_periods_end_today_and_have_at_most_ninety_days() -> None:
    now = make.NOW

    assert reports.days_of(None, None, now) == reports.days_ending(LAST, 14)
    assert reports.days_of(500, date(2199, 1, 1), now) == reports.days_ending(LAST, 14)
    assert reports.days_of(90, date(1900, 1, 1), now).first.year >= 2000
    assert reports.days_of(1, LAST, now).length == 1
    assert reports.days_of(30, None, now).before == reports.days_ending(
        LAST - timedelta(days=30), 30
    )
