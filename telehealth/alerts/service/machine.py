"""The life of an alert: what changes with the values, with answers and with time. Pure.

Whoever calls stores the state and carries out the effects, in one transaction.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from telehealth.alerts.models import (
    TIMELESS,
    Direction,
    EndReason,
    Kind,
    State,
    VoidReason,
)
from telehealth.alerts.service.episodes import LATE, RECOVERY, Episode
from telehealth.alerts.service.rule import Rule
from telehealth.alerts.service.values import Value

SENSOR_FRESH = timedelta(minutes=10)
"""A high value of a sensor is told again for this long (as in Nightscout)."""
FINGER_FRESH = timedelta(minutes=30)
"""A high fingerstick, counted from when it was measured."""
SILENCE_LAPSE = timedelta(days=7)
MISSED = timedelta(minutes=5)
"""Looked at later than this after it was received: the team is told that it was missed."""

RINGING = (State.OPEN, State.ESCALATED)


class Effect(StrEnum):
    """What the outside world has to do."""

    OPEN = "open"
    """Tell the first ones and plan the escalation."""
    REPEAT = "repeat"
    """Tell the first ones again."""
    RING_AGAIN = "ring_again"
    """An acknowledgement is void: tell the first ones, and let the escalation go on."""
    RESOLVE = "resolve"
    """Stop what is planned."""


@dataclass(frozen=True, slots=True)
class Life:
    """What is stored of an alert that is not over."""

    state: State
    beyond_since: datetime
    last_beyond_at: datetime
    last_at: datetime
    is_sensor: bool
    back_since: datetime | None = None
    told_at: datetime | None = None
    rounds: int = 0
    snoozed_until: datetime | None = None
    acknowledged_until: datetime | None = None
    end_reason: EndReason | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The acknowledgement in force."""

    until: datetime
    worst: Value | None
    """The worst value of what was seen; None: the rule looks at no value."""
    may_act: bool
    """Whether whoever gave it still may act for the patient."""


Outcome = tuple[Life, tuple[Effect, ...]]


def opened(episode: Episode, now: datetime) -> Life:
    """An alert that begins to ring."""
    return replace(
        seen(Life(State.OPEN, now, now, now, is_sensor=False), episode), told_at=now, rounds=1
    )


def seen(life: Life, episode: Episode) -> Life:
    """The same alert with everything that the values say anew."""
    return replace(
        life,
        beyond_since=episode.begins_at,
        last_beyond_at=episode.last.at,
        last_at=episode.last_at,
        is_sensor=episode.last.is_sensor,
        back_since=episode.back_since,
    )


def advance(
    life: Life,
    rule: Rule,
    episode: Episode,
    acknowledged: Acknowledged | None,
    *,
    is_outranked: bool,
    has_escalated: bool,
    now: datetime,
) -> tuple[Life, tuple[Effect, ...], VoidReason | None]:
    """The alert after looking once more: it is over, rings again, is told again, or goes on."""
    life = seen(life, episode)
    if episode.is_over:
        reason = EndReason.LAPSED if episode.has_lapsed else EndReason.RECOVERED
        return *end(life, reason), None
    void = void_reason(acknowledged, rule.direction, episode, life, now) if acknowledged else None
    if void is not None:
        return *ring_again(life, has_escalated=has_escalated, now=now), void
    if not is_outranked and _is_repeat_due(life, rule, now):
        return replace(life, rounds=life.rounds + 1, told_at=now), (Effect.REPEAT,), None
    return life, (), None


def void_reason(
    given: Acknowledged,
    direction: Direction,
    episode: Episode | None,
    life: Life,
    now: datetime,
) -> VoidReason | None:
    """Why an acknowledgement counts no longer; None: it does.

    It is of what was seen, for a time: a worse value voids it at once, and when its time has passed
    only values on their way back keep it.
    """
    if not given.may_act:
        return VoidReason.RIGHT_ENDED
    if episode and given.worst and episode.worst.is_worse_than(given.worst, direction):
        return VoidReason.WORSE
    if now >= given.until and life.back_since is None:
        return VoidReason.EXPIRED
    return None


def ring_again(life: Life, *, has_escalated: bool, now: datetime) -> Outcome:
    """An acknowledgement is void: the alert rings as it did."""
    state = State.ESCALATED if has_escalated else State.OPEN
    life = replace(life, state=state, rounds=life.rounds + 1, told_at=now, acknowledged_until=None)
    return life, (Effect.RING_AGAIN,)


