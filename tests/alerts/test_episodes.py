"""Episodes are read from values: what begins one, what ends one, and who has a say."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.glucose import Unit
from telehealth.alerts.models import Kind
from telehealth.alerts.service import STARTING, Rule
from telehealth.alerts.service.episodes import Episode, find
from telehealth.alerts.service.facts import PatientFacts
from telehealth.alerts.service.values import Value
from telehealth.glycemia.bands import ADULT, PREGNANCY, Ranges
from tests.make import NOW

MIN = timedelta(minutes=1)
VERY_LOW, LOW = STARTING[Kind.URGENT_LOW], STARTING[Kind.LOW]
VERY_HIGH = STARTING[Kind.VERY_HIGH]
SENSOR, OTHER_SENSOR, METER, HAND = 1, 2, 3, 4
WORDS = {"LO": -1, "HI": 1}

Told = tuple[int, str, int]
"""Minutes after the beginning, what was shown (mmol/L), by which source."""


def value(minute: float, shown: str, source: int = SENSOR, late: float = 0) -> Value:
    beyond = WORDS.get(shown, 0)
    tick = None if beyond else round(float(shown) * 10)
    at = NOW + minute * MIN
    is_sensor = source in (SENSOR, OTHER_SENSOR)
    return Value(at, at + late * MIN, tick, beyond, Unit.MMOL_L, source, is_sensor)


def episodes(
    told: Sequence[Told], until: int, rule: Rule = VERY_LOW, ranges: Ranges = ADULT
) -> list[Episode]:
    patient = PatientFacts(ranges, must_not_be_low=False, is_dead=False)
    return find([value(*one) for one in told], patient.limits(rule), NOW + until * MIN)


def line(shown: str, first: int, last: int, source: int = SENSOR) -> list[Told]:
    return [(minute, shown, source) for minute in range(first, last + 1, 5)]


def ends(told: Sequence[Told], until: int, rule: Rule = VERY_LOW) -> list[int | None]:
    """In which minute each episode ended; None: it has not."""
    return [
        None if one.ended_at is None else int((one.ended_at - NOW) / MIN)
        for one in episodes(told, until, rule)
    ]


@pytest.mark.parametrize(
    ("says", "told", "until", "expected"),
    [
        ("3.1 is no way back from 2.4", [(0, "2.4", METER), (10, "3.1", METER)], 60, [None]),
        ("nor is 3.8", [(0, "2.4", METER), *line("3.8", 5, 60)], 60, [None]),
        ("3.9 by the meter is", [(0, "2.4", METER), (10, "3.9", METER)], 60, [25]),
        ("a quarter of an hour passes first", [(0, "2.4", METER), (10, "3.9", METER)], 24, [None]),
        ("a fingerstick is not overruled", [(0, "2.4", METER), *line("5.8", 1, 120)], 120, [None]),
        ("by hand counts as much", [(0, "2.4", METER), (15, "5.0", HAND)], 60, [30]),
        ("the sensor that saw it", [*line("2.6", 0, 10), *line("4.2", 15, 30)], 30, [30]),
        ("ten minutes are too short", [*line("2.6", 0, 10), *line("4.2", 15, 25)], 25, [None]),
        (
            "a quarter of an hour must be whole",
            [*line("2.6", 0, 5), *line("4.2", 10, 20), (25, "3.7", SENSOR), *line("4.2", 30, 40)],
            40,
            [None],
        ),
        (
            "another sensor has no say",
            [*line("2.4", 0, 60), *line("6.0", 0, 60, OTHER_SENSOR)],
            60,
            [None],
        ),
        (
            "a fingerstick ends what a sensor saw",
            [*line("2.6", 0, 10), (12, "4.6", METER), *line("3.4", 15, 20)],
            40,
            [27],
        ),
        (
            "unless the sensor sees it again",
            [*line("2.6", 0, 10), (12, "4.6", METER), *line("2.8", 15, 20)],
            40,
            [None],
        ),
        (
            "a fingerstick that is low again",
            [(0, "2.5", METER), (20, "4.2", METER), (34, "2.6", METER)],
            60,
            [None],
        ),
        ("LO is below everything", [(0, "LO", SENSOR), *line("2.9", 5, 30)], 30, [None]),
        ("HI is no low", [(0, "HI", METER)], 30, []),
        ("HI is no longer low", [(0, "2.8", METER), (10, "HI", METER)], 60, [25]),
        ("a day of silence: nobody knows", [(0, "2.5", METER)], 24 * 60, [24 * 60]),
        ("the limit itself is not below it", [(0, "3.0", METER)], 30, []),
    ],
    ids=lambda one: one.replace(" ", "-") if isinstance(one, str) else "",
)
def test_what_ends_a_very_low_episode(
    says: str, told: list[Told], until: int, expected: list[int | None]
) -> None:
    assert ends(told, until) == expected, says


def test_in_pregnancy_back_is_the_agreed_range() -> None:
    (one,) = episodes([(0, "2.8", METER), (10, "3.5", METER)], 60, ranges=PREGNANCY)

    assert one.is_over


@pytest.mark.parametrize(
    ("says", "rule", "told", "opens"),
    [
        ("one fingerstick is enough for a low", LOW, [(0, "3.4", METER)], 0),
        ("a sensor for ten minutes", LOW, line("3.4", 0, 20), 10),
        ("a sensor once", LOW, [(0, "3.4", SENSOR)], None),
        ("two values of two sensors are no time", LOW,
         [(0, "3.4", SENSOR), (12, "3.4", OTHER_SENSOR)], None),
        ("a break begins anew", LOW, [(0, "3.4", SENSOR), (50, "3.4", SENSOR)], None),
        ("a value back begins anew", LOW,
         [(0, "3.4", SENSOR), (5, "4.1", SENSOR), (10, "3.4", SENSOR)], None),
        ("HI at once", VERY_HIGH, [(0, "HI", METER)], 0),
        ("HI of a sensor too", VERY_HIGH, [(0, "HI", SENSOR)], 0),
        ("28.0 once is not yet", VERY_HIGH, [(0, "28.0", METER)], None),
        ("28.0 twice within four hours", VERY_HIGH, [(0, "28.0", METER), (60, "28.0", METER)], 60),
        ("twice in one minute is once", VERY_HIGH,
         [(0, "28.0", METER), (0, "27.5", HAND)], None),
        ("with one in range between", VERY_HIGH,
         [(0, "15.0", METER), (60, "8.0", METER), (120, "15.2", METER)], 120),
        ("twice in five hours is not", VERY_HIGH, [(0, "28.0", METER), (300, "28.0", METER)], None),
        ("a sensor for an hour", VERY_HIGH, line("15.0", 0, 70), 60),
    ],
    ids=lambda one: one.replace(" ", "-") if isinstance(one, str) else "",
)  # fmt: skip
def test_what_opens_an_alert(says: str, rule: Rule, told: list[Told], opens: int | None) -> None:
    triggers = [one.trigger for one in episodes(told, 400, rule) if one.trigger]

    assert [int((one.at - NOW) / MIN) for one in triggers][:1] == (
        [] if opens is None else [opens]
    ), says


def test_a_value_later_than_now_has_no_say_before_its_time() -> None:
    told = [(0, "2.2", METER), (9, "6.0", METER)]

    (now,) = episodes(told, 8)
    (later,) = episodes(told, 9)

    assert (now.back_since, later.back_since) == (None, NOW + 9 * MIN)


def test_of_two_values_in_a_minute_the_worrying_one_is_the_last_word() -> None:
    (one,) = episodes([(0, "2.4", HAND), (0.5, "5.5", METER)], 60)

    assert not one.is_over
    assert one.worst.tick == 24


def test_a_value_that_does_not_count_alerts_and_proves_nothing_back() -> None:
    patient = PatientFacts(ADULT, must_not_be_low=False, is_dead=False)
    low = replace(value(0, "2.4", HAND), counts=False)
    back = replace(value(10, "6.0", METER), counts=False)

    (one,) = find([low, back], patient.limits(VERY_LOW), NOW + 60 * MIN)

    assert not one.is_over


SHOWN = st.sampled_from(["LO", "2.2", "2.9", "3.0", "3.5", "3.9", "5.0", "9.0"])
COURSES = st.lists(
    st.tuples(st.integers(0, 180), SHOWN, st.sampled_from([SENSOR, OTHER_SENSOR, METER])),
    min_size=1,
    max_size=25,
    unique_by=lambda one: (one[0], one[2]),
)


@given(told=COURSES, data=st.data())
def test_no_order_of_the_values_changes_what_is_found(
    told: list[Told], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(told))

    assert [_shape(one) for one in episodes(told, 200)] == [
        _shape(one) for one in episodes(shuffled, 200)
    ]


@given(told=COURSES)
def test_every_very_low_value_lies_in_an_episode_with_a_trigger(told: list[Told]) -> None:
    found = episodes(told, 200)

    low = [value(*one).at for one in told if one[1] in ("LO", "2.2", "2.9")]
    inside = [one.at for episode in found for one in episode.values]
    assert sorted(inside) == sorted(low)
    assert all(episode.trigger is not None for episode in found)


@given(told=COURSES)
def test_no_sensor_ends_what_a_fingerstick_saw(told: list[Told]) -> None:
    sensors = [one for one in told if one[2] != METER]

    last = episodes([*sensors, (181, "2.4", METER), *line("6.0", 185, 300)], 300)[-1]

    assert not last.is_over


def _shape(one: Episode) -> tuple[object, ...]:
    return one.begins_at, one.last.at, one.worst.mg_dl, one.ended_at, one.back_since
