"""What a record is and when it was measured: told apart, never clamped, never guessed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.gatt.sfloat import Sfloat
from devices.glucose import Kind, Unit
from devices.harvest import Arrival, Harvest
from devices.meaning import Circumstances, Doubt, Reading, reading_of
from devices.queue import state_of
from devices.quirks import ISENS, ROCHE, TAIDOC, Quirk
from devices.rows import State
from devices.sim.memory import Stored, record

from .conftest import NOW, NOW_WALL, ZONE

NOON = datetime(2026, 11, 19, 12)  # noqa: DTZ001 - a meter's clock has no zone


def arrival_of(stored: Stored) -> Arrival:
    harvest = Harvest(stored_up_to=None, keeps_cursor=True, holds_for_context=False)
    harvest.add_measurement(stored.measurement)
    if stored.context is not None:
        harvest.add_context(stored.context)
    harvest.finish(is_complete=True)
    (arrival,) = harvest.take()
    return arrival


def read(
    stored: Stored, *, quirk: Quirk = ROCHE, clock_ahead: timedelta | None = timedelta()
) -> Reading:
    clock = None if clock_ahead is None else NOW_WALL + clock_ahead
    around = Circumstances("Roche | Guide | 1", quirk, ZONE, NOW, clock)
    return reading_of(arrival_of(stored), around)


def one(value: int | Sfloat | None = 118, at_wall: datetime = NOON, **more: Any) -> Stored:
    return record(7, at_wall, value, **more)


def test_an_ordinary_reading_is_certain_and_will_be_sent():
    reading = read(one(118, meal=3))

    assert (reading.kind, reading.value, reading.unit) == (Kind.GLUCOSE, 118, Unit.MG_DL)
    assert reading.measured_at is not None
    assert reading.measured_at.isoformat() == "2026-11-19T12:00:00+01:00"
    assert (reading.meal, reading.doubts) == ("fasting", ())
    assert state_of(reading) is State.PENDING


@pytest.mark.parametrize(
    ("meal", "said"),
    [(1, "before_meal"), (2, "after_meal"), (3, "fasting"), (4, "other"), (5, "bedtime"),
     (6, None), (0, None), (200, None)],
)  # fmt: skip
def test_the_meal_is_said_only_where_the_context_says_it(meal: int, said: str | None):
    assert read(one(meal=meal)).meal == said


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (one(sample=(10, 1)), Kind.CONTROL),
        (one(sample=(1, 4)), Kind.CONTROL),
        (one(None), Kind.NO_VALUE),
        (one(Sfloat(0x07FF)), Kind.NO_VALUE),
        (one(Sfloat(0x0800)), Kind.NO_VALUE),
        (one(Sfloat(0x0801)), Kind.NO_VALUE),
    ],
)
def test_what_is_no_glucose_value_is_kept_and_never_sent(stored: Stored, kind: Kind):
    reading = read(stored)

    assert reading.kind is kind
    assert state_of(reading) is State.KEPT


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (one(Sfloat(0x07FE)), Kind.HIGH),
        (one(300, status=1 << 5), Kind.HIGH),
        (one(Sfloat(0x0802)), Kind.LOW),
        (one(30, status=1 << 6), Kind.LOW),
    ],
)
def test_beyond_the_meters_scale_there_is_no_number_but_a_side_that_is_sent(
    stored: Stored, kind: Kind
):
    reading = read(stored)

    assert (reading.kind, reading.value, reading.unit) == (kind, None, Unit.MG_DL)
    assert state_of(reading) is State.PENDING


@pytest.mark.parametrize(
    ("stored", "doubt"),
    [
        (one(Sfloat(0xFFFF)), Doubt.IMPLAUSIBLE),
        (one(19), Doubt.IMPLAUSIBLE),
        (one(701), Doubt.IMPLAUSIBLE),
        (one(118, status=1 << 5 | 1 << 6), Doubt.CONTRADICTION),
        (one(118, status=1 << 1), Doubt.METER_FAULT),
        (one(118, status=1 << 4), Doubt.METER_FAULT),
        (one(118, status=1 << 11), Doubt.TIME_FAULT),
        (one(118, NOW_WALL + timedelta(minutes=11)), Doubt.FUTURE),
        (one(118, datetime(2026, 3, 29, 2, 30)), Doubt.CLOCK_GAP),  # noqa: DTZ001
        (one(118, datetime(2025, 10, 26, 2, 30)), Doubt.CLOCK_FOLD),  # noqa: DTZ001
    ],
)
def test_what_is_not_certain_waits_for_a_person(stored: Stored, doubt: Doubt):
    reading = read(stored)

    assert doubt in reading.doubts
    assert state_of(reading) is State.QUARANTINED
    assert reading.raw == stored.measurement


def test_a_low_battery_does_not_cost_a_reading():
    assert state_of(read(one(118, status=1))) is State.PENDING


def test_month_13_is_shown_as_sent_and_is_no_time():
    raw = bytearray(one().measurement)
    raw[5] = 13

    reading = read(Stored(7, bytes(raw)))

    assert (reading.measured_at, reading.doubts) == (None, (Doubt.NO_SUCH_DATE,))
    assert reading.base == "2026-13-19T12:00:00"


@pytest.mark.parametrize(("minutes", "is_off"), [(-6, True), (-5, False), (5, False), (61, True)])
def test_a_meter_clock_more_than_five_minutes_off_makes_times_uncertain(
    minutes: int, *, is_off: bool
):
    reading = read(one(), clock_ahead=timedelta(minutes=minutes))

    assert (Doubt.CLOCK_OFF in reading.doubts) is is_off


def test_a_meter_without_a_readable_clock_is_believed():
    assert read(one(), clock_ahead=None).doubts == ()


@pytest.mark.parametrize("offset_min", [-5, 180, 334, 339])
def test_base_and_offset_together_are_what_the_meter_showed(offset_min: int):
    reading = read(one(offset_min=offset_min))

    assert reading.measured_at is not None
    assert reading.measured_at.replace(tzinfo=None) == NOON
    assert reading.offset_min == offset_min


def test_setting_the_clock_changes_no_key_but_another_value_does():
    as_sent = bytearray(one(offset_min=60).measurement)
    moved = as_sent.copy()
    moved[10:12] = (120).to_bytes(2, "little")
    other = as_sent.copy()
    other[12] += 1

    keys = [read(Stored(7, bytes(raw))).key for raw in (as_sent, moved, other)]

    assert keys[0] == keys[1]
    assert keys[0] != keys[2]


def test_for_makers_whose_numbers_move_the_number_is_not_in_the_key():
    first, moved = record(0, NOON, 118), record(1, NOON, 118)

    assert read(first, quirk=TAIDOC).key == read(moved, quirk=TAIDOC).key
    assert read(first).key != read(moved).key


def test_a_ketone_is_a_ketone_only_where_the_maker_marks_it_so():
    ketone, elsewhere = read(one(12, meal=6), quirk=ISENS), read(one(90, meal=6))

    assert (ketone.kind, ketone.value, ketone.unit) == (Kind.KETONE, Decimal("1.2"), Unit.MMOL_L)
    assert state_of(ketone) is State.KEPT
    assert elsewhere.kind is Kind.GLUCOSE


def test_without_its_context_a_record_of_a_ketone_meter_is_not_believed():
    reading = read(one(112), quirk=ISENS)

    assert reading.doubts == (Doubt.CONTEXT_MISSING,)


@given(measurement=st.binary(max_size=24), context=st.binary(max_size=24),
       quirk=st.sampled_from([ROCHE, ISENS, TAIDOC]))  # fmt: skip
def test_every_arrival_becomes_exactly_one_reading_and_only_certain_glucose_is_sent(
    measurement: bytes, context: bytes, quirk: Quirk
):
    reading = read(Stored(0, measurement, context), quirk=quirk)

    assert len(reading.key) == 64
    assert reading.raw == measurement
    if state_of(reading) is State.PENDING:
        assert reading.kind in {Kind.GLUCOSE, Kind.HIGH, Kind.LOW}
        assert (reading.value is not None) == (reading.kind is Kind.GLUCOSE)
        assert reading.unit is not None
        assert reading.measured_at is not None
        assert reading.measured_at.astimezone(UTC) <= NOW + timedelta(minutes=10)
