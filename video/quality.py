"""How a call feels, from a summary of `getStats`: three levels and one sentence of advice.

Limits: a round trip up to 300 ms keeps the one-way delay near the 150 ms that ITU-T G.114 calls fit
for conversation, and above 800 ms it passes the 400 ms that G.114 advises against. The others are
our own choice.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from video.words import N_


class Level(StrEnum):
    """What the indicator shows."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class Step(StrEnum):
    """What the call should do next, mildest first."""

    NOTHING = "nothing"
    LOWER_VIDEO = "lower_video"
    AUDIO_ONLY = "audio_only"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Summary:
    """The last few seconds of what was received. None: not measured."""

    is_video_expected: bool
    rtt_ms: float | None = None
    loss_pct: float | None = None
    jitter_ms: float | None = None
    frames_per_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be measured."""
        for value in (self.rtt_ms, self.loss_pct, self.jitter_ms, self.frames_per_s):
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise ValueError(f"not a measurement: {value}")


@dataclass(frozen=True, slots=True)
class Quality:
    """One reading of the indicator."""

    level: Level
    step: Step
    msgid: str
    """English sentence for the catalogue."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Above `fair` a value is fair, above `poor` it is poor."""

    fair: float
    poor: float

    def level(self, value: float | None) -> Level:
        """Return the level of a value; an unmeasured one is not held against the call."""
        if value is None or value <= self.fair:
            return Level.GOOD
        return Level.FAIR if value <= self.poor else Level.POOR


RTT_MS: Final = Limit(fair=300, poor=800)
LOSS_PCT: Final = Limit(fair=3, poor=10)
JITTER_MS: Final = Limit(fair=40, poor=100)
FRAMES_PER_S: Final = (12.0, 5.0)
"""Below the first the picture is fair, below the second it is poor."""

_RANK: Final = (Level.GOOD, Level.FAIR, Level.POOR)


def assess(summary: Summary) -> Quality:
    """Return the level of the worst value and what to do about it.

    Sound decides before the picture: a poor network without video leaves only the phone.
    """
    network = worst(
        RTT_MS.level(summary.rtt_ms),
        LOSS_PCT.level(summary.loss_pct),
        JITTER_MS.level(summary.jitter_ms),
    )
    if network is Level.POOR:
        if summary.is_video_expected:
            return Quality(
                Level.POOR,
                Step.AUDIO_ONLY,
                N_("The connection is poor. Turn off the camera to keep the sound clear."),
            )
        return Quality(
            Level.POOR, Step.PHONE, N_("The connection is too weak. Continue by telephone.")
        )
    picture = _picture(summary)
    if picture is Level.POOR or (network is Level.FAIR and summary.is_video_expected):
        return Quality(
            worst(network, picture),
            Step.LOWER_VIDEO,
            N_("The connection is uneven. The picture is made smaller."),
        )
    if worst(network, picture) is Level.FAIR:
        return Quality(
            Level.FAIR, Step.NOTHING, N_("The connection is uneven. Stay close to the router.")
        )
    return Quality(Level.GOOD, Step.NOTHING, N_("The connection is good."))


def worst(*levels: Level) -> Level:
    """Return the worst of the levels."""
    return max(levels, key=_RANK.index)


def _picture(summary: Summary) -> Level:
    fair, poor = FRAMES_PER_S
    if not summary.is_video_expected or summary.frames_per_s is None:
        return Level.GOOD
    if summary.frames_per_s >= fair:
        return Level.GOOD
    return Level.FAIR if summary.frames_per_s >= poor else Level.POOR
