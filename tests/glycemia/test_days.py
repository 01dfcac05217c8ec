"""Rows of days add up to what the readings themselves give, however they arrived."""

import math
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.glucose import Unit
from telehealth.glycemia.daily import DaySums
from telehealth.glycemia.days import by_day, window
from telehealth.glycemia.panel import panel
from telehealth.glycemia.series import series
from tests.glycemia import made


@settings(max_examples=25)
@given(
    st.lists(st.integers(40, 300), min_size=2, max_size=200),
    st.sampled_from(list(Unit)),
    st.integers(-12, 14),
)
def test_days_give_the_numbers_of_all_their_readings(values: list[int], unit: Unit, hours: int):
    readings = made.trace(values, step_min=30, unit=unit, offset=hours * 3600)

    days = by_day(readings, 30)

    found, together = panel(readings, is_forced=True).results, window(days.values())
    assert together is not None
    assert math.isclose(together.lbgi, found["lbgi"].value or 0, abs_tol=1e-9)
    assert math.isclose(together.hbgi, found["hbgi"].value or 0, abs_tol=1e-9)
    assert math.isclose(together.adrr, found["adrr"].value or 0, abs_tol=1e-9)
    total = sum((day.sums for day in days.values()), DaySums())
    assert (total.n, total.total) == (len(values), sum(values))
    assert min(day.lowest for day in days.values()) == min(values)
    assert max(day.highest for day in days.values()) == max(values)
    assert sum(day.recorded_s for day in days.values()) == len(values) * 1800


@settings(max_examples=15)
@given(st.randoms(use_true_random=False), st.integers(1, 500))
def test_uploads_in_any_order_give_the_same_days(random: Random, cut: int):
    whole = made.wavy(3)
    places = list(range(len(whole.t)))
    random.shuffle(places)
    # The second upload repeats a part of the first one.
    arrived = places[:cut] + places[cut // 2 :]

    found = series(whole.t[arrived], whole.offset[arrived], whole.ticks[arrived], whole.unit)

    assert by_day(found, 5) == by_day(whole, 5)


def test_no_days_give_no_window():
    empty = np.empty(0, dtype=np.int64)

    assert by_day(series(empty, empty, empty, Unit.MG_DL), 5) == {}
    assert window([]) is None
