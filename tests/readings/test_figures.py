"""What a chart must never leave out."""

from datetime import timedelta

import numpy as np
import orjson
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.readings import service as readings
from telehealth.readings.figures import Words, glucose_figure, shares, wall_ms
from telehealth.readings.models import SourceKind
from tests import make
from tests.make.readings import diary, own_actor, reading, sensor_days

WORDS = Words(str, "en")


def test_ninety_days_of_a_sensor_stay_small_and_keep_every_very_low_and_very_high(
    session: Session,
) -> None:
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

    drawn = [value for trace in orjson.loads(written)["data"] for value in trace["y"]]
    line = orjson.loads(written)["data"][0]["y"]
    assert sum(value is not None and value in (2.1, 16.4) for value in line) == len(far)
    assert len(drawn) < len(wave)
    assert len(written) < 100_000


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
