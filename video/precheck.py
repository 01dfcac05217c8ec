"""The device check before a call: what each measurement means, in one sentence.

The browser measures, these functions judge. A step that was not measured is `SKIPPED`, never good.
Limits of the network are those of a call (`video.quality`); the others are our own choice.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from video import quality
from video.words import N_


class Step(StrEnum):
    """Steps in the order in which a person meets them."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    SPEAKER = "speaker"
    NETWORK = "network"
    RELAY = "relay"


class Outcome(StrEnum):
    """What a step says about the coming call."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    SKIPPED = "skipped"


class Problem(StrEnum):
    """Why a device did not open, by the name of the browser's `DOMException`."""

    REFUSED = "NotAllowedError"
    ABSENT = "NotFoundError"
    BUSY = "NotReadableError"
    OTHER = "other"


MIN_HEIGHT_PX: Final = 240
MIN_FRAMES_PER_S: Final = 10.0
SPEECH_PEAK_DBFS: Final = -40.0
"""A sentence spoken at arm's length peaks above this."""
SILENCE_PEAK_DBFS: Final = -60.0
"""Below this nothing but the noise of the device was heard."""
SLOW_RELAY_MS: Final = 3000.0


@dataclass(frozen=True, slots=True)
class Camera:
    """What the camera delivered; `problem` alone when it did not open."""

    problem: Problem | None = None
    height_px: int = 0
    frames_per_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be measured."""
        _require_measured(self.height_px, self.frames_per_s)


@dataclass(frozen=True, slots=True)
class Microphone:
    """The loudest moment while the person spoke, in dB below full scale."""

    problem: Problem | None = None
    peak_dbfs: float = -100.0

    def __post_init__(self) -> None:
        """Refuse what cannot be measured."""
        if not (math.isfinite(self.peak_dbfs) and self.peak_dbfs <= 0):
            raise ValueError(f"not a level: {self.peak_dbfs}")


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whether the person says that they heard themselves."""

    is_heard: bool


@dataclass(frozen=True, slots=True)
class Network:
    """The echo through the media node."""

    is_node_there: bool
    """False: this installation runs no media node now. Calls work without it."""
    is_connected: bool = False
    rtt_ms: float | None = None
    loss_pct: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be measured."""
        _require_measured(self.rtt_ms or 0.0, self.loss_pct or 0.0)


@dataclass(frozen=True, slots=True)
class Relay:
    """Whether the TURN server gave a relay candidate."""

    is_configured: bool
    is_found: bool = False
    took_ms: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be measured."""
        _require_measured(self.took_ms)


