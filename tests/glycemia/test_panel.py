"""The panel: boundaries, what the data suffice for, gaps, order, changes of the clock."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.glucose import Unit
from telehealth.glycemia import grid as grids
from telehealth.glycemia import levels
from telehealth.glycemia.daily import mean_mg_dl, sd_mg_dl, sums
from telehealth.glycemia.panel import SUMMARY, Panel, Reason, panel
from telehealth.glycemia.presets import ADULTS, OLDER, PREGNANT_TYPE1, PREGNANT_TYPE2, Goal
from telehealth.glycemia.series import Series, Source, interval_min, series, wear_pct
from tests.glycemia import made

MG, MMOL = Unit.MG_DL, Unit.MMOL_L


def _share(name: str, tick: int, unit: Unit, found: Panel | None = None) -> float | None:
    found = found or panel(made.trace([tick], unit=unit), is_forced=True)
    return found.results[name].value


@pytest.mark.parametrize(
    ("unit", "tick", "names"),
    [
        (MMOL, 100, {"tir_pct"}),
        (MMOL, 101, {"above_180_pct"}),
        (MMOL, 139, {"above_180_pct"}),
        (MMOL, 140, {"above_180_pct", "above_250_pct"}),
        (MMOL, 39, {"tir_pct", "tir_tight_pct"}),
        (MMOL, 38, {"below_70_pct"}),
        (MMOL, 30, {"below_70_pct"}),
        (MMOL, 29, {"below_70_pct", "below_54_pct"}),
        (MMOL, 78, {"tir_pct", "tir_tight_pct"}),
        (MMOL, 79, {"tir_pct"}),
        (MG, 53, {"below_70_pct", "below_54_pct"}),
        (MG, 54, {"below_70_pct"}),
        (MG, 69, {"below_70_pct"}),
        (MG, 70, {"tir_pct", "tir_tight_pct"}),
        (MG, 140, {"tir_pct", "tir_tight_pct"}),
        (MG, 141, {"tir_pct"}),
        (MG, 180, {"tir_pct"}),
        (MG, 181, {"above_180_pct"}),
        (MG, 250, {"above_180_pct"}),
        (MG, 251, {"above_180_pct", "above_250_pct"}),
    ],
)
def test_a_value_at_a_limit_is_in_exactly_these_shares(unit: Unit, tick: int, names: set[str]):
    shares = {
        name
        for name in (
            [
                "tir_pct",
                "tir_tight_pct",
                "below_70_pct",
                "below_54_pct",
                "above_180_pct",
                "above_250_pct",
            ]
        )
        if _share(name, tick, unit) == 100
    }

    assert shares == names


@given(st.lists(st.integers(10, 600), min_size=1, max_size=200), st.sampled_from(list(Unit)))
def test_below_in_and_above_are_always_everything(values: list[int], unit: Unit):
    for preset in (ADULTS, PREGNANT_TYPE1):
        found = panel(made.trace(values, unit=unit), preset, is_forced=True).results
        parts = [
            found[name].value or 0 for name in ("below_target_pct", "tir_pct", "above_target_pct")
        ]

        assert math.isclose(sum(parts), 100)


@pytest.mark.parametrize(("unit", "tick"), [(MMOL, 78), (MG, 140), (MG, 63), (MMOL, 35)])
def test_the_ends_of_the_range_in_pregnancy_are_inside(unit: Unit, tick: int):
    inside = panel(made.trace([tick], unit=unit), PREGNANT_TYPE1, is_forced=True)
    step = 1 if tick > 70 else -1
    outside = panel(made.trace([tick + step], unit=unit), PREGNANT_TYPE1, is_forced=True)

    assert inside.results["tir_pct"].value == 100
    assert outside.results["tir_pct"].value == 0


def test_a_goal_at_its_limit_is_not_met_and_gestational_diabetes_has_none():
    assert not Goal(70, is_minimum=True).is_met(70)
    assert Goal(70, is_minimum=True).is_met(70.1)
    assert not Goal(4).is_met(4)
    assert OLDER.goals["tir_pct"].limit_pct == 50
    assert PREGNANT_TYPE2.goals == {}


def test_the_risk_index_weighs_each_band_once():
    values = [50] * 1 + [60] * 2 + [100] * 92 + [200] * 4 + [300] * 1

    index = levels.gri(np.array(values), MG)

    assert math.isclose(index.value, 3.0 * 1 + 2.4 * 2 + 1.6 * 1 + 0.8 * 4)
    assert index.zone == "A"
    assert levels.gri(np.array([40]), MG).value == 100
    assert levels.gri(np.array([40]), MG).zone == "E"


def test_thirteen_days_give_reasons_and_fourteen_give_values():
    short, long = panel(made.wavy(13)), panel(made.wavy(14))

    for name in SUMMARY:
        assert short.results[name].value is None
        assert short.results[name].reason is Reason.NOT_ENOUGH_DATA
        assert long.results[name].is_sufficient, name
    assert short.profile is None
    assert short.gri_zone is None
    assert long.profile is not None
    assert short.results["mean"].is_sufficient
    assert short.results["modd"].n == 12 * 288


def test_fourteen_days_worn_half_of_the_time_are_not_enough_unless_forced():
    whole = made.wavy(14)
    half = whole.t // 3600 % 2 == 0
    worn = series(whole.t[half], whole.offset[half], whole.ticks[half], MG)

    asked, forced = panel(worn), panel(worn, is_forced=True)

    assert 49 < (asked.results["wear_pct"].value or 0) < 55
    assert asked.results["tir_pct"].value is None
    assert forced.results["tir_pct"].value is not None
    assert forced.results["tir_pct"].reason is Reason.NOT_ENOUGH_DATA


def test_fingersticks_have_shares_of_readings_and_never_time_or_gmi():
    sticks = made.trace([80, 150, 200, 60] * 14, step_min=360, source=Source.FINGERSTICK)

    found = panel(sticks, is_forced=True)

    for name in [
        "tir_pct",
        "gmi_pct",
        "ea1c_pct",
        "gri",
        "modd",
        "conga24",
        "mag",
        "mage",
        "wear_pct",
        "profile",
        "rate_sd",
    ]:
        assert found.results[name].value is None, name
        assert found.results[name].reason is Reason.NOT_FOR_FINGERSTICKS
    assert found.episodes is None
    assert found.profile is None
    assert found.gri_zone is None
    assert found.results["readings_in_range_pct"].value == 50
    assert found.results["readings_below_70_pct"].value == 25
    assert found.results["adrr"].is_sufficient


def test_no_readings_and_one_reading_are_answered_with_reasons():
    nothing = panel(made.trace([]), is_forced=True)
    one = panel(made.trace([100]), is_forced=True)

    assert {result.reason for result in nothing.results.values()} == {Reason.NO_READINGS}
    assert one.results["mean"].value == 100
    assert one.results["sd"].value is None
    assert one.results["sd"].reason is Reason.TOO_FEW_VALUES
    assert one.results["modd"].reason is Reason.NO_INTERVAL
    assert one.episodes is None


def test_a_steady_trace_has_no_spread_and_no_excursion():
    found = panel(made.trace([120] * 288 * 14))

    assert found.results["sd"].value == 0
    assert found.results["modd"].value == 0
    assert found.results["mag"].value == 0
    assert found.results["mage"].value is None
    assert found.results["mage"].reason is Reason.TOO_FEW_VALUES


def _numbers(found: Panel) -> dict[str, float | None]:
    return {name: result.value for name, result in found.results.items()}


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(0, 40))
def test_order_and_repetition_change_nothing(random: Random, n_repeated: int):
    whole = made.wavy(2)
    places = list(range(len(whole.t))) + random.choices(range(len(whole.t)), k=n_repeated)
    random.shuffle(places)

    shuffled = series(whole.t[places], whole.offset[places], whole.ticks[places], MG)

    expected, found = panel(whole, is_forced=True), panel(shuffled, is_forced=True)
    assert _numbers(found) == _numbers(expected)
    assert found.episodes == expected.episodes


@given(st.permutations([(0, 100), (0, 60), (300, 110), (300, 110)]))
def test_of_two_values_at_one_instant_the_lower_counts_whatever_came_first(
    rows: list[tuple[int, int]],
):
    t, ticks = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))

    found = series(t, np.zeros_like(t), ticks, MG)

    assert found.ticks.tolist() == [60, 110]
    assert found.n_conflicts == 1


@settings(max_examples=25)
@given(st.lists(st.integers(40, 400), min_size=2, max_size=300), st.sampled_from(list(Unit)))
def test_sums_of_days_give_the_same_mean_and_spread(values: list[int], unit: Unit):
    readings = made.trace(values, step_min=30, unit=unit)
    days = [
        (unit, sums(readings.ticks[readings.days == day], unit)) for day in np.unique(readings.days)
    ]

    found = panel(readings, is_forced=True).results

    assert math.isclose(found["mean"].value or 0, mean_mg_dl(days) or 0, rel_tol=1e-9)
    assert math.isclose(found["sd"].value or 0, sd_mg_dl(days) or 0, rel_tol=1e-9, abs_tol=1e-6)


def test_the_same_person_in_the_other_unit_has_almost_the_same_numbers():
    mg = made.wavy(14)
    mmol = Series(mg.t, mg.offset, np.round(mg.ticks / 1.80156).astype(np.int64), MMOL)

    first, second = panel(mg).results, panel(mmol).results

    for name in [
        "mean",
        "sd",
        "gmi_pct",
        "modd",
        "conga24",
        "mag",
        "mage",
        "j_index",
        "lbgi",
        "hbgi",
        "gvp_pct",
    ]:
        assert math.isclose(first[name].value or 0, second[name].value or 0, rel_tol=0.02), name


@pytest.mark.parametrize("step_min", [1, 5, 15])
def test_the_interval_of_the_device_is_kept(step_min: int):
    found = panel(made.wavy(14, step_min))

    assert found.interval_min == step_min
    assert math.isclose(found.results["wear_pct"].value or 0, 100)
    assert found.profile is not None
    assert len(found.profile.minutes) == 1_440 // step_min


def test_nothing_is_interpolated_inside_a_gap_longer_than_45_minutes():
    first = made.trace([100, 100])
    bridged = made.joined(first, made.trace([100, 100], start=int(first.t[-1]) + 45 * 60))
    gapped = made.joined(first, made.trace([100, 100], start=int(first.t[-1]) + 50 * 60))

    assert np.isfinite(grids.grid(bridged, 5).values).all()
    assert np.isnan(grids.grid(gapped, 5).values).sum() == 9
    assert len(grids.differences(grids.grid(gapped, 5), 5)) == 2


def test_a_value_between_two_readings_lies_on_the_line_exactly():
    off_grid = made.trace([68, 72], start=made.MIDNIGHT - 150)

    assert grids.grid(off_grid, 5).values.tolist() == [70.0]


def test_readings_a_minute_apart_do_not_raise_the_wear():
    whole = made.trace([100] * 100)
    doubled = made.joined(whole, made.trace([100] * 20, start=made.MIDNIGHT + 60))

    assert interval_min(doubled) == 5
    assert wear_pct(doubled, 5) == wear_pct(whole, 5) == 100


def test_wear_drops_by_exactly_the_minutes_that_are_missing():
    first = made.trace([100] * 12)
    later = made.trace([100] * 12, start=made.MIDNIGHT + 2 * 3600)

    assert math.isclose(wear_pct(made.joined(first, later), 5), 100 * 2 / 3)


def test_daily_differences_and_profile_know_the_step_from_a_sawtooth():
    days = [day * 10 + 100 for day in range(3) for _ in range(288)]

    found = panel(made.trace(days), is_forced=True)

    assert found.results["modd"].value == 10
    assert found.results["conga24"].value == 0
    assert found.profile is not None
    assert found.profile.curves[50][0] == 110
    assert found.profile.curves[5][0] == 101
    assert found.profile.minutes[[0, -1]].tolist() == [5, 1440]


def test_swings_are_measured_from_turn_to_turn():
    wave = [round(150 - 50 * math.cos(2 * math.pi * i / 96)) for i in range(288 * 3)]

    mage = panel(made.trace(wave), is_forced=True).results["mage"].value

    assert mage == 100


def _wave(height: int, days: int) -> list[int]:
    n = 288 * days
    return [round(150 - height / 2 * math.cos(2 * math.pi * i / 96)) for i in range(n)]


@pytest.mark.parametrize("gap_min", [240, 600])
def test_a_long_gap_cuts_the_swings_and_parts_weigh_by_their_length(gap_min: int):
    low = made.trace(_wave(40, 2))
    high = made.trace(_wave(100, 1), start=int(low.t[-1]) + gap_min * 60)

    mage = panel(made.joined(low, high), is_forced=True).results["mage"].value

    # Two days of swings of 40 and one of 100. Without the cut the common spread hides the smaller.
    assert mage is not None
    assert math.isclose(mage, 60, rel_tol=0.01)


def test_a_day_lived_in_two_zones_is_one_day_of_risk():
    days = np.array([5, 6, 5, 6])
    low, high = np.array([1.0, 2.0, 3.0, 0.0]), np.array([10.0, 0.0, 0.0, 20.0])

    assert levels.adrr(low, high, days) == ((3 + 10) + (2 + 20)) / 2


def test_two_sensors_of_different_intervals_weigh_by_minutes_and_not_by_count():
    slow = made.trace([100] * 96 * 7, step_min=15, interval_min=15)
    fast = made.trace([200] * 288 * 7, start=made.MIDNIGHT + 7 * 86_400, interval_min=5)

    mixed, by_count = (
        panel(made.joined(slow, fast)),
        panel(made.joined(made.trace([100] * 96 * 7, step_min=15), _fast_of_unknown_interval())),
    )

    assert math.isclose(mixed.results["tir_pct"].value or 0, 50)
    assert math.isclose(mixed.results["mean"].value or 0, 150)
    assert math.isclose(mixed.results["sd"].value or 0, 50, rel_tol=1e-3)
    assert math.isclose(mixed.results["wear_pct"].value or 0, 100)
    assert mixed.interval_min == 5
    assert (by_count.results["tir_pct"].value or 0) < 30


def _fast_of_unknown_interval() -> Series:
    """The same sensor where nobody knows its interval."""
    return made.trace([200] * 288 * 7, start=made.MIDNIGHT + 7 * 86_400)


def test_one_known_interval_changes_no_number():
    known = made.trace(made.wavy(14).ticks.tolist(), interval_min=5)

    assert panel(known).results == panel(made.wavy(14)).results
