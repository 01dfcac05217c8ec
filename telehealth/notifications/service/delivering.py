"""Send one notice: decide when it is due whether and where it goes; keep what became of it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from telehealth.contacts import service as contacts
from telehealth.core import outbox
from telehealth.core.errors import NotFound
from telehealth.core.i18n import DEFAULT_LOCALE
from telehealth.directory import service as directory
from telehealth.identity import service as identity
from telehealth.identity.models import Account
from telehealth.mandates import service as mandates
from telehealth.notifications.models import (
    Channel,
    Delivery,
    DeliveryState,
    Notification,
    Wording,
)

SETTLED = "notifications.settled"
"""Outbox topic: the outcome of a try to send a notice to one named person is known."""
UNKNOWN = "unknown"
"""Reason of a try whose outcome nobody knows: the worker died. It counts as delayed."""
UNKNOWN_AFTER = timedelta(minutes=3)
"""Longer than a try can take: the time-out of each step with the mail server is 15 seconds."""
_CLOSED_AT_ONCE = 500
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
    announced_at: datetime
    """When the event was announced, however late the mail goes."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What is known of a notice: its newest try."""

    state: DeliveryState
    reason: str
    at: datetime
    attempt: int


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

    Whether the recipient still represents the subject, whether both are alive, and the address are
    looked up only here.
    """
    row = session.get(Notification, notification_id, with_for_update=True)
    if row is None or is_settled(session, row.id):
        return None
    for left in session.scalars(_sending(row.id)):
        _close(left, now)
    delivery = _try(session, row, DeliveryState.SENDING, now)
    address = contacts.active_email(session, row.recipient_id)
    if row.withdrawn:
        delivery.state, delivery.reason = DeliveryState.SUPPRESSED, row.withdrawn
    elif identity.dead(session, {row.subject_id, row.recipient_id}):
        delivery.state, delivery.reason = DeliveryState.SUPPRESSED, "died"
    elif not _is_still_entitled(session, row, now):
        delivery.state, delivery.reason = DeliveryState.SUPPRESSED, _no_longer(row)
    elif address is None:
        delivery.state, delivery.reason = DeliveryState.SUPPRESSED, "no_address"
    session.flush()
    if address is None or delivery.state is not DeliveryState.SENDING:
        _tell_outcome(session, row, now)
        return None
    locale = locale_of(session, row.recipient_id)
    return Outgoing(
        delivery.id, row.id, row.recipient_id, address, locale, row.wording, row.created_at
    )


def settle(
    session: Session, delivery_id: int, state: DeliveryState, *, reason: str = "", now: datetime
) -> None:
    """The outcome of a try is known; late, it is still better than an unknown one."""
    row = session.get_one(Delivery, delivery_id)
    if row.state is DeliveryState.SENDING or row.reason == UNKNOWN:
        row.state, row.reason, row.at = state, reason, now
        _tell_outcome(session, session.get_one(Notification, row.notification_id), now)


def suppress_withdrawn(session: Session, row: Notification, *, now: datetime) -> None:
    """A withdrawn notice is settled at once, unless it is being handed over: then `begin` does."""
    if session.scalars(_sending(row.id)).first() is None:
        _try(session, row, DeliveryState.SUPPRESSED, now).reason = row.withdrawn
        _tell_outcome(session, row, now)


def close_unknown(session: Session, *, now: datetime) -> int:
    """Tries that a dead worker left without an outcome count as delayed; returns how many."""
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.state == DeliveryState.SENDING, Delivery.at <= now - UNKNOWN_AFTER)
        .order_by(Delivery.id)
        .limit(_CLOSED_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        _close(row, now)
        _tell_outcome(session, session.get_one(Notification, row.notification_id), now)
    return len(rows)


def _try(session: Session, row: Notification, state: DeliveryState, now: datetime) -> Delivery:
    attempt = 1 + (session.scalar(_attempts(row.id)) or 0)
    delivery = Delivery(
        notification_id=row.id, channel=Channel.EMAIL, attempt=attempt, state=state, at=now
    )
    session.add(delivery)
    return delivery


def _close(row: Delivery, now: datetime) -> None:
    row.state, row.reason, row.at = DeliveryState.FAILED_TEMP, UNKNOWN, now


def _sending(notification_id: int) -> Select[Delivery]:
    return select(Delivery).where(
        Delivery.notification_id == notification_id, Delivery.state == DeliveryState.SENDING
    )


def _tell_outcome(session: Session, row: Notification, now: datetime) -> None:
    if row.wording is not Wording.WAITING:  # nobody waits for the outcome of the others
        outbox.put(session, SETTLED, {"notification_id": row.id}, now=now)


def locale_of(session: Session, person_id: int) -> str:
    """The language of the person's account."""
    found = session.scalar(select(Account.locale).where(Account.person_id == person_id))
    return found or DEFAULT_LOCALE


def is_settled(session: Session, notification_id: int) -> bool:
    """Whether a notice has come to an end."""
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
