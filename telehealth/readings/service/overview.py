"""What is known of patients without reading their diaries: sources, daily sums, the newest value.

For callers that have checked who asks and write the audit event themselves.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.glycemia.bands import Band, Ranges
from telehealth.glycemia.entered import Digits
from telehealth.readings.models import (
    UNITS,
    Beyond,
    DaySummary,
    Diary,
    Reading,
    ReadingSource,
    SourceKind,
    Standing,
    Via,
)
from telehealth.readings.service.values import band_of, digits_of
from telehealth.targets import service as targets

_NOT_THE_NEWEST = (Standing.ASIDE, Standing.MERGED)


@dataclass(frozen=True, slots=True)
class Source:
    """A meter, a sensor or a hand that writes."""

    id: int
    kind: SourceKind
    device: str
    last_received_at: datetime
    via: Via = Via.DIRECT
    interval_min: int | None = None
    """Minutes between a sensor's readings, where known."""


@dataclass(frozen=True, slots=True)
class LastReading:
    """The newest value of a patient."""

    patient_id: int
    measured_at: datetime
    digits: Digits | Beyond
    unit: Unit
    tick: int | None
    """None: HI or LO."""
    kind: SourceKind
    band: Band
    """Where the value lies in the patient's own ranges, in its own unit."""


def sources(session: Session, patient_id: int) -> Sequence[Source]:
    """The patient's sources; for a caller that has checked who asks."""
    rows = session.execute(
        select(ReadingSource)
        .where(ReadingSource.patient_id == patient_id)
        .order_by(ReadingSource.id)
    ).scalars()
    return [
        Source(row.id, row.kind, row.device, row.last_received_at, row.via, row.interval_min)
        for row in rows
    ]


def days_of(
    session: Session, patient_ids: Collection[int], *, first: date, last: date
) -> dict[int, list[DaySummary]]:
    """Daily sums of some patients, oldest first; for a caller that has checked who asks."""
    rows = session.scalars(
        select(DaySummary)
        .where(
            DaySummary.patient_id.in_(patient_ids),
            DaySummary.day_on >= first,
            DaySummary.day_on <= last,
        )
        .order_by(DaySummary.day_on)
    )
    days: dict[int, list[DaySummary]] = {patient_id: [] for patient_id in patient_ids}
    for row in rows:
        days[row.patient_id].append(row)
    return days


def last_readings(
    session: Session, patient_ids: Collection[int], *, now: datetime
) -> dict[int, LastReading]:
    """The newest value of each of some patients; for a caller that has checked who asks.

    A value whose time is after `now` comes from a device whose clock is ahead: it stays in the
    diary, but it is not the newest before its time and hides no value measured before `now`.
    """
    newest = (
        select(func.max(Reading.measured_at))
        .where(
            Reading.patient_id == ReadingSource.patient_id,
            Reading.source_id == ReadingSource.id,
            Reading.standing.not_in(_NOT_THE_NEWEST),
            Reading.measured_at <= now,
        )
        .correlate(ReadingSource)
        .scalar_subquery()
    )
    of_source = (
        select(ReadingSource.patient_id, ReadingSource.id, ReadingSource.kind, newest.label("at"))
        .where(ReadingSource.patient_id.in_(patient_ids))
        .subquery()
    )
    rows = session.execute(
        select(Reading, of_source.c.kind)
        .join(
            of_source,
            and_(
                Reading.patient_id == of_source.c.patient_id,
                Reading.source_id == of_source.c.id,
                Reading.measured_at == of_source.c.at,
                Reading.standing.not_in(_NOT_THE_NEWEST),
            ),
        )
        .order_by(Reading.measured_at, Reading.source_id, Reading.seq)
    )
    presets = targets.current(session, patient_ids)
    return {
        reading.patient_id: _last(reading, kind, presets[reading.patient_id].ranges)
        for reading, kind in rows
    }


def _last(reading: Reading, kind: SourceKind, ranges: Ranges) -> LastReading:
    unit = UNITS[reading.unit]
    return LastReading(
        reading.patient_id,
        reading.measured_at,
        digits_of(reading.mantissa, reading.scale, reading.beyond),
        unit,
        reading.tick,
        kind,
        band_of(reading.tick, reading.beyond, unit, ranges),
    )


def preferred_unit(session: Session, patient_id: int) -> Unit:
    """The unit last written by hand; mmol/L, as usual in Slovenia, until then."""
    unit = session.scalar(select(Diary.unit).where(Diary.patient_id == patient_id))
    return unit or Unit.MMOL_L
