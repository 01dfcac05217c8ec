"""Booking: offered hours, wishes, appointments, and actors as the doors would make them."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from sqlalchemy.orm import Session

from telehealth.booking import service as booking
from telehealth.booking.models import Appointment, Channel, Offer
from telehealth.booking.service import NewHours, Wish
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import HOME_ZONE
from telehealth.identity.models import Person
from tests.make.people import NOW

TOMORROW = date(2026, 11, 24)
_attempt = count(1)


def at(wall: str, day: date = TOMORROW) -> datetime:
    """The instant a clock in Ljubljana shows `wall` (`08:30`) on `day`."""
    return datetime.combine(day, time.fromisoformat(wall), HOME_ZONE).astimezone(UTC)


def as_self(who: Person, *roles: Role) -> Actor:
    """A person in their own account."""
    return Actor(who.id, who.id, Basis.SELF, frozenset(roles))


def as_doctor(who: Person) -> Actor:
    """A doctor at their own calendar."""
    return as_self(who, Role.DOCTOR)


def as_team(worker: Person, patient: Person, role: Role = Role.DOCTOR) -> Actor:
    """A worker with a patient of theirs."""
    return Actor(worker.id, patient.id, Basis.CARE_TEAM, frozenset({role}))


def offer(
    session: Session,
    worker: Person,
    service: str = "video",
    hours: str = "08:00-12:00",
    day: date = TOMORROW,
    *,
    weekly: bool = False,
    slot_min: int | None = None,
    now: datetime = NOW,
) -> Offer:
    """Hours a doctor offers, on one day unless `weekly`."""
    starts, ends = (time.fromisoformat(wall) for wall in hours.split("-"))
    wanted = NewHours(service, day, None if weekly else day, starts, ends, slot_min)
    return booking.offer(session, as_doctor(worker), wanted, now=now)


def wish(
    worker: Person,
    wall: str = "08:00",
    service: str = "video",
    day: date = TOMORROW,
    *,
    key: str = "",
    channel: Channel = Channel.PORTAL,
) -> Wish:
    """A slot somebody wants, each time in a new attempt."""
    return Wish(worker.id, service, at(wall, day), key or f"attempt-{next(_attempt)}", channel)


def appointment(
    session: Session,
    patient: Person,
    worker: Person,
    wall: str = "08:00",
    service: str = "video",
    day: date = TOMORROW,
    *,
    now: datetime = NOW,
) -> Appointment:
    """An appointment the patient booked, in an hour the worker offered for it."""
    starts = at(wall, day)
    length = timedelta(minutes=60)
    end = (starts + length).astimezone(HOME_ZONE).strftime("%H:%M")
    offer(session, worker, service, f"{wall}-{end}", day, now=now)
    return booking.book(session, as_self(patient), wish(worker, wall, service, day), now=now)
