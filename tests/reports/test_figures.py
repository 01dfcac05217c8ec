"""Charts keep what matters: every reading out of range, gaps as gaps, the same axis everywhere."""

from datetime import timedelta

import numpy as np
import orjson
import pytest
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.actor import Actor, Basis
from telehealth.identity.models import Person
from telehealth.readings.figures import Words
from telehealth.readings.models import Meal
from telehealth.reports import service as reports
from telehealth.reports.figures import charts, drawings
from telehealth.reports.figures.axes import axis_of, clock, ticks_beside
from telehealth.reports.figures.lines import differences, hours_text, sensor_lines, signed
from telehealth.reports.figures.paper import missing_sentence, sensor_sentence
from tests import make
from tests.make.readings import beyond, diary
from tests.make.reports import LAST, at_home, pricked, sensed, sensor, tick_of

ENGLISH = Words(lambda text: text, "en")
SLOVENIAN = Words(lambda text: text, "sl")


def trace_of(session: Session, patient: Person, days: reports.Days) -> charts.Figure:
    actor = Actor(patient.id, patient.id, Basis.SELF)
    found = reports.trace(session, actor, patient.id, days, now=make.NOW)
    figure: charts.Figure = orjson.loads(charts.written(charts.trace_figure(found, days, ENGLISH)))
    return figure


def drawn_points(figure: charts.Figure) -> set[tuple[float, float]]:
    """Points of lines."""
    return {
        (x, y)
        for trace in figure["data"]
        if trace["mode"] == "lines"
        for x, y in zip(trace["x"], trace["y"], strict=True)
        if y is not None
    }


@pytest.mark.parametrize("length", [14, 90])
def test_every_reading_out_of_range_survives_decimation(session: Session, length: int) -> None:
    ana = make.patient(session)
    draw = np.random.default_rng(7)
    ticks = np.clip(draw.normal(80, 30, 90 * 288).round(), 12, 330).astype(int).tolist()
    worn = sensor(session, ana, days=length, course=lambda n: ticks[n])

    figure = trace_of(session, ana, reports.days_ending(LAST, length))

    put_in = {
        ((int(one.measured_at.timestamp()) + one.offset_min * 60) * 1000, tick_of(one) / 10)
        for one in worn
        if not 39 <= tick_of(one) <= 100
    }
    assert {point for point in drawn_points(figure) if not 3.9 <= point[1] <= 10} == put_in
    lows = {
        (x, value)
        for trace in figure["data"]
        if trace["mode"] == "markers" and trace["name"].endswith("low")
        for x, value in zip(trace["x"], trace["customdata"], strict=True)
    }
    assert lows == {point for point in put_in if point[1] < 3.9}


def test_ninety_days_of_a_sensor_are_small_and_complete_when_looked_at(session: Session) -> None:
    ana = make.patient(session)
    worn = sensor(session, ana, days=90, course=lambda n: 60 + n % 30)

    overview = trace_of(session, ana, reports.days_ending(LAST, 90))
    closer = trace_of(session, ana, reports.days_ending(LAST, 7))

    assert len(drawn_points(overview)) < 2_000
    assert overview["layout"]["meta"] == {"whole": False, "whole_ms": 7 * 86_400_000}
    begins = at_home(LAST - timedelta(days=6))
    assert len(drawn_points(closer)) == sum(one.measured_at >= begins for one in worn)
    assert closer["layout"]["meta"]["whole"] is True


def test_a_silent_sensor_leaves_a_gap_and_fingersticks_are_never_joined(session: Session) -> None:
    ana = make.patient(session)
    begins = at_home(LAST, 60)
    for start in (begins, begins + timedelta(hours=2)):
        diary(session, ana, sensed(start, start + timedelta(minutes=30)))
    pricked(session, ana, [(0, "06:30", "5.1 mmol/L", Meal.FASTING)])

    figure = trace_of(session, ana, reports.days_ending(LAST, 1))

    lines = [trace for trace in figure["data"] if trace["mode"] == "lines"]
    assert [line["y"].count(None) for line in lines] == [1]
    assert lines[0]["connectgaps"] is False
    stick = next(trace for trace in figure["data"] if trace["name"].startswith("fingersticks"))
    assert (stick["mode"], stick["y"]) == ("markers", [5.1])


