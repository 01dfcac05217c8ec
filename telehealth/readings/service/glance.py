"""A period at a glance, the form before it is filled in, and hearing of changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.readings import policy
from telehealth.readings.models import DaySummary, Diary
from telehealth.readings.service.columns import Columns, columns_of
from telehealth.readings.service.overview import (
    LastReading,
    days_of,
    last_readings,
    preferred_unit,
)
from telehealth.readings.service.periods import Period
from telehealth.readings.service.recording import lock_diary


@dataclass(frozen=True, slots=True)
class Overview:
    """A period at a glance, for the head of a page."""

    unit: Unit
    days: Sequence[DaySummary]
    columns: Columns
    newest: LastReading | None

    @property
    def n(self) -> int:
        """How many readings."""
        return sum(day.n for day in self.days)

    @property
    def days_with_readings(self) -> int:
        """On how many days there are readings."""
        return len({day.day_on for day in self.days})


def overview(
    session: Session, actor: Actor, patient_id: int, period: Period, *, now: datetime
) -> Overview:
    """A period at a glance; the caller's page writes the audit event.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not read the diary.
    """
    policy.require_reading(actor, patient_id)
    days = days_of(session, [patient_id], first=period.first, last=period.last)
    return Overview(
        preferred_unit(session, patient_id),
        days[patient_id],
        columns_of(session, patient_id, period.window),
        last_readings(session, [patient_id], now=now).get(patient_id),
    )


def open_form(session: Session, actor: Actor, patient_id: int) -> Unit:
    """The actor may add to the diary; the unit the form should offer. No reading is shown.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not add readings.
    """
    policy.require_adding(actor, patient_id)
    return preferred_unit(session, patient_id)


def choose_unit(
    session: Session, actor: Actor, patient_id: int, unit: Unit, *, now: datetime
) -> None:
    """The form and the charts of this diary use the unit; stored values stay as they were written.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: it is not the actor's diary; a worker's entry never changes it either.
    """
    policy.require_choosing_unit(actor, patient_id)
    lock_diary(session, patient_id, now=now)
    session.execute(update(Diary).where(Diary.patient_id == patient_id).values(unit=unit))
    audit.record(session, actor, "readings.choose_unit", "diary", patient_id, now=now)
    outbox.put(session, "readings.changed", {"patient_id": patient_id}, now=now)


def watch(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> None:
    """The actor may be told when the diary changes; what changed is asked for, and audited, anew.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not read the diary.
    """
    policy.require_reading(actor, patient_id)
    audit.record(session, actor, "readings.watch", "diary", patient_id, now=now)
