"""Tell the whole story: people, readings, appointments, the inbox; once, through the services."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice

from telehealth.core.actor import Actor, Basis
from telehealth.core.db import Database
from telehealth.demo import (
    alerts,
    consents,
    diary,
    glucose,
    imports,
    inbox,
    meters,
    monitoring,
    people,
    reports,
    targets,
    visits,
)
from telehealth.readings import service as readings

Say = Callable[[str], None]
_KNOWN_FOR = timedelta(days=400)
"""The clinic has looked after its patients for a year."""


def is_told(database: Database) -> bool:
    """Whether the demonstration is in this database."""
    with database.reading() as session:
        return people.is_there(session)


def tell(database: Database, password: str, *, now: datetime, say: Say) -> people.Clinic:
    """The demonstration's clinic is in the database."""
    with database.unit_of_work() as session:
        clinic = people.settle(session, password, now=now - _KNOWN_FOR)
        targets.agree(session, clinic, now)
    say(f"{len(clinic.patient_ids)} patients")
    total = sum(
        _write_diary(database, patient_id, number, now)
        for number, patient_id in enumerate(clinic.patient_ids)
    )
    say(f"{total} readings of {glucose.DAYS} days")
    with database.unit_of_work() as session:
        visits.arrange(session, clinic, now)
        inbox.fill_inbox(session, clinic, now)
        consents.offer_consents(session, clinic, now)
        diary.keep_diaries(session, clinic, now)
        alerts.ring(session, clinic, now)
    say("appointments, questionnaires, consents")
    with database.unit_of_work() as session:
        monitoring.work(session, clinic, now)
        reports.remark_and_share(session, clinic, now)
    imports.bring_files(database, clinic.patient_id, now=now)
    with database.unit_of_work() as session:
        meters.connect_meters(session, clinic.patient_id, now)
    return clinic


def _write_diary(database: Database, patient_id: int, number: int, now: datetime) -> int:
    actor = Actor(patient_id, patient_id, Basis.SELF)
    arriving = glucose.readings_of(number, now=now)
    written = 0
    while batch := tuple(islice(arriving, readings.MAX_BATCH)):
        with database.unit_of_work() as session:
            outcome = readings.record(session, actor, readings.Batch(patient_id, batch), now=now)
        written += outcome.accepted
    return written