def test_what_lies_beyond_the_axis_stands_at_its_end_and_keeps_its_value(session: Session) -> None:
    ana = make.patient(session)
    pricked(session, ana, [(0, "06:30", "27.4 mmol/L", Meal.FASTING)])
    diary(session, ana, [beyond("LO", make.NOW - timedelta(hours=2), Unit.MMOL_L)])

    marks = {
        trace["name"]: (trace["y"], trace["customdata"])
        for trace in trace_of(session, ana, reports.days_ending(LAST, 1))["data"]
    }

    assert marks["fingersticks, very high"] == ([22], [27.4])
    assert marks["fingersticks, very low"][0] == [2]


def test_the_axis_says_the_patients_own_limits(session: Session) -> None:
    axis = axis_of(Unit.MMOL_L)

    assert ticks_beside(axis, 3.9, 10.0) == [3.9, 10.0, 13.9, 18, 22]
    assert ticks_beside(axis, 4.4, 8.5) == [3, 4.4, 8.5, 13.9, 18, 22]


def test_a_profile_is_broken_where_nothing_was_measured(session: Session) -> None:
    ana = make.patient(session)
    for back in range(1, 15):
        day = LAST - timedelta(days=back)
        diary(session, ana, sensed(at_home(day), at_home(day, 20 * 60)))
    days = reports.days_ending(LAST - timedelta(days=1), 14)
    sheet = reports.sheet_of(session, ana.id, days, now=make.NOW)
    assert sheet["sensor"] is not None
    profile = sheet["sensor"]["profile"]
    assert profile is not None

    figure = charts.profile_figure(profile, Unit.MMOL_L, sheet["targets"], ENGLISH)
    picture = drawings.profile_svg(profile, Unit.MMOL_L, sheet["targets"], "<b>", "sl")

    median = next(one for one in figure["data"] if one["line"]["width"] == 3.5)
    assert None in median["y"]
    assert median["y"][:76].count(None) == 0
    assert "&lt;b&gt;" in picture
    assert ">3,9<" in picture
    assert {hour["hour"] for hour in profile["hours"]} == set(range(20))


def test_a_modal_day_of_few_readings_shows_points_only(session: Session) -> None:
    ana = make.patient(session)
    times = ("06:30", "06:50", "07:10")
    pricked(
        session, ana, [(day, at, "6.1 mmol/L", Meal.NONE) for day in range(1, 10) for at in times]
    )
    days = reports.days_ending(LAST, 14)
    few = reports.sheet_of(session, ana.id, days, now=make.NOW)["sticks"]
    pricked(session, ana, [(10, at, "6.1 mmol/L", Meal.NONE) for at in times])
    enough = reports.sheet_of(session, ana.id, days, now=make.NOW)["sticks"]

    assert few is not None
    assert enough is not None
    assert (few["n"], few["modal"]["hours"]) == (27, [])
    assert (enough["n"], enough["modal"]["medians"]) == (30, [6.1])


def test_sentences_say_how_much_there_is_before_any_figure(session: Session) -> None:
    ana = make.patient(session)
    sensor(session, ana, days=9)
    sheet = reports.sheet_of(session, ana.id, reports.days_ending(LAST, 14), now=make.NOW)

    assert sensor_sentence(sheet, ENGLISH).startswith("There are data on 9 of 14 days, for 100 %")
    assert "14 days" in missing_sentence(sheet, ENGLISH)
    line = sensor_lines(sheet, ("tir_pct",), ENGLISH)[0]
    assert (line.value, line.missing, line.goal, line.is_met) == ("", "not enough data", "", None)


def test_a_change_is_only_given_where_both_periods_have_a_figure(session: Session) -> None:
    ana = make.patient(session)
    sensor(session, ana, days=28, course=lambda _: 80)
    pricked(session, ana, [(1, "07:00", "6.0 mmol/L", Meal.FASTING)])
    now, before = (
        reports.sheet_of(session, ana.id, days, now=make.NOW)
        for days in (reports.days_ending(LAST, 14), reports.days_ending(LAST, 14).before)
    )

    rows = {row.label: row for row in differences(now, before, ENGLISH)}

    assert rows["time in target range"].change == "0.0"
    assert rows["mean of the readings"].change == ""
    assert rows["mean of the readings"].before == "no readings"


def test_numbers_are_written_as_people_read_them() -> None:
    assert signed(-0.04, "sl", 1) == "0,0"
    assert signed(-2.5, "sl", 1) == "\u22122,5"
    assert signed(3, "en", 0) == "+3"
    assert hours_text([3, 4, 14], "sl") == "3.00\u20135.00, 14.00\u201315.00"
    assert clock(460, "sl") == "7.40"
    assert clock(460, "en") == "07:40"
