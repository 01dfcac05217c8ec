"""Appointments of the demonstration: one by video in a moment, some this week, one behind."""

from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from telehealth.booking import service as booking
from telehealth.booking.models import Appointment, Channel
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import HOME_ZONE, local
from telehealth.demo.people import Clinic

_GRID_MIN = 5
_WEEK = timedelta(days=7)
_LAST_MINUTE = time(23, 59)
_VIDEO_DAYS = (1, 3)
"""Tuesday and Thursday afternoons, as `date.weekday` counts."""


def arrange(session: Session, clinic: Clinic, now: datetime) -> None:
    """The doctor offers hours; patients, a parent and the clinic itself have booked in them."""
    doctor = Actor(clinic.doctor_id, clinic.doctor_id, Basis.SELF, frozenset({Role.DOCTOR}))
    _past(session, clinic, doctor, now)
    soon = next_slot(now)
    ends = (local(soon) + timedelta(hours=2)).time()
    ends = ends if ends > local(soon).time() else _LAST_MINUTE
    _offer(session, doctor, "video", local(soon).date(), local(soon).time(), ends, now)
    patient = Actor(clinic.patient_id, clinic.patient_id, Basis.SELF)
    _book(session, patient, clinic, "video", soon, now)
    days = _working_days(local(now).date() + timedelta(days=2), count=5)
    for day in days:
        _offer(session, doctor, "visit", day, time(8), time(12), now, is_weekly=True)
        if day.weekday() in _VIDEO_DAYS:
            _offer(session, doctor, "video", day, time(13), time(15), now, is_weekly=True)
    parent = Actor(
        clinic.parent_id,
        clinic.child_id,
        Basis.GUARDIAN,
        representation_id=clinic.guardianship_id,
    )
    _book(session, parent, clinic, "visit", _at(days[0], time(9)), now)
    for number, neighbour_id in enumerate(clinic.neighbour_ids[:8]):
        team = Actor(clinic.nurse_id, neighbour_id, Basis.CARE_TEAM, frozenset({Role.NURSE}))
        start = _at(days[number % 4], time(10 + number // 4))
        _book(session, team, clinic, "visit", start, now, Channel.PHONE)


def next_slot(now: datetime) -> datetime:
    """The next full five minutes: close enough to be entered at once."""
    here = local(now).replace(second=0, microsecond=0)
    return here + timedelta(minutes=_GRID_MIN - here.minute % _GRID_MIN)


def _past(session: Session, clinic: Clinic, doctor: Actor, now: datetime) -> None:
    then = now - 2 * _WEEK
    day = _working_days(local(then).date() + timedelta(days=1), count=1)[0]
    _offer(session, doctor, "visit", day, time(8), time(12), then)
    patient = Actor(clinic.patient_id, clinic.patient_id, Basis.SELF)
    visit = _book(session, patient, clinic, "visit", _at(day, time(9)), then)
    holder = Actor(clinic.doctor_id, clinic.patient_id, Basis.CARE_TEAM, frozenset({Role.DOCTOR}))
    booking.finish(session, holder, visit.id, now=_at(day, time(9, 25)))


def _working_days(first: date, count: int) -> list[date]:
    days = [first + timedelta(days=ahead) for ahead in range(count + 4)]
    return [day for day in days if day.weekday() < 5][:count]  # noqa: PLR2004 - Saturday


def _at(day: date, wall: time) -> datetime:
    return datetime.combine(day, wall, HOME_ZONE)


def _offer(
    session: Session,
    doctor: Actor,
    service: str,
    day: date,
    starts: time,
    ends: time,
    now: datetime,
    *,
    is_weekly: bool = False,
) -> None:
    hours = booking.NewHours(service, day, None if is_weekly else day, starts, ends)
    booking.offer(session, doctor, hours, now=now)


def _book(
    session: Session,
    actor: Actor,
    clinic: Clinic,
    service: str,
    starts_at: datetime,
    now: datetime,
    channel: Channel = Channel.PORTAL,
) -> Appointment:
    key = f"demo-{actor.subject_id}-{starts_at.isoformat()}"
    wish = booking.Wish(clinic.doctor_id, service, starts_at, key, channel)
    return booking.book(session, actor, wish, now=now)