@dataclass(frozen=True, slots=True)
class Results:
    """All that was measured; None: the step was not taken."""

    camera: Camera | None = None
    microphone: Microphone | None = None
    speaker: Speaker | None = None
    network: Network | None = None
    relay: Relay | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of the result page."""

    step: Step
    outcome: Outcome
    msgid: str
    """English sentence for the catalogue."""


_NOT_TAKEN: Final = N_("This step was not taken.")

_CAMERA_PROBLEMS: Final = {
    Problem.REFUSED: N_("The browser may not use the camera. Allow it beside the address bar."),
    Problem.ABSENT: N_("No camera was found. The call works with sound alone."),
    Problem.BUSY: N_("Another program is using the camera. Close it and try again."),
    Problem.OTHER: N_("The camera could not be opened. Restart the browser and try again."),
}

_MICROPHONE_PROBLEMS: Final = {
    Problem.REFUSED: N_("The browser may not use the microphone. Allow it beside the address bar."),
    Problem.ABSENT: N_("No microphone was found. Plug one in and try again."),
    Problem.BUSY: N_("Another program is using the microphone. Close it and try again."),
    Problem.OTHER: N_("The microphone could not be opened. Restart the browser and try again."),
}


def verdicts(results: Results) -> tuple[Verdict, ...]:
    """Return one verdict per step, in the order of `Step`."""
    return (
        camera(results.camera),
        microphone(results.microphone),
        speaker(results.speaker),
        network(results.network),
        relay(results.relay),
    )


def is_ready(judged: tuple[Verdict, ...]) -> bool:
    """Whether a call can take place: a microphone that works and nothing else in its way.

    A call without a picture is still a call; one without sound or without any network is not.
    """
    outcomes = {verdict.step: verdict.outcome for verdict in judged}
    return outcomes.get(Step.MICROPHONE) in {Outcome.GOOD, Outcome.WARNING} and all(
        outcomes.get(step) is not Outcome.BAD for step in (Step.SPEAKER, Step.NETWORK)
    )


def camera(found: Camera | None) -> Verdict:
    """Judge the picture."""
    if found is None:
        return Verdict(Step.CAMERA, Outcome.SKIPPED, _NOT_TAKEN)
    if found.problem is not None:
        is_absent = found.problem is Problem.ABSENT
        outcome = Outcome.WARNING if is_absent else Outcome.BAD
        return Verdict(Step.CAMERA, outcome, _CAMERA_PROBLEMS[found.problem])
    if found.frames_per_s == 0 or found.height_px == 0:
        return Verdict(
            Step.CAMERA, Outcome.BAD, N_("The camera gives no picture. Is its cover closed?")
        )
    if found.height_px < MIN_HEIGHT_PX or found.frames_per_s < MIN_FRAMES_PER_S:
        return Verdict(
            Step.CAMERA, Outcome.WARNING, N_("The picture is small or slow. More light may help.")
        )
    return Verdict(Step.CAMERA, Outcome.GOOD, N_("The camera works."))


def microphone(found: Microphone | None) -> Verdict:
    """Judge the sound that went out."""
    if found is None:
        return Verdict(Step.MICROPHONE, Outcome.SKIPPED, _NOT_TAKEN)
    if found.problem is not None:
        return Verdict(Step.MICROPHONE, Outcome.BAD, _MICROPHONE_PROBLEMS[found.problem])
    if found.peak_dbfs < SILENCE_PEAK_DBFS:
        return Verdict(
            Step.MICROPHONE, Outcome.BAD, N_("The microphone hears nothing. Is it muted?")
        )
    if found.peak_dbfs < SPEECH_PEAK_DBFS:
        return Verdict(
            Step.MICROPHONE, Outcome.WARNING, N_("The microphone is quiet. Move closer to it.")
        )
    return Verdict(Step.MICROPHONE, Outcome.GOOD, N_("The microphone works."))


def speaker(found: Speaker | None) -> Verdict:
    """Judge the sound that came back."""
    if found is None:
        return Verdict(Step.SPEAKER, Outcome.SKIPPED, _NOT_TAKEN)
    if not found.is_heard:
        return Verdict(
            Step.SPEAKER,
            Outcome.BAD,
            N_("You did not hear yourself. Turn up the volume or choose another speaker."),
        )
    return Verdict(Step.SPEAKER, Outcome.GOOD, N_("The speaker works."))


def network(found: Network | None) -> Verdict:
    """Judge the way to the server and back."""
    if found is None:
        return Verdict(Step.NETWORK, Outcome.SKIPPED, _NOT_TAKEN)
    if not found.is_node_there:
        return Verdict(
            Step.NETWORK,
            Outcome.SKIPPED,
            N_("The echo test is not available now. Calls work without it."),
        )
    if not found.is_connected:
        return Verdict(
            Step.NETWORK,
            Outcome.BAD,
            N_("The network lets no call through. Try another network, such as mobile data."),
        )
    level = quality.worst(
        quality.RTT_MS.level(found.rtt_ms), quality.LOSS_PCT.level(found.loss_pct)
    )
    if level is quality.Level.POOR:
        return Verdict(
            Step.NETWORK, Outcome.BAD, N_("The network is too slow for a call. Try another one.")
        )
    if level is quality.Level.FAIR:
        return Verdict(
            Step.NETWORK, Outcome.WARNING, N_("The network is uneven. Stay close to the router.")
        )
    return Verdict(Step.NETWORK, Outcome.GOOD, N_("The network is good enough for a call."))


def relay(found: Relay | None) -> Verdict:
    """Judge the way through strict networks. A call may well work without it, so never `BAD`."""
    if found is None:
        return Verdict(Step.RELAY, Outcome.SKIPPED, _NOT_TAKEN)
    if not found.is_configured:
        return Verdict(Step.RELAY, Outcome.SKIPPED, N_("No relay server is set up here."))
    if not found.is_found:
        return Verdict(
            Step.RELAY,
            Outcome.WARNING,
            N_("The relay server cannot be reached. In strict networks the call may fail."),
        )
    if found.took_ms > SLOW_RELAY_MS:
        return Verdict(Step.RELAY, Outcome.WARNING, N_("The relay server answers slowly."))
    return Verdict(Step.RELAY, Outcome.GOOD, N_("The relay server can be reached."))


def _require_measured(*values: float) -> None:
    for value in values:
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"not a measurement: {value}")
