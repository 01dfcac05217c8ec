"""Alerts: readings that arrive and are looked at, people around a patient, actors at the doors."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.alerts.models import RAISED, Alert, Kind
from telehealth.core.actor import Actor, Basis, Role
from telehealth.identity.models import Person
from telehealth.mandates.models import Representation
from telehealth.readings.models import SourceKind
from tests.make import people
from tests.make.people import NOW
from tests.make.readings import diary, reading

MINUTE = timedelta(minutes=1)


@dataclass
class Family:
    """A patient with a proxy, a nurse and a doctor."""

    patient: Person
    proxy: Person
    mandate: Representation
    nurse: Person
    doctor: Person


def family(session: Session) -> Family:
    """A patient with everybody around her."""
    ana, luka = people.patient(session), people.patient(session, "Luka", "Mrak")
    return Family(
        ana,
        luka,
        people.mandate(session, ana, luka),
        people.nurse(session, [ana]),
        people.doctor(session, [ana]),
    )


def as_self(who: Person) -> Actor:
    """A person in their own account."""
    return Actor(who.id, who.id, Basis.SELF)


def as_proxy(proxy: Person, patient: Person, row: Representation) -> Actor:
    """A proxy acting for a patient."""
    return Actor(proxy.id, patient.id, Basis.MANDATE, representation_id=row.id)


def as_guardian(parent: Person, kid: Person, row: Representation) -> Actor:
    """A parent acting for a child."""
    return Actor(parent.id, kid.id, Basis.GUARDIAN, representation_id=row.id)


def as_team(worker: Person, patient: Person, role: Role = Role.NURSE) -> Actor:
    """A worker with a patient of theirs."""
    return Actor(worker.id, patient.id, Basis.CARE_TEAM, frozenset({role}))


def arrives(
    session: Session,
    patient: Person,
    words: str,
    at: datetime = NOW,
    *,
    now: datetime | None = None,
    kind: SourceKind = SourceKind.CGM,
) -> None:
    """A reading measured `at` arrives `now` and is looked at."""
    moment = now or at
    device = "Sensor" if kind is SourceKind.CGM else ""
    diary(session, patient, [reading(words, at, kind=kind, device=device)], now=moment)
    alerts.look(session, patient.id, cause="readings.recorded", since=at, now=moment)


def lasts(
    session: Session, patient: Person, words: str, start: datetime = NOW, minutes: int = 15
) -> datetime:
    """A sensor shows the same for some minutes, every five; returns the time of the last."""
    at = start
    for step in range(0, minutes + 1, 5):
        at = start + step * MINUTE
        arrives(session, patient, words, at)
    return at


def live(session: Session, patient: Person) -> list[Alert]:
    """The patient's open alerts, oldest first."""
    query = select(Alert).where(Alert.patient_id == patient.id, Alert.state.in_(RAISED))
    return list(session.scalars(query.order_by(Alert.id)))


def open_alert(
    session: Session,
    patient: Person,
    words: str = "2.7 mmol/L",
    at: datetime = NOW,
    kind: SourceKind = SourceKind.CGM,
) -> Alert:
    """An alert that one fresh value has opened: the newest of the patient's."""
    arrives(session, patient, words, at, kind=kind)
    return live(session, patient)[-1]


def rule(session: Session, patient: Person, kind: Kind, *, now: datetime = NOW) -> alerts.Rule:
    """The patient's rule in force."""
    return alerts.in_force(session, patient.id, now=now)[kind]
