"""Episodes: when they start, what ends them, and what a gap does to them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.glucose import Unit
from telehealth.glycemia import episodes
from telehealth.glycemia.episodes import Kind
from telehealth.glycemia.grid import grid
from telehealth.glycemia.series import Series
from tests.glycemia import made

AROUND = [100] * 12


def _found(readings: Series, kind: Kind = Kind.HYPO_L1, step: int = 5) -> episodes.Summary:
    on = grid(readings, step)
    return episodes.summary(episodes.all_kinds(on, readings.unit)[kind], on, 1.0)


@pytest.mark.parametrize(
    ("values", "count", "minutes"),
    [
        ([60] * 2, 0, None),  # 10 minutes
        ([60] * 3, 1, 15),
        ([60] * 4 + [100] * 2 + [60] * 4, 1, 50),  # back for 10 minutes: one
        ([60] * 4 + [100] * 3 + [60] * 4, 2, 20),  # back for 15 minutes: two
        ([69] * 3, 1, 15),
        ([70] * 3, 0, None),
        ([60] * 3 + [70] * 3 + [60] * 3, 2, 15),  # exactly 70 is back
        ([60] * 2 + [100] + [60] * 3, 1, 15),  # two alone do not start it
        ([60] * 3 + [100] + [60], 1, 25),  # one more belongs to it
    ],
)
def test_an_episode_needs_15_minutes_to_start_and_to_end(
    values: list[int], count: int, minutes: float | None
):
    found = _found(made.trace(AROUND + values + AROUND))

    assert (found.count, found.mean_minutes) == (count, minutes)
    assert found.n_open == 0


def test_a_low_on_both_sides_of_a_gap_is_two_and_the_first_is_open():
    before = made.trace(AROUND + [60] * 4)
    after = made.trace([60] * 4 + AROUND, start=int(before.t[-1]) + 50 * 60)

    found = _found(made.joined(before, after))

    assert (found.count, found.n_open, found.mean_minutes) == (2, 1, 20)


def test_a_low_at_the_end_of_the_data_is_open():
    found = _found(made.trace(AROUND + [60] * 5))

    assert (found.count, found.n_open, found.mean_minutes) == (1, 1, 25)


@pytest.mark.parametrize(("slots", "count"), [(24, 0), (25, 1)])
def test_an_extended_low_lasts_longer_than_two_hours(slots: int, count: int):
    readings = made.trace(AROUND + [60] * slots + AROUND)

    assert _found(readings, Kind.HYPO_EXTENDED).count == count
    assert _found(readings).count == 1


@pytest.mark.parametrize(
    ("unit", "low", "very_low", "high", "very_high"),
    [(Unit.MG_DL, 69, 53, 181, 251), (Unit.MMOL_L, 38, 29, 101, 140)],
)
def test_levels_start_at_the_limits_of_the_unit(
    unit: Unit, low: int, very_low: int, high: int, very_high: int
):
    middle = [low + 10] * 12
    lows = made.trace(middle + [low] * 3 + middle + [very_low] * 3 + middle, unit=unit)
    highs = made.trace(middle + [high] * 3 + middle + [very_high] * 3 + middle, unit=unit)
    beside = made.trace(middle + [low + 1] * 3 + [high - 1] * 3 + middle, unit=unit)
    inner = made.trace(middle + [very_low + 1] * 3 + [very_high - 1] * 3 + middle, unit=unit)

    counts = [_found(lows, kind).count for kind in (Kind.HYPO_L1, Kind.HYPO_L2, Kind.HYPO_L1_ONLY)]
    assert counts == [2, 1, 1]
    kinds = (Kind.HYPER_L1, Kind.HYPER_L2, Kind.HYPER_L1_ONLY)
    assert [_found(highs, kind).count for kind in kinds] == [2, 1, 1]
    assert [_found(beside, kind).count for kind in Kind] == [0] * len(Kind)
    assert [_found(inner, kind).count for kind in (Kind.HYPO_L1, Kind.HYPO_L2)] == [1, 0]
    assert [_found(inner, kind).count for kind in (Kind.HYPER_L1, Kind.HYPER_L2)] == [1, 0]


def test_midnight_does_not_cut_an_episode_and_its_start_names_the_night():
    before = made.trace(AROUND + [60] * 12 + AROUND, start=made.MIDNIGHT - 90 * 60)
    night = made.trace(AROUND + [60] * 12 + AROUND, start=made.MIDNIGHT)

    assert (_found(before).count, _found(before).n_nocturnal) == (1, 0)
    assert (_found(night).count, _found(night).n_nocturnal) == (1, 1)


def test_one_sample_of_a_fifteen_minute_sensor_is_an_episode():
    found = _found(made.trace([100, 100, 60, 100, 100], step_min=15), step=15)

    assert (found.count, found.mean_minutes) == (1, 15)


def test_no_readings_beyond_give_zero_and_no_mean():
    found = _found(made.trace(AROUND))

    assert (found.count, found.mean_minutes, found.mean_mg_dl) == (0, None, None)
    assert found.per_recorded_day == 0


@given(st.lists(st.sampled_from([0.0, 1.0, float("nan")]), max_size=60), st.sampled_from([15, 121]))
def test_runs_agree_with_counting_slot_by_slot(beyond: list[float], first_min: int):
    found = episodes.find(np.array(beyond), 5, first_min)

    expected = _slot_by_slot(beyond, -(-first_min // 5))
    assert list(zip(found.start.tolist(), found.end.tolist(), strict=True)) == expected


def _slot_by_slot(beyond: list[float], needed: int) -> list[tuple[int, int]]:
    """The rule as a person would count, for comparison."""
    found, start, run, back = [], None, 0, 0
    for i, value in enumerate([*beyond, float("nan")]):
        if np.isnan(value):
            if start is not None:
                found.append((start, i))
            start, run, back = None, 0, 0
        elif value:
            run, back = run + 1, 0
            if start is None and run == needed:
                start = i - needed + 1
        else:
            run, back = 0, back + 1
            if start is not None and back == 3:
                found.append((start, i - 2))
                start = None
    return found
