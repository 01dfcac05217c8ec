"""A sensor that measures at another interval from some day on keeps the figures of its past."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from telehealth.glycemia.bands import ADULT
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind
from telehealth.reports.service import columns as report_columns
from tests import make
from tests.make.readings import long_diary, own_actor, reading, sensor_days
from tests.readings.expected import stored_rows

MIDNIGHT = datetime(2026, 11, 10, 23, tzinfo=UTC)
"""Of the 11th at home."""
DAY = timedelta(days=1)


def hours_recorded(session: Session, patient: Person) -> list[float]:
    rows = stored_rows(session, patient)
    return [round(rows[key].recorded_s / 3600, 1) for key in sorted(rows)]


@pytest.mark.parametrize(("first", "then"), [(5, 1), (5, 15), (15, 5), (15, 1), (1, 5)])
@pytest.mark.parametrize("is_given", [True, False])
def test_a_changed_interval_leaves_the_past_as_it_was(
    session: Session,
    first: int,
    then: int,
    is_given: bool,  # noqa: FBT001 - given by name
):
    ana = make.patient(session)
    before = sensor_days(MIDNIGHT, 2, first)
    after = sensor_days(MIDNIGHT + 2 * DAY, 1, then)
    for wave, interval in ((before, first), (after, then)):
        if is_given:
            for begin in range(0, len(wave), readings.MAX_BATCH):
                batch = readings.Batch(
                    ana.id, tuple(wave[begin : begin + readings.MAX_BATCH]), interval_min=interval
                )
                readings.record(session, own_actor(ana), batch, now=make.NOW)
        else:
            long_diary(session, ana, wave)

    assert hours_recorded(session, ana) == [24.0, 24.0, 24.0]


def test_a_gap_of_an_old_day_is_not_bridged_by_a_new_longer_interval(session: Session):
    ana = make.patient(session)
    old = sensor_days(MIDNIGHT, 1, 5)
    holes = [one for place, one in enumerate(old) if place % 72 not in (1, 2, 3)]
    long_diary(session, ana, holes)
    before = hours_recorded(session, ana)

    long_diary(session, ana, sensor_days(MIDNIGHT + DAY, 1, 15))

    assert hours_recorded(session, ana) == [before[0], 24.0]
    assert before == [23.0]


def test_readings_that_were_lost_are_no_other_interval(session: Session):
    ana = make.patient(session)
    half = sensor_days(MIDNIGHT, 1, 5)[::2]
    batch = readings.Batch(ana.id, tuple(half), interval_min=5)

    readings.record(session, own_actor(ana), batch, now=make.NOW)

    assert hours_recorded(session, ana) == [12.0]


def test_the_report_weighs_each_day_by_its_own_interval(session: Session):
    ana = make.patient(session)
    low = [
        reading("3.5 mmol/L", MIDNIGHT + timedelta(minutes=5 * n), key=f"a{n}",
                kind=SourceKind.CGM, device="Sensor")
        for n in range(288)
    ]  # fmt: skip
    fine = [
        reading("6.5 mmol/L", MIDNIGHT + DAY + timedelta(minutes=n), key=f"b{n}",
                kind=SourceKind.CGM, device="Sensor")
        for n in range(1440)
    ]  # fmt: skip
    long_diary(session, ana, [*low, *fine])
    known = readings.sources(session, ana.id)
    found = report_columns.columns(
        session, ana.id, [one.id for one in known], MIDNIGHT, MIDNIGHT + 2 * DAY
    )

    series = report_columns.sensor_series(found, ADULT, {one.id: one.interval_min for one in known})

    assert series.weights is not None
    is_low = series.ticks < 39
    assert series.weights[is_low].sum() == pytest.approx(series.weights[~is_low].sum())
