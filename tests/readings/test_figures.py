"""What a chart must never leave out."""

import gzip
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import orjson
import plotly.graph_objects as go
import pytest
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.glycemia.bands import BANDS, PREGNANCY, Band
from telehealth.readings import service as readings
from telehealth.readings.figures import Words, glucose_figure, points, shares, wall_ms
from telehealth.readings.models import Beyond, SourceKind
from tests import make
from tests.make.readings import diary, long_diary, own_actor, reading, sensor_days

WORDS = Words(str, "en")


def _drawn(written: bytes) -> set[tuple[float, float]]:
    """Every point of every trace: (time on the axis, value)."""
    return {
        (x, y)
        for trace in orjson.loads(written)["data"]
        for x, y in zip(trace["x"], trace["y"], strict=True)
        if y is not None
    }


def test_ninety_days_of_a_sensor_stay_small_and_keep_every_reading_out_of_range(
    session: Session,
) -> None:
    ana = make.patient(session)
    long_diary(session, ana, sensor_days(make.NOW - timedelta(days=90), 90, step_min=15))
    period = readings.period_of(90, make.NOW)
    found = readings.columns(session, own_actor(ana), ana.id, period.window, now=make.NOW)
    every = points(found, Unit.MMOL_L)
    out = every.at(every.code != BANDS.index(Band.IN_RANGE))

    written = glucose_figure(found, period, Unit.MMOL_L, WORDS)

    assert len(out.t) > 1_000
    far = set(zip(wall_ms(out.t).tolist(), out.shown.tolist(), strict=True))
    assert far <= _drawn(written)
    assert len(_drawn(written)) < len(every.t)
    assert len(gzip.compress(written, 6)) <= 60_000
    assert orjson.loads(written)["layout"]["meta"]["whole"] is False


def test_looking_closer_draws_every_reading_of_the_part(session: Session) -> None:
    ana = make.patient(session)
    long_diary(session, ana, sensor_days(make.NOW - timedelta(days=30), 30))
    begins, ends = datetime(2026, 11, 3), datetime(2026, 11, 5)  # noqa: DTZ001 - the axis has no zone
    part = readings.period_of(90, make.NOW).part(begins, ends)
    found = readings.columns(session, own_actor(ana), ana.id, part.window, now=make.NOW)

    written = glucose_figure(found, part, Unit.MMOL_L, WORDS)

    assert len(_drawn(written)) == 2 * 288
    assert orjson.loads(written)["layout"]["meta"]["whole"] is True


def test_a_part_stays_inside_its_period_and_knows_the_hour_that_exists_twice() -> None:
    period = readings.period_of(90, make.NOW)
    night = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001 - the axis has no zone

    twice = period.part(night, night)
    outside = period.part(datetime(2020, 1, 1), datetime(2030, 1, 1))  # noqa: DTZ001 - as above

    assert twice.ends_at - twice.begins_at == timedelta(hours=1)
    assert (outside.begins_at, outside.ends_at) == (period.begins_at, period.ends_at)


@pytest.mark.parametrize("days", [1, 90])
def test_a_figure_is_one_that_plotly_accepts(session: Session, days: int) -> None:
    ana = make.patient(session)
    diary(session, ana, sensor_days(make.NOW - timedelta(days=20), 20, step_min=15))
    diary(session, ana, [reading("3.1 mmol/L", at=make.NOW - timedelta(hours=2))])
    period = readings.period_of(days, make.NOW)
    found = readings.columns(session, own_actor(ana), ana.id, period.window, now=make.NOW)

    figure = go.Figure(orjson.loads(glucose_figure(found, period, Unit.MMOL_L, WORDS)))

    assert {trace.mode for trace in figure.data} == {"lines", "markers"}


