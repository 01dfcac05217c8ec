"""The device check: what each measurement means for the coming call."""

import math

import pytest

from video import precheck
from video.precheck import (
    Camera,
    Microphone,
    Network,
    Outcome,
    Problem,
    Relay,
    Results,
    Speaker,
    Step,
    verdicts,
)

ALL_WELL = Results(
    camera=Camera(height_px=480, frames_per_s=20),
    microphone=Microphone(peak_dbfs=-18),
    speaker=Speaker(is_heard=True),
    network=Network(is_node_there=True, is_connected=True, rtt_ms=40, loss_pct=0),
    relay=Relay(is_configured=True, is_found=True, took_ms=120),
)


def test_when_all_is_well_every_step_is_good_and_in_order():
    judged = verdicts(ALL_WELL)

    assert [verdict.step for verdict in judged] == list(Step)
    assert {verdict.outcome for verdict in judged} == {Outcome.GOOD}
    assert precheck.is_ready(judged)


def test_what_was_not_measured_is_never_good():
    judged = verdicts(Results())

    assert {verdict.outcome for verdict in judged} == {Outcome.SKIPPED}
    assert not precheck.is_ready(judged)


@pytest.mark.parametrize(
    ("camera", "outcome"),
    [
        (Camera(problem=Problem.REFUSED), Outcome.BAD),
        (Camera(problem=Problem.BUSY), Outcome.BAD),
        (Camera(problem=Problem.OTHER), Outcome.BAD),
        (Camera(problem=Problem.ABSENT), Outcome.WARNING),
        (Camera(height_px=480, frames_per_s=0), Outcome.BAD),
        (Camera(height_px=480, frames_per_s=9.9), Outcome.WARNING),
        (Camera(height_px=239, frames_per_s=20), Outcome.WARNING),
        (Camera(height_px=240, frames_per_s=10), Outcome.GOOD),
    ],
)
def test_the_picture_is_judged(camera: Camera, outcome: Outcome):
    assert precheck.camera(camera).outcome is outcome


@pytest.mark.parametrize(
    ("microphone", "outcome"),
    [
        *[(Microphone(problem=problem), Outcome.BAD) for problem in Problem],
        (Microphone(peak_dbfs=-60.1), Outcome.BAD),
        (Microphone(peak_dbfs=-60), Outcome.WARNING),
        (Microphone(peak_dbfs=-40), Outcome.GOOD),
        (Microphone(peak_dbfs=0), Outcome.GOOD),
    ],
)
def test_the_sound_is_judged(microphone: Microphone, outcome: Outcome):
    assert precheck.microphone(microphone).outcome is outcome


@pytest.mark.parametrize(
    ("network", "outcome"),
    [
        (Network(is_node_there=False), Outcome.SKIPPED),
        (Network(is_node_there=True), Outcome.BAD),
        (Network(is_node_there=True, is_connected=True), Outcome.GOOD),
        (Network(is_node_there=True, is_connected=True, rtt_ms=301), Outcome.WARNING),
        (Network(is_node_there=True, is_connected=True, rtt_ms=801), Outcome.BAD),
        (Network(is_node_there=True, is_connected=True, loss_pct=10.5), Outcome.BAD),
    ],
)
def test_the_network_is_judged(network: Network, outcome: Outcome):
    assert precheck.network(network).outcome is outcome


@pytest.mark.parametrize(
    ("relay", "outcome"),
    [
        (Relay(is_configured=False), Outcome.SKIPPED),
        (Relay(is_configured=True), Outcome.WARNING),
        (Relay(is_configured=True, is_found=True, took_ms=3001), Outcome.WARNING),
        (Relay(is_configured=True, is_found=True, took_ms=10), Outcome.GOOD),
    ],
)
def test_the_relay_is_judged_but_never_bad(relay: Relay, outcome: Outcome):
    assert precheck.relay(relay).outcome is outcome


def test_a_call_can_do_without_camera_and_node_but_not_without_sound():
    def ready(**changed: object) -> bool:
        steps = {step.value: getattr(ALL_WELL, step.value) for step in Step}
        return precheck.is_ready(verdicts(Results(**(steps | changed))))

    assert ready(camera=Camera(problem=Problem.ABSENT), network=Network(is_node_there=False))
    assert ready(relay=Relay(is_configured=True))
    assert not ready(microphone=Microphone(problem=Problem.REFUSED))
    assert not ready(speaker=Speaker(is_heard=False))
    assert not ready(network=Network(is_node_there=True))


def test_what_cannot_be_measured_is_no_result():
    with pytest.raises(ValueError, match="measurement"):
        Camera(frames_per_s=math.nan)
    with pytest.raises(ValueError, match="level"):
        Microphone(peak_dbfs=3)
    with pytest.raises(ValueError, match="measurement"):
        Network(is_node_there=True, rtt_ms=-1)
    with pytest.raises(ValueError, match="measurement"):
        Relay(is_configured=True, took_ms=math.inf)
