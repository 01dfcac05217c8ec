"""Consents of the demonstration: one for the patient, one for the child, one already signed."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from telehealth.consents import service as consents
from telehealth.core.actor import Actor, Basis, Role
from telehealth.demo import people

_TEMPLATE = "diabetes-monitoring"
_SENT_BEFORE = timedelta(days=2)
_SIGNED_BEFORE = timedelta(days=9)
_READING_TAKES = timedelta(minutes=4)
_DECISIONS = {"share-readings": "granted", "share-summary": "granted", "reminders": "refused"}


def offer_consents(session: Session, clinic: people.Clinic, now: datetime) -> None:
    """Consents wait for the patient and the child; a neighbour has signed, the seal follows."""
    for patient_id in (clinic.patient_id, clinic.child_id):
        _send(session, clinic.doctor_id, patient_id, now - _SENT_BEFORE)
    signer_id = clinic.neighbour_ids[0]
    then = now - _SIGNED_BEFORE
    request_id = _send(session, clinic.doctor_id, signer_id, then - timedelta(days=1))
    signer = Actor(signer_id, signer_id, Basis.SELF, confirmed_at=then + _READING_TAKES)
    choice = consents.Choice("sl", _DECISIONS, "click")
    row = consents.prepare(session, signer, request_id, choice, is_test=True, now=then)
    signing = consents.Signing(request_id, row.h0, row.nonce)
    consents.sign(session, signer, signing, now=then + _READING_TAKES)


def _send(session: Session, doctor_id: int, patient_id: int, at: datetime) -> int:
    doctor = Actor(doctor_id, patient_id, Basis.CARE_TEAM, frozenset({Role.DOCTOR}))
    return consents.send(session, doctor, consents.Sending(_TEMPLATE), now=at).id