def end(life: Life, reason: EndReason) -> Outcome:
    """The alert is over."""
    ended = replace(life, state=State.RESOLVED, end_reason=reason, snoozed_until=None)
    return ended, (Effect.RESOLVE,)


def due(life: Life, rule: Rule, now: datetime) -> datetime | None:
    """When time alone may change something; None: only a reading can."""
    if life.state is State.RESOLVED:
        return None
    times: list[datetime | None] = [life.acknowledged_until, _repeat_at(life, rule)]
    if rule.kind is Kind.NO_DATA:
        times.append(life.last_beyond_at + SILENCE_LAPSE)
    elif rule.kind not in TIMELESS:
        times.append(life.last_at + timedelta(hours=24))
        times.append(life.back_since + RECOVERY if life.back_since else None)
    return min((time for time in times if time is not None and time > now), default=None)


def hold_until(
    life: Life,
    planned_at: datetime,
    pause_min: int | None,
    *,
    is_outranked: bool,
    now: datetime,
) -> datetime | None:
    """Until when a step that is due waits; None: it happens now.

    A pause or values on their way back hold a step back once, by one pause or by 15 minutes,
    whatever happens after.
    """
    if is_outranked:  # the sharper alert has steps of its own
        return now + RECOVERY
    times = []
    if life.snoozed_until is not None and pause_min is not None:
        times.append(min(life.snoozed_until, planned_at + timedelta(minutes=pause_min)))
    if life.back_since is not None:
        times.append(min(life.back_since, planned_at) + RECOVERY)
    return max((time for time in times if time > now), default=None)


def silence(
    life: Life | None, rule: Rule, newest_at: datetime | None, now: datetime
) -> tuple[Life | None, tuple[Effect, ...]]:
    """The alert about readings that do not come.

    Args:
        life: what is stored; None: there is no alert.
        rule: `no_data`.
        newest_at: when the newest value was measured; None: nobody expects anything.
        now: when.
    """
    is_silent = newest_at is not None and now - newest_at >= timedelta(minutes=rule.delay_min)
    if newest_at is None or (life is None and not is_silent):
        return life, ()
    if life is None:
        begun = Life(State.OPEN, newest_at, now, newest_at, True, told_at=now, rounds=1)
        return begun, (Effect.OPEN,)
    if not is_silent:
        return end(replace(life, last_at=newest_at), EndReason.DATA_BACK)
    if now - life.last_beyond_at >= SILENCE_LAPSE:
        return end(life, EndReason.LAPSED)
    if _is_repeat_due(life, rule, now):
        return replace(life, rounds=life.rounds + 1, told_at=now), (Effect.REPEAT,)
    return life, ()


def unclosed(life: Life, rule: Rule, now: datetime) -> Outcome:
    """The alert about an answer: it goes on, told again and again, until a person closes it."""
    if _is_repeat_due(life, rule, now):
        return replace(life, rounds=life.rounds + 1, told_at=now), (Effect.REPEAT,)
    return life, ()


def _is_snoozed(life: Life, now: datetime) -> bool:
    return life.snoozed_until is not None and now < life.snoozed_until


def _repeat_at(life: Life, rule: Rule) -> datetime | None:
    """When the next repeat would come, if what is known then is still news."""
    if life.state not in RINGING or life.told_at is None or not rule.repeat_min:
        return None
    at = life.told_at + timedelta(minutes=rule.repeat_min)
    at = max(at, life.snoozed_until or at)
    if rule.kind in TIMELESS:
        return at
    is_stale = at - life.last_beyond_at >= _news(life, rule)
    return None if is_stale or life.back_since is not None else at


def _is_repeat_due(life: Life, rule: Rule, now: datetime) -> bool:
    if life.state not in RINGING or life.told_at is None or not rule.repeat_min:
        return False
    if now - life.told_at < timedelta(minutes=rule.repeat_min) or _is_snoozed(life, now):
        return False
    if rule.kind in TIMELESS:
        return True
    return now - life.last_beyond_at < _news(life, rule) and life.back_since is None


def _news(life: Life, rule: Rule) -> timedelta:
    """How long a value is told again; a low longer, for nobody knows that it is over."""
    if rule.direction is Direction.LOW:
        return LATE
    return SENSOR_FRESH if life.is_sensor else FINGER_FRESH
