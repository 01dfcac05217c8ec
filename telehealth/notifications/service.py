"""Announce an event; decide, when a notice is due, whether and where it goes; keep the outcome."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from telehealth.contacts import service as contacts
from telehealth.core import outbox
from telehealth.core.errors import NotFound
from telehealth.core.i18n import DEFAULT_LOCALE
from telehealth.directory import service as directory
from telehealth.identity.models import Account
from telehealth.mandates import service as mandates
from telehealth.notifications.models import (
    Channel,
    Delivery,
    DeliveryState,
    Notification,
    Wording,
)

DUE = "notifications.due"
"""Outbox topic: one notice is to be sent now."""
SETTLED = "notifications.settled"
"""Outbox topic: the outcome of a try to send a notice to one named person is known."""
_ENDS = (DeliveryState.ACCEPTED, DeliveryState.FAILED_PERM, DeliveryState.SUPPRESSED)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A try that has begun: where the mail goes and in which language."""

    delivery_id: int
    notification_id: int
    recipient_id: int
    address: str = field(repr=False)
    locale: str
    wording: Wording


@dataclass(frozen=True, slots=True)
class Recipient:
    """One named person, and why they are told."""

    person_id: int
    representation_id: int | None = None
    """None: the subject, or a worker of the subject's care team."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What is known of a notice: its newest try."""

    state: DeliveryState
    reason: str
    at: datetime
    attempt: int


def announce(session: Session, event_key: str, subject_id: int, *, now: datetime) -> int:
    """The person, and everybody who represents them now, will be told; returns how many are new.

    Repeating it with the same key adds nobody twice.
    """
    recipients: dict[int, int | None] = {subject_id: None}
    for row in mandates.representatives_of(session, subject_id, now=now):
        recipients.setdefault(row.representative_id, row.id)
    added = _add(session, event_key, subject_id, recipients, Wording.WAITING, now)
    for notification_id in added:
        outbox.put(session, DUE, {"notification_id": notification_id}, now=now)
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
    `notifications.settled`.
    """
    who = {recipient.person_id: recipient.representation_id}
    added = _add(session, event_key, subject_id, who, wording, now)
    for notification_id in added:
        outbox.put(session, DUE, {"notification_id": notification_id}, now=now)
        return notification_id
    return session.scalars(
        select(Notification.id).where(
            Notification.event_key == event_key, Notification.recipient_id == recipient.person_id
        )
    ).one()


def withdraw(
    session: Session,  # noqa: ARG001
    notification_ids: Collection[int],  # noqa: ARG001
    *,
    reason: str,  # noqa: ARG001
    now: datetime,  # noqa: ARG001
) -> int:
    """Notices that no mail server has accepted yet will not be sent; returns how many."""
    return 0


def fates(session: Session, notification_ids: Collection[int]) -> dict[int, Fate]:
    """The newest try of each notice, in one statement; one that was not begun is left out."""
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.notification_id.in_(notification_ids))
        .order_by(Delivery.attempt)
    )
    return {row.notification_id: Fate(row.state, row.reason, row.at, row.attempt) for row in rows}


def subject_of(session: Session, notification_id: int) -> int:
    """Whom a notice concerns."""
    return session.get_one(Notification, notification_id).subject_id


def begin(session: Session, notification_id: int, *, now: datetime) -> Outgoing | None:
    """A try to send a notice has begun; None: it is settled already, or was suppressed just now.

    Whether the recipient still represents the subject, and their address, are looked up only here.
    """
    row = session.get(Notification, notification_id, with_for_update=True)
    if row is None or _is_settled(session, row.id):
        return None
    attempt = 1 + (session.scalar(_attempts(row.id)) or 0)
    delivery = Delivery(
        notification_id=row.id,
        channel=Channel.EMAIL,
        attempt=attempt,
        state=DeliveryState.SENDING,
        at=now,
    )
    session.add(delivery)
    address = contacts.active_email(session, row.recipient_id)
    if not _is_still_entitled(session, row, now):
        delivery.state, delivery.reason = DeliveryState.SUPPRESSED, _no_longer(row)
    elif address is None:
        delivery.state, delivery.reason = DeliveryState.SUPPRESSED, "no_address"
    session.flush()
    if address is None or delivery.state is not DeliveryState.SENDING:
        _tell_outcome(session, row, now)
        return None
    locale = locale_of(session, row.recipient_id)
    return Outgoing(delivery.id, row.id, row.recipient_id, address, locale, row.wording)


def settle(
    session: Session, delivery_id: int, state: DeliveryState, *, reason: str = "", now: datetime
) -> None:
    """The outcome of a try is known."""
    row = session.get_one(Delivery, delivery_id)
    if row.state is DeliveryState.SENDING:
        row.state, row.reason, row.at = state, reason, now
        _tell_outcome(session, session.get_one(Notification, row.notification_id), now)


def _tell_outcome(session: Session, row: Notification, now: datetime) -> None:
    if row.wording is not Wording.WAITING:  # nobody waits for the outcome of the others
        outbox.put(session, SETTLED, {"notification_id": row.id}, now=now)


def locale_of(session: Session, person_id: int) -> str:
    """The language of the person's account."""
    found = session.scalar(select(Account.locale).where(Account.person_id == person_id))
    return found or DEFAULT_LOCALE


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


def _is_settled(session: Session, notification_id: int) -> bool:
    query = select(Delivery.id).where(
        Delivery.notification_id == notification_id, Delivery.state.in_(_ENDS)
    )
    return session.scalar(query.limit(1)) is not None


def _attempts(notification_id: int) -> Select[int | None]:
    return select(func.max(Delivery.attempt)).where(Delivery.notification_id == notification_id)


def _is_still_entitled(session: Session, row: Notification, now: datetime) -> bool:
    if row.representation_id is None:
        return row.recipient_id == row.subject_id or directory.is_in_care_team(
            session, row.recipient_id, row.subject_id, now=now
        )
    try:
        mandates.representation(session, row.recipient_id, row.representation_id, now)
    except NotFound:
        return False
    return True


def _no_longer(row: Notification) -> str:
    return "representation_ended" if row.representation_id is not None else "left_care_team"
