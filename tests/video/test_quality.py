"""The quality indicator: three levels and one sentence."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from video.quality import Level, Step, Summary, assess


@pytest.mark.parametrize(
    ("summary", "level", "step"),
    [
        (Summary(is_video_expected=True), Level.GOOD, Step.NOTHING),
        (Summary(True, 40, 0, 5, 20), Level.GOOD, Step.NOTHING),
        (Summary(True, 301, 0, 5, 20), Level.FAIR, Step.LOWER_VIDEO),
        (Summary(False, 301, 0, 5), Level.FAIR, Step.NOTHING),
        (Summary(True, 40, 0, 5, 11), Level.FAIR, Step.NOTHING),
        (Summary(True, 40, 0, 5, 2), Level.POOR, Step.LOWER_VIDEO),
        (Summary(False, 40, 0, 5, 0), Level.GOOD, Step.NOTHING),
        (Summary(True, 40, 11, 5, 20), Level.POOR, Step.AUDIO_ONLY),
        (Summary(False, 40, 11, 5), Level.POOR, Step.PHONE),
        (Summary(False, 801), Level.POOR, Step.PHONE),
        (Summary(False, 40, 0, 101), Level.POOR, Step.PHONE),
    ],
)
def test_sound_comes_before_the_picture_and_the_phone_last(
    summary: Summary, level: Level, step: Step
):
    found = assess(summary)

    assert (found.level, found.step) == (level, step)
    assert found.msgid.endswith(".")


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_what_cannot_be_measured_is_no_summary(value: float):
    with pytest.raises(ValueError, match="measurement"):
        Summary(is_video_expected=True, rtt_ms=value)


RANK = [Level.GOOD, Level.FAIR, Level.POOR]
measured = st.none() | st.floats(0, 2000)


summaries = st.builds(Summary, st.booleans(), measured, measured, measured, measured)


@settings(deadline=None)
@given(summaries, st.floats(1, 500))
def test_a_worse_network_never_looks_better(summary: Summary, more_ms: float):
    slower = replace(summary, rtt_ms=(summary.rtt_ms or 0) + more_ms)

    assert RANK.index(assess(slower).level) >= RANK.index(assess(summary).level)
