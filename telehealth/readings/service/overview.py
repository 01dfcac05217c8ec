"""What is known of patients without reading their diaries: sources, daily sums, the newest value.

For callers that have checked who asks and write the audit event themselves.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.glycemia.bands import Band, Ranges
from telehealth.glycemia.entered import Digits
from telehealth.readings.models import (
    UNITS,
    USUAL_UNIT,
    Beyond,
    DaySummary,
    Diary,
    Reading,
    ReadingSource,
    SourceKind,
    Standing,
    Via,
)
from telehealth.readings.service import statements
from telehealth.readings.service.duplicates import comparable, minute_of
from telehealth.readings.service.values import band_of, digits_of
from telehealth.targets import service as targets


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

    Of the newest minute in which readings are shown it is the lowest: a repetition or a sensor
    never hides a low one. A value whose time is after `now` comes from a device whose clock is
    ahead: it stays in the diary, but it is not the newest before its time and hides no value
    measured before `now`.
    """
    presets = targets.current(session, patient_ids)
    lowest: dict[int, tuple[Reading, SourceKind]] = {}
    for reading, kind in _of_newest_minute(session, patient_ids, now):
        known = lowest.get(reading.patient_id)
        if known is None or _placed(reading) < _placed(known[0]):
            lowest[reading.patient_id] = reading, kind
    return {
        patient_id: _last(reading, kind, presets[patient_id].ranges)
        for patient_id, (reading, kind) in lowest.items()
    }


def _of_newest_minute(
    session: Session, patient_ids: Collection[int], now: datetime
) -> list[tuple[Reading, SourceKind]]:
    """All shown readings of the newest minute of each patient."""
    newest = (
        select(func.max(Reading.measured_at))
        .where(
            Reading.patient_id == ReadingSource.patient_id,
            Reading.source_id == ReadingSource.id,
            Reading.standing != Standing.MERGED,
            Reading.measured_at <= now,
        )
        .correlate(ReadingSource)
        .scalar_subquery()
    )
    of_sources = session.execute(
        select(ReadingSource.patient_id, ReadingSource.id, ReadingSource.kind, newest.label("at"))
        .where(ReadingSource.patient_id.in_(patient_ids))
    ).all()  # fmt: skip
    minutes: dict[int, datetime] = {}
    for row in of_sources:
        if row.at is not None:
            minute = minute_of(row.at)
            minutes[row.patient_id] = max(minute, minutes.get(row.patient_id, minute))
    kinds = {row.id: row.kind for row in of_sources}
    spans = [
        (row.patient_id, row.id, minutes[row.patient_id], row.at)
        for row in of_sources
        if row.at is not None and row.at >= minutes[row.patient_id]
    ]
    if not spans:
        return []
    found = statements.run(session, statements.SHOWN_BETWEEN, statements.SHOWN_FIELDS, spans)
    return [(reading, kinds[reading.source_id]) for reading in found.scalars()]


def _placed(reading: Reading) -> tuple[float, datetime, int, int]:
    """For choosing: the lowest, of equal ones the same in every order of arrival."""
    height = comparable(reading.tick, reading.beyond, reading.unit)
    return height, reading.measured_at, reading.source_id, reading.seq


def _last(reading: Reading, kind: SourceKind, ranges: Ranges) -> LastReading:
    unit = UNITS[reading.unit]
    digits = digits_of(reading.mantissa, reading.scale, reading.beyond)
    return LastReading(
        reading.patient_id,
        reading.measured_at,
        digits,
        unit,
        reading.tick,
        kind,
        band_of(digits, unit, ranges),
    )


def preferred_unit(session: Session, patient_id: int) -> Unit:
    """The unit of the patient's form and charts: mmol/L, until they choose the other."""
    unit = session.scalar(select(Diary.unit).where(Diary.patient_id == patient_id))
    return unit or USUAL_UNIT
