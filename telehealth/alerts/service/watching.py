"""Looking at a patient's values and at the clock; carrying out what the rules say.

Work about one patient begins by locking the patient's watch, so two workers never tell twice. What
the values say is read from all of them anew (`episodes`); what is stored is what became of it:
whether somebody was told, answered, or has still to close it.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from telehealth.alerts.models import (
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
)
from telehealth.alerts.service import episodes, facts, locking, machine, rules, telling
from telehealth.alerts.service.following import follow_values
from telehealth.alerts.service.rule import SHARPER, Rule
from telehealth.alerts.service.silence import look_at_answers, look_for_silence
from telehealth.alerts.service.storing import Round, close, life_of, live_alerts
from telehealth.alerts.service.values import between as values_between
from telehealth.alerts.service.values import next_after
from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor, system
from telehealth.identity.models import Person

LOOK_DUE = "alerts.look_due"
"""Outbox topic: time may have changed something for a patient."""
BATCH = 1_000
"""How many due rows one round of the timed job takes."""
MAX_ROUNDS = 20
_LEASE = timedelta(minutes=5)
_ORDER = (Kind.URGENT_LOW, Kind.LOW, Kind.VERY_HIGH, Kind.HIGH)
"""The sharper rule first: whether it has an alert decides whether the milder one waits."""
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
    on_the_phone: Actor | None = None,
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
        on_the_phone: who of the team has just spoken with the patient: what would ring is taken on
            in their name, and nobody is written to; None: nobody.
        now: when.
    """
    watch = locking.lock(session, patient_id)
    patient = facts.of(session, patient_id, now=now)
    if patient.is_dead:
        _end_for_the_dead(session, watch, cause=cause, now=now)
        return
    book = rules.in_force(session, patient_id, now=now)
    begins_at = _from(live_alerts(session, patient_id).values(), since, now)
    values = values_between(session, patient_id, begins_at, now)
    round_ = Round(
        session, patient_id, book, patient, _stored(session, patient_id, begins_at),
        begins_at, cause, is_change, now, on_the_phone,
    )  # fmt: skip
    for kind in _ORDER:
        found = episodes.find(values, patient.limits(book[kind]), now)
        follow_values(round_, kind, found)
    look_for_silence(round_, watch)
    look_at_answers(round_)
    ahead = next_after(session, patient_id, now)
    if ahead is not None:  # a fast clock dated it ahead: it has a say when its time has come
        outbox.put(session, LOOK_DUE, {"patient_id": patient_id}, now=now, run_at=ahead)
    session.flush()
    if round_.has_changed:
        telling.announce_change(session, patient_id, now=now)


def look_after_changes(session: Session, patient_id: int, *, cause: str, now: datetime) -> None:
    """Readings were removed or corrected: what alerts say is read anew from what is left."""
    look(session, patient_id, cause=cause, since=now - HORIZON, is_change=True, now=now)


def enqueue_due(session: Session, *, now: datetime) -> int:
    """An event for each patient for whom time may have changed something; returns how many rows.

    Two statements over partial indexes that hold only what is due, and one over the open alerts for
    whoever has died meanwhile, whatever the number of patients; the work itself is spread over the
    workers.
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
    died = session.scalars(
        select(Alert.patient_id)
        .join(Person, Person.id == Alert.patient_id)
        .where(Alert.state.in_(RAISED), Person.died_on.is_not(None))
        .limit(BATCH)
    ).all()
    for patient_id in sorted({row.patient_id for row in alerts} | set(silent) | set(died)):
        outbox.put(session, LOOK_DUE, {"patient_id": patient_id}, now=now)
    return max(len(alerts), len(silent))


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


def end_unsupported(
    session: Session, alert: Alert, rule: Rule, reason: EndReason, *, now: datetime
) -> None:
    """A rule was changed: an alert that it no longer supports is over."""
    round_ = Round(
        session, alert.patient_id, {rule.kind: rule},
        facts.of(session, alert.patient_id, now=now), {kind: [] for kind in Kind},
        now, "alerts.rule_changed", is_change=False, now=now,
    )  # fmt: skip
    close(round_, alert, reason)
    telling.announce_change(session, alert.patient_id, now=now)
