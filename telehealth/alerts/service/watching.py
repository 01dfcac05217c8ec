"""Looking at a patient's values and at the clock; carrying out what the rules say.

Work about one patient begins by locking the patient's watch, so two workers never tell twice. What
the values say is read from all of them anew (`episodes`); what is stored is what became of it:
whether somebody was told, answered, or has still to close it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from telehealth.alerts.models import (
    DIRECTION,
    RAISED,
    TIMELESS,
    Alert,
    AlertStep,
    AlertWatch,
    EndReason,
    Kind,
    Ring,
    State,
    StepState,
    VoidReason,
)
from telehealth.alerts.service import (
    acknowledging,
    episodes,
    facts,
    locking,
    machine,
    rules,
    telling,
)
from telehealth.alerts.service.episodes import Episode
from telehealth.alerts.service.machine import Effect, Life
from telehealth.alerts.service.rule import SHARPER, Rule, Threshold
from telehealth.alerts.service.rules import RuleBook
from telehealth.alerts.service.values import between as values_between
from telehealth.alerts.service.values import newest as newest_of
from telehealth.alerts.service.values import next_after
from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import system

LOOK_DUE = "alerts.look_due"
"""Outbox topic: time may have changed something for a patient."""
BATCH = 1_000
"""How many due rows one round of the timed job takes."""
MAX_ROUNDS = 20
_LEASE = timedelta(minutes=5)
_ORDER = (Kind.URGENT_LOW, Kind.LOW, Kind.VERY_HIGH, Kind.HIGH)
"""The sharper rule first: whether it has an alert decides whether the milder one waits."""
_KEPT = tuple(field.name for field in fields(Life))
SENSOR_MEMORY = timedelta(days=7)
"""Who used a sensor within this time is expected to go on."""
HORIZON = timedelta(days=14)
"""Values older than this are history: they change the diary and open nothing."""
_BACK_TO = episodes.LATE + timedelta(hours=4)
"""How far back a look begins at least: what is late and still rings, and how long a rule waits."""


def look(
    session: Session,
    patient_id: int,
    *,
    cause: str,
    since: datetime | None = None,
    is_change: bool = False,
    now: datetime,
) -> None:
    """The patient's alerts are what the rules say of the values at this moment.

    Harmless when repeated.

    Args:
        session: the unit of work.
        patient_id: whose.
        cause: the event that made us look, for the trail.
        since: when the earliest of the values that made us look was measured; None: only the
            newest matter.
        is_change: values were corrected or removed: what has ended is looked at again too.
        now: when.
    """
    watch = locking.lock(session, patient_id)
    patient = facts.of(session, patient_id, now=now)
    if patient.is_dead:
        _end_for_the_dead(session, watch, cause=cause, now=now)
        return
    book = rules.in_force(session, patient_id)
    begins_at = _from(live_alerts(session, patient_id).values(), since, now)
    values = values_between(session, patient_id, begins_at, now)
    round_ = _Round(
        session, patient_id, book, patient, _stored(session, patient_id, begins_at),
        begins_at, cause, is_change, now,
    )  # fmt: skip
    for kind in _ORDER:
        found = episodes.find(values, patient.limits(book[kind]), now)
        _follow_values(round_, kind, found)
    _look_for_silence(round_, watch)
    _look_at_answers(round_)
    ahead = next_after(session, patient_id, now)
    if ahead is not None:  # a fast clock dated it ahead: it has a say when its time has come
        outbox.put(session, LOOK_DUE, {"patient_id": patient_id}, now=now, run_at=ahead)
    session.flush()
    if round_.has_changed:
        telling.announce_change(session, patient_id, now=now)


def look_after_changes(session: Session, patient_id: int, *, cause: str, now: datetime) -> None:
    """Readings were removed or corrected: what alerts say is read anew from what is left."""
    look(session, patient_id, cause=cause, since=now - HORIZON, is_change=True, now=now)


@dataclass(slots=True)
class _Round:
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
    has_changed: bool = field(default=False)

    def live(self, kind: Kind) -> Alert | None:
        """The alert of a rule that is not over."""
        return next((row for row in self.rows[kind] if row.state in RAISED), None)

    def is_outranked(self, kind: Kind) -> bool:
        """Whether the sharper rule of the same direction has an alert: this one then waits."""
        sharper = SHARPER.get(kind)
        return sharper is not None and self.live(sharper) is not None


def _follow_values(round_: _Round, kind: Kind, found: Sequence[Episode]) -> None:
    """The alerts of one rule are what its episodes say."""
    rule = round_.book[kind]
    live = round_.live(kind)
    own = _last_overlapping(live, found) if live is not None else None
    if live is not None and not rule.is_on:
        _close(round_, live, EndReason.RULE_OFF)
        own = None
    elif live is not None and own is None:
        is_same_rule = _threshold(live) == rule.threshold
        _close(round_, live, EndReason.WITHDRAWN if is_same_rule else EndReason.RULE_CHANGED)
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


def _advance(round_: _Round, rule: Rule, row: Alert, episode: Episode) -> None:
    """An open alert goes on with what the values say now."""
    given = acknowledging.in_force(round_.session, row, now=round_.now)
    life, effects, void = machine.advance(
        life_of(row),
        rule,
        episode,
        given,
        is_outranked=round_.is_outranked(rule.kind),
        has_escalated=telling.has_escalated(round_.session, row.id),
        now=round_.now,
    )
    _note_values(row, episode)
    _store(round_, rule, row, life, effects, void)


def _begin(round_: _Round, rule: Rule, episode: Episode) -> None:
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


def _look_again(round_: _Round, rule: Rule, row: Alert, episode: Episode) -> None:
    """Values of an alert that has ended: it goes on, another begins, or it says more."""
    new = [one for one in episode.values if not row.beyond_since <= one.at <= row.last_beyond_at]
    is_ringing = not episode.is_over and not round_.is_outranked(rule.kind)
    if is_ringing and row.end_reason is EndReason.RECOVERED and row.reviewed_at is None:
        _reopen(round_, rule, row, episode)
    elif is_ringing and any(episodes.is_timely(one) for one in new):
        _open(round_, rule, episode)
    elif row.reviewed_at is None:
        _note_values(row, episode)
        _note_span(row, episode)
    elif new and is_severe(rule.kind, episode, round_.patient):
        _note_values(row, episode)
        _note_span(row, episode)
        row.needs_review, row.reviewed_at, row.reviewed_by_id = True, None, None
        round_.has_changed = True


def _open(round_: _Round, rule: Rule, episode: Episode) -> None:
    row = _row(round_, rule, episode)
    row.opened_at = round_.now
    _store(round_, rule, row, machine.opened(episode, round_.now), (Effect.OPEN,))


def _reopen(round_: _Round, rule: Rule, row: Alert, episode: Episode) -> None:
    """It had not ended: the value that said so was a mistake, or a later one came late."""
    has_escalated = telling.has_escalated(round_.session, row.id)
    life = machine.seen(replace(life_of(row), end_reason=None), episode)
    life, effects = machine.ring_again(life, has_escalated=has_escalated, now=round_.now)
    row.state, row.resolved_at = life.state, None
    row.acknowledged_by_id = row.acknowledged_at = None
    _note_values(row, episode)
    _store(round_, rule, row, life, effects)


def _keep_ended(round_: _Round, rule: Rule, episode: Episode) -> Alert:
    """What was over or too old to ring is kept until a person closes it."""
    row = _row(round_, rule, episode)
    row.opened_at = row.resolved_at = round_.now
    life = machine.seen(machine.opened(episode, round_.now), episode)
    for name in _KEPT:
        setattr(row, name, getattr(life, name))
    row.state, row.end_reason, row.needs_review = State.RESOLVED, EndReason.SEEN_LATE, True
    row.told_at, row.rounds = None, 0
    round_.session.flush()
    round_.has_changed = True
    _record(round_, row, "keep", EndReason.SEEN_LATE)
    return row


def _row(round_: _Round, rule: Rule, episode: Episode) -> Alert:
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
    _note_rule(row, rule)
    _note_values(row, episode)
    round_.session.add(row)
    round_.rows[rule.kind].append(row)
    return row


def _close(round_: _Round, row: Alert, reason: EndReason) -> None:
    life, effects = machine.end(life_of(row), reason)
    _store(round_, round_.book[row.kind], row, life, effects)


def _withdraw_ended(round_: _Round, kind: Kind, found: Sequence[Episode]) -> None:
    """Nobody is asked to close what is no longer in the diary."""
    for row in round_.rows[kind]:
        is_old = row.beyond_since < round_.begins_at
        is_other_rule = _threshold(row) != round_.book[kind].threshold
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


def _is_covered_by_sharper(round_: _Round, kind: Kind, episode: Episode) -> bool:
    """Whether the same values are an alert of the sharper rule, and nothing is left beyond."""
    sharper = SHARPER.get(kind)
    if sharper is None or not (episode.is_over or episode.back_since):
        return False
    return any(_overlaps(row, episode) for row in round_.rows[sharper])


def _store(
    round_: _Round,
    rule: Rule,
    row: Alert,
    life: Life,
    effects: Iterable[Effect],
    void: VoidReason | None = None,
) -> None:
    """The row is what the state machine says, and its effects are carried out."""
    effects = tuple(effects)
    for name in _KEPT:
        setattr(row, name, getattr(life, name))
    row.next_at = machine.due(life, rule, round_.now)
    if row.state is State.RESOLVED:
        row.resolved_at = round_.now
        row.needs_review = _still_needs_review(round_, row)
    if void is not None:
        acknowledging.make_void(round_.session, row, void, now=round_.now)
    round_.session.flush()
    for effect in effects:
        _carry_out(round_, row, rule, effect)
        round_.has_changed = True


def _still_needs_review(round_: _Round, row: Alert) -> bool:
    """Ended is not gone: what nobody acknowledged, and whatever is severe, waits for a person."""
    if row.kind in TIMELESS or row.end_reason is EndReason.DIED:
        return False
    if row.end_reason is EndReason.WITHDRAWN:
        return telling.team_was_told(round_.session, row.id)
    is_beyond_measure = row.worst_unit is not None and row.worst_tick is None
    is_severe_low = row.kind is Kind.LOW and round_.patient.must_not_be_low
    is_severe_now = row.kind is Kind.URGENT_LOW or is_beyond_measure or is_severe_low
    return is_severe_now or row.acknowledged_by_id is None


def _carry_out(round_: _Round, row: Alert, rule: Rule, effect: Effect) -> None:
    _record(round_, row, effect.value, row.end_reason if effect is Effect.RESOLVE else None)
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


def _record(round_: _Round, row: Alert, verb: str, reason: EndReason | None) -> None:
    detail = {"kind": row.kind.value} | ({"reason": reason.value} if reason else {})
    actor = system(round_.cause, round_.patient_id)
    audit.record(
        round_.session, actor, f"alerts.{verb}", "alert", row.id, now=round_.now, detail=detail
    )


def _note_rule(row: Alert, rule: Rule) -> None:
    row.threshold_tick = rule.threshold.tick if rule.threshold else None
    row.threshold_unit = rule.threshold.unit if rule.threshold else None
    row.delay_min = rule.delay_min


def _threshold(row: Alert) -> Threshold | None:
    if row.threshold_tick is None or row.threshold_unit is None:
        return None
    return Threshold(row.threshold_tick, row.threshold_unit)


def _note_values(row: Alert, episode: Episode) -> None:
    """What is shown of an alert is always read from the values that are in the diary now."""
    row.tick, row.unit = episode.last.tick, episode.last.unit
    row.worst_tick, row.worst_unit = episode.worst.tick, episode.worst.unit
    row.worst_at = episode.worst.at


def _note_span(row: Alert, episode: Episode) -> None:
    row.beyond_since, row.last_beyond_at = episode.begins_at, episode.last.at
    row.last_at, row.is_sensor = episode.last_at, episode.last.is_sensor


def look_at_step(session: Session, alert_id: int, ring: Ring, *, cause: str, now: datetime) -> None:
    """A step of an escalation happens if it is due and nothing speaks against it.

    The values are looked at first: what has come by now may say that it is over.
    """
    row = session.get(Alert, alert_id)
    if row is None:
        return
    look(session, row.patient_id, cause=cause, now=now)
    session.refresh(row)
    step = session.get(AlertStep, (alert_id, ring))
    if step is None or step.state is not StepState.WAITING or step.due_at > now:
        return
    if row.state not in machine.RINGING:
        telling.stop(session, alert_id, now=now)
        return
    sharper = SHARPER.get(row.kind)
    until = machine.hold_until(
        life_of(row),
        step.planned_at or step.due_at,
        row.pause_min,
        is_outranked=sharper is not None and sharper in live_alerts(session, row.patient_id),
        now=now,
    )
    if until is not None:
        telling.postpone(session, step, until, now=now)
        return
    telling.carry_out(session, row, ring, cause=cause, now=now)
    telling.announce_change(session, row.patient_id, now=now)


def enqueue_due(session: Session, *, now: datetime) -> int:
    """An event for each patient for whom time may have changed something; returns how many rows.

    Two statements over partial indexes that hold only what is due, whatever the number of patients;
    the work itself is spread over the workers.
    """
    alerts = session.execute(
        select(Alert.id, Alert.patient_id)
        .where(Alert.next_at <= now)
        .order_by(Alert.next_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    silent = session.scalars(
        select(AlertWatch.patient_id)
        .where(AlertWatch.silent_at <= now)
        .order_by(AlertWatch.silent_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    later = now + _LEASE  # until then the events are being handled
    session.execute(
        update(Alert).where(Alert.id.in_([row.id for row in alerts])).values(next_at=later)
    )
    session.execute(
        update(AlertWatch).where(AlertWatch.patient_id.in_(silent)).values(silent_at=later)
    )
    for patient_id in sorted({row.patient_id for row in alerts} | set(silent)):
        outbox.put(session, LOOK_DUE, {"patient_id": patient_id}, now=now)
    return max(len(alerts), len(silent))


def live_alerts(session: Session, patient_id: int) -> dict[Kind, Alert]:
    """The patient's alerts that are not over, as they are now; for a caller that holds the lock."""
    rows = session.scalars(
        select(Alert)
        .where(Alert.patient_id == patient_id, Alert.state.in_(RAISED))
        .execution_options(populate_existing=True)
    )
    return {row.kind: row for row in rows}


