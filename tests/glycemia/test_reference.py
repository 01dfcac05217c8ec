"""The reference data: three people, ten days, against values computed by somebody else.

Origin and licence of the data: data/README.md. The file is read by the command itself.
"""

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from devices.glucose import Unit
from telehealth.cli import root
from telehealth.glycemia import grid as grids
from telehealth.glycemia.local import zone
from telehealth.glycemia.panel import Panel, panel
from telehealth.glycemia.presets import PREGNANT_TYPE1
from telehealth.glycemia.table import read
from tests.glycemia import made

EXPECTED = json.loads((made.DATA / "expected.json").read_text("utf-8"))
SUBJECTS = ("AZT1D-12", "AZT1D-13", "AZT1D-14")
IN_REPORT = {
    "n": "n",
    "active_percent": "wear_pct",
    "mean": "mean",
    "sd": "sd",
    "cv": "cv_pct",
    "gmi": "gmi_pct",
    "in_range_70_180": "tir_pct",
    "in_range_70_140": "tir_tight_pct",
    "below_70": "below_70_pct",
    "below_54": "below_54_pct",
    "above_180": "above_180_pct",
    "above_250": "above_250_pct",
    "gri": "gri",
    "lbgi": "lbgi",
    "hbgi": "hbgi",
    "adrr": "adrr",
    "modd": "modd",
    "conga_24h": "conga24",
    "mag": "mag",
    "mage_ma": "mage",
    "j_index": "j_index",
}
IN_PANEL = {
    "ea1c": "ea1c_pct",
    "grade": "grade",
    "conga_1h": "conga1",
    "gvp": "gvp_pct",
    "sd_roc_15min": "rate_sd",
}
KINDS = {
    ("hypo", "lv1"): "hypo_l1",
    ("hypo", "lv2"): "hypo_l2",
    ("hypo", "extended"): "hypo_extended",
    ("hyper", "lv1"): "hyper_l1",
    ("hyper", "lv2"): "hyper_l2",
    ("hypo", "lv1_excl"): "hypo_l1_only",
    ("hyper", "lv1_excl"): "hyper_l1_only",
}


@cache
def _report(*options: str) -> dict[str, Any]:
    command = ["glycemia", "report", str(made.DATA / "azt1d.csv"), "--unit", "mg/dL"]
    done = CliRunner().invoke(root, [*command, "--zone", "America/Phoenix", "--json", *options])
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@cache
def _panels() -> dict[str, Panel]:
    with (made.DATA / "azt1d.csv").open(encoding="utf-8", newline="") as lines:
        subjects = read(lines, Unit.MG_DL, zone("America/Phoenix"))
    return {name: panel(subject.readings, is_forced=True) for name, subject in subjects.items()}


def _is_close(found: float, expected: float, tolerance: dict[str, float]) -> bool:
    if "abs" in tolerance:
        return abs(found - expected) <= tolerance["abs"]
    limit = tolerance.get("rel_same_grid", tolerance.get("rel"))
    assert limit is not None
    return abs(found - expected) <= limit * abs(expected)


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("name", IN_REPORT)
def test_the_report_gives_the_expected_number(name: str, subject: str):
    metric = EXPECTED["metrics"][name]

    found = _report("--force")["subjects"][subject][IN_REPORT[name]]

    assert _is_close(found, metric["values"][subject], metric["tolerance"])


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("name", IN_PANEL)
def test_the_panel_gives_the_expected_number(name: str, subject: str):
    metric = EXPECTED["metrics"][name]

    found = _panels()[subject].results[IN_PANEL[name]].value

    assert found is not None
    assert _is_close(found, metric["values"][subject], metric["tolerance"])


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_range_of_pregnancy_gives_the_expected_share(subject: str):
    metric = EXPECTED["metrics"]["in_range_63_140"]

    answer = _report("--force", "--preset", PREGNANT_TYPE1.name)

    found = answer["subjects"][subject]["tir_pct"]
    assert _is_close(found, metric["values"][subject], metric["tolerance"])
    assert answer["targets"]["in_range"] == [63, 140]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_episodes_agree_in_count_rate_length_and_level(subject: str):
    found = _report()["subjects"][subject]
    details = found["episode_details"]
    tolerances = EXPECTED["episodes"]["tolerance"]

    for row in EXPECTED["episodes"]["values"][subject]:
        kind = KINDS[row["type"], row["level"]]
        for name, tolerance in tolerances.items():
            if row[name] is None:
                assert details[kind][name] is None
            else:
                assert _is_close(details[kind][name], row[name], tolerance), (kind, name)
    assert found["episodes"] == {
        kind: details[kind]["count"]
        for kind in ("hypo_l1", "hypo_l2", "hypo_extended", "hyper_l1", "hyper_l2")
    }


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_profile_agrees_in_every_slot_of_every_curve(subject: str):
    found = _report("--force")["subjects"][subject]["profile"]
    limit = EXPECTED["profile"]["tolerance"]["abs_interpolated_grid"]

    assert found["minutes"] == list(range(5, 1441, 5))
    for percent in grids.PERCENTILES:
        expected = np.array(EXPECTED["profile"]["values"][subject][f"p{percent}"])
        assert np.abs(np.array(found[f"p{percent}"]) - expected).max() < limit


def test_ten_days_give_no_judged_value_and_the_reason_in_words():
    for found in _report()["subjects"].values():
        for name in ("cv_pct", "gmi_pct", "tir_pct", "below_54_pct", "gri", "adrr", "profile"):
            assert found[name] is None
            assert found["why"][name] == "not enough data: 10 of 14 days, 99 % wear" or (
                found["wear_pct"] < 98.5
                and found["why"][name] == "not enough data: 10 of 14 days, 98 % wear"
            )
        assert found["gri_zone"] is None
        assert found["mean"] is not None
        assert "mean" not in found["why"]
