"""Whose time appointments take: rows that racing bookings lock one after the other."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from telehealth.booking.models import AppointmentResource, Resource, ResourceKind
from telehealth.booking.service.availability import Span


def resource_of(session: Session, kind: ResourceKind, person_id: int) -> int:
    """The id of a person's time, made on first use."""
    query = select(Resource.id).where(Resource.kind == kind, Resource.person_id == person_id)
    found = session.scalar(query)
    if found is not None:
        return found
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(Resource)
        .values(kind=kind, person_id=person_id)
        .on_conflict_do_nothing(index_elements=["kind", "person_id"])
    )
    return session.scalars(query).one()


def lock(session: Session, resource_ids: Collection[int]) -> None:
    """Let bookings of the same time come one after the other, always in the order of ids.

    Without it two inserts that exclude each other on PostgreSQL may wait for one another, which
    ends in a deadlock instead of a winner. On SQLite the unit of work holds the only write lock.
    """
    session.execute(
        select(Resource.id)
        .where(Resource.id.in_(resource_ids))
        .order_by(Resource.id)
        .with_for_update()
    )


def busy(
    session: Session, kind: ResourceKind, person_id: int, between: Span, *, but: int | None = None
) -> Sequence[Span]:
    """What is taken of a person's time in a stretch; `but` is an appointment being moved."""
    rows = session.execute(
        select(AppointmentResource.blocked_from, AppointmentResource.blocked_until)
        .join(Resource, Resource.id == AppointmentResource.resource_id)
        .where(
            Resource.kind == kind,
            Resource.person_id == person_id,
            AppointmentResource.blocking,
            AppointmentResource.blocked_from < between.ends_at,
            AppointmentResource.blocked_until > between.starts_at,
            AppointmentResource.appointment_id != (but or 0),
        )
    )
    return [Span(_from, until) for _from, until in rows]
