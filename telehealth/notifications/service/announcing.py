"""Announce an event: who is told of it, and what need not be told any more."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from telehealth.core import outbox
from telehealth.mandates import service as mandates
from telehealth.notifications.models import Notification, Wording
from telehealth.notifications.service import delivering

DUE = "notifications.due"
"""Outbox topic: one notice is to be sent now; `is_urgent` in its payload decides on the lane."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One named person, and why they are told."""

    person_id: int
    representation_id: int | None = None
    """None: the subject, or a worker of the subject's care team."""


def announce(session: Session, event_key: str, subject_id: int, *, now: datetime) -> int:
    """The person, and everybody who represents them now, will be told; returns how many are new.

    Repeating it with the same key adds nobody twice.
    """
    recipients: dict[int, int | None] = {subject_id: None}
    for row in mandates.representatives_of(session, subject_id, now=now):
        recipients.setdefault(row.representative_id, row.id)
    added = _add(session, event_key, subject_id, recipients, Wording.WAITING, now)
    for notification_id in added:
        _put(session, notification_id, Wording.WAITING, now)
    return len(added)


def tell(
    session: Session,
    event_key: str,
    subject_id: int,
    recipient: Recipient,
    wording: Wording,
    *,
    now: datetime,
) -> int:
    """One named person will be told of one event; returns the notice's id.

    Repeating it with the same key sends nothing more. What became of each try is announced as
    `notifications.settled`. All wordings but `WAITING` are urgent: they go in a lane of their own,
    and are tried again every two minutes at the latest.
    """
    who = {recipient.person_id: recipient.representation_id}
    added = _add(session, event_key, subject_id, who, wording, now)
    for notification_id in added:
        _put(session, notification_id, wording, now)
        return notification_id
    return session.scalars(
        select(Notification.id).where(
            Notification.event_key == event_key, Notification.recipient_id == recipient.person_id
        )
    ).one()


def withdraw(
    session: Session, notification_ids: Collection[int], *, reason: str, now: datetime
) -> int:
    """Notices that no mail server has accepted yet will not be sent; returns how many.

    Each is settled as suppressed with `reason`, a code of at most 40 letters. One that is being
    handed over at this moment may still arrive; it is not tried again.
    """
    rows = session.scalars(
        select(Notification)
        .where(Notification.id.in_(notification_ids), Notification.withdrawn == "")
        .order_by(Notification.id)  # the same order for everybody: no deadlock
        .with_for_update()
    ).all()
    waiting = [row for row in rows if not delivering.is_settled(session, row.id)]
    for row in waiting:
        row.withdrawn = reason
        delivering.suppress_withdrawn(session, row, now=now)
    session.flush()
    return len(waiting)


def _put(session: Session, notification_id: int, wording: Wording, now: datetime) -> None:
    is_urgent = wording is not Wording.WAITING
    payload = {"notification_id": notification_id, "is_urgent": is_urgent}
    outbox.put(session, DUE, payload, now=now)


def _add(
    session: Session,
    event_key: str,
    subject_id: int,
    recipients: Mapping[int, int | None],
    wording: Wording,
    now: datetime,
) -> list[int]:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    rows = [
        {
            "event_key": event_key,
            "subject_id": subject_id,
            "recipient_id": recipient_id,
            "representation_id": representation_id,
            "wording": wording,
            "created_at": now,
        }
        for recipient_id, representation_id in recipients.items()
    ]
    start = (sqlite.insert if is_sqlite else postgresql.insert)(Notification)
    statement = start.on_conflict_do_nothing(index_elements=["event_key", "recipient_id"])
    return list(session.scalars(statement.returning(Notification.id), rows))
