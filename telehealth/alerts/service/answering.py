"""What people answer: acknowledge, take that back, pause, end the pause."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts import policy
from telehealth.alerts.models import (
    RAISED,
    Alert,
    AlertStep,
    Direction,
    Kind,
    Ring,
    State,
    StepState,
)
from telehealth.alerts.service import locking, telling
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


def may_snooze(kind: Kind, state: State) -> bool:
    """Whether a pause is offered."""
    return kind is not Kind.URGENT_LOW and state in (State.OPEN, State.ESCALATED)


def acknowledge(
    session: Session, actor: Actor, patient_id: int, alert_id: int, *, now: datetime
) -> Alert:
    """A person has taken the alert on: nobody else is told; the episode goes on until it is over.

    Repeated, it changes nothing: the first person's name stays.

    Raises:
        NotFound: no such alert of this patient.
        NotAllowed: the actor may not answer it.
        Conflict: it is over.
    """
    person_id = _answerer(session, actor, patient_id, now=now)
    alert = _raised(session, patient_id, alert_id)
    if alert.state is State.ACKNOWLEDGED:
        return alert
    alert.state = State.ACKNOWLEDGED
    alert.acknowledged_by_id, alert.acknowledged_at = person_id, now
    alert.snoozed_until = None
    telling.stop(session, alert.id, now=now)
    return _answered(session, actor, alert, "acknowledge", now=now)


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
    alert = _raised(session, patient_id, alert_id)
    if alert.state is not State.ACKNOWLEDGED:
        return alert
    at = alert.acknowledged_at
    if alert.acknowledged_by_id != person_id or at is None or now - at > UNDO:
        raise Conflict(N_("Only who acknowledged takes it back, within ten minutes."))
    alert.state = State.ESCALATED if _has_escalated(session, alert.id) else State.OPEN
    alert.acknowledged_by_id = alert.acknowledged_at = None
    telling.go_on(session, alert.id, now=now)
    return _answered(session, actor, alert, "unacknowledge", now=now)


def snooze(
    session: Session, actor: Actor, patient_id: int, alert_id: int, minutes: int, *, now: datetime
) -> Alert:
    """Nobody is told again until then; only this rule and direction, only until the alert is over.

    Raises:
        NotFound: no such alert of this patient.
        NotAllowed: the actor may not answer it.
        Conflict: it is over or acknowledged, or it is about a very low value.
        Invalid: longer than this direction allows.
    """
    person_id = _answerer(session, actor, patient_id, now=now)
    alert = _raised(session, patient_id, alert_id)
    if alert.kind is Kind.URGENT_LOW:
        raise Conflict(N_("An alert of a very low value cannot be paused."), code="urgent_low")
    if alert.state is State.ACKNOWLEDGED:
        raise Conflict(N_("This alert is acknowledged: there is nothing to pause."))
    if not 1 <= minutes <= SNOOZES[alert.direction][-1]:
        raise Invalid(errors=(FieldError("#/minutes", N_("This pause is too long."), "range"),))
    alert.snoozed_until, alert.snoozed_by_id = now + timedelta(minutes=minutes), person_id
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
    alert = _raised(session, patient_id, alert_id)
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
    child = telling.is_child(session, patient_id, now=now)
    return policy.require_answering(actor, patient_id, is_child=child)


def _raised(session: Session, patient_id: int, alert_id: int) -> Alert:
    alert = session.scalar(
        select(Alert)
        .where(Alert.id == alert_id, Alert.patient_id == patient_id)
        .execution_options(populate_existing=True)
    )
    if alert is None or alert.state is State.PENDING:
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
    detail: Mapping[str, int] | None = None,
) -> Alert:
    session.flush()
    audit.record(session, actor, f"alerts.{verb}", "alert", alert.id, now=now, detail=detail)
    telling.announce_change(session, alert.patient_id, now=now)
    return alert


def _has_escalated(session: Session, alert_id: int) -> bool:
    query = select(AlertStep.ring).where(
        AlertStep.alert_id == alert_id,
        AlertStep.ring != Ring.PATIENT,
        AlertStep.state == StepState.TOLD,
    )
    return session.scalar(query.limit(1)) is not None


def _waiting_steps(session: Session, alert_id: int) -> list[AlertStep]:
    query = select(AlertStep).where(
        AlertStep.alert_id == alert_id, AlertStep.state == StepState.WAITING
    )
    return list(session.scalars(query))
