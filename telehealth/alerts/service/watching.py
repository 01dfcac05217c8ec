"""Looking at a patient's newest values and at the clock; carrying out what the rules say.

A deed about one patient begins by locking the patient's watch, so two workers never tell twice.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from telehealth.alerts.models import (
    DIRECTION,
    RAISED,
    Alert,
    AlertStep,
    AlertWatch,
    EndReason,
    Kind,
    Ring,
    State,
    StepState,
)
from telehealth.alerts.service import locking, machine, rules, telling
from telehealth.alerts.service.machine import Deed, Facts, Life
from telehealth.alerts.service.rule import SHARPER, Rule
from telehealth.alerts.service.values import Value
from telehealth.alerts.service.values import between as values_between
from telehealth.alerts.service.values import newest as newest_of
from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import system

LOOK_DUE = "alerts.look_due"
"""Outbox topic: time may have changed something for a patient."""
BATCH = 1_000
"""How many due rows one round of the minute's deed takes."""
MAX_ROUNDS = 20
_LEASE = timedelta(minutes=5)
_ORDER = (Kind.URGENT_LOW, Kind.LOW, Kind.VERY_HIGH, Kind.HIGH)
"""The sharper rule first: whether it has an alert decides whether the milder one waits."""
_KEPT = tuple(field.name for field in fields(Life))
CLOCK_AHEAD = timedelta(minutes=10)
"""A sender's clock may be a little ahead of ours."""
SENSOR_MEMORY = timedelta(days=7)
"""Who used a sensor within this time is expected to go on."""


def look(session: Session, patient_id: int, *, cause: str, now: datetime) -> None:
    """The patient's alerts are what the rules say of the newest values at this moment.

    Harmless when repeated. `cause` is the event that made us look, for the trail.
    """
    watch = locking.lock(session, patient_id)
    book = rules.in_force(session, patient_id)
    live = live_alerts(session, patient_id)
    values = values_between(session, patient_id, _from(live.values(), now), now + CLOCK_AHEAD)
    changed = False
    for kind in _ORDER:
        is_outranked = _is_outranked(live, kind)
        found = _look_at(
            session, patient_id, book[kind], live.get(kind), values,
            is_outranked=is_outranked, cause=cause, now=now,
        )  # fmt: skip
        changed |= found.has_changed
        if kind in live and found.alert is None:
            # What came after the end may be the beginning of the next one.
            outbox.put(session, LOOK_DUE, {"patient_id": patient_id}, now=now)
        live.pop(kind, None)
        if found.alert is not None:
            live[kind] = found.alert
    changed |= _look_for_silence(session, watch, book[Kind.NO_DATA], live, cause=cause, now=now)
    session.flush()
    if changed:
        telling.announce_change(session, patient_id, now=now)


def look_after_changes(session: Session, patient_id: int, *, cause: str, now: datetime) -> None:
    """Readings were removed or corrected: an alert without a value beyond its rule is over."""
    locking.lock(session, patient_id)
    book = rules.in_force(session, patient_id)
    changed = False
    for alert in live_alerts(session, patient_id).values():
        rule = book[alert.kind]
        if rule.threshold is None or _is_borne_out(session, alert, rule):
            continue
        ended, deeds = machine.end(life_of(alert), EndReason.WITHDRAWN)
        store(session, patient_id, rule, alert, ended, deeds, cause=cause, now=now)
        changed = changed or bool(deeds)
    if changed:
        telling.announce_change(session, patient_id, now=now)
    look(session, patient_id, cause=cause, now=now)


def _is_borne_out(session: Session, alert: Alert, rule: Rule) -> bool:
    values = values_between(session, alert.patient_id, alert.beyond_since, alert.last_beyond_at)
    return any(one.seen_by(rule).is_beyond for one in values)


def look_at_step(session: Session, alert_id: int, ring: Ring, *, cause: str, now: datetime) -> None:
    """A step of an escalation happens if it is due and nothing speaks against it."""
    alert = session.get(Alert, alert_id)
    if alert is None:
        return
    locking.lock(session, alert.patient_id)
    session.refresh(alert)
    step = session.get(AlertStep, (alert_id, ring))
    if step is None or step.state is not StepState.WAITING or step.due_at > now:
        return
    if alert.state not in machine.RINGING:
        telling.stop(session, alert_id, now=now)
        return
    live = live_alerts(session, alert.patient_id)
    facts = Facts(is_outranked=_is_outranked(live, alert.kind))
    if machine.is_held(life_of(alert), facts, now):
        until = max(alert.snoozed_until or now, now + telling.HOLD)
        telling.postpone(session, step, until, now=now)
        return
    telling.carry_out(session, alert, ring, cause=cause, now=now)
    telling.announce_change(session, alert.patient_id, now=now)


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
    """The patient's rows that have not ended, as they are now; for a caller that holds the lock."""
    rows = session.scalars(
        select(Alert)
        .where(Alert.patient_id == patient_id, Alert.state != State.RESOLVED)
        .execution_options(populate_existing=True)
    )
    return {row.kind: row for row in rows}


def life_of(alert: Alert) -> Life:
    """The stored row as the state machine's state."""
    return Life(**{name: getattr(alert, name) for name in _KEPT})


@dataclass(frozen=True, slots=True)
class _Found:
    alert: Alert | None
    has_changed: bool = False


