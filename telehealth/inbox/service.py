"""Deliver, list, mark as read, mark as done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import NotFound
from telehealth.inbox import policy
from telehealth.inbox.models import InboxItem, ItemKind


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something to be put into a person's inbox."""

    person_id: int
    kind: ItemKind
    ref: str
    title: str
    sender_id: int | None = None
    due_at: datetime | None = None


def deliver(session: Session, delivery: Delivery, *, now: datetime) -> InboxItem:
    """The item waits in the inbox; the owner is told by an outbox event. Once per kind and ref."""
    found = _by_ref(session, delivery.person_id, delivery.kind, delivery.ref)
    if found is not None:
        return found
    item = InboxItem(
        person_id=delivery.person_id,
        kind=delivery.kind,
        ref=delivery.ref,
        title=delivery.title,
        sender_id=delivery.sender_id,
        created_at=now,
        due_at=delivery.due_at,
    )
    session.add(item)
    session.flush()
    outbox.put(session, "inbox.delivered", {"item_id": item.id}, now=now)
    return item


def list_items(session: Session, actor: Actor, *, now: datetime) -> Sequence[InboxItem]:
    """The subject's items: open ones first (by due time, then age), then done ones, newest first.

    Raises:
        NotAllowed: the actor may not see this inbox.
    """
    policy.require_reading(actor)
    rows = session.scalars(
        select(InboxItem)
        .where(InboxItem.person_id == actor.subject_id)
        .order_by(
            InboxItem.done_at.is_not(None),
            InboxItem.due_at.is_(None),
            InboxItem.due_at,
            InboxItem.created_at.desc(),
        )
        .limit(200)
    ).all()
    audit.record(session, actor, "inbox.list", "inbox", now=now, detail={"items": len(rows)})
    return rows


def open_count(session: Session, person_id: int) -> int:
    """How many items wait; for the menu's badge."""
    counted = session.scalar(
        select(func.count())
        .select_from(InboxItem)
        .where(InboxItem.person_id == person_id, InboxItem.done_at.is_(None))
    )
    return counted or 0


def open_item(session: Session, actor: Actor, item_id: int, *, now: datetime) -> InboxItem:
    """The item is read.

    Raises:
        NotFound: not in the subject's inbox.
    """
    policy.require_reading(actor)
    item = session.scalar(
        select(InboxItem).where(InboxItem.id == item_id, InboxItem.person_id == actor.subject_id)
    )
    if item is None:
        raise NotFound
    item.read_at = item.read_at or now
    if item.kind in (ItemKind.NOTICE, ItemKind.DOCUMENT, ItemKind.APPOINTMENT):
        item.done_at = item.done_at or now  # nothing more is asked than to look at it
    audit.record(session, actor, "inbox.open", "inbox_item", item.id, now=now)
    return item


def finish(session: Session, person_id: int, kind: ItemKind, ref: str, *, now: datetime) -> None:
    """What the item asked for has been done (or is no longer asked for)."""
    session.execute(
        update(InboxItem)
        .where(
            InboxItem.person_id == person_id,
            InboxItem.kind == kind,
            InboxItem.ref == ref,
            InboxItem.done_at.is_(None),
        )
        .values(done_at=now)
    )


def _by_ref(session: Session, person_id: int, kind: ItemKind, ref: str) -> InboxItem | None:
    return session.scalar(
        select(InboxItem).where(
            InboxItem.person_id == person_id, InboxItem.kind == kind, InboxItem.ref == ref
        )
    )