def test_hi_and_lo_stand_at_the_edges_and_what_does_not_count_says_so(session: Session) -> None:
    ana = make.patient(session)
    when = make.NOW - timedelta(hours=3)
    diary(
        session,
        ana,
        [
            reading(at=when, key="hi")._replace(digits=Beyond.HI, kind=SourceKind.METER),
            reading("7.0 mmol/L", at=when + timedelta(hours=1), kind=SourceKind.METER, device="A"),
            reading("9.0 mmol/L", at=when + timedelta(hours=1)),
        ],
    )
    period = readings.period_of(1, make.NOW)
    found = readings.columns(session, own_actor(ana), ana.id, period.window, now=make.NOW)

    figure = orjson.loads(glucose_figure(found, period, Unit.MMOL_L, WORDS))

    traces = {trace["name"].rpartition(", ")[2]: trace for trace in figure["data"]}
    assert traces["HI"]["y"] == [22]
    assert "higher than the meter can show" in traces["HI"]["hovertemplate"]
    assert traces["not counted"]["y"] == [9.0]
    assert traces["in range"]["y"] == [7.0]
    go.Figure(figure)


def test_the_shaded_band_and_the_colours_are_the_patients_own(session: Session) -> None:
    ana = make.patient(session)
    diary(session, ana, [reading("8.5 mmol/L", at=make.NOW - timedelta(hours=2))])
    period = readings.period_of(1, make.NOW)
    found = readings.columns(session, own_actor(ana), ana.id, period.window, now=make.NOW)

    pregnant = replace(found, ranges=PREGNANCY)
    usual, own = (
        orjson.loads(glucose_figure(one, period, Unit.MMOL_L, WORDS)) for one in (found, pregnant)
    )

    assert usual["data"][0]["name"].endswith("in range")
    assert own["data"][0]["name"].endswith("high")
    assert (own["layout"]["shapes"][0]["y0"], own["layout"]["shapes"][0]["y1"]) == (3.5, 7.8)


def test_very_low_and_very_high_stay_in_the_line_itself(session: Session) -> None:
    ana = make.patient(session)
    wave = sensor_days(make.NOW - timedelta(days=80), 40, step_min=15)
    far = [
        entry._replace(digits=reading(words).digits)
        for entry, words in zip(
            wave[7::97], ["2.1 mmol/L", "16.4 mmol/L"] * len(wave), strict=False
        )
    ]
    keys = {entry.key for entry in far}
    diary(session, ana, [*far, *(entry for entry in wave if entry.key not in keys)])
    period = readings.period_of(90, make.NOW)
    found = readings.columns(session, own_actor(ana), ana.id, period.window, now=make.NOW)

    written = glucose_figure(found, period, Unit.MMOL_L, WORDS)

    line = orjson.loads(written)["data"][0]["y"]
    assert sum(value is not None and value in (2.1, 16.4) for value in line) == len(far)


def test_a_silent_sensor_leaves_a_gap_in_its_line(session: Session) -> None:
    ana = make.patient(session)
    entries = [
        reading(at=make.NOW - timedelta(minutes=m), kind=SourceKind.CGM, device="S")
        for m in (5, 10, 15, 120, 125)
    ]
    diary(session, ana, entries)
    period = readings.period_of(1, make.NOW)
    found = readings.columns(session, own_actor(ana), ana.id, period.window, now=make.NOW)

    line = orjson.loads(glucose_figure(found, period, Unit.MG_DL, WORDS))["data"][0]

    assert line["y"] == [130, 130, None, 130, 130, 130]


def test_the_axis_shows_the_wall_clock_on_both_sides_of_the_clock_change() -> None:
    summer_end = 1_792_890_000  # 2026-10-25 01:00 UTC, when 3 o'clock becomes 2 o'clock
    t = np.array([summer_end - 1, summer_end])

    hours = (wall_ms(t) // 1000 - t) // 3600

    assert hours.tolist() == [2, 1]


def test_shares_of_nothing_are_empty() -> None:
    assert shares([]) == {}
