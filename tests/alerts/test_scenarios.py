"""Every scenario of `scenarios/` has its right answer: hazards, and attacks that were safe.

`expect` is a partial answer:

- `told`: each `{"who", "kind"?, "from_min"?, "by_min"?}` is the time of at least one mail.
- `not_told`: nobody of these was mailed (of the kind, between the times).
- `alerts`: as many as there are, in order, each with the keys given (`ended_because`, `kind`, …).
- `reasons`, `no_reasons`: codes that stand, or do not stand, in the worklist.
- `stage`, `meets_targets`, `stored`, `counted`, `set_aside`: exactly these.
- `refused`: how many events the platform refused; without it none.
- `today`: whether the nurse's Today lists the patient.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from telehealth.rehearsal import running, scenario
from telehealth.rehearsal.outcome import outcome

FOLDER = Path(__file__).parent / "scenarios"
FILES = sorted(FOLDER.glob("*.json"))


def rehearsed(given: dict[str, Any]) -> dict[str, Any]:
    with running.played(scenario.read(given)) as play:
        return outcome(play)


def mails(found: dict[str, Any], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        one
        for one in found["told"]
        if one["who"] == wanted["who"]
        and one["kind"] == wanted.get("kind", one["kind"])
        and wanted.get("from_min", 0) <= one["after_min"] <= wanted.get("by_min", float("inf"))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_ends_as_it_must(path: Path) -> None:
    told = json.loads(path.read_text())
    found, expected = rehearsed(told["scenario"]), told["expect"]

    for wanted in expected.get("told", ()):
        assert mails(found, wanted), (wanted, found["told"])
    for wanted in expected.get("not_told", ()):
        assert not mails(found, wanted), (wanted, found["told"])
    if "alerts" in expected:
        shown = [
            {name: one[name] for name in wanted}
            for one, wanted in zip(found["alerts"], expected["alerts"], strict=False)
        ]
        assert (shown, len(found["alerts"])) == (expected["alerts"], len(expected["alerts"]))
    worklist = found["worklist"]
    assert set(expected.get("reasons", ())) <= set(worklist["reasons"]), worklist
    assert not set(expected.get("no_reasons", ())) & set(worklist["reasons"]), worklist
    for name in ("stage", "meets_targets"):
        assert worklist[name] == expected.get(name, worklist[name])
    for name in ("stored", "counted", "set_aside"):
        assert found[name] == expected.get(name, found[name])
    assert len(found["refused"]) == expected.get("refused", 0), found["refused"]
    assert bool(found["today"]) == expected.get("today", bool(found["today"]))
