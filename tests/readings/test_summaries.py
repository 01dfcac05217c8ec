"""Daily sums are what the readings say, whatever way the readings came."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.actor import Actor, Basis
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, NotAllowed, NotFound
from telehealth.glycemia.days import by_day
from telehealth.glycemia.entered import tick
from telehealth.glycemia.levels import risks
from telehealth.glycemia.series import intervals_by_day, mg_dl_per_tick, series
from telehealth.readings import service as readings
from telehealth.readings.models import UNITS, DaySummary, GlucoseRisk, SourceKind, Via
from tests import make
from tests.make.readings import beyond, diary, own_actor, reading, sensor_days
from tests.readings.expected import (
    expected_rows,
    expected_standings,
    kept,
    name,
    stored_rows,
    stored_standings,
)

HOUR = timedelta(hours=1)

SPRING, AUTUMN = datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 28, 23, tzinfo=UTC)
around_the_clock_changes = st.builds(
    lambda first, minute: first + timedelta(minutes=minute),
    st.sampled_from([SPRING, AUTUMN]),
    st.integers(0, 32 * 60),
)
crowded = st.one_of(
    st.integers(-70, 80).map(lambda s: MIDNIGHT + timedelta(seconds=s)),
    st.integers(-6, 34).map(lambda n: MIDNIGHT + timedelta(minutes=5 * n)),
)
values = ["2.9 mmol/L", "3.85 mmol/L", "10.0 mmol/L", "54 mg/dL", "180 mg/dL", "600 mg/dL"]
entries = st.builds(
    lambda at, value, source, number, is_scan: (
        beyond(value, at) if value in ("HI", "LO")
        else reading(value, at)
    )._replace(
        key=f"k{number}", kind=source[0], device=source[1], via=source[2],
        is_scan=is_scan and source[0] is SourceKind.CGM,
    ),
    st.one_of(around_the_clock_changes, crowded),
    st.sampled_from([*values, "HI", "LO"]),
    st.sampled_from([
        (SourceKind.MANUAL, "", Via.DIRECT), (SourceKind.MANUAL, "", Via.FILE),
        (SourceKind.METER, "D", Via.DIRECT), (SourceKind.METER, "E", Via.DIRECT),
        (SourceKind.METER, "D", Via.FILE),
        (SourceKind.CGM, "D", Via.DIRECT), (SourceKind.CGM, "D", Via.FILE),
    ]),
    st.integers(0, 30),
    st.integers(0, 9).map(lambda n: n == 0),
)  # fmt: skip


@settings(max_examples=12)
@given(st.lists(st.lists(entries, max_size=10), min_size=1, max_size=4), st.data())
def test_any_order_split_replay_and_removal_ends_in_the_same_diary(
    session: Session, batches: list[list[readings.NewReading]], data: st.DataObject
):
    ana = make.patient(session)
    for batch in [*batches, *reversed(batches)]:
        if batch:
            diary(session, ana, batch)
    left = kept(batches)
    assert stored_standings(session, ana) == expected_standings(left)

    by_hand = [key for key in left if key[0] is SourceKind.MANUAL]
    chosen = data.draw(st.lists(st.sampled_from(by_hand), unique=True) if by_hand else st.just([]))
    sources = {(s.kind, s.device, s.via): s.id for s in readings.sources(session, ana.id)}
    for key in chosen:
        place = readings.Reference(sources[key[:3]], key[3])
        readings.remove(session, own_actor(ana), ana.id, place, now=make.NOW)
        del left[key]

    assert stored_standings(session, ana) == expected_standings(left)
    assert stored_rows(session, ana) == expected_rows(left)


@settings(max_examples=10)
@given(st.lists(entries, min_size=2, max_size=14), st.randoms())
def test_two_diaries_of_the_same_readings_in_another_order_are_equal(
    session: Session, batch: list[readings.NewReading], order: object
):
    own = list(kept([batch]).values())
    mixed = sorted(own, key=lambda _: order.random())  # type: ignore[attr-defined]  # Random
    ana, bor = make.patient(session), make.patient(session, "Bor")
    diary(session, ana, own)

    for entry in mixed:
        diary(session, bor, [entry])

    assert stored_standings(session, bor) == stored_standings(session, ana)
    assert stored_rows(session, bor) == stored_rows(session, ana)


@settings(max_examples=10)
@given(
    st.sampled_from([5, 15]),
    st.lists(st.integers(0, 1_000), min_size=2, max_size=60, unique=True),
    st.sampled_from(list(Unit)),
)
def test_a_days_row_is_the_engines_day(
    session: Session, interval: int, steps: list[int], unit: Unit
):
    ana = make.patient(session)
    first = datetime(2026, 3, 27, 21, 2, 30, tzinfo=UTC)
    wave = [
        reading(
            f"{40 + (7 * n) % 300} mg/dL"
            if unit is Unit.MG_DL
            else f"{2 + n % 20}.{n % 10} mmol/L",
            first + timedelta(minutes=interval * n),
            kind=SourceKind.CGM,
            device="Libre",
        )
        for n in steps
    ]

    batch = readings.Batch(ana.id, tuple(wave), interval_min=interval)
    readings.record(session, own_actor(ana), batch, now=make.NOW)

    t = np.asarray([int(entry.measured_at.timestamp()) for entry in wave])
    offsets = np.asarray([int(local(e.measured_at).utcoffset().total_seconds()) for e in wave])
    ticks = np.asarray([tick(entry.digits, unit) for entry in wave])
    whole = series(t, offsets, ticks, unit)
    days = by_day(whole, intervals_by_day(whole.t, whole.days, interval))
    found = session.scalars(select(DaySummary).where(DaySummary.patient_id == ana.id)).all()
    assert {(row.day_on - date(1970, 1, 1)).days for row in found} == set(days)
    for row in found:
        day = days[(row.day_on - date(1970, 1, 1)).days]
        assert (row.n, row.total, row.squares) == (day.sums.n, day.sums.total, day.sums.squares)
        assert (row.lowest, row.highest) == (day.lowest, day.highest)
        assert row.recorded_s == day.recorded_s
        assert (row.low_risk, row.high_risk) == pytest.approx((day.low_risk, day.high_risk))
        worst = (row.worst_low_risk, row.worst_high_risk)
        assert worst == pytest.approx((day.worst_low_risk, day.worst_high_risk))


def test_the_table_of_risk_holds_what_the_engine_says(session: Session):
    rows = session.scalars(select(GlucoseRisk)).all()

    assert len(rows) == (600 - 10 + 1) + (333 - 6 + 1)
    for unit in Unit:
        own = [row for row in rows if UNITS[row.unit] is unit]
        low, high = risks(np.asarray([row.tick for row in own]) * mg_dl_per_tick(unit))
        assert [row.low for row in own] == pytest.approx(low.tolist(), rel=1e-12)
        assert [row.high for row in own] == pytest.approx(high.tolist(), rel=1e-12)


def test_a_sensor_learns_how_often_it_measures_and_earlier_days_follow(session: Session):
    ana = make.patient(session)
    wave = sensor_days(make.NOW - timedelta(days=3), 2, step_min=15)

    diary(session, ana, wave[:1])
    assert {row.recorded_s for row in stored_rows(session, ana).values()} == {300}
    diary(session, ana, wave[1:])

    (sensor,) = readings.sources(session, ana.id)
    assert sensor.interval_min == 15
    recorded = sum(row.recorded_s for row in stored_rows(session, ana).values())
    assert recorded == 2 * 24 * 3600


def test_a_given_interval_stays_whatever_the_distances_are(session: Session):
    ana = make.patient(session)
    sparse = sensor_days(make.NOW - timedelta(days=2), 1, step_min=30)
    batch = readings.Batch(ana.id, tuple(sparse), interval_min=15)

    readings.record(session, own_actor(ana), batch, now=make.NOW)

    (sensor,) = readings.sources(session, ana.id)
    assert sensor.interval_min == 15
    recorded = sum(row.recorded_s for row in stored_rows(session, ana).values())
    assert recorded == 48 * 15 * 60


def test_the_last_reading_of_a_day_reaches_to_the_first_of_the_next_that_came_late(
    session: Session,
):
    ana = make.patient(session)
    midnight = datetime(2026, 11, 9, 23, 0, tzinfo=UTC)
    sensor = {"kind": SourceKind.CGM, "device": "S"}
    times = [midnight - timedelta(minutes=5 * n) for n in range(1, 5)]
    diary(session, ana, [reading("6.0 mmol/L", at, **sensor) for at in times])
    before = stored_rows(session, ana)

    diary(session, ana, [reading("6.2 mmol/L", midnight + timedelta(minutes=2), **sensor)])

    after = stored_rows(session, ana)
    day = next(iter(before))
    assert (before[day].recorded_s, after[day].recorded_s) == (1_200, 1_320)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-03-28T22:59:59+00:00", date(2026, 3, 28)),
        ("2026-03-28T23:00:00+00:00", date(2026, 3, 29)),
        ("2026-03-29T21:59:59+00:00", date(2026, 3, 29)),  # a day of 23 hours
        ("2026-03-29T22:00:00+00:00", date(2026, 3, 30)),
        ("2026-10-24T22:00:00+00:00", date(2026, 10, 25)),
        ("2026-10-25T22:59:59+00:00", date(2026, 10, 25)),  # a day of 25 hours
        ("2026-10-25T23:00:00+00:00", date(2026, 10, 26)),
    ],
)
def test_a_day_is_the_local_day_also_when_the_clocks_change(session: Session, at: str, day: date):
    ana = make.patient(session)

    diary(session, ana, [reading(at=datetime.fromisoformat(at))])

    assert [key.day for key in stored_rows(session, ana)] == [day]


def test_a_removed_entry_does_not_come_back_with_a_repeat_but_with_undo(session: Session):
    ana = make.patient(session)
    batch = [
        reading("3.3 mmol/L", note="slabo", key="a"),
        reading("8.0 mmol/L", make.NOW - 2 * HOUR, key="b"),
    ]
    before = diary(session, ana, batch) and stored_rows(session, ana)
    page = readings.page(session, own_actor(ana), ana.id, readings.Window(), now=make.NOW)
    entry = next(entry for entry in page.items if entry.note)
    place = readings.Reference.read(entry.id)

    readings.remove(session, own_actor(ana), ana.id, place, now=make.NOW)
    replay = diary(session, ana, batch)

    assert (replay.accepted, replay.duplicate) == (0, 2)
    assert sum(row.sums.n for row in stored_rows(session, ana).values()) == 1
    with pytest.raises(NotFound):
        readings.remove(session, own_actor(ana), ana.id, place, now=make.NOW)
    readings.restore(session, own_actor(ana), ana.id, place, now=make.NOW)
    assert stored_rows(session, ana) == before
    page = readings.page(session, own_actor(ana), ana.id, readings.Window(), now=make.NOW)
    assert entry in page.items


def test_what_a_meter_sent_and_what_another_wrote_stay(session: Session):
    ana, nurse = make.patient(session), make.patient(session, "Maja")
    caring = Actor(nurse.id, ana.id, Basis.CARE_TEAM)
    sent = diary(session, ana, [reading("8.0 mmol/L", kind=SourceKind.METER)])
    written = diary(session, ana, [reading(at=make.NOW - 2 * HOUR)])
    own = diary(session, ana, [reading(at=make.NOW - 3 * HOUR)], actor=caring)

    with pytest.raises(Conflict):
        readings.remove(session, own_actor(ana), ana.id, sent.new[0], now=make.NOW)
    with pytest.raises(NotAllowed):
        readings.remove(session, caring, ana.id, written.new[0], now=make.NOW)
    readings.remove(session, caring, ana.id, own.new[0], now=make.NOW)

    assert sum(row.sums.n for row in stored_rows(session, ana).values()) == 2
    bor = make.patient(session, "Bor")
    with pytest.raises(NotFound):
        readings.remove(session, own_actor(bor), bor.id, written.new[0], now=make.NOW)


def test_names_of_our_own_export_are_the_same_readings_everywhere(session: Session):
    ana = make.patient(session)
    entry = reading(key="from the meter", kind=SourceKind.METER, device="M")
    diary(session, ana, [entry])
    exported = f"r{readings.seq_of(entry.key):016x}"

    again = diary(session, ana, [entry._replace(key=exported)])

    assert (again.accepted, again.duplicate) == (0, 1)
    assert name(entry._replace(key=exported)) == name(entry)
