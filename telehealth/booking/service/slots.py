"""Free slots: offered hours less what is taken, for one patient, worker and service."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.booking import policy
from telehealth.booking.models import Offer, ResourceKind, ServiceType
from telehealth.booking.service import resources
from telehealth.booking.service.availability import Span, days_between, free_on, slots_on
from telehealth.booking.service.offers import (
    hours_of,
    offers_for,
    service_type,
    service_types,
)
from telehealth.core.actor import Actor
from telehealth.core.clock import HOME_ZONE, local
from telehealth.core.errors import Conflict, FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.directory import service as directory
from telehealth.directory.service import Worker

MAX_DAYS = 62
"""Longest period one question may ask about."""


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """When is this worker free for this service? Both days included, in local dates."""

    worker_id: int
    service: str
    first_on: date
    last_on: date
    moving_id: int | None = None
    """An appointment about to be moved: its own time counts as free."""


@dataclass(frozen=True, slots=True)
class FreeSlots:
    """The answer: slots in order, and where none are, the first one after the asked days."""

    worker: Worker
    service: ServiceType
    slots: tuple[Span, ...]
    next_free: Span | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Something a patient can book: a service of a worker, and its first free time."""

    worker: Worker
    service: ServiceType
    next_free: Span | None


def workers_for(session: Session, actor: Actor, *, now: datetime) -> Sequence[Worker]:
    """The workers the actor's patient can be booked with: the care team, doctors first.

    Raises:
        NotAllowed: the actor may not see this patient's appointments.
    """
    team = directory.care_team_of(session, policy.require_seeing(actor), now=now)
    return list({worker.person_id: worker for worker in reversed(team)}.values())[::-1]


def choices(session: Session, actor: Actor, *, now: datetime) -> Sequence[Choice]:
    """What the actor's patient can book, and when it is first free; only what is offered at all.

    Raises:
        NotAllowed: the actor may not see this patient's appointments.
    """
    patient_id = policy.require_seeing(actor)
    found = []
    for worker in workers_for(session, actor, now=now):
        for kind in service_types(session):
            bookable = bookable_span(actor, kind, now)
            search = _Search(session, kind, worker.person_id, patient_id, bookable)
            if search.is_offered:
                found.append(Choice(worker, kind, search.first_from(local(now).date())))
    audit.record(session, actor, "booking.choices", now=now, detail={"choices": len(found)})
    return found


def find_slots(session: Session, actor: Actor, asked: SlotQuery, *, now: datetime) -> FreeSlots:
    """What is free in the asked days; if nothing, what comes next.

    Raises:
        NotAllowed: the actor may not see this patient's appointments.
        NotFound: the worker is not in the patient's care team.
        Invalid: unknown service, days the wrong way round or too many.
    """
    patient_id = policy.require_seeing(actor)
    _require_period(asked)
    worker = require_worker(session, actor, asked.worker_id, now=now)
    kind = service_type(session, asked.service)
    bookable = bookable_span(actor, kind, now)
    search = _Search(session, kind, worker.person_id, patient_id, bookable, asked.moving_id)
    found = search.between(asked.first_on, asked.last_on)
    next_free = None if found else search.first_from(asked.last_on + timedelta(days=1))
    audit.record(session, actor, "booking.slots", "service_type", kind.id, now=now)
    return FreeSlots(worker, kind, tuple(found), next_free)


def require_worker(session: Session, actor: Actor, worker_id: int, *, now: datetime) -> Worker:
    """The worker, if the actor's patient can be booked with them.

    Raises:
        NotFound: absent, or of another team: one answer.
    """
    for worker in workers_for(session, actor, now=now):
        if worker.person_id == worker_id:
            return worker
    raise NotFound


def bookable_span(actor: Actor, kind: ServiceType, now: datetime) -> Span:
    """In which stretch a slot may start. The clinic is bound by neither lead time nor horizon.

    The lead time is elapsed time; the horizon ends with a local day.
    """
    if policy.is_for_staff(actor):
        return Span(now, now + timedelta(days=366))
    last_on = local(now).date() + timedelta(days=kind.horizon_days)
    end = datetime.combine(last_on + timedelta(days=1), time(), HOME_ZONE).astimezone(UTC)
    return Span(now + timedelta(minutes=kind.lead_min), end)


def offered_slot(
    session: Session, worker_id: int, kind: ServiceType, starts_at: datetime
) -> tuple[Offer, Span]:
    """The offer and the slot that begin at an instant, taken or not.

    Raises:
        Conflict: nothing is offered then (any more).
    """
    day = local(starts_at).date()
    for row in offers_for(session, worker_id, kind.id, day):
        for slot in slots_on(hours_of(row), day):
            if slot.starts_at == starts_at:
                return row, slot
    raise Conflict(
        N_("This time is not offered any more. Choose another one."), code="slot_not_offered"
    )


class _Search:
    """One question: reads what is taken once, then counts."""

    def __init__(
        self,
        session: Session,
        kind: ServiceType,
        worker_id: int,
        patient_id: int,
        bookable: Span,
        moving_id: int | None = None,
    ) -> None:
        self._bookable = bookable
        self._hours = [
            hours_of(row)
            for row in offers_for(session, worker_id, kind.id, local(bookable.starts_at).date())
        ]
        margin = timedelta(days=1)
        reach = Span(bookable.starts_at - margin, bookable.ends_at + margin)
        self._busy = resources.busy(session, ResourceKind.WORKER, worker_id, reach, but=moving_id)
        self._own = resources.busy(session, ResourceKind.PATIENT, patient_id, reach, but=moving_id)

    @property
    def is_offered(self) -> bool:
        """Whether there are hours for this service at all."""
        return bool(self._hours)

    def between(self, first_on: date, last_on: date) -> list[Span]:
        """Free slots from day to day."""
        first_on = max(first_on, local(self._bookable.starts_at).date())
        last_on = min(last_on, local(self._bookable.ends_at).date())
        return [slot for day in days_between(first_on, last_on) for slot in self._on(day)]

    def first_from(self, day: date) -> Span | None:
        """The first free slot on or after a day, as far as one may book."""
        start = max(day, local(self._bookable.starts_at).date())
        rest = days_between(start, local(self._bookable.ends_at).date())
        return next((slot for later in rest for slot in self._on(later)), None)

    def _on(self, day: date) -> Iterator[Span]:
        found = {
            slot.starts_at: slot
            for hours in self._hours
            for slot in free_on(hours, day, self._busy, self._own)
            if self._bookable.starts_at <= slot.starts_at < self._bookable.ends_at
        }
        yield from (found[start] for start in sorted(found))


def _require_period(asked: SlotQuery) -> None:
    days = (asked.last_on - asked.first_on).days
    if not 0 <= days < MAX_DAYS:
        raise Invalid(
            errors=(FieldError("#/to", N_("Ask about one day up to 62 days at a time."), "period"),)
        )
