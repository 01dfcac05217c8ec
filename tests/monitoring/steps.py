"""What stories of the worklist have in common: four patients, their doctor, the waiting work."""

from collections.abc import Callable
from datetime import date, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.web.platform import Platform
from telehealth.identity.models import Person
from telehealth.monitoring import service as monitoring
from telehealth.monitoring.models import WorklistEntry
from telehealth.monitoring.service import Filter
from tests import make
from tests.make.readings import diary, reading

SignIn = Callable[[FlaskClient, Person], None]
TODAY = date(2026, 11, 23)


def drain(app: Flask) -> None:
    """Whatever waits in the outbox is done."""
    platform: Platform = app.extensions["telehealth"]
    platform.queue.drain()


def team(worker: Person, patient: Person, role: Role = Role.DOCTOR) -> Actor:
    return Actor(worker.id, patient.id, Basis.CARE_TEAM, frozenset({role}))


def own(worker: Person) -> Actor:
    return Actor(worker.id, worker.id, Basis.SELF, frozenset({Role.DOCTOR}))


def measure(session: Session, patient: Person, values: str, *, last_day: int = 0) -> None:
    """One fingerstick a day, the last one `last_day` days ago; too old to ring when it comes."""
    shown = values.split()
    entries = [
        reading(
            f"{value} mmol/L",
            make.NOW - timedelta(days=last_day + len(shown) - 1 - place, minutes=61),
        )
        for place, value in enumerate(shown)
    ]
    diary(session, patient, entries)


def entry_of(session: Session, patient: Person) -> WorklistEntry:
    return session.get_one(WorklistEntry, patient.id)


def codes(entry: WorklistEntry) -> list[str]:
    return [code for code, _ in entry.reasons]


GOOD = "6.0 " * 14
HIGH = "6.0 " * 9 + "11.0 " * 5
LOW = "6.0 " * 12 + "3.5 3.5"


def names(session: Session, worker: Person, **wanted: object) -> list[str]:
    found = monitoring.worklist(session, own(worker), Filter(**wanted), now=make.NOW)  # type: ignore[arg-type]  # a test's shorthand
    return [row.name for row in found.page.items]
