"""What people answer: acknowledge, take that back, pause, end the pause."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from telehealth.alerts import policy
from telehealth.alerts.models import (
    RAISED,
    Action,
    Alert,
    AlertStep,
    Direction,
    EndReason,
    Kind,
    State,
    StepState,
    VoidReason,
)
from telehealth.alerts.service import acknowledging, circle, locking, rules, steps, telling
from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, FieldError, Invalid, NotFound
from telehealth.core.i18n import N_

SNOOZES: Mapping[Direction, tuple[int, ...]] = {
    Direction.LOW: (15, 30),
    Direction.HIGH: (30, 60, 120, 240),
    Direction.NONE: (60, 240, 480),
}
"""Minutes an alert may be paused, by its direction; a very low value never."""
UNDO = timedelta(minutes=10)
"""Within this, whoever acknowledged by mistake takes it back."""


MAX_PAUSES = 2


def may_snooze(alert: Alert) -> bool:
    """Whether a pause is offered: twice at most, and never of a very low value or an answer."""
    return (
        alert.kind not in (Kind.URGENT_LOW, Kind.ANSWER)
        and alert.state in (State.OPEN, State.ESCALATED)
        and alert.pauses < MAX_PAUSES
    )


def acknowledge(
    session: Session,
    actor: Actor,
    patient_id: int,
    alert_id: int,
    action: Action = Action.SEEN,
    *,
    now: datetime,
) -> Alert:
    """A person has taken the alert on, of what is seen now and for a time: nobody else is told.

    Void when a worse value comes, when its time passes without a value in range, or when the right
    by which it was given ends; then the alert rings as before. Repeated while it counts, it changes
    nothing: the first person's name stays.

    Raises:
        NotFound: no such alert of this patient.
        NotAllowed: the actor may not answer it.
        Conflict: it is over.
    """
    _answerer(session, actor, patient_id, now=now)
    alert = _raised(session, actor, patient_id, alert_id)
    if alert.state is State.ACKNOWLEDGED:
        return alert
    _acknowledge(session, actor, alert, action, now=now)
    return _answered(session, actor, alert, "acknowledge", now=now, detail={"action": action.value})


def acknowledge_all(
    session: Session,
    actor: Actor,
    patient_id: int,
    action: Action = Action.SEEN,
    *,
    now: datetime,
) -> int:
    """Every ringing alert of the patient that the actor sees is acknowledged; returns how many.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not answer alerts.
    """
    _answerer(session, actor, patient_id, now=now)
    ringing = session.scalars(
        select(Alert)
        .where(Alert.patient_id == patient_id, Alert.state.in_((State.OPEN, State.ESCALATED)))
        .execution_options(populate_existing=True)
    ).all()
    seen = [alert for alert in ringing if policy.may_see(actor, alert.kind)]
    for alert in seen:
        _acknowledge(session, actor, alert, action, now=now)
        _answered(session, actor, alert, "acknowledge", now=now, detail={"action": action.value})
    return len(seen)


def _acknowledge(
    session: Session, actor: Actor, alert: Alert, action: Action, *, now: datetime
) -> None:
    rule = rules.in_force(session, alert.patient_id, now=now)[alert.kind]
    acknowledging.add(session, actor, alert, rule, action, now=now)
    telling.stop(session, alert.id, now=now)


def review(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> int:
    """What has ended and waited for a person is dealt with; returns how many alerts.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor is no doctor or nurse of the care team.
        Conflict: an alert still rings: it is answered first.
    """
    by_id = policy.require_reviewing(actor, patient_id)
    locking.lock(session, patient_id)
    rows = session.scalars(
        select(Alert)
        .where(
            Alert.patient_id == patient_id,
            or_(
                Alert.state.in_(RAISED),
                Alert.needs_review & Alert.reviewed_at.is_(None),
            ),
        )
        .execution_options(populate_existing=True)
    ).all()
    live = [row for row in rows if row.state in RAISED]
    if any(row.state is not State.ACKNOWLEDGED for row in live):
        raise Conflict(
            N_("An alert still rings. Acknowledge it first, then close the entry."), code="ringing"
        )
    for row in live:
        if row.kind is Kind.ANSWER:  # a person has dealt with it: there is no other end
            row.state, row.end_reason, row.resolved_at = State.RESOLVED, EndReason.REVIEWED, now
            row.next_at = None
    ended = [row for row in rows if row.state is State.RESOLVED]
    for row in ended:
        row.reviewed_at, row.reviewed_by_id = now, by_id
        audit.record(session, actor, "alerts.review", "alert", row.id, now=now)
    session.flush()
    if ended:
        telling.announce_change(session, patient_id, now=now)
    return len(ended)


def withdraw_acknowledgement(
    session: Session, actor: Actor, patient_id: int, alert_id: int, *, now: datetime
) -> Alert:
    """It was a mistake: the alert rings again and the escalation goes on.

    Raises:
        NotFound: no such alert of this patient.
        NotAllowed: the actor may not answer it.
        Conflict: it is over, somebody else acknowledged it, or ten minutes have passed.
    """
    person_id = _answerer(session, actor, patient_id, now=now)
    alert = _raised(session, actor, patient_id, alert_id)
    if alert.state is not State.ACKNOWLEDGED:
        return alert
    at = alert.acknowledged_at
    if alert.acknowledged_by_id != person_id or at is None or now - at > UNDO:
        raise Conflict(N_("Only who acknowledged takes it back, within ten minutes."))
    given = acknowledging.newest(session, alert.id)
    if given is not None:
        given.void_at, given.void_reason = now, VoidReason.TAKEN_BACK
    has_escalated = steps.has_escalated(session, alert.id)
    alert.state = State.ESCALATED if has_escalated else State.OPEN
    alert.acknowledged_by_id = alert.acknowledged_at = alert.acknowledged_until = None
    telling.go_on(session, alert.id, now=now)
    return _answered(session, actor, alert, "unacknowledge", now=now)


def snooze(
    session: Session, actor: Actor, patient_id: int, alert_id: int, minutes: int, *, now: datetime
) -> Alert:
    """Nobody is told again until then; only this rule and direction, only until the alert is over.

    Raises:
        NotFound: no such alert of this patient.
        NotAllowed: the actor may not answer it.
        Conflict: it is over or acknowledged, it is about a very low value, or it was paused twice.
        Invalid: longer than this direction allows.
    """
    person_id = _answerer(session, actor, patient_id, now=now)
    alert = _raised(session, actor, patient_id, alert_id)
    if alert.kind in (Kind.URGENT_LOW, Kind.ANSWER):
        raise Conflict(N_("An alert of a very low value cannot be paused."), code="urgent_low")
    if alert.state is State.ACKNOWLEDGED:
        raise Conflict(N_("This alert is acknowledged: there is nothing to pause."))
    if alert.pauses >= MAX_PAUSES:
        raise Conflict(
            N_("This alert was paused twice. Please answer it, or call."), code="paused_twice"
        )
    if not 1 <= minutes <= SNOOZES[alert.direction][-1]:
        raise Invalid(errors=(FieldError("#/minutes", N_("This pause is too long."), "range"),))
    alert.snoozed_until, alert.snoozed_by_id = now + timedelta(minutes=minutes), person_id
    alert.pauses += 1
    alert.pause_min = alert.pause_min or minutes
    return _answered(session, actor, alert, "snooze", now=now, detail={"minutes": minutes})


def end_snooze(
    session: Session, actor: Actor, patient_id: int, alert_id: int, *, now: datetime
) -> Alert:
    """The pause is over: the next reading or step tells again.

    Raises:
        NotFound: no such alert of this patient.
        NotAllowed: the actor may not answer it.
        Conflict: it is over.
    """
    _answerer(session, actor, patient_id, now=now)
    alert = _raised(session, actor, patient_id, alert_id)
    until = alert.snoozed_until
    if until is None or until <= now:
        return alert
    alert.snoozed_until = None
    alert.next_at = now  # the minute's deed looks whether a repeat is due
    for step in _waiting_steps(session, alert.id):
        if step.due_at == until:  # it was held back for the pause
            telling.postpone(session, step, now, now=now)
    return _answered(session, actor, alert, "unsnooze", now=now)


def _answerer(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> int:
    policy.require_reading(actor, patient_id)
    locking.lock(session, patient_id)
    child = circle.is_child(session, patient_id, now=now)
    return policy.require_answering(actor, patient_id, is_child=child)


def _raised(session: Session, actor: Actor, patient_id: int, alert_id: int) -> Alert:
    alert = session.scalar(
        select(Alert)
        .where(Alert.id == alert_id, Alert.patient_id == patient_id)
        .execution_options(populate_existing=True)
    )
    if alert is None or alert.state is State.PENDING or not policy.may_see(actor, alert.kind):
        raise NotFound
    if alert.state not in RAISED:
        raise Conflict(N_("This alert is over."), code="over")
    return alert


def _answered(
    session: Session,
    actor: Actor,
    alert: Alert,
    verb: str,
    *,
    now: datetime,
    detail: Mapping[str, int | str] | None = None,
) -> Alert:
    session.flush()
    audit.record(session, actor, f"alerts.{verb}", "alert", alert.id, now=now, detail=detail)
    telling.announce_change(session, alert.patient_id, now=now)
    return alert


def _waiting_steps(session: Session, alert_id: int) -> list[AlertStep]:
    query = select(AlertStep).where(
        AlertStep.alert_id == alert_id, AlertStep.state == StepState.WAITING
    )
    return list(session.scalars(query))
