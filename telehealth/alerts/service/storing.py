"""One look at one patient: what it knows, and how the rows of alerts are written."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts.models import (
    RAISED,
    TIMELESS,
    Action,
    Alert,
    EndReason,
    Kind,
    State,
    VoidReason,
)
from telehealth.alerts.service import acknowledging, facts, machine, steps, telling
from telehealth.alerts.service.episodes import Episode
from telehealth.alerts.service.machine import Effect, Life
from telehealth.alerts.service.rule import SHARPER, Rule, Threshold
from telehealth.alerts.service.rules import RuleBook
from telehealth.alerts.service.values import noted
from telehealth.audit import service as audit
from telehealth.core.actor import Actor, system

KEPT = tuple(field.name for field in fields(Life))


@dataclass(slots=True)
class Round:
    """One look at one patient."""

    session: Session
    patient_id: int
    book: RuleBook
    patient: facts.PatientFacts
    rows: dict[Kind, list[Alert]]
    """Alerts that are not over, and those whose values lie in the time looked at."""
    begins_at: datetime
    cause: str
    is_change: bool
    now: datetime
    on_the_phone: Actor | None = None
    """Who of the team writes down what the patient says now: what would ring is theirs first."""
    has_changed: bool = field(default=False)

    def live(self, kind: Kind) -> Alert | None:
        """The alert of a rule that is not over."""
        return next((row for row in self.rows[kind] if row.state in RAISED), None)

    def is_outranked(self, kind: Kind) -> bool:
        """Whether the sharper rule of the same direction has an alert: this one then waits."""
        sharper = SHARPER.get(kind)
        return sharper is not None and self.live(sharper) is not None


def close(round_: Round, row: Alert, reason: EndReason) -> None:
    """The alert is over for this reason."""
    life, effects = machine.end(life_of(row), reason)
    store(round_, round_.book[row.kind], row, life, effects)


def store(
    round_: Round,
    rule: Rule,
    row: Alert,
    life: Life,
    effects: Iterable[Effect],
    void: VoidReason | None = None,
) -> None:
    """The row is what the state machine says, and its effects are carried out."""
    effects = tuple(effects)
    is_taken_on = _is_taken_on(round_, row, effects)
    if is_taken_on:  # nobody is told: neither now nor counted as if
        life = replace(life, told_at=row.told_at, rounds=row.rounds or 0)
    for name in KEPT:
        setattr(row, name, getattr(life, name))
    row.next_at = machine.due(life, rule, round_.now)
    if row.state is State.RESOLVED:
        row.resolved_at = round_.now
        row.needs_review = still_needs_review(round_, row)
    if void is not None:
        acknowledging.make_void(round_.session, row, void, now=round_.now)
    round_.session.flush()
    for effect in effects:
        (_take_on if is_taken_on else _carry_out)(round_, row, rule, effect)
        round_.has_changed = True


def still_needs_review(round_: Round, row: Alert) -> bool:
    """Ended is not gone: what nobody acknowledged, and whatever is severe, waits for a person."""
    if row.kind in TIMELESS or row.end_reason is EndReason.DIED:
        return False
    if row.end_reason is EndReason.WITHDRAWN:
        return steps.team_was_told(round_.session, row.id)
    is_beyond_measure = row.worst_unit is not None and row.worst_tick is None
    is_severe_low = row.kind is Kind.LOW and round_.patient.must_not_be_low
    is_severe_now = row.kind is Kind.URGENT_LOW or is_beyond_measure or is_severe_low
    return is_severe_now or row.acknowledged_by_id is None


def _is_taken_on(round_: Round, row: Alert, effects: Collection[Effect]) -> bool:
    rings = bool(effects) and Effect.RESOLVE not in effects
    return rings and round_.on_the_phone is not None and row.kind not in TIMELESS


def _take_on(round_: Round, row: Alert, rule: Rule, effect: Effect) -> None:
    """Whoever writes down what the patient says has spoken with the patient: nobody is mailed."""
    actor, session, now = round_.on_the_phone, round_.session, round_.now
    if actor is None:
        raise ValueError("nobody is on the phone")
    record(round_, row, effect.value, None)
    if effect is Effect.OPEN:
        received = min(row.received_at or now, now)
        telling.plan(session, row, rule, begins_at=received, is_answered=True, now=now)
    telling.stop(session, row.id, now=now)
    acknowledging.add(session, actor, row, rule, Action.SPOKEN, now=now)
    detail = {"action": Action.SPOKEN.value}
    audit.record(session, actor, "alerts.acknowledge", "alert", row.id, now=now, detail=detail)


def _carry_out(round_: Round, row: Alert, rule: Rule, effect: Effect) -> None:
    record(round_, row, effect.value, row.end_reason if effect is Effect.RESOLVE else None)
    session, now = round_.session, round_.now
    if effect is Effect.OPEN:
        received = row.received_at or now
        telling.plan(session, row, rule, begins_at=min(received, now), now=now)
    elif effect is Effect.RESOLVE:
        telling.stop(session, row.id, now=now)
        telling.withdraw_notices(session, row.id, now=now)
    else:
        telling.tell_again(session, row, cause=round_.cause, now=now)
        if effect is Effect.RING_AGAIN:
            telling.go_on(session, row.id, now=now)


def record(round_: Round, row: Alert, verb: str, reason: EndReason | None) -> None:
    """The trail says what became of the alert."""
    detail = {"kind": row.kind.value} | ({"reason": reason.value} if reason else {})
    actor = system(round_.cause, round_.patient_id)
    audit.record(
        round_.session, actor, f"alerts.{verb}", "alert", row.id, now=round_.now, detail=detail
    )


def note_rule(row: Alert, rule: Rule) -> None:
    """The row keeps what the rule said when the alert began."""
    row.threshold_tick = rule.threshold.tick if rule.threshold else None
    row.threshold_unit = rule.threshold.unit if rule.threshold else None
    row.delay_min = rule.delay_min


def threshold_of(row: Alert) -> Threshold | None:
    """The threshold by which the alert began; None: its rule has none."""
    if row.threshold_tick is None or row.threshold_unit is None:
        return None
    return Threshold(row.threshold_tick, row.threshold_unit)


def note_values(row: Alert, episode: Episode, *, now: datetime) -> None:
    """What is shown of an alert is always read from the values that are in the diary now.

    A worse one than was known is an event of now, whenever it was measured: whoever answered before
    has not answered it.
    """
    known = noted(row.worst_tick, row.worst_unit, row.direction, now)
    if known is not None and episode.worst.is_worse_than(known, row.direction):
        row.worse_at = now
    row.tick, row.unit = episode.last.tick, episode.last.unit
    row.worst_tick, row.worst_unit = episode.worst.tick, episode.worst.unit
    row.worst_at = episode.worst.at


def note_span(row: Alert, episode: Episode) -> None:
    """From when to when the values were beyond."""
    row.beyond_since, row.last_beyond_at = episode.begins_at, episode.last.at
    row.last_at, row.is_sensor = episode.last_at, episode.last.is_sensor


def live_alerts(session: Session, patient_id: int) -> dict[Kind, Alert]:
    """The patient's alerts that are not over, as they are now; for a caller that holds the lock."""
    rows = session.scalars(
        select(Alert)
        .where(Alert.patient_id == patient_id, Alert.state.in_(RAISED))
        .execution_options(populate_existing=True)
    )
    return {row.kind: row for row in rows}


def life_of(alert: Alert) -> Life:
    """The stored row as the state machine's state."""
    return Life(**{name: getattr(alert, name) for name in KEPT})
