"""The alerts of one rule follow the episodes that the values show."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from telehealth.alerts.models import DIRECTION, Alert, EndReason, Kind, State
from telehealth.alerts.service import acknowledging, episodes, facts, machine, steps, telling
from telehealth.alerts.service.episodes import Episode
from telehealth.alerts.service.machine import Effect
from telehealth.alerts.service.rule import SHARPER, Rule
from telehealth.alerts.service.storing import (
    KEPT,
    Round,
    close,
    life_of,
    note_rule,
    note_span,
    note_values,
    record,
    still_needs_review,
    store,
    threshold_of,
)


def follow_values(round_: Round, kind: Kind, found: Sequence[Episode]) -> None:
    """The alerts of one rule are what its episodes say."""
    rule = round_.book[kind]
    live = round_.live(kind)
    own = _last_overlapping(live, found) if live is not None else None
    if live is not None and not rule.is_on:
        close(round_, live, EndReason.RULE_OFF)
        own = None
    elif live is not None and own is None:
        is_same_rule = threshold_of(live) == rule.threshold
        close(round_, live, EndReason.WITHDRAWN if is_same_rule else EndReason.RULE_CHANGED)
    for episode in found:
        if episode is own and live is not None:
            _advance(round_, rule, live, episode)
        elif rule.is_on and episode.trigger is not None:
            ended = _last_ended(round_.rows[kind], episode)
            if ended is None:
                _begin(round_, rule, episode)
            else:
                _look_again(round_, rule, ended, episode)
    if round_.is_change:
        _withdraw_ended(round_, kind, found)


def _overlaps(row: Alert, episode: Episode) -> bool:
    return row.last_beyond_at >= episode.begins_at and row.beyond_since <= episode.last.at


def _last_overlapping(row: Alert, found: Sequence[Episode]) -> Episode | None:
    return next((one for one in reversed(found) if _overlaps(row, one)), None)


def _last_ended(rows: Iterable[Alert], episode: Episode) -> Alert | None:
    ended = [row for row in rows if row.state is State.RESOLVED and _overlaps(row, episode)]
    return max(ended, key=lambda row: (row.last_beyond_at, row.id), default=None)


def _advance(round_: Round, rule: Rule, row: Alert, episode: Episode) -> None:
    """An open alert goes on with what the values say now."""
    given = acknowledging.in_force(round_.session, row, now=round_.now)
    life, effects, void = machine.advance(
        life_of(row),
        rule,
        episode,
        given,
        is_outranked=round_.is_outranked(rule.kind),
        has_escalated=steps.has_escalated(round_.session, row.id),
        now=round_.now,
    )
    note_values(row, episode, now=round_.now)
    store(round_, rule, row, life, effects, void)


def _begin(round_: Round, rule: Rule, episode: Episode) -> None:
    """Values without an alert: it opens, or what came late waits for a person."""
    if _is_covered_by_sharper(round_, rule.kind, episode):
        return
    if not episode.is_over and episode.is_timely:
        if not round_.is_outranked(rule.kind):
            _open(round_, rule, episode)
    elif _was_missed(episode, round_.now):
        row = _keep_ended(round_, rule, episode)
        telling.tell_missed(round_.session, row, cause=round_.cause, now=round_.now)
    elif is_severe(rule.kind, episode, round_.patient):
        _keep_ended(round_, rule, episode)


def _look_again(round_: Round, rule: Rule, row: Alert, episode: Episode) -> None:
    """Values of an alert that has ended: it goes on, another begins, or it says more."""
    new = [one for one in episode.values if not row.beyond_since <= one.at <= row.last_beyond_at]
    is_ringing = not episode.is_over and not round_.is_outranked(rule.kind)
    if is_ringing and row.end_reason is EndReason.RECOVERED and row.reviewed_at is None:
        _reopen(round_, rule, row, episode)
    elif is_ringing and any(episodes.is_timely(one) for one in new):
        _open(round_, rule, episode, kept=row)
    elif row.reviewed_at is None:
        note_values(row, episode, now=round_.now)
        note_span(row, episode)
        row.needs_review = row.needs_review or still_needs_review(round_, row)
    elif _came_after(row.reviewed_at, episode) and is_severe(rule.kind, episode, round_.patient):
        note_values(row, episode, now=round_.now)
        note_span(row, episode)
        row.worse_at = round_.now
        row.needs_review, row.reviewed_at, row.reviewed_by_id = True, None, None
        round_.has_changed = True


def _came_after(closed_at: datetime, episode: Episode) -> bool:
    """Whether whoever closed the alert cannot have known all of it, whenever it was measured."""
    return any(value.received_at > closed_at for value in episode.values)


def _open(round_: Round, rule: Rule, episode: Episode, kept: Alert | None = None) -> None:
    """The alert rings; what was kept of the same episode because it came late becomes part of it.

    So it makes no difference whether the late or the fresh values came first.
    """
    row = None
    if kept is not None and kept.end_reason is EndReason.SEEN_LATE and kept.reviewed_at is None:
        row = None if steps.has_steps(round_.session, kept.id) else kept
    if row is None:
        row = _row(round_, rule, episode)
    else:
        note_values(row, episode, now=round_.now)
        row.state, row.resolved_at = State.OPEN, None
    row.opened_at = round_.now
    store(round_, rule, row, machine.opened(episode, round_.now), (Effect.OPEN,))


def _reopen(round_: Round, rule: Rule, row: Alert, episode: Episode) -> None:
    """It had not ended: the value that said so was a mistake, or a later one came late."""
    has_escalated = steps.has_escalated(round_.session, row.id)
    life = machine.seen(replace(life_of(row), end_reason=None), episode)
    life, effects = machine.ring_again(life, has_escalated=has_escalated, now=round_.now)
    row.state, row.resolved_at = life.state, None
    row.acknowledged_by_id = row.acknowledged_at = None
    note_values(row, episode, now=round_.now)
    store(round_, rule, row, life, effects)


def _keep_ended(round_: Round, rule: Rule, episode: Episode) -> Alert:
    """What was over or too old to ring is kept until a person closes it."""
    row = _row(round_, rule, episode)
    row.opened_at = row.resolved_at = round_.now
    life = machine.seen(machine.opened(episode, round_.now), episode)
    for name in KEPT:
        setattr(row, name, getattr(life, name))
    row.state, row.end_reason, row.needs_review = State.RESOLVED, EndReason.SEEN_LATE, True
    row.told_at, row.rounds = None, 0
    round_.session.flush()
    round_.has_changed = True
    record(round_, row, "keep", EndReason.SEEN_LATE)
    return row


def _row(round_: Round, rule: Rule, episode: Episode) -> Alert:
    row = Alert(
        patient_id=round_.patient_id,
        kind=rule.kind,
        direction=DIRECTION[rule.kind],
        rounds=0,
        pauses=0,
        needs_review=True,
        ref="",
        received_at=episode.values[0].received_at,
    )
    note_rule(row, rule)
    note_values(row, episode, now=round_.now)
    round_.session.add(row)
    round_.rows[rule.kind].append(row)
    return row


def _withdraw_ended(round_: Round, kind: Kind, found: Sequence[Episode]) -> None:
    """Nobody is asked to close what is no longer in the diary."""
    for row in round_.rows[kind]:
        is_old = row.beyond_since < round_.begins_at
        is_other_rule = threshold_of(row) != round_.book[kind].threshold
        if row.state is not State.RESOLVED or row.reviewed_at or is_old or is_other_rule:
            continue
        if not any(_overlaps(row, one) for one in found):
            row.end_reason, row.needs_review = EndReason.WITHDRAWN, False
            round_.has_changed = True


def is_severe(kind: Kind, episode: Episode, patient: facts.PatientFacts) -> bool:
    """Whether a person has to close it even where somebody acknowledged it in time.

    Every very low value, HI and LO, and every low of somebody who must not be low.
    """
    if kind is Kind.URGENT_LOW or episode.worst.tick is None:
        return True
    return kind is Kind.LOW and patient.must_not_be_low


def _was_missed(episode: Episode, now: datetime) -> bool:
    """Whether it would have rung, had we looked when it came."""
    trigger = episode.trigger
    if trigger is None or not episode.is_timely or episode.ended_at is None:
        return False
    is_long_ago = now - trigger.received_at > machine.MISSED
    return is_long_ago and episode.ended_at > trigger.received_at


def _is_covered_by_sharper(round_: Round, kind: Kind, episode: Episode) -> bool:
    """Whether the same values are an alert of the sharper rule, and nothing is left beyond."""
    sharper = SHARPER.get(kind)
    if sharper is None or not (episode.is_over or episode.back_since):
        return False
    return any(_overlaps(row, episode) for row in round_.rows[sharper])
