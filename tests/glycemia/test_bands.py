"""Every reading is classified in its own unit; the wrong ways and what they would say."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.glucose import Unit
from telehealth.glycemia.bands import ADULT, BANDS, PREGNANCY, TIGHT, Ranges, band, codes
from telehealth.glycemia.daily import DaySums, mean_mg_dl, sd_mg_dl, sums
from telehealth.glycemia.display import extremes, gaps, on_axis
from telehealth.glycemia.entered import Digits, Flaw, is_believable, parse, perhaps_meant, tick

MG, MMOL = Unit.MG_DL, Unit.MMOL_L


@pytest.mark.parametrize(
    ("entered", "unit", "ranges", "right"),
    [
        ("10.0", MMOL, ADULT, "in_range"),  # 180.156 mg/dL would be high
        ("13.9", MMOL, ADULT, "high"),  # 250.417 mg/dL would be very high
        ("7.8", MMOL, PREGNANCY, "in_range"),  # 140.52 mg/dL would be above
        ("7.8", MMOL, TIGHT, "in_range"),
        ("54", MG, ADULT, "low"),  # 2.9974 mmol/L would be very low
        ("70", MG, ADULT, "in_range"),  # 3.8855 mmol/L would be low
        ("63", MG, PREGNANCY, "in_range"),  # 3.4970 mmol/L would be low
        ("181", MG, ADULT, "high"),  # rounded 10.0 mmol/L would be in range
        ("251", MG, ADULT, "very_high"),  # rounded 13.9 mmol/L would be high
        ("141", MG, PREGNANCY, "high"),  # rounded 7.8 mmol/L would be in range
        ("141", MG, TIGHT, "high"),
        ("53", MG, ADULT, "very_low"),
        ("69", MG, ADULT, "low"),
        ("180", MG, ADULT, "in_range"),
        ("250", MG, ADULT, "high"),
        ("2.9", MMOL, ADULT, "very_low"),
        ("3.8", MMOL, ADULT, "low"),
        ("10.1", MMOL, ADULT, "high"),
        ("14.0", MMOL, ADULT, "very_high"),
        ("3.0", MMOL, ADULT, "low"),
        ("3.9", MMOL, ADULT, "in_range"),
        ("3.4", MMOL, PREGNANCY, "low"),
        ("3.5", MMOL, PREGNANCY, "in_range"),
        ("7.9", MMOL, PREGNANCY, "high"),
        ("140", MG, PREGNANCY, "in_range"),
        ("62", MG, PREGNANCY, "low"),
    ],
)
def test_a_value_is_classified_in_its_own_unit(
    entered: str, unit: Unit, ranges: Ranges, right: str
):
    digits = parse(entered)
    assert isinstance(digits, Digits)

    assert band(tick(digits, unit), unit, ranges) == right
    assert BANDS[codes(np.array([tick(digits, unit)]), unit, ranges)[0]] == right


@pytest.mark.parametrize(
    ("entered", "unit", "right"),
    [
        ("7.2", MMOL, 72),
        ("7", MMOL, 70),
        ("2.95", MMOL, 29),
        ("2.99", MMOL, 29),
        ("3.00", MMOL, 30),
        ("3.885", MMOL, 38),
        ("3.89", MMOL, 38),
        ("10.00", MMOL, 100),
        ("10.04", MMOL, 101),
        ("13.94", MMOL, 140),
        ("53.5", MG, 53),
        ("53.9", MG, 53),
        ("54.0", MG, 54),
        ("126", MG, 126),
        ("126.5", MG, 127),
        ("180.1", MG, 181),
        ("0.65", MMOL, 6),
    ],
)
def test_a_printed_number_beyond_a_printed_limit_has_a_tick_beyond_it(
    entered: str, unit: Unit, right: int
):
    digits = parse(entered)
    assert isinstance(digits, Digits)

    assert tick(digits, unit) == right
    assert str(digits) == entered


@given(st.integers(0, 9_999), st.integers(0, 3), st.sampled_from(list(Unit)))
def test_ticks_agree_with_decimal_arithmetic(mantissa: int, scale: int, unit: Unit):
    digits = Digits(mantissa, scale)
    steps = digits.value * (10 if unit is MMOL else 1)
    rounding = ROUND_FLOOR if steps < (70 if unit is MMOL else 126) else ROUND_CEILING

    assert tick(digits, unit) == int(steps.to_integral_value(rounding))
    limits = (Decimal("0.6"), Decimal("33.3")) if unit is MMOL else (Decimal(10), Decimal(600))
    assert is_believable(digits, unit) == (limits[0] <= digits.value <= limits[1])


@given(st.text(max_size=12))
def test_no_text_breaks_the_reader_and_what_is_read_is_what_was_written(text: str):
    digits = parse(text)

    if isinstance(digits, Digits):
        assert Decimal(str(digits)) == Decimal(text)
        assert -digits.scale == Decimal(text).as_tuple().exponent
    else:
        assert digits in set(Flaw)


def test_a_forgotten_point_is_asked_about_and_a_unit_is_never_guessed():
    assert perhaps_meant(Digits(72, 0), MMOL) == Digits(72, 1)
    assert perhaps_meant(Digits(126, 0), MMOL) == Digits(126, 1)
    assert perhaps_meant(Digits(900, 0), MMOL) is None
    assert perhaps_meant(Digits(7, 0), MG) is None


ticks = st.lists(st.integers(6, 600), min_size=1, max_size=60)


@given(ticks, ticks)
def test_sums_of_two_days_are_the_sums_of_all_values(first: list[int], second: list[int]):
    together = sums(np.array(first + second), MG)

    assert sums(np.array(first), MG) + sums(np.array(second), MG) == together
    assert together.n == len(first + second) == sum(getattr(together, band) for band in BANDS)


@given(ticks, ticks)
def test_mean_and_spread_from_sums_are_those_of_the_values(mg: list[int], mmol: list[int]):
    factor = float("18.0156") / 10
    values = np.array(mg + [value * factor for value in mmol])
    parts = [(MG, sums(np.array(mg), MG)), (MMOL, sums(np.array(mmol), MMOL))]

    mean, spread = mean_mg_dl(parts), sd_mg_dl(parts)

    assert mean is not None
    assert float(mean) == pytest.approx(values.mean())
    assert spread is not None
    assert float(spread) == pytest.approx(values.std(ddof=1), abs=1e-6)


def test_without_values_there_is_no_mean_and_no_share():
    assert mean_mg_dl([]) is None
    assert sd_mg_dl([(MG, sums(np.array([100]), MG))]) is None
    assert DaySums().share(BANDS[0]) is None
    assert sums(np.array([50, 100, 100, 100]), MG).share(BANDS[0]) == 25


series = st.lists(st.tuples(st.integers(0, 90_000), st.integers(20, 400)), max_size=200)


@given(series, st.integers(1, 20_000))
def test_thinning_keeps_the_lowest_and_highest_of_every_bucket(
    points: list[tuple[int, int]], bucket_s: int
):
    points.sort()
    t = np.array([point[0] for point in points], dtype=np.int64)
    values = np.array([point[1] for point in points], dtype=np.int64)

    kept = extremes(t, values, bucket_s)

    assert list(kept) == sorted(set(kept))
    for bucket in set((t // bucket_s).tolist()):
        inside = [place for place in kept.tolist() if t[place] // bucket_s == bucket]
        every = values[t // bucket_s == bucket]
        assert len(inside) <= 2
        assert {min(values[inside]), max(values[inside])} == {every.min(), every.max()}


def test_a_line_breaks_where_values_are_missing():
    assert gaps(np.array([0, 300, 600, 4_000, 4_300]), 2_700).tolist() == [3]


def test_values_reach_the_axis_rounded_as_people_read_them():
    assert on_axis(np.array([62, 180]), MG, MMOL).tolist() == [3.4, 10.0]
    assert on_axis(np.array([72]), MMOL, MG).tolist() == [130.0]
    assert on_axis(np.array([72]), MMOL, MMOL).tolist() == [7.2]
