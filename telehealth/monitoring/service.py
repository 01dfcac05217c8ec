"""The care team's list of patients and one patient at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.clock import local
from telehealth.core.errors import NotFound
from telehealth.core.i18n import sort_key
from telehealth.core.paging import Page
from telehealth.directory import service as directory
from telehealth.identity.models import Person
from telehealth.monitoring import policy
from telehealth.readings import service as readings
from telehealth.readings.models import DaySummary

LIST_DAYS = 14
RECENT = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One patient in the list: sums of the last fourteen days and the newest value."""

    person: Person
    age_years: int
    last: readings.LastReading | None
    days: Sequence[DaySummary]

    @property
    def days_with_readings(self) -> int:
        """On how many of the days there are readings."""
        return len({day.day_on for day in self.days})


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient at a glance."""

    person: Person
    age_years: int
    overview: readings.Overview
    recent: Page[readings.Entry]


def patients(session: Session, actor: Actor, *, now: datetime) -> Sequence[Row]:
    """The actor's patients with their newest value, by family name.

    One event in the worker's own trail says how many lines were shown; opening a patient is told in
    that patient's trail.

    Raises:
        NotFound: the actor looks after nobody here.
    """
    policy.require_list(actor)
    people = directory.patients_of(session, actor.person_id or 0, now=now)
    ids = [person.id for person in people]
    period = readings.period_of(LIST_DAYS, now)
    days = readings.days_of(session, ids, first=period.first, last=period.last)
    last = readings.last_readings(session, ids)
    audit.record(
        session, actor, "monitoring.list", "patients", now=now, detail={"patients": len(ids)}
    )
    rows = [
        Row(person, _age(person, now), last.get(person.id), days[person.id]) for person in people
    ]
    return sorted(
        rows, key=lambda row: sort_key(f"{row.person.family_name} {row.person.given_name}")
    )


def patient(
    session: Session, actor: Actor, patient_id: int, period: readings.Period, *, now: datetime
) -> Patient:
    """One patient's period and newest readings.

    Raises:
        NotFound: not the actor's patient.
        NotAllowed: the actor may not read the diary.
    """
    window = readings.Window(ends_at=period.ends_at, limit=RECENT, with_sensor=False)
    recent = readings.page(session, actor, patient_id, window, now=now)
    person = session.get(Person, patient_id)
    if person is None:
        raise NotFound
    overview = readings.overview(session, actor, patient_id, period)
    return Patient(person, _age(person, now), overview, recent)


def _age(person: Person, now: datetime) -> int:
    today = local(now).date()
    had_birthday = (today.month, today.day) >= (person.birth_on.month, person.birth_on.day)
    return today.year - person.birth_on.year - (not had_birthday)