def _stored(session: Session, patient_id: int, begins_at: datetime) -> dict[Kind, list[Alert]]:
    """What is known already of the time looked at; withdrawn alerts were about nothing."""
    rows = session.scalars(
        select(Alert).where(
            Alert.patient_id == patient_id,
            or_(
                Alert.state.in_(RAISED),
                (Alert.last_beyond_at >= begins_at) & (Alert.end_reason != EndReason.WITHDRAWN),
            ),
        )
    )
    found: dict[Kind, list[Alert]] = {kind: [] for kind in Kind}
    for row in rows:
        found[row.kind].append(row)
    return found


def life_of(alert: Alert) -> Life:
    """The stored row as the state machine's state."""
    return Life(**{name: getattr(alert, name) for name in _KEPT})


def _look_for_silence(round_: _Round, watch: AlertWatch) -> None:
    session, now, rule = round_.session, round_.now, round_.book[Kind.NO_DATA]
    watch.newest_at, watch.newest_sensor_at = newest_of(session, watch.patient_id, now)
    row = round_.live(Kind.NO_DATA)
    newest = expected_after(watch, rule, now)
    was_due = watch.silent_at is not None and newest is not None
    silent_at = newest + timedelta(minutes=rule.delay_min) if newest else None
    if row is not None or (was_due and silent_at is not None and silent_at <= now):
        row = _follow_silence(round_, rule, row, newest)
    is_ahead = rule.is_on and silent_at is not None and silent_at > now
    watch.silent_at = silent_at if is_ahead and row is None else None


