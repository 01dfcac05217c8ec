"""The life of an alert: acknowledgements end, repeats go on, steps wait once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from devices.glucose import Unit
from telehealth.alerts.models import Direction, EndReason, Kind, State, VoidReason
from telehealth.alerts.service import STARTING, machine
from telehealth.alerts.service.episodes import Episode, find
from telehealth.alerts.service.facts import PatientFacts
from telehealth.alerts.service.machine import Acknowledged, Effect, Life
from telehealth.alerts.service.values import Value
from telehealth.glycemia.bands import ADULT
from tests.make import NOW

MIN = timedelta(minutes=1)
RULE = STARTING[Kind.URGENT_LOW]


def value(minute: int, tick: int | None) -> Value:
    at = NOW + minute * MIN
    return Value(at, at, tick, 0 if tick else -1, Unit.MMOL_L, 1, is_sensor=False)


def episode(*values: Value, until: int) -> Episode:
    patient = PatientFacts(ADULT, must_not_be_low=False, is_dead=False)
    return find(values, patient.limits(RULE), NOW + until * MIN)[0]


def acknowledged(minute: int, tick: int | None = 29, *, may_act: bool = True) -> Acknowledged:
    return Acknowledged(NOW + (minute + 20) * MIN, value(minute, tick), may_act)


LIFE = Life(State.ACKNOWLEDGED, NOW, NOW, NOW, is_sensor=False, told_at=NOW, rounds=1)


@pytest.mark.parametrize(
    ("says", "given", "values", "now", "expected"),
    [
        ("of what was seen, for its time", acknowledged(1), [value(0, 29)], 20, None),
        ("its time passes", acknowledged(1), [value(0, 29)], 21, VoidReason.EXPIRED),
        ("a lower value", acknowledged(1), [value(0, 29), value(5, 28)], 5, VoidReason.WORSE),
        ("LO", acknowledged(1), [value(0, 29), value(5, None)], 5, VoidReason.WORSE),
        ("a worse one than was seen", acknowledged(1), [value(0, 28)], 5, VoidReason.WORSE),
        ("the same again", acknowledged(1), [value(0, 29), value(5, 29)], 5, None),
        ("LO after LO", acknowledged(1, None), [value(0, None), value(5, None)], 5, None),
        (
            "values on their way back keep it",
            acknowledged(1),
            [value(0, 29), value(15, 45)],
            25,
            None,
        ),
        (
            "the right has ended",
            acknowledged(1, may_act=False),
            [value(0, 29)],
            2,
            VoidReason.RIGHT_ENDED,
        ),
    ],
    ids=lambda one: one.replace(" ", "-") if isinstance(one, str) else "",
)
def test_an_acknowledgement_is_of_what_was_seen_for_a_time(
    says: str, given: Acknowledged, values: list[Value], now: int, expected: VoidReason | None
) -> None:
    found = episode(*values, until=now)

    void = machine.void_reason(
        given, Direction.LOW, found, machine.seen(LIFE, found), NOW + now * MIN
    )

    assert void is expected, says


def test_a_void_acknowledgement_rings_again() -> None:
    found = episode(value(0, 29), value(5, 22), until=5)

    life, effects, void = machine.advance(
        LIFE,
        RULE,
        found,
        acknowledged(1),
        is_outranked=False,
        has_escalated=True,
        now=NOW + 5 * MIN,
    )

    assert (life.state, life.rounds, effects, void) == (
        State.ESCALATED, 2, (Effect.RING_AGAIN,), VoidReason.WORSE
    )  # fmt: skip


@pytest.mark.parametrize(
    ("says", "life", "pause_min", "now", "held_until"),
    [
        ("nothing speaks against it", {}, None, 15, None),
        ("a pause", {"snoozed_until": NOW + 40 * MIN}, 30, 15, 40),
        ("a second pause adds nothing", {"snoozed_until": NOW + 70 * MIN}, 30, 44, 45),
        ("after one pause it happens", {"snoozed_until": NOW + 70 * MIN}, 30, 45, None),
        ("values on their way back", {"back_since": NOW + 12 * MIN}, None, 15, 27),
        ("back and forth adds nothing", {"back_since": NOW + 29 * MIN}, None, 30, None),
    ],
    ids=lambda one: one.replace(" ", "-") if isinstance(one, str) else "",
)
def test_a_step_is_held_back_once(
    says: str,
    life: dict[str, object],
    pause_min: int | None,
    now: int,
    held_until: int | None,
) -> None:
    found = machine.hold_until(
        replace(LIFE, state=State.OPEN, **life), NOW + 15 * MIN, pause_min,
        is_outranked=False, now=NOW + now * MIN,
    )  # fmt: skip

    assert found == (None if held_until is None else NOW + held_until * MIN), says


def test_an_episode_that_is_over_ends_the_alert_with_its_reason() -> None:
    recovered = episode(value(0, 29), value(10, 45), until=30)
    lapsed = episode(value(0, 29), until=24 * 60)

    reasons = [
        machine.advance(
            LIFE, RULE, one, None, is_outranked=False, has_escalated=False, now=NOW + 24 * 60 * MIN
        )[0].end_reason
        for one in (recovered, lapsed)
    ]

    assert reasons == [EndReason.RECOVERED, EndReason.LAPSED]


def test_a_very_low_value_is_told_again_until_somebody_answers() -> None:
    found = episode(value(0, 29), until=15)
    ringing = replace(LIFE, state=State.OPEN)

    told = [
        machine.advance(
            ringing, RULE, found, None, is_outranked=False, has_escalated=False,
            now=NOW + minute * MIN,
        )[1]
        for minute in (14, 15, 59, 60)
    ]  # fmt: skip

    assert told == [(), (Effect.REPEAT,), (Effect.REPEAT,), ()]
