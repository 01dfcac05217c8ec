"""A patient's readings as alerts need them: read by the key's index, never the whole diary.

Every stored value is read, also one that does not count in the statistics: what a rule must know
is whether anything low was measured, not which of two values is in the mean.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from devices.glucose import MG_DL_PER_MMOL_L, Unit
from telehealth.alerts.models import Direction
from telehealth.readings.models import (
    UNITS,
    Reading,
    ReadingSource,
    ReadingVersion,
    SourceKind,
    Standing,
    Upload,
)

_PROVING = (Standing.COUNTED, Standing.CONFLICT, Standing.SCAN)
"""A look at a sensor is no part of the statistics, but it is a value of this very moment."""
_BEYOND_EVERY_NUMBER = 1e6
_MG_DL_PER_TENTH = float(MG_DL_PER_MMOL_L) / 10


@dataclass(frozen=True, slots=True)
class Value:
    """A reading as alerts need it."""

    at: datetime
    """When it was measured, by the sender's clock."""
    received_at: datetime
    """When this value, as it is now, reached us."""
    tick: int | None
    """Whole mg/dL or tenths of mmol/L; None: the meter said HI or LO."""
    beyond: int
    """-1: LO, 1: HI, 0: there is a number."""
    unit: Unit
    source_id: int
    is_sensor: bool
    counts: bool = True
    """Whether it may prove that values are back; every value may prove that they are not."""

    @property
    def mg_dl(self) -> float:
        """For comparing which of two values is worse; LO below and HI above every number."""
        if self.tick is None:
            return self.beyond * _BEYOND_EVERY_NUMBER
        return self.tick * (1.0 if self.unit is Unit.MG_DL else _MG_DL_PER_TENTH)

    def is_worse_than(self, other: "Value", direction: Direction) -> bool:
        """Whether it lies farther out in this direction."""
        if direction is Direction.LOW:
            return self.mg_dl < other.mg_dl
        return self.mg_dl > other.mg_dl


def noted(tick: int | None, unit: Unit | None, direction: Direction, at: datetime) -> Value | None:
    """A value that a row has noted, for comparing; without a tick it is LO or HI. None: none."""
    if unit is None:
        return None
    beyond = 0 if tick is not None else -1 if direction is Direction.LOW else 1
    return Value(at, at, tick, beyond, unit, source_id=0, is_sensor=False)


def between(
    session: Session, patient_id: int, begins_at: datetime, ends_at: datetime
) -> list[Value]:
    """The patient's values measured in this time, both ends included, oldest first."""
    rows = session.execute(_stored(patient_id, begins_at, ends_at)).all()
    by_hand = {row.source_id for row in rows if row.kind is not SourceKind.CGM}
    changed = _changed_at(session, by_hand, begins_at)
    return [
        Value(
            row.measured_at,
            changed.get((row.source_id, row.seq), row.received_at),
            row.tick,
            row.beyond,
            UNITS[row.unit],
            row.source_id,
            row.kind is SourceKind.CGM,
            row.standing in _PROVING,
        )
        for row in rows
    ]


def _stored(
    patient_id: int, begins_at: datetime, ends_at: datetime
) -> Select[datetime, datetime, int | None, int, int, int, SourceKind, int, int]:
    return (
        select(
            Reading.measured_at,
            Upload.received_at,
            Reading.tick,
            Reading.beyond,
            Reading.unit,
            Reading.source_id,
            ReadingSource.kind,
            Reading.standing,
            Reading.seq,
        )
        .join(
            ReadingSource,
            (ReadingSource.patient_id == Reading.patient_id)
            & (ReadingSource.id == Reading.source_id),
        )
        .join(Upload, Upload.id == Reading.upload_id)
        .where(
            ReadingSource.patient_id == patient_id,
            Reading.measured_at >= begins_at,
            Reading.measured_at <= ends_at,
        )
        .order_by(Reading.measured_at)
    )


def next_after(session: Session, patient_id: int, at: datetime) -> datetime | None:
    """When the next value lies that a fast clock has dated ahead; None: there is none."""
    return session.scalar(
        select(func.min(Reading.measured_at))
        .join(
            ReadingSource,
            (ReadingSource.patient_id == Reading.patient_id)
            & (ReadingSource.id == Reading.source_id),
        )
        .where(ReadingSource.patient_id == patient_id, Reading.measured_at > at)
    )


def newest(
    session: Session, patient_id: int, until: datetime
) -> tuple[datetime | None, datetime | None]:
    """When the newest value of any source, and of a sensor, was measured; none later than now."""
    of_source = (
        select(func.max(Reading.measured_at))
        .where(
            Reading.patient_id == ReadingSource.patient_id,
            Reading.source_id == ReadingSource.id,
            Reading.measured_at <= until,
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


def _changed_at(
    session: Session, source_ids: set[int], begins_at: datetime
) -> dict[tuple[int, int], datetime]:
    """When corrected values got the number they have: only then did we learn of it."""
    if not source_ids:
        return {}
    rows = session.execute(
        select(
            ReadingVersion.source_id,
            ReadingVersion.seq,
            func.max(ReadingVersion.replaced_at).label("at"),
        )
        .where(ReadingVersion.source_id.in_(source_ids), ReadingVersion.replaced_at >= begins_at)
        .group_by(ReadingVersion.source_id, ReadingVersion.seq)
    )
    return {(row.source_id, row.seq): row.at for row in rows}
