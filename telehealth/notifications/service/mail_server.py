"""Whether the mail server takes our mail, as the newest tries to send show it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telehealth.core import outbox
from telehealth.core.lanes import Lane
from telehealth.notifications.models import Delivery, DeliveryState, Notification
from telehealth.notifications.service.announcing import DUE

NO_CONNECTION = "no_connection"
"""Reason of a try that found no server, or one that took nothing from us."""
_ANSWERED = (DeliveryState.ACCEPTED, DeliveryState.FAILED_PERM)
_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class MailState:
    """What is known of the mail server."""

    is_down: bool
    since: datetime | None
    """The first try that failed since it last took a mail; None while it works."""
    waiting: int
    """Urgent notices that it has not taken yet."""


def mail_state(session: Session, *, now: datetime) -> MailState:  # noqa: ARG001 - as all services
    """Whether the server is down, since when, and what waits for it.

    It is down when, since it last took or refused a mail for good, two tries failed to reach it or
    it put off two different people. One person put off again and again is a full mailbox. It stays
    down until a mail is taken: urgent ones are tried again every two minutes at the latest.
    """
    last = max(
        session.scalar(select(func.max(Delivery.id)).where(Delivery.state == state)) or 0
        for state in _ANSWERED
    )
    failed = select(Delivery.at, Delivery.reason, Notification.recipient_id).join(
        Notification, Notification.id == Delivery.notification_id
    )
    rows = session.execute(
        failed.where(Delivery.state == DeliveryState.FAILED_TEMP, Delivery.id > last)
        .order_by(Delivery.id)
        .limit(_LOOKED_AT)
    ).all()
    unreachable = sum(row.reason == NO_CONNECTION for row in rows)
    is_down = unreachable >= 2 or len({row.recipient_id for row in rows}) >= 2  # noqa: PLR2004
    return MailState(
        is_down, rows[0].at if is_down else None, outbox.waiting(session, Lane.URGENT, DUE)
    )
