"""What the guide says of alerts is what the code does."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from telehealth.alerts.models import Kind
from telehealth.alerts.service import KINDS, STARTING, Rule, episodes, telling, watching
from telehealth.alerts.service.answering import MAX_PAUSES, UNDO

GUIDE = Path(__file__).parents[2] / "docs/how-to/alerts.md"
NAMES = {
    Kind.URGENT_LOW: "very low value",
    Kind.LOW: "low value",
    Kind.HIGH: "high value",
    Kind.VERY_HIGH: "very high value",
    Kind.NO_DATA: "no readings",
}
STEPS = (("representatives", "proxy_min"), ("nurse", "nurse_min"), ("doctor", "doctor_min"))


def said_of(kind: Kind) -> list[str]:
    """The cells of the guide's row about a rule."""
    rows = [
        line for line in GUIDE.read_text().splitlines() if line.startswith(f"| {NAMES[kind]} |")
    ]
    (row,) = rows
    return [cell.strip() for cell in row.strip("|").split("|")]


def numbers(words: str) -> list[int]:
    return [int(found) for found in re.findall(r"\d+", words)]


def values_words(rule: Rule) -> list[int]:
    if rule.kind is Kind.NO_DATA:
        return []
    return [rule.values_n] if rule.values_n == 1 else [rule.values_n, rule.values_within_min]


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_the_guide_is_what_a_clinic_starts_with(kind: Kind) -> None:
    rule = STARTING[kind]
    _, edge, lasts, values, repeat, acknowledged, steps = said_of(kind)

    if rule.threshold is not None:
        assert f"{rule.threshold.tick / 10:.1f}" in edge
    assert numbers(lasts) == [rule.delay_min]
    assert numbers(values) == values_words(rule)
    assert numbers(repeat) == ([rule.repeat_min] if rule.repeat_min else [])
    assert numbers(acknowledged) == [rule.acknowledged_min]
    assert ("switched off" in steps) == (not rule.is_on)
    told = dict(re.findall(r"(representatives|nurse|doctor)(?: after)? (\d+) min", steps))
    assert {name: int(told[name]) if name in told else None for name, _ in STEPS} == {
        name: getattr(rule, field) for name, field in STEPS
    }


@pytest.mark.parametrize(
    ("says", "value"),
    [
        ("Up\n  to (\\d+) minutes after it was measured it still rings", episodes.LATE),
        ("by (\\d+)\n  minutes of its values", episodes.RECOVERY),
        ("a gap of more than (\\d+) minutes", episodes.GAP),
        ("within\n(\\d+) minutes, the next step comes then", telling.RECEIPT),
    ],
)
def test_minutes_of_the_guide_are_those_of_the_code(says: str, value: timedelta) -> None:
    (found,) = re.findall(says, GUIDE.read_text())

    assert timedelta(minutes=int(found)) == value


def test_hours_days_and_counts_of_the_guide_are_those_of_the_code() -> None:
    text = GUIDE.read_text()

    assert f"After {episodes.LAPSE // timedelta(hours=1)} hours without a value" in text
    assert f"older than {watching.HORIZON.days} days are history" in text
    assert (2, timedelta(minutes=10)) == (MAX_PAUSES, UNDO)
    assert "at most\n  twice" in text
    assert "taken back for ten minutes" in text
