"""A health worker's day: today's appointments and patients with low values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.booking import service as booking
from telehealth.booking.models import Appointment
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import local
from telehealth.directory import service as directory
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import DaySummary

LOW_DAYS = 7
ROWS_SHOWN = 8
_WITH_CALENDAR = frozenset({Role.DOCTOR, Role.NURSE})


@dataclass(frozen=True, slots=True)
class LowPatient:
    """A patient with values below the target lately, and how many."""

    person: Person
    low: int
    """Below 3.9 mmol/L but not below 3.0."""
    very_low: int
    last: readings.LastReading | None


@dataclass(frozen=True, slots=True)
class Day:
    """What a health worker begins the day with."""

    appointments: Sequence[Appointment]
    low: Sequence[LowPatient]
    patients: int
    """How many the worker looks after."""
    has_calendar: bool


def clinic_day(session: Session, actor: Actor, *, now: datetime) -> Day:
    """Today's appointments, and the patients with the most very low values of the last week.

    Raises:
        NotFound: the actor is no health worker.
    """
    today = local(now).date()
    has_calendar = bool(actor.roles & _WITH_CALENDAR)
    appointments = booking.agenda(session, actor, today, today, now=now) if has_calendar else ()
    people = directory.patients_of(session, actor.person_id or 0, now=now)
    ids = [person.id for person in people]
    first = today - timedelta(days=LOW_DAYS - 1)
    days = readings.days_of(session, ids, first=first, last=today)
    counted = [
        (sum(row.very_low for row in days[person.id]), _lows(days[person.id]), person)
        for person in people
    ]
    worst = sorted(
        (row for row in counted if row[0] or row[1]), key=lambda row: (-row[0], -row[1])
    )[:ROWS_SHOWN]
    last = readings.last_readings(session, [person.id for _, _, person in worst])
    for _, _, person in worst:
        seen = Actor(
            actor.person_id, person.id, Basis.CARE_TEAM, actor.roles, None, actor.session_id
        )
        audit.record(session, seen, "home.day", "diary", person.id, now=now)
    low = [LowPatient(who, few, very, last.get(who.id)) for very, few, who in worst]
    return Day(appointments, low, len(people), has_calendar)


def _lows(rows: Sequence[DaySummary]) -> int:
    return sum(row.low for row in rows)
