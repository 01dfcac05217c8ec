"""Life of a representation: granted, ended by either side, expired by the calendar."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor, system
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.identity import policy as identity_policy
from telehealth.identity import service as identity
from telehealth.identity.models import Account, Person
from telehealth.mandates import policy
from telehealth.mandates.models import (
    Representation,
    RepresentationEvent,
    RepresentationKind,
    Status,
    StatusReason,
)
from telehealth.mandates.service.facts import facts_of

FINAL = (Status.REVOKED, Status.EXPIRED)


@dataclass(frozen=True, slots=True)
class Grant:
    """A mandate somebody gives: to the holder of this account name, until the end of this day."""

    representative_login: str
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class NewRepresentation:
    """Who acts for whom, how and until when (inclusive)."""

    kind: RepresentationKind
    represented_id: int
    representative_id: int
    valid_to: date | None = None


def grant(session: Session, actor: Actor, wish: Grant, *, now: datetime) -> Representation:
    """Another person may act for the actor, from today.

    Raises:
        NotAllowed: given while acting for another, or under the age of 15.
        StepUpNeeded: the password was given too long ago.
        Invalid: no such person, oneself, or an end in the past.
        Conflict: there is already such a mandate.
    """
    grantor = identity.person(session, _self(actor))
    policy.require_granting(actor, birth_on=grantor.birth_on, now=now)
    identity_policy.require_fresh(actor, now)
    proxy = _named(session, wish.representative_login, grantor.id)
    if wish.valid_to is not None and wish.valid_to < local(now).date():
        problem = FieldError("#/valid_to", N_("The last day cannot be in the past."), "past")
        raise Invalid(errors=(problem,))
    _expire(session, _active_between(session, grantor.id, proxy.id), "mandates.grant", now)
    row = establish(
        session,
        NewRepresentation(RepresentationKind.MANDATE, grantor.id, proxy.id, wish.valid_to),
        actor,
        StatusReason.GRANTED_ONLINE,
        now=now,
    )
    audit.record(session, actor, "mandates.grant", "representation", row.id, now=now)
    return row


def establish(
    session: Session,
    new: NewRepresentation,
    actor: Actor,
    reason: StatusReason,
    *,
    now: datetime,
) -> Representation:
    """The representation is active from today, with its first line of history.

    Raises:
        Conflict: there is already one of this kind between the two.
    """
    row = Representation(
        kind=new.kind,
        represented_id=new.represented_id,
        representative_id=new.representative_id,
        status=Status.ACTIVE,
        status_reason=reason,
        valid_from=local(now).date(),
        valid_to=new.valid_to,
        granted_by_id=actor.person_id or new.represented_id,
        created_at=now,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(N_("This person already has your mandate."), code="duplicate") from error
    session.refresh(row, ["represented", "representative"])  # shown after the session is closed
    _remember(session, row, actor, now)
    outbox.put(session, "mandates.granted", {"representation_id": row.id}, now=now)
    return row


def end(session: Session, actor: Actor, representation_id: int, *, now: datetime) -> Representation:
    """The mandate gives no rights any more: revoked by the grantor or resigned by the proxy.

    Needs no fresh password and no reason: ending is never harder than granting.

    Raises:
        NotAllowed: asked while acting for another, or not a mandate (guardians are set by law).
        NotFound: the actor is neither of the two.
    """
    policy.require_managing(actor)
    own = _self(actor)
    row = session.scalar(
        select(Representation)
        .where(
            Representation.id == representation_id,
            or_(Representation.represented_id == own, Representation.representative_id == own),
        )
        .with_for_update(of=Representation)
    )
    if row is None:
        raise NotFound
    policy.require_ending(row.kind)
    if row.status in FINAL:
        return row
    by_grantor = row.represented_id == own
    reason = StatusReason.BY_GRANTOR if by_grantor else StatusReason.BY_PROXY
    _finish(session, row, actor, (Status.REVOKED, reason), now)
    return row


def expire_due(session: Session, *, now: datetime) -> int:
    """What the calendar has ended is written as ended; returns how many.

    Rights do not wait for this: they are computed on each request.
    """
    today = local(now).date()
    of_age = today.replace(year=today.year - policy.OWN_ACCESS_AGE, day=min(today.day, 28))
    rows = session.scalars(
        select(Representation)
        .join(Person, Person.id == Representation.represented_id)
        .where(
            Representation.status == Status.ACTIVE,
            or_(
                Representation.valid_to < today,
                and_(
                    Representation.kind == RepresentationKind.GUARDIAN,
                    Person.birth_on < of_age + timedelta(days=5),  # the policy knows leap days
                ),
            ),
        )
    )
    return _expire(session, rows.all(), "schedule", now)


def _expire(session: Session, rows: Iterable[Representation], cause: str, now: datetime) -> int:
    ended = 0
    for row in rows:
        reason = policy.expiry(facts_of(row), now)
        if reason is not None:
            actor = system(cause, row.represented_id)
            _finish(session, row, actor, (Status.EXPIRED, reason), now)
            ended += 1
    return ended


def _finish(
    session: Session,
    row: Representation,
    actor: Actor,
    outcome: tuple[Status, StatusReason],
    now: datetime,
) -> None:
    row.status, row.status_reason = outcome
    row.ended_at = now
    identity.revoke_device_tokens_under(session, row.id, now=now)
    _remember(session, row, actor, now)
    trail = Actor(
        actor.person_id,
        row.represented_id,
        actor.basis,
        session_id=actor.session_id,
        cause=actor.cause,
    )
    session.flush()
    audit.record(session, trail, "mandates.end", "representation", row.id, now=now)
    outbox.put(session, "mandates.ended", {"representation_id": row.id}, now=now)


def _active_between(
    session: Session, represented_id: int, representative_id: int
) -> Iterable[Representation]:
    return session.scalars(
        select(Representation).where(
            Representation.represented_id == represented_id,
            Representation.representative_id == representative_id,
            Representation.status == Status.ACTIVE,
        )
    ).all()


def _remember(session: Session, row: Representation, actor: Actor, now: datetime) -> None:
    session.add(
        RepresentationEvent(
            representation_id=row.id,
            at=now,
            by_person_id=actor.person_id,
            status=row.status,
            reason=row.status_reason,
        )
    )


def _self(actor: Actor) -> int:
    if actor.person_id is None:
        raise NotFound
    return actor.person_id


def _named(session: Session, login: str, grantor_id: int) -> Person:
    account = session.scalar(select(Account).where(Account.login == login.strip().casefold()))
    if account is None:
        problem = FieldError(
            "#/representative_login", N_("We know nobody with this address."), "unknown_person"
        )
        raise Invalid(errors=(problem,))
    if account.person_id == grantor_id:
        problem = FieldError(
            "#/representative_login", N_("You cannot give a mandate to yourself."), "oneself"
        )
        raise Invalid(errors=(problem,))
    return account.person