def _look_at(
    session: Session,
    patient_id: int,
    rule: Rule,
    alert: Alert | None,
    values: Sequence[Value],
    *,
    is_outranked: bool,
    cause: str,
    now: datetime,
) -> _Found:
    life = life_of(alert) if alert else None
    seen = [one.seen_by(rule) for one in values]
    seen.sort(key=lambda one: (one.at, not one.is_beyond))  # of two at once, the worrying one
    if (life is None or life.state is State.PENDING) and seen and not seen[-1].is_beyond:
        seen = seen[-1:]  # it is over already: nobody is paged for what has passed
    deeds: list[Deed] = []
    for one in (*seen, None):
        life, wanted = machine.step(life, rule, Facts(one, is_outranked=is_outranked), now)
        deeds += wanted
        if life is not None and life.state is State.RESOLVED:
            break
    beyond = [one for one in values if one.seen_by(rule).is_beyond]
    last = max(beyond, key=lambda one: one.at, default=None)
    return store(session, patient_id, rule, alert, life, deeds, last, cause=cause, now=now)


def store(
    session: Session,
    patient_id: int,
    rule: Rule,
    alert: Alert | None,
    life: Life | None,
    deeds: Iterable[Deed],
    last: Value | None = None,
    *,
    cause: str,
    now: datetime,
) -> _Found:
    """The row is what the state machine says, and its deeds are done."""
    if life is None:
        if alert is not None:
            session.execute(delete(Alert).where(Alert.id == alert.id))
            session.expunge(alert)
        return _Found(None)
    if alert is None:
        alert = Alert(
            patient_id=patient_id, kind=rule.kind, direction=DIRECTION[rule.kind], rounds=0
        )
        _note_rule(alert, rule)
        session.add(alert)
    for name in _KEPT:
        setattr(alert, name, getattr(life, name))
    alert.next_at = machine.due(life, rule, now)
    if last is not None and last.at == life.last_beyond_at:
        alert.tick, alert.unit = last.tick, last.unit
    if alert.state is State.RESOLVED:
        alert.resolved_at = now
    if Deed.OPEN in deeds:
        alert.opened_at = now
        _note_rule(alert, rule)
    session.flush()
    for deed in deeds:
        _carry_out(session, alert, rule, deed, cause=cause, now=now)
    return _Found(None if alert.state is State.RESOLVED else alert, bool(list(deeds)))


def _carry_out(
    session: Session, alert: Alert, rule: Rule, deed: Deed, *, cause: str, now: datetime
) -> None:
    actor = system(cause, alert.patient_id)
    detail = {"kind": alert.kind.value}
    if deed is Deed.RESOLVE and alert.end_reason is not None:
        detail["reason"] = alert.end_reason.value
    audit.record(session, actor, f"alerts.{deed.value}", "alert", alert.id, now=now, detail=detail)
    if deed is Deed.OPEN:
        telling.plan(session, alert, rule, now=now)
    elif deed is Deed.REPEAT:
        telling.tell_again(session, alert, cause=cause, now=now)
    else:
        telling.stop(session, alert.id, now=now)


def _note_rule(alert: Alert, rule: Rule) -> None:
    alert.threshold_tick = rule.threshold.tick if rule.threshold else None
    alert.threshold_unit = rule.threshold.unit if rule.threshold else None
    alert.delay_min = rule.delay_min


def _is_outranked(live: Mapping[Kind, Alert], kind: Kind) -> bool:
    sharper = SHARPER.get(kind)
    return sharper is not None and sharper in live and live[sharper].state in RAISED


def _look_for_silence(
    session: Session,
    watch: AlertWatch,
    rule: Rule,
    live: Mapping[Kind, Alert],
    *,
    cause: str,
    now: datetime,
) -> bool:
    watch.newest_at, watch.newest_sensor_at = newest_of(session, watch.patient_id)
    alert = live.get(Kind.NO_DATA)
    newest = expected_after(watch, rule, now)
    was_due = watch.silent_at is not None and newest is not None
    silent_at = newest + timedelta(minutes=rule.delay_min) if newest else None
    changed = False
    if alert is not None or (was_due and silent_at is not None and silent_at <= now):
        life = life_of(alert) if alert else None
        life, deeds = machine.step(life, rule, Facts(newest_at=newest), now)
        found = store(session, watch.patient_id, rule, alert, life, deeds, cause=cause, now=now)
        alert, changed = found.alert, found.has_changed
    is_ahead = rule.is_on and silent_at is not None and silent_at > now
    watch.silent_at = silent_at if is_ahead and alert is None else None
    return changed


def expected_after(watch: AlertWatch, rule: Rule, now: datetime) -> datetime | None:
    """From when on the patient's silence counts; None: nobody expects anything.

    The clinic's rule expects only sensors to go on; a patient's own rule expects any reading.
    """
    if rule.is_own:
        return watch.newest_at or rule.changed_at
    newest = watch.newest_sensor_at
    return newest if newest is not None and now - newest < SENSOR_MEMORY else None


def _from(live: Iterable[Alert], now: datetime) -> datetime:
    """The time after which values matter: what is news, and what alerts have not yet seen."""
    begins = [now - machine.FINGER_FRESH]
    begins += [alert.last_at for alert in live if alert.kind is not Kind.NO_DATA]
    return max(min(begins), now - machine.LAPSE)


def patients_watched(session: Session, after_id: int, limit: int) -> Collection[int]:
    """Some patients with a watch, by id; for a caller that goes through all of them."""
    return session.scalars(
        select(AlertWatch.patient_id)
        .where(AlertWatch.patient_id > after_id)
        .order_by(AlertWatch.patient_id)
        .limit(limit)
    ).all()
