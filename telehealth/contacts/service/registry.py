"""The registry: list, add, choose the active one, remove."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.contacts import policy
from telehealth.contacts.models import ContactKind, ContactPoint
from telehealth.core import outbox
from telehealth.core.actor import Actor, system
from telehealth.core.errors import Conflict, FieldError, Invalid, NotFound
from telehealth.core.i18n import N_


@dataclass(frozen=True, slots=True)
class NewContact:
    """A way to reach the subject, as typed."""

    kind: ContactKind
    value: str


def list_contacts(session: Session, actor: Actor, *, now: datetime) -> Sequence[ContactPoint]:
    """The subject's contacts, the active one of each kind first.

    Raises:
        NotAllowed: neither the person nor a child's guardian: the addresses are nobody else's.
    """
    policy.require_editing(actor)
    audit.record(session, actor, "contacts.list", "contact", now=now)
    return _of(session, actor.subject_id)


def active_email(session: Session, person_id: int) -> str | None:
    """Where e-mail to this person goes; None: no confirmed address."""
    return session.scalar(
        select(ContactPoint.value).where(
            ContactPoint.person_id == person_id,
            ContactPoint.kind == ContactKind.EMAIL,
            ContactPoint.is_active,
        )
    )


def has_active_email(person_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Whether the person has a confirmed address that is used, as a condition of SQL."""
    return exists().where(
        ContactPoint.person_id == person_id,
        ContactPoint.kind == ContactKind.EMAIL,
        ContactPoint.is_active,
    )


def with_active_email(session: Session, person_ids: Collection[int]) -> set[int]:
    """Which of some people have a confirmed address that is used; one statement."""
    rows = session.scalars(
        select(ContactPoint.person_id).where(
            ContactPoint.person_id.in_(person_ids),
            ContactPoint.kind == ContactKind.EMAIL,
            ContactPoint.is_active,
        )
    )
    return set(rows)