def _follow_silence(
    round_: _Round, rule: Rule, row: Alert | None, newest: datetime | None
) -> Alert | None:
    session, now = round_.session, round_.now
    if row is not None and not rule.is_on:
        _close(round_, row, EndReason.RULE_OFF)
        return None
    if row is not None and _renew_acknowledgement(round_, rule, row):
        return row
    life, effects = machine.silence(life_of(row) if row else None, rule, newest, now)
    if life is None:
        return None
    if row is None:
        row = Alert(
            patient_id=round_.patient_id, kind=rule.kind, direction=DIRECTION[rule.kind],
            opened_at=now, received_at=now, rounds=0, pauses=0, ref="",
        )  # fmt: skip
        _note_rule(row, rule)
        session.add(row)
    _store(round_, rule, row, life, effects)
    return None if row.state is State.RESOLVED else row


def _look_at_answers(round_: _Round) -> None:
    row = round_.live(Kind.ANSWER)
    if row is not None:
        rule = round_.book[Kind.ANSWER]
        if not _renew_acknowledgement(round_, rule, row):
            row.next_at = machine.due(life_of(row), rule, round_.now)


def _renew_acknowledgement(round_: _Round, rule: Rule, row: Alert) -> bool:
    """An acknowledgement whose time has passed is void; returns whether it was."""
    given = acknowledging.in_force(round_.session, row, now=round_.now)
    life = life_of(row)
    void = machine.void_reason(given, rule.direction, None, life, round_.now) if given else None
    if void is None:
        return False
    has_escalated = telling.has_escalated(round_.session, row.id)
    life, effects = machine.ring_again(life, has_escalated=has_escalated, now=round_.now)
    _store(round_, rule, row, life, effects, void)
    return True


