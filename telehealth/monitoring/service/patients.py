"""One patient at a glance."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from telehealth.core.actor import Actor
from telehealth.core.errors import NotFound
from telehealth.core.paging import Page
from telehealth.identity.models import Person
from telehealth.monitoring.service.acting import Loop, loop_of
from telehealth.monitoring.service.worklist import age_years
from telehealth.readings import service as readings

RECENT = 20


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient at a glance."""

    person: Person
    age_years: int
    overview: readings.Overview
    recent: Page[readings.Entry]
    loop: Loop


def patient(
    session: Session, actor: Actor, patient_id: int, period: readings.Period, *, now: datetime
) -> Patient:
    """One patient's period, newest readings and worklist entry.

    Raises:
        NotFound: not the actor's patient.
        NotAllowed: the actor may not read the diary.
    """
    window = readings.Window(ends_at=period.ends_at, limit=RECENT, with_sensor=False)
    recent = readings.page(session, actor, patient_id, window, now=now)
    person = session.get(Person, patient_id)
    if person is None:
        raise NotFound
    overview = readings.overview(session, actor, patient_id, period, now=now)
    loop = loop_of(session, actor, patient_id, now=now)
    return Patient(person, age_years(person.birth_on, now), overview, recent, loop)
