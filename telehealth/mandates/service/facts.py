"""What a stored representation amounts to at an instant, and how it is called."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from telehealth.core.actor import Basis
from telehealth.core.errors import NotFound
from telehealth.core.i18n import N_
from telehealth.mandates import policy
from telehealth.mandates.models import Representation, RepresentationKind, Status

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
    """The last day of a representation: its own, or the eve of the 15th birthday; None: open."""
    if row.kind is RepresentationKind.GUARDIAN:
        fifteenth = policy.birthday(row.represented.birth_on, policy.OWN_ACCESS_AGE)
        return fifteenth - timedelta(days=1)
    return row.valid_to


def facts_of(row: Representation) -> policy.Facts:
    """What decides whether the stored representation is in effect."""
    return policy.Facts(
        kind=row.kind,
        status=row.status,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        represented_birth_on=row.represented.birth_on,
        is_anyone_dead=bool(row.represented.died_on or row.representative.died_on),
        is_incapacity_recorded=row.incapacity_confirmed_at is not None,
    )


def is_in_effect(row: Representation, now: datetime) -> bool:
    """Whether a stored representation gives rights at this instant."""
    return policy.is_in_effect(facts_of(row), now)


def representation(
    session: Session, person_id: int, representation_id: int, now: datetime
) -> Representation:
    """A representation in effect in which this person is the representative.

    Raises:
        NotFound: absent, another's or ended: one answer.
    """
    row = session.scalar(
        select(Representation).where(
            Representation.id == representation_id, Representation.representative_id == person_id
        )
    )
    if row is None or not is_in_effect(row, now):
        raise NotFound
    return row


def represented_by(session: Session, representation_id: int) -> int:
    """Whom a representation is about, also one that has ended; for a caller that asks nobody."""
    return session.get_one(Representation, representation_id).represented_id


def acting_for(session: Session, person_id: int, *, now: datetime) -> Sequence[Representation]:
    """The representations in effect in which this person may act for another."""
    return _in_effect(session, Representation.representative_id == person_id, now)


def representatives_of(
    session: Session, person_id: int, *, now: datetime
) -> Sequence[Representation]:
    """The representations in effect in which others may act for this person."""
    return _in_effect(session, Representation.represented_id == person_id, now)


def representatives_of_each(
    session: Session, person_ids: Collection[int], *, now: datetime
) -> dict[int, list[Representation]]:
    """The same for each of some people; one statement."""
    found: dict[int, list[Representation]] = {person_id: [] for person_id in person_ids}
    for row in _in_effect(session, Representation.represented_id.in_(found), now):
        found[row.represented_id].append(row)
    return found


def _in_effect(
    session: Session, whose: ColumnElement[bool], now: datetime
) -> Sequence[Representation]:
    rows = session.scalars(
        select(Representation)
        .where(whose, Representation.status == Status.ACTIVE)
        .order_by(Representation.id)
    )
    return [row for row in rows if is_in_effect(row, now)]
