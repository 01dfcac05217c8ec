"""What a rehearsal has shown, as plain values."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telehealth.alerts.models import Alert, AlertAcknowledgement, AlertNotice, Kind, State
from telehealth.home import service as home
from telehealth.monitoring import service as monitoring
from telehealth.notifications.models import Delivery, DeliveryState
from telehealth.readings.models import COUNTS_UP_TO, Reading
from telehealth.rehearsal.play import Play

_KINDS = {Kind.URGENT_LOW: "very_low"}


def outcome(play: Play) -> dict[str, Any]:
    """The answer of a rehearsal: who was told, the alerts, the worklist, the nurse's Today."""
    with play.database.unit_of_work() as session:
        now = play.clock.at
        monitoring.judge_all(session, [play.cast.patient_id], now=now)
        loop = monitoring.loop_of(session, play.cast.actor("nurse"), play.cast.patient_id, now=now)
        day = home.clinic_day(session, play.cast.at_work("nurse"), now=now)
        reasons = [code for code, _ in loop.entry.reasons]
        counted = session.scalar(
            select(func.count())
            .select_from(Reading)
            .where(Reading.patient_id == play.cast.patient_id, Reading.standing <= COUNTS_UP_TO)
        )
        return {
            "told": _told(session, play),
            "alerts": _alerts(session, play),
            "worklist": {
                "stage": loop.entry.stage.value,
                "reasons": reasons,
                "meets_targets": "good" in reasons,
            },
            "today": [
                code
                for row in day.open
                if row.entry.patient_id == play.cast.patient_id
                for code, _ in row.entry.reasons
            ],
            "stored": play.stored,
            "counted": counted or 0,
            "set_aside": play.set_aside,
            "refused": [
                {
                    "after_min": event["after_min"],
                    "do": event["do"],
                    "by": event["by"] or "patient",
                    "why": refusal.detail % refusal.params if refusal.detail else refusal.title,
                }
                for event, refusal in play.refused
            ],
        }


def _told(session: Session, play: Play) -> list[dict[str, Any]]:
    """Notices that a mail server has taken, by the time it took them."""
    rows = session.execute(
        select(AlertNotice, Alert, Delivery.at)
        .join(Alert, Alert.id == AlertNotice.alert_id)
        .join(Delivery, Delivery.notification_id == AlertNotice.notification_id)
        .where(Delivery.state == DeliveryState.ACCEPTED)
        .order_by(Delivery.at, AlertNotice.id)
    )
    return [
        {
            "after_min": play.minute(at),
            "who": play.cast.name_of(notice.recipient_id),
            "kind": _name(alert.kind),
            "value": play.values.get(notice.id),
        }
        for notice, alert, at in rows
    ]


def _alerts(session: Session, play: Play) -> list[dict[str, Any]]:
    rows = session.scalars(select(Alert).order_by(Alert.opened_at, Alert.id)).all()
    given = session.scalars(select(AlertAcknowledgement).order_by(AlertAcknowledgement.id)).all()
    return [
        {
            "kind": _name(row.kind),
            "opened_after_min": play.minute(row.opened_at) if row.opened_at else None,
            "ended_after_min": play.minute(row.resolved_at) if row.resolved_at else None,
            "ended_because": row.end_reason.value if row.end_reason else None,
            "acknowledged": [
                {
                    "by": play.cast.name_of(one.by_id),
                    "after_min": play.minute(one.at),
                    "void_after_min": play.minute(one.void_at) if one.void_at else None,
                }
                for one in given
                if one.alert_id == row.id
            ],
        }
        for row in rows
        if row.state is not State.PENDING
    ]


def _name(kind: Kind) -> str:
    return _KINDS.get(kind, kind.value)
