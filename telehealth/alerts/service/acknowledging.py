"""Acknowledgements: by somebody, of what was seen, for a time; void when one of these ends."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts.models import (
    Action,
    Alert,
    AlertAcknowledgement,
    State,
    VoidReason,
)
from telehealth.alerts.service.machine import Acknowledged
from telehealth.alerts.service.rule import Rule
from telehealth.alerts.service.values import noted
from telehealth.audit import service as audit
from telehealth.core.actor import REPRESENTING, Actor, Basis, system
from telehealth.core.errors import NotFound
from telehealth.directory import service as directory
from telehealth.mandates import service as mandates

VOID = "alerts.acknowledgement_void"


def add(
    session: Session, actor: Actor, alert: Alert, rule: Rule, action: Action, *, now: datetime
) -> AlertAcknowledgement:
    """Somebody has taken the alert on; nobody else is told while this counts."""
    row = AlertAcknowledgement(
        alert_id=alert.id,
        by_id=actor.person_id,
        basis=actor.basis,
        representation_id=actor.representation_id,
        at=now,
        until=now + timedelta(minutes=rule.acknowledged_min),
        action=action,
        worst_tick=alert.worst_tick,
        worst_unit=alert.worst_unit,
    )
    session.add(row)
    alert.state = State.ACKNOWLEDGED
    alert.acknowledged_by_id, alert.acknowledged_at = actor.person_id, now
    alert.acknowledged_until = alert.next_at = row.until
    alert.snoozed_until = None
    session.flush()
    return row


def in_force(session: Session, alert: Alert, *, now: datetime) -> Acknowledged | None:
    """The acknowledgement that counts, with everything that may void it; None: there is none."""
    if alert.state is not State.ACKNOWLEDGED:
        return None
    row = newest(session, alert.id)
    if row is None:  # of an earlier release, which kept no end: it counts no longer
        return Acknowledged(now, None, may_act=True)
    return Acknowledged(
        row.until,
        noted(row.worst_tick, row.worst_unit, alert.direction, row.at),
        _may_still_act(session, alert.patient_id, row, now=now),
    )


def make_void(session: Session, alert: Alert, reason: VoidReason, *, now: datetime) -> None:
    """The acknowledgement in force counts no longer, and the trail says why."""
    row = newest(session, alert.id)
    if row is not None:
        row.void_at, row.void_reason = now, reason
    alert.acknowledged_by_id = alert.acknowledged_at = alert.acknowledged_until = None
    audit.record(
        session, system(VOID, alert.patient_id), "alerts.void", "alert", alert.id, now=now,
        detail={"reason": reason.value},
    )  # fmt: skip


def newest(session: Session, alert_id: int) -> AlertAcknowledgement | None:
    """The newest acknowledgement of an alert that is not void."""
    return session.scalar(
        select(AlertAcknowledgement)
        .where(AlertAcknowledgement.alert_id == alert_id, AlertAcknowledgement.void_at.is_(None))
        .order_by(AlertAcknowledgement.id.desc())
        .limit(1)
    )


def _may_still_act(
    session: Session, patient_id: int, row: AlertAcknowledgement, *, now: datetime
) -> bool:
    """Whether the right by which it was given has not ended since."""
    if row.basis in REPRESENTING:
        try:
            mandates.representation(session, row.by_id, row.representation_id or 0, now)
        except NotFound:
            return False
        return True
    if row.basis is Basis.CARE_TEAM:
        return directory.is_in_care_team(session, row.by_id, patient_id, now=now)
    return True
