"""A patient's readings as alerts need them: read by the key's index, never the whole diary."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.alerts.models import Direction
from telehealth.alerts.service.machine import Seen
from telehealth.alerts.service.rule import Rule
from telehealth.readings.models import UNITS, Reading, ReadingSource, SourceKind, Standing

_TELLING = (Standing.COUNTED, Standing.CONFLICT, Standing.SCAN)
"""A look at a sensor is no part of the statistics, but it is a value of this very moment."""


@dataclass(frozen=True, slots=True)
class Value:
    """A reading as alerts need it."""

    at: datetime
    tick: int | None
    """None: the meter said HI or LO."""
    beyond: int
    """-1: LO, 1: HI, 0: there is a number."""
    unit: Unit
    is_sensor: bool

    def seen_by(self, rule: Rule) -> Seen:
        """The value as far as one rule is concerned; LO and HI are beyond every threshold."""
        if self.tick is not None:
            return Seen(self.at, rule.is_beyond(self.tick, self.unit), self.is_sensor)
        way = -1 if rule.direction is Direction.LOW else 1
        return Seen(self.at, self.beyond == way, self.is_sensor)


def between(
    session: Session, patient_id: int, begins_at: datetime, ends_at: datetime
) -> list[Value]:
    """The patient's values measured in this time, both ends included, oldest first."""
    rows = session.execute(
        select(Reading.measured_at, Reading.tick, Reading.beyond, Reading.unit, ReadingSource.kind)
        .join(
            ReadingSource,
            (ReadingSource.patient_id == Reading.patient_id)
            & (ReadingSource.id == Reading.source_id),
        )
        .where(
            ReadingSource.patient_id == patient_id,
            Reading.measured_at >= begins_at,
            Reading.measured_at <= ends_at,
            Reading.standing.in_(_TELLING),
        )
        .order_by(Reading.measured_at)
    )
    return [
        Value(row.measured_at, row.tick, row.beyond, UNITS[row.unit], row.kind is SourceKind.CGM)
        for row in rows
    ]


def newest(session: Session, patient_id: int) -> tuple[datetime | None, datetime | None]:
    """When the newest value of any source, and of a sensor, was measured."""
    of_source = (
        select(func.max(Reading.measured_at))
        .where(
            Reading.patient_id == ReadingSource.patient_id, Reading.source_id == ReadingSource.id
        )
        .correlate(ReadingSource)
        .scalar_subquery()
    )
    rows = session.execute(
        select(ReadingSource.kind, of_source.label("at")).where(
            ReadingSource.patient_id == patient_id
        )
    ).all()
    known = [row for row in rows if row.at is not None]
    return (
        max((row.at for row in known), default=None),
        max((row.at for row in known if row.kind is SourceKind.CGM), default=None),
    )
