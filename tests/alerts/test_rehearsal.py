"""The rehearsal as a clinic uses it, and what holds for any scenario."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from telehealth.cli import root
from telehealth.readings.models import Reading
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
            '#/events/0/value: A value is a number as a meter shows it, "HI" or "LO".',
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)

    answer = CliRunner().invoke(root, ["alerts", "rehearse", str(path)])

    assert answer.exit_code == 2
    assert place in answer.output


def wrong(**changes: Any) -> dict[str, str]:
    """The places of the mistakes of a scenario."""
    given = {"start": START, "people": PEOPLE, "until_min": 60, "events": []} | changes
    with pytest.raises(scenario.BadScenario) as refused:
        scenario.read(given)
    return refused.value.errors


LOW = {"after_min": 0, "do": "reading", "source": "meter", "value": "2.5"}


@pytest.mark.parametrize(
    ("event", "place"),
    [
        ({"do": "acknowledge", "by": "guardian"}, "#/events/0/by"),
        ({"do": "acknowledge"}, "#/events/0/by"),
        ({"do": "acknowledge", "by": "aunt"}, "#/events/0/by"),
        ({"do": "end_mandate", "by": "nurse"}, "#/events/0/by"),
        ({"do": "remove", "ref": "first"}, "#/events/0/ref"),
        ({"do": "correct", "ref": "first", "value": "LO"}, "#/events/0/value"),
        ({"do": "sing"}, "#/events/0/do"),
        ({"do": "reading", "source": "tea", "value": "5"}, "#/events/0/source"),
        ({"do": "reading"}, "#/events/0/value"),
        ({"do": "reading", "value": "5", "times": 3}, "#/events/0/every_min"),
        ({"do": "reading", "value": "5", "after_min": -1}, "#/events/0/after_min"),
        ({"do": "reading", "value": "5", "after_min": 61}, "#/events/0/after_min"),
        (
            {"do": "reading", "value": "5", "after_min": 30, "times": 8, "every_min": 5},
            "#/events/0/after_min",
        ),
    ],
)
def test_an_event_that_cannot_be_played_is_named(event: dict[str, Any], place: str) -> None:
    assert place in wrong(events=[{"after_min": 0} | event])


@pytest.mark.parametrize(
    ("rule", "is_wrong"),
    [
        ({"threshold": 3.15}, True),
        ({"threshold": 57.5, "unit": "mg/dL"}, True),
        ({"threshold": 3.2}, False),
        ({"threshold": 57, "unit": "mg/dL"}, False),
    ],
)
def test_a_threshold_finer_than_a_rule_can_say_is_refused(
    rule: dict[str, Any], *, is_wrong: bool
) -> None:
    given = {"start": START, "people": PEOPLE, "until_min": 60, "rules": {"low": rule}}
    if is_wrong:
        assert "#/rules/low/threshold" in wrong(rules={"low": rule})
    else:
        found = scenario.read(given)
        with running.played(found) as play:
            assert outcome(play)["alerts"] == []
        assert found.rules["low"] == scenario.read(given).rules["low"]


def test_mistakes_are_objects_for_programs(tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps({"start": START, "people": PEOPLE, "until_min": 60, "zone": "Mars"}))

    answer = CliRunner().invoke(root, ["alerts", "rehearse", str(path), "--json"])

    assert answer.exit_code == 2
    assert json.loads(answer.output)["errors"] == [
        {"pointer": "#/zone", "detail": "No such time zone."}
    ]


def test_what_happens_during_a_series_happens_during_it() -> None:
    series = {
        "after_min": 0, "do": "reading", "source": "sensor", "value": "2.5",
        "every_min": 5, "times": 13,
    }  # fmt: skip
    found = rehearsed([series, {"after_min": 2, "do": "acknowledge", "by": "patient"}], 60)

    (given,) = [one for alert in found["alerts"] for one in alert["acknowledged"]]
    assert given["after_min"] == 2
    assert given["void_after_min"] == 22


def test_who_was_told_is_said_with_the_value_that_was_known() -> None:
    found = rehearsed(
        [LOW, LOW | {"after_min": 20, "value": "1.9"}, LOW | {"after_min": 40, "value": "6.0"}], 60
    )

    values = {(one["who"], one["after_min"]): one["value"] for one in found["told"]}
    assert values["patient", 0] == "2.5"
    assert values["nurse", 15] == "2.5"
    assert values["doctor", 30] == "1.9"


def test_readings_carry_the_patients_own_clock() -> None:
    given = {
        "start": START, "people": PEOPLE, "until_min": 5, "zone": "America/New_York",
        "events": [LOW],
    }  # fmt: skip
    with running.played(scenario.read(given)) as play, play.database.reading() as session:
        assert session.scalars(select(Reading.offset_min)).all() == [-300]


def test_two_rehearsals_of_a_process_know_nothing_of_each_other() -> None:
    first, second = rehearsed([LOW], 20), rehearsed([LOW], 20)

    assert first == second
    assert rehearsed([], 20)["alerts"] == []


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "example.json"
    path.write_text(example())
    command = [sys.executable, "-m", "telehealth", "alerts", "rehearse", str(path)]
    empty = tmp_path / "empty"
    empty.mkdir()

    subprocess.run(command, env=os.environ | {"TMPDIR": str(empty)}, cwd=empty, check=True)

    assert list(empty.iterdir()) == []


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


@settings(max_examples=8, derandomize=True, deadline=None, phases=(Phase.generate,))
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
            one["kind"] == "very_low" and came <= one["after_min"] <= came + 5
            for one in found["told"]
        )
        waits = {"alert_very_low", "very_low_episode", "seen_late"}
        assert is_told or waits & set(found["worklist"]["reasons"])
    if very_low:
        assert not found["worklist"]["meets_targets"]


@settings(max_examples=5, derandomize=True, deadline=None, phases=(Phase.generate,))
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


@pytest.mark.parametrize("value", ["7.0", "2.4", "15.0"])
def test_values_taken_together_end_as_values_taken_one_by_one(value: str) -> None:
    """A reading with a name is never taken together with others."""
    calm = [
        {"after_min": 5 * n, "do": "reading", "source": "sensor", "value": "7.0"} for n in range(8)
    ]
    after = {
        "after_min": 40, "do": "reading", "source": "sensor", "value": value, "every_min": 5,
        "times": 4,
    }  # fmt: skip
    named = [one | {"ref": f"r{n}"} for n, one in enumerate(calm)]

    assert rehearsed([*calm, after], 180) == rehearsed([*named, after], 180)


def test_what_the_platform_refuses_is_shown_and_changes_nothing() -> None:
    series = {"after_min": 0, "do": "reading", "source": "meter", "value": "2.5", "ref": "a"}
    found = rehearsed([series, {"after_min": 2, "do": "remove", "ref": "a"}], 5)

    assert [(one["after_min"], one["do"], one["by"]) for one in found["refused"]] == [
        (2, "remove", "patient")
    ]
    assert found["counted"] == 1


def test_a_rule_the_platform_refuses_is_a_mistake_of_the_scenario() -> None:
    given = {
        "start": START, "people": PEOPLE, "until_min": 5, "rules": {"low": {"delay_min": -5}},
    }  # fmt: skip
    with pytest.raises(scenario.BadScenario) as refused, running.played(scenario.read(given)):
        pass

    assert list(refused.value.errors) == ["#/rules/low"]
