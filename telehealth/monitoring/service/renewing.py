"""Keep the stored entries true: after a change of one patient, and once a day for everybody."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.core.clock import local
from telehealth.directory.models import CareTeamMember, Employment
from telehealth.glycemia.entered import Digits
from telehealth.monitoring.models import WorklistEntry
from telehealth.monitoring.service import stick_days
from telehealth.monitoring.service.judging import AT_ONCE, Newest, judge_all
from telehealth.readings import service as readings
from telehealth.readings.models import UNIT_CODES


def readings_changed(session: Session, patient_id: int, *, now: datetime) -> None:
    """The patient's entry says what the diary says now: after an upload, an edit, a new plan."""
    stick_days.rebuild(session, patient_id, now=now)
    look_again(session, [patient_id], now=now)


def look_again(session: Session, patient_ids: Collection[int], *, now: datetime) -> None:
    """The entries of these patients, with their newest values."""
    newest = {
        patient_id: Newest(last.measured_at, _shown(last))
        for patient_id, last in readings.last_readings(session, patient_ids, now=now).items()
    }
    judge_all(session, patient_ids, now=now, newest=newest)


def _shown(last: readings.LastReading) -> dict[str, object]:
    said = last.digits
    return {
        "value": str(said.value) if isinstance(said, Digits) else None,
        "beyond": None if isinstance(said, Digits) else said.value,
        "unit": UNIT_CODES[last.unit],
        "band": last.band.value,
    }


def clinic_changed(session: Session, unit_id: int, *, now: datetime) -> None:
    """The entries of all patients whom somebody of the clinic looks after."""
    ids = session.scalars(
        select(CareTeamMember.patient_id)
        .join(Employment, Employment.person_id == CareTeamMember.worker_id)
        .where(Employment.unit_id == unit_id)
        .distinct()
    ).all()
    judge_all(session, ids, now=now)


def due_today(session: Session, *, now: datetime) -> int:
    """Judge up to `AT_ONCE` entries that were last judged on an earlier day; how many there were.

    Days without readings, wear and windows move with the calendar, not with an event.
    """
    ids = session.scalars(
        select(WorklistEntry.patient_id)
        .where(WorklistEntry.judged_on < local(now).date())
        .order_by(WorklistEntry.patient_id)
        .limit(AT_ONCE)
    ).all()
    judge_all(session, ids, now=now)
    return len(ids)
