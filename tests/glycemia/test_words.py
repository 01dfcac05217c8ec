"""LO and HI: a band and no number. They count as low and high, never in a mean."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from devices.glucose import Unit
from telehealth.cli import root
from telehealth.glycemia import days as of_days
from telehealth.glycemia.bands import HI, LO, Band, band
from telehealth.glycemia.daily import mean_mg_dl, sums
from telehealth.glycemia.episodes import Kind
from telehealth.glycemia.panel import Reason, panel
from tests.glycemia import made

MG, MMOL = Unit.MG_DL, Unit.MMOL_L


@pytest.mark.parametrize("unit", list(Unit))
def test_the_words_have_the_outermost_bands_of_both_units(unit: Unit):
    assert band(LO, unit) is Band.VERY_LOW
    assert band(HI, unit) is Band.VERY_HIGH


def test_they_count_in_the_shares_and_never_in_mean_spread_or_risk():
    found = panel(made.trace([100, 110, HI, LO, 120]), is_forced=True)

    assert (found.n, found.n_beyond) == (5, 2)
    assert found.results["mean"].value == 110
    assert found.results["mean"].n == 3
    assert found.results["sd"].value == 10
    assert found.results["above_250_pct"].value == 20
    assert found.results["below_54_pct"].value == 20
    assert found.results["hbgi"].n == 3


def test_a_trace_of_words_alone_has_shares_and_no_mean():
    found = panel(made.trace([HI] * 12), is_forced=True)

    assert found.results["mean"].reason is Reason.TOO_FEW_VALUES
    assert found.results["above_250_pct"].value == 100
    assert found.episodes is not None
    assert found.episodes[Kind.HYPER_L2].count == 1
    assert found.episodes[Kind.HYPER_L2].mean_mg_dl is None


def test_a_low_that_the_sensor_only_calls_low_is_one_whole_episode():
    spelled = [100] * 6 + [60, 50, LO, LO, LO, LO, 50, 60] + [100] * 6
    numbers = [100] * 6 + [60, 50, 39, 39, 39, 39, 50, 60] + [100] * 6

    words, digits = (panel(made.trace(values)).episodes for values in (spelled, numbers))

    assert words is not None
    assert digits is not None
    for kind in (Kind.HYPO_L1, Kind.HYPO_L2):
        assert words[kind].count == digits[kind].count == 1
        assert words[kind].mean_minutes == digits[kind].mean_minutes
        assert words[kind].n_open == 0
    assert words[Kind.HYPO_L1].mean_mg_dl == 55


def test_nothing_is_interpolated_towards_a_word():
    # Readings off the grid by two minutes: slots between a number and HI are the nearer of both.
    steady = [200] * 5 + [HI] * 3 + [200] * 5
    found = panel(made.trace(steady, start=made.MIDNIGHT + 120), is_forced=True)

    assert found.episodes is not None
    assert found.episodes[Kind.HYPER_L2].mean_minutes == 15
    assert found.results["mag"].value == 0
    assert found.profile is not None
    assert np.nanmax(found.profile.curves[95]) == 200


def test_a_day_counts_them_beside_its_sums():
    found = of_days.by_day(made.trace([100, HI, LO, 120]), 5)

    (day,) = found.values()
    assert (day.sums.n, day.sums.out_of_range, day.sums.n_numbers) == (4, 2, 2)
    assert (day.sums.very_high, day.sums.very_low, day.sums.in_range) == (1, 1, 2)
    assert day.sums.total == 220
    assert (day.lowest, day.highest) == (100, 120)
    assert mean_mg_dl([(MG, day.sums)]) == 110


def test_a_day_of_words_alone_has_no_extremes_and_no_risk():
    (day,) = of_days.by_day(made.trace([HI, HI]), 5).values()

    assert (day.lowest, day.highest, day.high_risk) == (None, None, 0)
    assert of_days.window([day]) is None
    assert mean_mg_dl([(MG, sums(np.array([LO, HI]), MG))]) is None


def test_the_report_reads_the_words_of_sensors(tmp_path: Path):
    path = tmp_path / "words.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["subject", "time", "value"])
        for minute, value in enumerate(["100", "Low", "HIGH", "lo", "Hi", "110"]):
            rows.writerow(["ana", f"2026-01-05 07:{5 * minute:02}", value])

    done = CliRunner().invoke(
        root,
        ["glycemia", "report", str(path), "--unit", "mg/dL", "--zone", "UTC", "--force", "--json"],
    )

    found = json.loads(done.stdout)["subjects"]["ana"]
    assert (found["n"], found["out_of_range"]) == (6, 2 + 2)
    assert found["mean"] == 105
    assert found["below_54_pct"] == pytest.approx(100 / 3)
