"""The rehearsal as a clinic uses it, and what holds for any scenario."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from telehealth.cli import root
from telehealth.rehearsal import running, scenario
from telehealth.rehearsal.outcome import outcome

GUIDE = Path(__file__).parents[2] / "docs/how-to/rehearse.md"
PEOPLE: dict[str, dict[str, bool]] = {"patient": {}, "proxy": {}, "nurse": {}, "doctor": {}}
START = "2026-12-01T08:00+01:00"


def example() -> str:
    (found,) = re.findall(r"```json\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    return str(found)


def rehearsed(events: list[dict[str, Any]], until_min: float) -> dict[str, Any]:
    given = {"start": START, "people": PEOPLE, "events": events, "until_min": until_min}
    with running.played(scenario.read(given)) as play:
        return outcome(play)


def test_the_example_of_the_guide_says_what_the_guide_says(tmp_path: Path) -> None:
    path = tmp_path / "example.json"
    path.write_text(example())

    answer = CliRunner().invoke(root, ["alerts", "rehearse", str(path), "--json"])

    found = json.loads(answer.output)
    told = [(one["after_min"], one["who"]) for one in found["told"]]
    assert {(0, "patient"), (15, "patient"), (5, "proxy"), (15, "nurse"), (30, "doctor")} <= set(
        told
    )
    assert found["alerts"][0]["ended_after_min"] == 75
    assert found["worklist"]["stage"] == "open"
    assert "very_low_episode" in found["worklist"]["reasons"]


def test_people_read_it_in_lines(tmp_path: Path) -> None:
    path = tmp_path / "example.json"
    path.write_text(example())

    answer = CliRunner().invoke(root, ["alerts", "rehearse", str(path)])

    assert answer.exit_code == 0
    assert "nurse     very_low 2.5" in answer.output
    assert "ended 75 min (recovered)" in answer.output


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "#: This is no JSON"),
        ("[]", "#: A scenario is a JSON object."),
        ('{"start": "2026-12-01T08:00+01:00", "people": {}, "until_min": 1}', "#/people/patient"),
        (
            json.dumps({"start": START, "people": PEOPLE, "until_min": 1, "event": []}),
            "#/event: Unknown field.",
        ),
        (
            json.dumps(
                {
                    "start": START, "people": PEOPLE, "until_min": 1,
                    "events": [{"after_min": 0, "do": "reading", "value": "many"}],
                }
            ),
            '#/events/0/value: A value is a number, "HI" or "LO".',
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)

    answer = CliRunner().invoke(root, ["alerts", "rehearse", str(path)])

    assert answer.exit_code == 2
    assert place in answer.output


COURSES = st.lists(
    st.tuples(
        st.integers(0, 90),
        st.sampled_from(["LO", "2.4", "2.9", "3.4", "4.5", "7.0", "15.0"]),
        st.sampled_from(["sensor", "meter"]),
        st.integers(0, 60),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: (one[0], one[2]),
)
"""Measured in this minute, shown, by which source, how late it comes."""


@settings(max_examples=8, phases=(Phase.generate,))
@given(course=COURSES)
def test_whatever_comes_a_value_below_three_is_told_or_waits_for_a_person(
    course: list[tuple[int, str, str, int]],
) -> None:
    events = [
        {
            "after_min": at + late, "do": "reading", "source": source, "value": value,
            "measured_after_min": at,
        }
        for at, value, source, late in course
    ]  # fmt: skip
    found = rehearsed(events, 200)

    very_low = [at + late for at, value, _, late in course if value in ("LO", "2.4", "2.9")]
    for came in very_low:
        is_told = any(
            one["kind"] == "very_low" and one["after_min"] <= came + 5 for one in found["told"]
        )
        waits = {"alert_very_low", "very_low_episode", "seen_late"}
        assert is_told or waits & set(found["worklist"]["reasons"])
    if very_low:
        assert not found["worklist"]["meets_targets"]


@settings(max_examples=5, phases=(Phase.generate,))
@given(course=COURSES, data=st.data())
def test_no_order_repetition_or_split_of_the_same_uploads_changes_the_outcome(
    course: list[tuple[int, str, str, int]], data: st.DataObject
) -> None:
    events = [
        {
            "after_min": 100, "do": "reading", "source": source, "value": value,
            "measured_after_min": at,
        }
        for at, value, source, _ in course
    ]  # fmt: skip
    shuffled = data.draw(st.permutations(events))
    again = data.draw(st.lists(st.sampled_from(events), max_size=3))

    first, second = rehearsed(events, 130), rehearsed([*shuffled, *again], 130)

    for name in ("worklist", "stored", "counted", "set_aside"):
        assert first[name] == second[name]
    assert _shape(first) == _shape(second)


def _shape(found: dict[str, Any]) -> list[tuple[str, bool]]:
    return sorted((one["kind"], one["ended_after_min"] is None) for one in found["alerts"])