def expected_after(watch: AlertWatch, rule: Rule, now: datetime) -> datetime | None:
    """From when on the patient's silence counts; None: nobody expects anything.

    The clinic's rule expects only sensors to go on; a patient's own rule expects any reading.
    """
    if rule.is_own:
        return watch.newest_at or rule.changed_at
    newest = watch.newest_sensor_at
    return newest if newest is not None and now - newest < SENSOR_MEMORY else None


def _end_for_the_dead(session: Session, watch: AlertWatch, *, cause: str, now: datetime) -> None:
    """Nobody is told anything about somebody who has died."""
    watch.silent_at = None
    live = live_alerts(session, watch.patient_id)
    for row in live.values():
        row.state, row.end_reason, row.resolved_at = State.RESOLVED, EndReason.DIED, now
        row.next_at = row.snoozed_until = None
        telling.stop(session, row.id, now=now)
        telling.withdraw_notices(session, row.id, now=now)
        actor = system(cause, watch.patient_id)
        detail = {"kind": row.kind.value, "reason": EndReason.DIED.value}
        audit.record(session, actor, "alerts.resolve", "alert", row.id, now=now, detail=detail)
    session.execute(
        update(Alert).where(Alert.patient_id == watch.patient_id).values(needs_review=False)
    )
    if live:
        telling.announce_change(session, watch.patient_id, now=now)


def _from(live: Iterable[Alert], since: datetime | None, now: datetime) -> datetime:
    """The time after which values matter: what may ring, what is open, and what has come."""
    begins = [now - _BACK_TO]
    begins += [row.beyond_since for row in live if row.kind not in TIMELESS]
    begins += [since - _BACK_TO] if since is not None else []
    return max(min(begins), now - HORIZON)


def patients_watched(session: Session, after_id: int, limit: int) -> Collection[int]:
    """Some patients with a watch, by id; for a caller that goes through all of them."""
    return session.scalars(
        select(AlertWatch.patient_id)
        .where(AlertWatch.patient_id > after_id)
        .order_by(AlertWatch.patient_id)
        .limit(limit)
    ).all()


def end_unsupported(
    session: Session, alert: Alert, rule: Rule, reason: EndReason, *, now: datetime
) -> None:
    """A rule was changed: an alert that it no longer supports is over."""
    round_ = _Round(
        session, alert.patient_id, {rule.kind: rule},
        facts.of(session, alert.patient_id, now=now), {kind: [] for kind in Kind},
        now, "alerts.rule_changed", is_change=False, now=now,
    )  # fmt: skip
    _close(round_, alert, reason)
    telling.announce_change(session, alert.patient_id, now=now)
