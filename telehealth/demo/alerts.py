"""Alerts of the demonstration: one that is over, one acknowledged, one that went up the steps."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.alerts import service as alerts
from telehealth.alerts.models import Kind, Ring
from telehealth.core.actor import Actor, Basis, Role
from telehealth.demo.people import Clinic
from telehealth.glycemia.entered import Digits
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind

_MIN = timedelta(minutes=1)
_SILENCE_MIN = 6 * 60
"""Nothing arrives in a demonstration: without this every sensor would be missed after an hour."""
_ESCALATED = 3
"""Place of a neighbour who measures by fingerstick."""


def ring(session: Session, clinic: Clinic, now: datetime) -> None:
    """What the clinic's rules have said in the last days, as if the worker had looked each time."""
    doctor = Actor(clinic.doctor_id, clinic.doctor_id, Basis.SELF, frozenset({Role.DOCTOR}))
    silence = replace(alerts.STARTING[Kind.NO_DATA], delay_min=_SILENCE_MIN)
    alerts.set_default(session, doctor, silence, now=now - timedelta(days=60))
    _over(session, clinic, now - timedelta(days=3))
    _acknowledged(session, clinic, now)
    _escalated(session, clinic.neighbour_ids[_ESCALATED], now)


def _over(session: Session, clinic: Clinic, then: datetime) -> None:
    """A very low value three days ago; she ate, acknowledged, and measured again."""
    patient_id = clinic.patient_id
    _measure(session, patient_id, 28, then)
    urgent = _open(session, patient_id)[0]
    own = Actor(patient_id, patient_id, Basis.SELF)
    alerts.acknowledge(session, own, patient_id, urgent.id, now=then + 4 * _MIN)
    _measure(session, patient_id, 52, then + 21 * _MIN)
    _look(session, patient_id, then + 36 * _MIN)


def _acknowledged(session: Session, clinic: Clinic, now: datetime) -> None:
    """A low value of the last half hour; the proxy has taken it on."""
    patient_id = clinic.patient_id
    _measure(session, patient_id, 36, now - 25 * _MIN)
    _measure(session, patient_id, 37, now - 13 * _MIN)
    low = _open(session, patient_id)[0]
    proxy = Actor(clinic.proxy_id, patient_id, Basis.MANDATE, representation_id=clinic.mandate_id)
    alerts.acknowledge(session, proxy, patient_id, low.id, now=now - 8 * _MIN)


def _escalated(session: Session, patient_id: int, now: datetime) -> None:
    """A very low value that nobody has answered: the nurse has been told."""
    then = now - 22 * _MIN
    _measure(session, patient_id, 27, then)
    urgent = _open(session, patient_id)[0]
    for step, minutes in ((Ring.PROXY, 5), (Ring.NURSE, 15)):
        due = then + minutes * _MIN
        alerts.look_at_step(session, urgent.id, step, cause=alerts.STEP_DUE, now=due)


def _open(session: Session, patient_id: int) -> list[alerts.OpenAlert]:
    return alerts.open_for(session, [patient_id])[patient_id]


def _measure(session: Session, patient_id: int, tenths: int, at: datetime) -> None:
    reading = readings.NewReading(
        row=0,
        key=f"alert-{at:%Y%m%d%H%M}",
        measured_at=at,
        offset_min=60,
        digits=Digits(tenths, 1),
        unit=Unit.MMOL_L,
        kind=SourceKind.MANUAL,
    )
    own = Actor(patient_id, patient_id, Basis.SELF)
    readings.record(session, own, readings.Batch(patient_id, (reading,)), now=at)
    _look(session, patient_id, at)


def _look(session: Session, patient_id: int, now: datetime) -> None:
    alerts.look(session, patient_id, cause="readings.recorded", now=now)
