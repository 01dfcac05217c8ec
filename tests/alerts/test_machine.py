"""The pure life of an alert: a table of steps, and what holds for every course of readings."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.glucose import Unit
from telehealth.alerts.models import EndReason, Kind, State
from telehealth.alerts.service import machine
from telehealth.alerts.service.machine import Deed, Facts, Life, Seen, step
from telehealth.alerts.service.rule import STARTING, Rule, Threshold
from tests.make import NOW

MIN = timedelta(minutes=1)
URGENT = STARTING[Kind.URGENT_LOW]
HIGH = Rule(Kind.HIGH, True, Threshold(139, Unit.MMOL_L), 30, 60)
SILENT = STARTING[Kind.NO_DATA]


def sensor(*, beyond: bool, ago: int = 0) -> Facts:
    return Facts(Seen(NOW - ago * MIN, beyond, is_sensor=True))


def finger(*, beyond: bool, ago: int = 0) -> Facts:
    return Facts(Seen(NOW - ago * MIN, beyond, is_sensor=False))


def life(state: State = State.OPEN, *, ago: int = 5, **other: object) -> Life:
    """An alert whose last value was beyond, some minutes ago."""
    at = NOW - ago * MIN
    row = Life(state, NOW - 60 * MIN, at, at, is_sensor=True, told_at=at, rounds=1)
    return replace(row, **other)  # type: ignore[arg-type]  # names of fields, given by the table


def back(minutes: int, *, is_sensor: bool = True, ago: int = 0) -> Life:
    """An open alert whose values have been back for some minutes."""
    return life(
        back_since=NOW - minutes * MIN, last_at=NOW - ago * MIN, is_sensor=is_sensor,
        last_beyond_at=NOW - (minutes + 5) * MIN,
    )  # fmt: skip


TABLE = {
    "a normal value makes nothing": (None, URGENT, sensor(beyond=False), None, ()),
    "an urgent low tells on the first value": (
        None, URGENT, sensor(beyond=True), State.OPEN, (Deed.OPEN,),
    ),
    "a sensor's value of 9 minutes ago is news": (
        None, URGENT, sensor(beyond=True, ago=9), State.OPEN, (Deed.OPEN,),
    ),
    "a sensor's value of 10 minutes ago is not": (
        None, URGENT, sensor(beyond=True, ago=10), None, (),
    ),
    "a fingerstick of 29 minutes ago is news": (
        None, URGENT, finger(beyond=True, ago=29), State.OPEN, (Deed.OPEN,),
    ),
    "a fingerstick of 30 minutes ago is not": (
        None, URGENT, finger(beyond=True, ago=30), None, (),
    ),
    "a first high waits": (None, HIGH, sensor(beyond=True), State.PENDING, ()),
    "a high that has lasted tells": (
        life(State.PENDING, beyond_since=NOW - 30 * MIN), HIGH, sensor(beyond=True),
        State.OPEN, (Deed.OPEN,),
    ),
    "a high that has not lasted waits on": (
        life(State.PENDING, beyond_since=NOW - 29 * MIN), HIGH, sensor(beyond=True),
        State.PENDING, (),
    ),
    "a gap of 46 minutes begins anew": (
        life(State.PENDING, ago=46), HIGH, sensor(beyond=True), State.PENDING, (),
    ),
    "one value back ends the waiting": (
        life(State.PENDING), HIGH, sensor(beyond=False), None, (),
    ),
    "time alone opens nothing": (
        life(State.PENDING, beyond_since=NOW - 90 * MIN), HIGH, Facts(), State.PENDING, (),
    ),
    "a milder rule waits while the sharper one has an alert": (
        life(State.PENDING), HIGH, replace(sensor(beyond=True), is_outranked=True),
        State.PENDING, (),
    ),
    "one value back does not end an alert": (
        life(), URGENT, sensor(beyond=False), State.OPEN, (),
    ),
    "values back for 15 minutes end it": (
        back(15, ago=5), URGENT, sensor(beyond=False), State.RESOLVED, (Deed.RESOLVE,),
    ),
    "values back for 14 minutes do not": (
        back(14, ago=5), URGENT, sensor(beyond=False), State.OPEN, (),
    ),
    "a sensor that falls silent proves no recovery": (
        back(40, ago=35), URGENT, Facts(), State.OPEN, (),
    ),
    "after a fingerstick 15 quiet minutes end it": (
        back(15, is_sensor=False, ago=15), URGENT, Facts(), State.RESOLVED, (Deed.RESOLVE,),
    ),
    "a repeat comes with a fresh value": (
        life(told_at=NOW - 15 * MIN), URGENT, sensor(beyond=True), State.OPEN, (Deed.REPEAT,),
    ),
    "no repeat before its time": (
        life(told_at=NOW - 14 * MIN), URGENT, sensor(beyond=True), State.OPEN, (),
    ),
    "stale data never tells again": (
        life(told_at=NOW - 50 * MIN, ago=12), URGENT, Facts(), State.OPEN, (),
    ),
    "a late value never tells again": (
        life(told_at=NOW - 50 * MIN, ago=40), URGENT, sensor(beyond=True, ago=20), State.OPEN, (),
    ),
    "no repeat on the way back": (
        life(told_at=NOW - 50 * MIN), URGENT, sensor(beyond=False), State.OPEN, (),
    ),
    "no repeat once acknowledged": (
        life(State.ACKNOWLEDGED, told_at=NOW - 50 * MIN), URGENT, sensor(beyond=True),
        State.ACKNOWLEDGED, (),
    ),
    "an acknowledged alert ends as any other": (
        replace(back(15, ago=5), state=State.ACKNOWLEDGED), URGENT, sensor(beyond=False),
        State.RESOLVED, (Deed.RESOLVE,),
    ),
    "no repeat during a pause": (
        life(told_at=NOW - 90 * MIN, snoozed_until=NOW + MIN), HIGH, sensor(beyond=True),
        State.OPEN, (),
    ),
    "a pause that is over no longer holds": (
        life(told_at=NOW - 90 * MIN, snoozed_until=NOW), HIGH, sensor(beyond=True),
        State.OPEN, (Deed.REPEAT,),
    ),
    "a day without any reading ends it": (
        life(ago=24 * 60), URGENT, Facts(), State.RESOLVED, (Deed.RESOLVE,),
    ),
    "a rule that is off ends it": (
        life(), replace(URGENT, is_on=False), Facts(), State.RESOLVED, (Deed.RESOLVE,),
    ),
    "a rule that is off opens nothing": (
        None, replace(URGENT, is_on=False), sensor(beyond=True), None, (),
    ),
    "silence shorter than the rule says is none": (
        None, SILENT, Facts(newest_at=NOW - 59 * MIN), None, (),
    ),
    "silence as long as the rule says is an alert": (
        None, SILENT, Facts(newest_at=NOW - 60 * MIN), State.OPEN, (Deed.OPEN,),
    ),
    "data that come again end the silence": (
        life(), SILENT, Facts(newest_at=NOW), State.RESOLVED, (Deed.RESOLVE,),
    ),
    "old data that arrive late do not end it": (
        life(), SILENT, Facts(newest_at=NOW - 60 * MIN), State.OPEN, (),
    ),
    "nobody is silent who never sent anything": (None, SILENT, Facts(), None, ()),
}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "rule", "facts", "state", "deeds"), TABLE.values(), ids=TABLE.keys()
)
def test_one_step(
    before: Life | None, rule: Rule, facts: Facts, state: State | None, deeds: tuple[Deed, ...]
) -> None:
    after, done = step(before, rule, facts, NOW)

    assert (after.state if after else None) is state
    assert done == deeds


def test_the_reason_of_the_end_is_kept() -> None:
    lapsed, _ = step(life(ago=24 * 60), URGENT, Facts(), NOW)
    returned, _ = step(life(), SILENT, Facts(newest_at=NOW), NOW)

    assert lapsed
    assert lapsed.end_reason is EndReason.LAPSED
    assert returned
    assert returned.end_reason is EndReason.DATA_BACK


def test_a_resolved_alert_goes_nowhere() -> None:
    with pytest.raises(ValueError, match="no next state"):
        step(life(State.RESOLVED), URGENT, Facts(), NOW)


Course = list[tuple[int, bool, bool, int]]
"""Minutes since the reading before, beyond?, sensor?, minutes it is late."""

courses = st.lists(
    st.tuples(
        st.integers(1, 60), st.booleans(), st.booleans(), st.one_of(st.just(0), st.integers(0, 90))
    ),
    max_size=40,
)
rules = st.sampled_from([URGENT, STARTING[Kind.LOW], HIGH, STARTING[Kind.VERY_HIGH]])


def _run(rule: Rule, course: Course) -> list[tuple[datetime, Seen, Life | None, tuple[Deed, ...]]]:
    """Readings arrive one after the other, each some minutes late; what came of each."""
    found, state, measured, now = [], None, NOW, NOW
    for gap, is_beyond, is_sensor, late in course:
        measured += gap * MIN
        now = max(now, measured + late * MIN)
        seen = Seen(measured, is_beyond, is_sensor)
        state, deeds = step(state, rule, Facts(seen), now)
        found.append((now, seen, state, deeds))
        if state and state.state is State.RESOLVED:
            state = None
    return found


@given(rules, courses)
@settings(max_examples=200)
def test_whatever_comes_nobody_is_told_because_of_anything_but_a_fresh_value_beyond(
    rule: Rule, course: Course
) -> None:
    for now, seen, _, deeds in _run(rule, course):
        if Deed.OPEN in deeds or Deed.REPEAT in deeds:
            assert seen.is_beyond
            assert now - seen.at < (10 if seen.is_sensor else 30) * MIN


@given(rules, courses)
@settings(max_examples=200)
def test_whatever_comes_an_alert_opens_once_and_ends_once(rule: Rule, course: Course) -> None:
    is_open = False
    for _, _, state, deeds in _run(rule, course):
        if Deed.OPEN in deeds:
            assert not is_open
            is_open = True
        if Deed.RESOLVE in deeds:
            assert is_open
            is_open = False
        raised = state is not None and state.state not in (State.PENDING, State.RESOLVED)
        assert raised == is_open


@given(rules, courses)
@settings(max_examples=200)
def test_whatever_comes_the_same_reading_again_changes_nothing(rule: Rule, course: Course) -> None:
    for now, seen, state, _ in _run(rule, course):
        if state is not None and state.state is not State.RESOLVED:
            assert step(state, rule, Facts(seen), now) == (state, ())


@given(rules, courses, st.integers(1, 600))
@settings(max_examples=200)
def test_whatever_comes_time_changes_nothing_before_it_is_due(
    rule: Rule, course: Course, wait: int
) -> None:
    for now, _, state, _ in _run(rule, course)[-1:]:
        if state is None or state.state is State.RESOLVED:
            continue
        due = machine.due(state, rule, now)
        later = now + wait * MIN
        if due is None or later < due:
            assert step(state, rule, Facts(), later) == (state, ())


@given(rules, courses)
@settings(max_examples=200)
def test_whatever_comes_an_acknowledged_alert_tells_nobody_again(
    rule: Rule, course: Course
) -> None:
    state: Life | None = life(State.ACKNOWLEDGED, ago=0)
    measured = now = NOW
    for gap, is_beyond, is_sensor, late in course:
        measured += gap * MIN
        now = max(now, measured + late * MIN)
        state, deeds = step(state, rule, Facts(Seen(measured, is_beyond, is_sensor)), now)
        assert deeds in ((), (Deed.RESOLVE,))
        if state is None or state.state is State.RESOLVED:
            return
