"""The life of an alert as a pure function of its state, its rule, what was seen, and the time.

The same input gives the same output; a reading that was taken into account already changes
nothing. Whoever calls stores the state and carries out the deeds, in one transaction.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from telehealth.alerts.models import EndReason, Kind, State
from telehealth.alerts.service.rule import Rule

SENSOR_FRESH = timedelta(minutes=10)
"""A sensor's value is news for this long (as in Nightscout)."""
FINGER_FRESH = timedelta(minutes=30)
"""A fingerstick's value, counted from when it was measured, not from when it arrived."""
RECOVERY = timedelta(minutes=15)
"""Back in range for this long: the episode is over (Battelino 2023)."""
GAP = timedelta(minutes=45)
"""Nothing for longer than this: what was before says nothing about how long it has lasted."""
LAPSE = timedelta(hours=24)
"""Without any reading for this long, nobody knows: the alert ends and says so."""
SILENCE_LAPSE = timedelta(days=7)

RINGING = (State.OPEN, State.ESCALATED)


class Deed(StrEnum):
    """What the outside world has to do."""

    OPEN = "open"
    """Tell the first ones and plan the escalation."""
    REPEAT = "repeat"
    """Tell the first ones again."""
    RESOLVE = "resolve"
    """Stop what is planned."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One value, as far as one rule is concerned."""

    at: datetime
    """When it was measured."""
    is_beyond: bool
    is_sensor: bool

    def is_fresh(self, now: datetime) -> bool:
        """Whether it is news: only then anybody may be told because of it."""
        return now - self.at < freshness(is_sensor=self.is_sensor)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known at this moment."""

    seen: Seen | None = None
    """One value, or None: only time has passed."""
    newest_at: datetime | None = None
    """For `no_data`: when the newest value was measured."""
    is_outranked: bool = False
    """Whether the sharper rule of the same direction has an alert: this one then waits."""


@dataclass(frozen=True, slots=True)
class Life:
    """What is stored of an alert."""

    state: State
    beyond_since: datetime
    last_beyond_at: datetime
    last_at: datetime
    is_sensor: bool
    back_since: datetime | None = None
    told_at: datetime | None = None
    rounds: int = 0
    snoozed_until: datetime | None = None
    end_reason: EndReason | None = None


Outcome = tuple[Life | None, tuple[Deed, ...]]


def freshness(*, is_sensor: bool) -> timedelta:
    """How long a value is news."""
    return SENSOR_FRESH if is_sensor else FINGER_FRESH


def step(life: Life | None, rule: Rule, facts: Facts, now: datetime) -> Outcome:
    """The state after looking once more; None: there is no alert."""
    if life is not None and life.state is State.RESOLVED:
        raise ValueError("a resolved alert has no next state")
    if not rule.is_on:
        return end(life, EndReason.RULE_OFF)
    if rule.kind is Kind.NO_DATA:
        return _silence(life, rule, facts, now)
    seen = facts.seen if life is None or _is_new(life, facts.seen) else None
    if seen is not None:
        life = _taken(life, seen, now)
    if life is None or life.state is State.PENDING:
        return _perhaps_open(life, rule, facts, seen, now)
    return _go_on(life, rule, facts, now)


def _go_on(life: Life, rule: Rule, facts: Facts, now: datetime) -> Outcome:
    if _is_recovered(life, now):
        return end(life, EndReason.RECOVERED)
    if now - life.last_at >= LAPSE:
        return end(life, EndReason.LAPSED)
    if not facts.is_outranked and _is_repeat_due(life, rule, now):
        return replace(life, rounds=life.rounds + 1, told_at=now), (Deed.REPEAT,)
    return life, ()


def due(life: Life, rule: Rule, now: datetime) -> datetime | None:
    """When time alone may change something; None: only a reading can."""
    if life.state in (State.PENDING, State.RESOLVED):
        return None
    if rule.kind is Kind.NO_DATA:
        times = [life.last_beyond_at + SILENCE_LAPSE]
    else:
        times = [life.last_at + LAPSE]
        if life.back_since is not None and not life.is_sensor:
            times.append(life.back_since + RECOVERY)
    if (repeat := _repeat_at(life, rule)) is not None:
        times.append(repeat)
    return min((time for time in times if time > now), default=None)


def is_held(life: Life, facts: Facts, now: datetime) -> bool:
    """Whether an escalation waits: paused, on the way back, or taken over by the sharper rule."""
    return _is_snoozed(life, now) or life.back_since is not None or facts.is_outranked


def _is_new(life: Life, seen: Seen | None) -> bool:
    return seen is not None and seen.at > life.last_at


def _taken(life: Life | None, seen: Seen, now: datetime) -> Life | None:
    """The state with one more value in it."""
    if life is None:
        if not (seen.is_beyond and seen.is_fresh(now)):
            return None
        return Life(State.PENDING, seen.at, seen.at, seen.at, seen.is_sensor)
    life = replace(life, last_at=seen.at, is_sensor=seen.is_sensor)
    if seen.is_beyond:
        if life.state is State.PENDING and seen.at - life.last_beyond_at > GAP:
            life = replace(life, beyond_since=seen.at)
        return replace(life, last_beyond_at=seen.at, back_since=None)
    if life.state is State.PENDING:
        return None
    return replace(life, back_since=life.back_since or seen.at)


def _perhaps_open(
    life: Life | None, rule: Rule, facts: Facts, seen: Seen | None, now: datetime
) -> Outcome:
    if life is None:
        return None, ()
    lasted = life.last_beyond_at - life.beyond_since
    is_news = seen is not None and seen.is_fresh(now)
    if not is_news or facts.is_outranked or lasted < timedelta(minutes=rule.delay_min):
        return life, ()
    return replace(life, state=State.OPEN, told_at=now, rounds=1), (Deed.OPEN,)


def _silence(life: Life | None, rule: Rule, facts: Facts, now: datetime) -> Outcome:
    newest = facts.newest_at
    is_silent = newest is not None and now - newest >= timedelta(minutes=rule.delay_min)
    if newest is None or (life is None and not is_silent):
        return life, ()
    if life is None:
        return Life(State.OPEN, newest, now, newest, True, told_at=now, rounds=1), (Deed.OPEN,)
    if not is_silent:
        return end(replace(life, last_at=newest), EndReason.DATA_BACK)
    if now - life.last_beyond_at >= SILENCE_LAPSE:
        return end(life, EndReason.LAPSED)
    if _is_repeat_due(life, rule, now):
        return replace(life, rounds=life.rounds + 1, told_at=now), (Deed.REPEAT,)
    return life, ()


def end(life: Life | None, reason: EndReason) -> Outcome:
    """The alert is over; what nobody knew of yet leaves no trace."""
    if life is None or life.state is State.PENDING:
        return None, ()
    ended = replace(life, state=State.RESOLVED, end_reason=reason, snoozed_until=None)
    return ended, (Deed.RESOLVE,)


def _is_recovered(life: Life, now: datetime) -> bool:
    if life.back_since is None:
        return False
    # A sensor proves it by values; after a fingerstick nobody should have to prick again.
    until = life.last_at if life.is_sensor else now
    return until - life.back_since >= RECOVERY


def _is_snoozed(life: Life, now: datetime) -> bool:
    return life.snoozed_until is not None and now < life.snoozed_until


def _repeat_at(life: Life, rule: Rule) -> datetime | None:
    """When the next repeat would come, if what is known then is still news."""
    if life.state not in RINGING or life.told_at is None or not rule.repeat_min:
        return None
    at = life.told_at + timedelta(minutes=rule.repeat_min)
    at = max(at, life.snoozed_until or at)
    if rule.kind is Kind.NO_DATA:
        return at
    is_stale = at - life.last_beyond_at >= freshness(is_sensor=life.is_sensor)
    return None if is_stale or life.back_since is not None else at


def _is_repeat_due(life: Life, rule: Rule, now: datetime) -> bool:
    if life.state not in RINGING or life.told_at is None or not rule.repeat_min:
        return False
    if now - life.told_at < timedelta(minutes=rule.repeat_min) or _is_snoozed(life, now):
        return False
    if rule.kind is Kind.NO_DATA:
        return True
    is_news = now - life.last_beyond_at < freshness(is_sensor=life.is_sensor)
    return is_news and life.back_since is None