def add(session: Session, actor: Actor, new: NewContact, *, now: datetime) -> ContactPoint:
    """The contact is known; it is used once it is confirmed (a landline at once).

    Raises:
        NotAllowed: not the actor's to change.
        Invalid: no address or number, or too many.
        Conflict: already there.
    """
    policy.require_editing(actor)
    value = policy.normalised(new.kind, new.value)
    known = _of(session, actor.subject_id)
    if len(known) >= policy.MAX_CONTACTS:
        problem = FieldError("#/value", N_("Remove an old contact first."), "too_many_contacts")
        raise Invalid(errors=(problem,))
    is_first = all(row.kind is not new.kind for row in known)
    row = ContactPoint(
        person_id=actor.subject_id,
        kind=new.kind,
        value=value,
        is_active=new.kind is ContactKind.LANDLINE and is_first,
        created_at=now,
        created_by_id=actor.person_id,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(N_("This contact is already there."), code="duplicate") from error
    audit.record(session, actor, "contacts.add", "contact", row.id, now=now)
    return row


def add_confirmed(
    session: Session, actor: Actor, new: NewContact, *, now: datetime
) -> ContactPoint:
    """The contact is known, confirmed by a registry that has checked it, and active if the first.

    Raises:
        Invalid: no address or number.
    """
    row = ContactPoint(
        person_id=actor.subject_id,
        kind=new.kind,
        value=policy.normalised(new.kind, new.value),
        verified_at=now,
        created_at=now,
        created_by_id=actor.person_id,
    )
    row.is_active = _active(session, row.person_id, row.kind) is None
    session.add(row)
    session.flush()
    audit.record(session, actor, "contacts.import", "contact", row.id, now=now)
    return row


def activate(session: Session, actor: Actor, contact_id: int, *, now: datetime) -> ContactPoint:
    """This contact is used from now on instead of the other of its kind.

    Raises:
        NotAllowed: not the actor's to change.
        NotFound: not one of the subject's.
        Conflict: not confirmed yet.
    """
    policy.require_editing(actor)
    row = own(session, actor, contact_id)
    if row.kind is not ContactKind.LANDLINE and row.verified_at is None:
        raise Conflict(N_("Confirm this contact first."), code="not_confirmed")
    before = _active(session, row.person_id, row.kind)
    make_active(session, row)
    audit.record(session, actor, "contacts.activate", "contact", row.id, now=now)
    if before is not None and before.id != row.id:
        outbox.put(session, "contacts.switched", {"contact_id": before.id}, now=now)
    return row


def remove(session: Session, actor: Actor, contact_id: int, *, now: datetime) -> None:
    """The contact is forgotten; the next confirmed one of its kind takes its place.

    Raises:
        NotAllowed: not the actor's to change.
        NotFound: not one of the subject's.
    """
    policy.require_editing(actor)
    row = own(session, actor, contact_id)
    session.delete(row)
    session.flush()
    if row.is_active:
        _promote(session, row.person_id, row.kind)
    audit.record(session, actor, "contacts.remove", "contact", contact_id, now=now)


def withdraw_email(session: Session, person_id: int, address: str, *, now: datetime) -> None:
    """Mail to this address came back for good: it is unconfirmed, the next one takes over."""
    row = session.scalar(
        select(ContactPoint).where(
            ContactPoint.person_id == person_id,
            ContactPoint.kind == ContactKind.EMAIL,
            ContactPoint.value == address,
            ContactPoint.verified_at.is_not(None),
        )
    )
    if row is None:
        return
    was_active, row.verified_at, row.is_active = row.is_active, None, False
    session.flush()
    if was_active:
        _promote(session, person_id, ContactKind.EMAIL)
    audit.record(
        session, system("mail", person_id), "contacts.withdraw", "contact", row.id, now=now
    )


def address_of(session: Session, contact_id: int) -> tuple[int, str] | None:
    """Person and e-mail address of a contact; None: no address, or no longer there."""
    row = session.get(ContactPoint, contact_id)
    return (row.person_id, row.value) if row and row.kind is ContactKind.EMAIL else None


def own(session: Session, actor: Actor, contact_id: int) -> ContactPoint:
    """One of the subject's contacts.

    Raises:
        NotFound: absent, or another's.
    """
    row = session.scalar(
        select(ContactPoint)
        .where(ContactPoint.id == contact_id, ContactPoint.person_id == actor.subject_id)
        .with_for_update()
    )
    if row is None:
        raise NotFound
    return row


def make_active(session: Session, row: ContactPoint) -> None:
    """Switch over: the old one first, because the database allows only one at a time."""
    session.execute(
        update(ContactPoint)
        .where(ContactPoint.person_id == row.person_id, ContactPoint.kind == row.kind)
        .values(is_active=False)
    )
    row.is_active = True
    session.flush()


def is_first_active(session: Session, row: ContactPoint) -> bool:
    """Whether no contact of this kind is active yet."""
    return _active(session, row.person_id, row.kind) is None


def _active(session: Session, person_id: int, kind: ContactKind) -> ContactPoint | None:
    return session.scalar(
        select(ContactPoint).where(
            ContactPoint.person_id == person_id, ContactPoint.kind == kind, ContactPoint.is_active
        )
    )


def _promote(session: Session, person_id: int, kind: ContactKind) -> None:
    usable = ContactPoint.verified_at.is_not(None)
    query = (
        select(ContactPoint)
        .where(ContactPoint.person_id == person_id, ContactPoint.kind == kind)
        .order_by(ContactPoint.verified_at, ContactPoint.id)
        .limit(1)
    )
    successor = session.scalar(query if kind is ContactKind.LANDLINE else query.where(usable))
    if successor is not None:
        make_active(session, successor)


def _of(session: Session, person_id: int | None) -> Sequence[ContactPoint]:
    return session.scalars(
        select(ContactPoint)
        .where(ContactPoint.person_id == person_id)
        .order_by(ContactPoint.kind, ContactPoint.is_active.desc(), ContactPoint.id)
    ).all()
