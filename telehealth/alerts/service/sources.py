"""What a person measures with now, and which rules can fire for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts.models import AlertWatch, Kind
from telehealth.alerts.service.rule import Rule
from telehealth.alerts.service.silence import SENSOR_MEMORY
from telehealth.core.clock import local
from telehealth.readings.models import DaySummary, SourceKind

SINGLE_MEMORY = timedelta(days=14)
"""Who has measured by fingerstick within this time does so now (the window of the worklist)."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a person measures with now. None at all: nobody knows yet, and anything may come."""

    has_sensor: bool
    has_single: bool
    """Values one by one: a meter, or typed in."""

    @property
    def sensor_may_come(self) -> bool:
        """Whether a rule about a sensor's values says something to this person."""
        return self.has_sensor or not self.has_single

    @property
    def single_may_come(self) -> bool:
        """Whether a rule about single values says something to this person."""
        return self.has_single or not self.has_sensor


ANY = Sources(has_sensor=False, has_single=False)
"""Rules of a unit are for everybody."""


def applies(rule: Rule, sources: Sources) -> bool:
    """Whether a rule can fire for a person. Pure.

    A value beyond a threshold can come from anything. The clinic's rule about silence watches
    sensors; a patient's own expects any value (`silence.expected_after`).
    """
    return rule.kind is not Kind.NO_DATA or rule.is_own or sources.has_sensor


def sources_of(session: Session, patient_id: int, *, now: datetime) -> Sources:
    """What the patient measures with now; two statements."""
    watch = session.get(AlertWatch, patient_id)
    since = local(now - SINGLE_MEMORY).date()
    single = select(DaySummary.patient_id).where(
        DaySummary.patient_id == patient_id,
        DaySummary.day_on > since,
        DaySummary.kind != SourceKind.CGM,
    )
    sensor_at = watch.newest_sensor_at if watch else None
    return Sources(
        has_sensor=sensor_at is not None and now - sensor_at < SENSOR_MEMORY,
        has_single=session.scalar(single.limit(1)) is not None,
    )
