"""Remarks on days of two patients, and a report the doctor shared."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import local
from telehealth.demo.people import Clinic
from telehealth.reports import service as reports
from telehealth.reports.models import Audience

_WORDS = (
    "Lepo napredujete. Jutranje vrednosti so v ciljnem območju, po zajtrku pa so še visoke."
    " O tem se pogovoriva na posvetu."
)


def remark_and_share(session: Session, clinic: Clinic, now: datetime) -> None:
    """The nurse has written on some days, the doctor has shared the last two weeks."""
    nurse, doctor = (clinic.nurse_id, Role.NURSE), (clinic.doctor_id, Role.DOCTOR)
    today = local(now).date()
    written = (
        (clinic.patient_id, nurse, 2, 580, "Po zajtrku visoko, potica?", Audience.TEAM),
        (clinic.patient_id, nurse, 3, None, "Vse meritve opravljene, odlično.", Audience.PATIENT),
        (clinic.child_id, nurse, 4, 1_010, "Nizko po treningu: prigrizek prej.", Audience.PATIENT),
        (clinic.child_id, doctor, 6, None, "Preveri bazalni odmerek ob pregledu.", Audience.TEAM),
    )
    for patient_id, who, days_ago, minute, text, audience in written:
        day = today - timedelta(days=days_ago)
        new = reports.NewRemark(day, minute, text, audience)
        reports.add_remark(session, _actor(patient_id, *who), patient_id, new, now=now)
    days = reports.days_of(reports.DEFAULT_LENGTH, None, now)
    for patient_id in (clinic.patient_id, clinic.child_id):
        reports.share(session, _actor(patient_id, *doctor), patient_id, days, _WORDS, now=now)


def _actor(patient_id: int, person_id: int, role: Role) -> Actor:
    return Actor(person_id, patient_id, Basis.CARE_TEAM, frozenset({role}))
