"""Reasons of the worklist: their codes, how far up each lifts a patient, and what is calm."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Code(StrEnum):
    """Reasons; the place in `CODES` is stored as a bit: append only, 31 at most."""

    ALERT = "alert"
    """Of an earlier release: an alert of any kind."""
    VERY_LOW = "very_low"
    LOW = "low"
    VERY_HIGH = "very_high"
    HIGH = "high"
    IN_RANGE = "in_range"
    DROP = "drop"
    FASTING = "fasting"
    NEVER = "never"
    SILENT = "silent"
    MISSED = "missed"
    WEAR = "wear"
    ADHERENCE = "adherence"
    FALLING = "falling"
    THIN = "thin"
    NO_GOALS = "no_goals"
    GOOD = "good"
    ALERT_VERY_LOW = "alert_very_low"
    ALERT_ANSWER = "alert_answer"
    ALERT_LOW = "alert_low"
    ALERT_VERY_HIGH = "alert_very_high"
    ALERT_HIGH = "alert_high"
    ALERT_NO_DATA = "alert_no_data"
    EPISODE = "very_low_episode"
    """A very low episode is over and waits for somebody who closes it."""
    SEEN_LATE = "seen_late"
    """A very low value that came to us only afterwards."""
    HI = "hi"
    UNACKNOWLEDGED = "unacknowledged"
    """An alert is over and waits for somebody who closes it."""
    SOME_VERY_LOW = "some_very_low"
    """There were very low values, all of them closed."""


CODES = tuple(Code)
SEVERITY = {
    Code.ALERT_VERY_LOW: 95, Code.ALERT_ANSWER: 92, Code.EPISODE: 80, Code.SEEN_LATE: 78,
    Code.VERY_LOW: 72, Code.ALERT: 70, Code.ALERT_LOW: 68, Code.HI: 66, Code.ALERT_VERY_HIGH: 64,
    Code.LOW: 50, Code.UNACKNOWLEDGED: 48, Code.ALERT_HIGH: 46, Code.VERY_HIGH: 40, Code.HIGH: 30,
    Code.NO_GOALS: 28, Code.IN_RANGE: 25, Code.DROP: 22, Code.FASTING: 20, Code.ALERT_NO_DATA: 17,
    Code.SILENT: 16, Code.NEVER: 15, Code.MISSED: 14, Code.WEAR: 13, Code.ADHERENCE: 12,
    Code.FALLING: 10, Code.THIN: 5, Code.SOME_VERY_LOW: 4, Code.GOOD: 0,
}  # fmt: skip
"""How far up a reason lifts its patient; the highest of a patient decides. By danger: no sensor
that is silent stands above a value below 3.0 mmol/L."""
ACKNOWLEDGED_LESS = 10
"""By how much less an alert lifts that somebody has taken on."""
CALM = frozenset({Code.THIN, Code.SOME_VERY_LOW, Code.GOOD})
"""Said in the row, but no reason to open it."""
OF_ALERTS = frozenset(
    {
        Code.ALERT_VERY_LOW, Code.ALERT_ANSWER, Code.ALERT_LOW, Code.ALERT_VERY_HIGH,
        Code.ALERT_HIGH, Code.ALERT_NO_DATA,
    }
)  # fmt: skip
TO_REVIEW = frozenset({Code.EPISODE, Code.SEEN_LATE, Code.HI, Code.UNACKNOWLEDGED})
"""Reasons that only a person ends."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, with the numbers its sentence needs."""

    code: Code
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def severity(self) -> int:
        """How far up it lifts its patient; an alert that somebody has taken on, a little less."""
        is_taken_on = self.code in OF_ALERTS and not self.numbers.get("rings", 1)
        return SEVERITY[self.code] - (ACKNOWLEDGED_LESS if is_taken_on else 0)


def bits_of(codes: Iterable[Code]) -> int:
    """Codes as bits."""
    return sum(1 << CODES.index(code) for code in set(codes))
