"""Consents of the demonstration: one waits for the patient, one for the child."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from telehealth.consents import service as consents
from telehealth.core.actor import Actor, Basis, Role
from telehealth.demo import people

_TEMPLATE = "diabetes-monitoring"
_SENT_BEFORE = timedelta(days=2)


def offer_consents(session: Session, clinic: people.Clinic, now: datetime) -> None:
    """Consents wait for the patient and the child.

    None is signed here: drawing a document starts Typst's threads, which do not survive the fork
    with which the server starts afterwards.
    """
    for patient_id in (clinic.patient_id, clinic.child_id):
        doctor = Actor(clinic.doctor_id, patient_id, Basis.CARE_TEAM, frozenset({Role.DOCTOR}))
        consents.send(session, doctor, consents.Sending(_TEMPLATE), now=now - _SENT_BEFORE)
