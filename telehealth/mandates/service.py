"""Grant, revoke and resign; find for whom somebody may act; make the actor of a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor, Basis, SignIn, SignInKind
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.directory import service as directory
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

BASIS = {
    RepresentationKind.GUARDIAN: Basis.GUARDIAN,
    RepresentationKind.MANDATE: Basis.MANDATE,
    RepresentationKind.HEALTH_CARE_PROXY: Basis.HEALTH_CARE_PROXY,
}


KIND_LABEL = {
    RepresentationKind.GUARDIAN: N_("parent or guardian"),
    RepresentationKind.MANDATE: N_("mandate"),
    RepresentationKind.HEALTH_CARE_PROXY: N_("health-care proxy"),
}


def last_day(row: Representation) -> date | None:
    """The last day of a representation, if one is known: its own, or the eve of the 15th birthday."""
    if row.kind is RepresentationKind.GUARDIAN:
        fifteenth = policy.birthday(row.represented.birth_on, policy.OWN_ACCESS_AGE)
        return fifteenth - timedelta(days=1)
    return row.valid_to


@dataclass(frozen=True, slots=True)
class Grant:
    """A mandate somebody gives: to the holder of this account name, until the end of this day."""

    representative_login: str
    valid_to: date | None = None


def is_in_effect(row: Representation, now: datetime) -> bool:
    """Whether a stored representation gives rights at this instant."""
    facts = policy.Facts(
        kind=row.kind,
        status=row.status,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        represented_birth_on=row.represented.birth_on,
        is_anyone_dead=bool(row.represented.died_on or row.representative.died_on),
        is_incapacity_recorded=row.incapacity_confirmed_at is not None,
    )
    return policy.is_in_effect(facts, now)


def actor_of(
    session: Session,
    sign_in: SignIn,
    subject_id: int | None,
    representation_id: int | None,
    now: datetime,
) -> Actor:
    """Who acts for whom, decided from the database for this one request, event or job.

    Raises:
        NotFound: the subject is not this person's to know about, or the representation has ended.
    """
    if sign_in.kind is SignInKind.DEVICE:
        return _device(sign_in, subject_id)
    if representation_id is not None:
        row = _own_representation(session, sign_in.person_id, representation_id, now)
        if subject_id not in (None, row.represented_id):
            raise NotFound
        return _actor(sign_in, row.represented_id, BASIS[row.kind], row.id)
    if subject_id in (None, sign_in.person_id):
        return _actor(sign_in, sign_in.person_id, Basis.SELF)
    assert subject_id is not None  # noqa: S101 - for the type checker: both cases are above
    if sign_in.is_staff and directory.is_in_care_team(
        session, sign_in.person_id, subject_id, now=now
    ):
        return _actor(sign_in, subject_id, Basis.CARE_TEAM)
    for row in acting_for(session, sign_in.person_id, now=now):
        if row.represented_id == subject_id:
            return _actor(sign_in, subject_id, BASIS[row.kind], row.id)
    raise NotFound


def _device(sign_in: SignIn, subject_id: int | None) -> Actor:
    if subject_id not in (None, sign_in.patient_id):
        raise NotFound
    return _actor(sign_in, sign_in.patient_id, Basis.DEVICE)


def _actor(
    sign_in: SignIn, subject_id: int | None, basis: Basis, representation_id: int | None = None
) -> Actor:
    return Actor(
        person_id=sign_in.person_id,
        subject_id=subject_id,
        basis=basis,
        roles=sign_in.roles,
        representation_id=representation_id,
        session_id=sign_in.session_id,
        confirmed_at=sign_in.confirmed_at,
    )


def _own_representation(
    session: Session, person_id: int, representation_id: int, now: datetime
) -> Representation:
    row = session.scalar(
        select(Representation).where(
            Representation.id == representation_id, Representation.representative_id == person_id
        )
    )
    if row is None or not is_in_effect(row, now):
        raise NotFound
    return row


def representation(
    session: Session, person_id: int, representation_id: int, now: datetime
) -> Representation:
    """A representation in effect in which this person is the representative.

    Raises:
        NotFound: absent, another's or ended: one answer.
    """
    return _own_representation(session, person_id, representation_id, now)


def acting_for(session: Session, person_id: int, *, now: datetime) -> Sequence[Representation]:
    """The representations in effect in which this person may act for another."""
    rows = session.scalars(
        select(Representation)
        .where(
            Representation.representative_id == person_id, Representation.status == Status.ACTIVE
        )
        .order_by(Representation.id)
    )
    return [row for row in rows if is_in_effect(row, now)]


def representatives_of(
    session: Session, person_id: int, *, now: datetime
) -> Sequence[Representation]:
    """The representations in effect in which others may act for this person."""
    rows = session.scalars(
        select(Representation)
        .where(Representation.represented_id == person_id, Representation.status == Status.ACTIVE)
        .order_by(Representation.id)
    )
    return [row for row in rows if is_in_effect(row, now)]


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
    row = establish(
        session,
        NewRepresentation(RepresentationKind.MANDATE, grantor.id, proxy.id, wish.valid_to),
        actor,
        StatusReason.GRANTED_ONLINE,
        now=now,
    )
    audit.record(session, actor, "mandates.grant", "representation", row.id, now=now)
    return row


@dataclass(frozen=True, slots=True)
class NewRepresentation:
    """Who acts for whom, how and until when (inclusive)."""

    kind: RepresentationKind
    represented_id: int
    representative_id: int
    valid_to: date | None = None


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
    _remember(session, row, actor, now)
    outbox.put(session, "mandates.granted", {"representation_id": row.id}, now=now)
    return row


def end(session: Session, actor: Actor, representation_id: int, *, now: datetime) -> Representation:
    """The representation gives no rights any more: revoked by the grantor or resigned by the proxy.

    Needs no fresh password and no reason: ending is never harder than granting.

    Raises:
        NotAllowed: asked while acting for another.
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
    if row.status in (Status.REVOKED, Status.EXPIRED):
        return row
    row.status = Status.REVOKED
    row.status_reason = (
        StatusReason.BY_GRANTOR if row.represented_id == own else StatusReason.BY_PROXY
    )
    row.ended_at = now
    identity.revoke_device_tokens_under(session, row.id, now=now)
    _remember(session, row, actor, now)
    trail = Actor(actor.person_id, row.represented_id, actor.basis, session_id=actor.session_id)
    audit.record(session, trail, "mandates.end", "representation", row.id, now=now)
    outbox.put(session, "mandates.ended", {"representation_id": row.id}, now=now)
    return row


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
