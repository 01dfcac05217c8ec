"""Hours a worker offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.booking import policy
from telehealth.booking.models import Offer, Resource, ResourceKind, ServiceType
from telehealth.booking.service.availability import Hours
from telehealth.booking.service.resources import resource_of
from telehealth.core.actor import Actor
from telehealth.core.clock import HOME_ZONE, local
from telehealth.core.errors import FieldError, Invalid, NotFound
from telehealth.core.i18n import N_


@dataclass(frozen=True, slots=True)
class NewHours:
    """Hours to be offered, in wall time of the installation.

    `last_on` equal to `first_on` is one day; None repeats every week until withdrawn. `slot_min`
    None takes the usual length of the service.
    """

    service: str
    first_on: date
    last_on: date | None
    starts_wall: time
    ends_wall: time
    slot_min: int | None = None


def service_types(session: Session) -> Sequence[ServiceType]:
    """The kinds of appointment the clinic offers."""
    return session.scalars(
        select(ServiceType).where(ServiceType.is_active).order_by(ServiceType.id)
    ).all()


def service_type(session: Session, key: str) -> ServiceType:
    """The kind of appointment with this key.

    Raises:
        Invalid: there is none.
    """
    found = session.scalar(select(ServiceType).where(ServiceType.key == key, ServiceType.is_active))
    if found is None:
        raise _wrong("service", N_("Choose one of the kinds of appointment."), "unknown_service")
    return found


def offer(session: Session, actor: Actor, wanted: NewHours, *, now: datetime) -> Offer:
    """Patients of the actor can book in these hours.

    Raises:
        NotFound: the actor offers no hours here.
        Invalid: hours that are over, turned round, too short for one slot, or offered already.
    """
    worker_id = policy.require_offering(actor)
    kind = service_type(session, wanted.service)
    slot_min = wanted.slot_min or kind.duration_min
    _require_sense(wanted, slot_min, now)
    # The row stands before the first booking: racing bookings lock it instead of making it.
    session.execute(
        select(Resource.id)
        .where(Resource.id == resource_of(session, ResourceKind.WORKER, worker_id))
        .with_for_update()
    )
    _require_new(session, worker_id, kind, wanted)
    row = Offer(
        worker_id=worker_id,
        service_type_id=kind.id,
        first_on=wanted.first_on,
        last_on=wanted.last_on,
        starts_wall=wanted.starts_wall,
        ends_wall=wanted.ends_wall,
        zone=HOME_ZONE.key,
        slot_min=slot_min,
        created_at=now,
    )
    session.add(row)
    session.flush()
    session.refresh(row, ["service_type", "worker"])
    audit.record(session, actor, "booking.offer", "offer", row.id, now=now)
    return row


def withdraw(session: Session, actor: Actor, offer_id: int, *, now: datetime) -> Offer:
    """The hours make no new slots; what is booked in them stays booked.

    Raises:
        NotFound: not the actor's offer.
    """
    worker_id = policy.require_offering(actor)
    row = session.scalar(select(Offer).where(Offer.id == offer_id, Offer.worker_id == worker_id))
    if row is None:
        raise NotFound
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        audit.record(session, actor, "booking.withdraw", "offer", row.id, now=now)
    return row


def offered_by(session: Session, actor: Actor, *, now: datetime) -> Sequence[Offer]:
    """The actor's offered hours that are not withdrawn and not over, earliest first.

    Raises:
        NotFound: the actor offers no hours here.
    """
    worker_id = policy.require_offering(actor)
    rows = session.scalars(
        _in_force(worker_id, local(now).date()).order_by(
            Offer.first_on, Offer.starts_wall, Offer.id
        )
    ).all()
    audit.record(session, actor, "booking.offers", "offer", now=now, detail={"offers": len(rows)})
    return rows


def offers_for(
    session: Session, worker_id: int, service_type_id: int, from_on: date
) -> Sequence[Offer]:
    """The hours in which a worker can be booked for a service from a day on."""
    query = _in_force(worker_id, from_on).where(Offer.service_type_id == service_type_id)
    return session.scalars(query.order_by(Offer.id)).all()


def hours_of(row: Offer) -> Hours:
    """The offer as the arithmetic needs it."""
    return Hours(
        first_on=row.first_on,
        last_on=row.last_on,
        starts_wall=row.starts_wall,
        ends_wall=row.ends_wall,
        zone=row.zone,
        slot_min=row.slot_min,
        before_min=row.service_type.before_min,
        after_min=row.service_type.after_min,
    )


def _in_force(worker_id: int, from_on: date) -> Select[Offer]:
    return select(Offer).where(
        Offer.worker_id == worker_id,
        Offer.withdrawn_at.is_(None),
        or_(Offer.last_on.is_(None), Offer.last_on >= from_on),
    )


def _require_sense(wanted: NewHours, slot_min: int, now: datetime) -> None:
    """Collect everything that is wrong with the hours, so that a form shows it all at once."""
    errors = []
    here = local(now)
    if wanted.first_on < here.date():
        errors.append(FieldError("#/first_on", N_("This day is already over."), "past"))
    if wanted.last_on is not None and wanted.last_on < wanted.first_on:
        errors.append(
            FieldError("#/last_on", N_("The last day cannot be before the first one."), "order")
        )
    if wanted.ends_wall <= wanted.starts_wall:
        errors.append(FieldError("#/ends", N_("The end must be after the start."), "order"))
    elif _minutes(wanted.ends_wall) - _minutes(wanted.starts_wall) < slot_min:
        errors.append(
            FieldError("#/ends", N_("These hours are too short for one appointment."), "too_short")
        )
    if errors:
        raise Invalid(errors=tuple(errors))


def _require_new(session: Session, worker_id: int, kind: ServiceType, wanted: NewHours) -> None:
    """The same service offered twice at one time would show every slot twice."""
    for row in offers_for(session, worker_id, kind.id, wanted.first_on):
        ends_before = wanted.last_on is not None and wanted.last_on < row.first_on
        same_weekday = row.first_on.weekday() == wanted.first_on.weekday()
        same_time = row.starts_wall < wanted.ends_wall and wanted.starts_wall < row.ends_wall
        if same_weekday and same_time and not ends_before:
            raise _wrong(
                "starts", N_("You already offer this service at this time."), "already_offered"
            )


def _minutes(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def _wrong(field: str, sentence: str, code: str) -> Invalid:
    return Invalid(errors=(FieldError(f"#/{field}", sentence, code),))
