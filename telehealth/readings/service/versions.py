"""The history of one entry: every version, who brought it about and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.audit import service as audit
from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import NotFound
from telehealth.glycemia.bands import Band, Ranges
from telehealth.glycemia.entered import Digits
from telehealth.identity.models import Person
from telehealth.readings import policy
from telehealth.readings.models import (
    MEALS,
    UNITS,
    Beyond,
    Meal,
    Reading,
    ReadingNote,
    ReadingVersion,
    RemovedReading,
    Upload,
)
from telehealth.readings.service.batch import Reference
from telehealth.readings.service.entries import Writer
from telehealth.readings.service.values import band_of, digits_of
from telehealth.targets import service as targets


@dataclass(frozen=True, slots=True)
class Version:
    """What an entry said, from `at` until the next version."""

    number: int
    digits: Digits | Beyond
    unit: Unit
    band: Band
    measured_at: datetime
    offset_min: int
    meal: Meal
    note: str
    by: Writer | None
    """Who brought it about; None: the patient, or the patient's own device."""
    at: datetime
    is_removed: bool = False
    """The last version of an entry that was taken out of the diary."""


Change = tuple[int | None, Basis, datetime]


def history(
    session: Session, actor: Actor, patient_id: int, reference: Reference, *, now: datetime
) -> tuple[Version, ...]:
    """All versions of an entry, the oldest first; the last is what it says today.

    Raises:
        NotFound: the actor acts for somebody else; no such entry, now or earlier.
        NotAllowed: the actor may not read the diary.
    """
    policy.require_reading(actor, patient_id)
    audit.record(session, actor, "readings.history", "reading", reference, now=now)
    newest, is_removed = _newest(session, patient_id, reference)
    older = session.scalars(
        select(ReadingVersion)
        .where(
            ReadingVersion.patient_id == patient_id,
            ReadingVersion.source_id == reference.source_id,
            ReadingVersion.seq == reference.seq,
        )
        .order_by(ReadingVersion.number)
    ).all()
    changes: list[Change] = [
        (newest.by_id, newest.basis, newest.received_at),
        *((one.replaced_by_id, one.replaced_basis, one.replaced_at) for one in older),
    ]
    names = _names(session, {by_id for by_id, _, _ in changes if by_id not in (None, patient_id)})
    ranges = targets.ranges_of(session, patient_id)
    rows: list[Any] = [*older, newest]
    return tuple(
        _version(
            number,
            row,
            change,
            names,
            ranges,
            is_removed=is_removed and number == len(rows),
        )
        for number, (row, change) in enumerate(zip(rows, changes, strict=True), start=1)
    )


def _newest(session: Session, patient_id: int, reference: Reference) -> tuple[Row[Any], bool]:
    upload = (Upload.by_id, Upload.basis, Upload.received_at)
    stored = (
        select(Reading.__table__, ReadingNote.text.label("note"), *upload)
        .join(Upload, Upload.id == Reading.upload_id)
        .outerjoin(
            ReadingNote,
            (ReadingNote.patient_id == Reading.patient_id)
            & (ReadingNote.source_id == Reading.source_id)
            & (ReadingNote.measured_at == Reading.measured_at)
            & (ReadingNote.seq == Reading.seq),
        )
        .where(
            Reading.patient_id == patient_id,
            Reading.source_id == reference.source_id,
            Reading.seq == reference.seq,
        )
    )
    found = session.execute(stored).one_or_none()
    if found is not None:
        return found, False
    removed = session.execute(
        select(RemovedReading.__table__, *upload)
        .join(Upload, Upload.id == RemovedReading.upload_id)
        .where(
            RemovedReading.patient_id == patient_id,
            RemovedReading.source_id == reference.source_id,
            RemovedReading.seq == reference.seq,
        )
    ).one_or_none()
    if removed is None:
        raise NotFound
    return removed, True


def _names(session: Session, person_ids: set[int | None]) -> dict[int, str]:
    if not person_ids:
        return {}
    people = session.scalars(select(Person).where(Person.id.in_(person_ids)))
    return {person.id: person.name for person in people}


def _version(
    number: int,
    row: Any,
    change: Change,
    names: dict[int, str],
    ranges: Ranges,
    *,
    is_removed: bool,
) -> Version:
    by_id, basis, at = change
    is_other = by_id is not None and by_id in names and basis is not Basis.DEVICE
    unit = UNITS[row.unit]
    digits = digits_of(row.mantissa, row.scale, row.beyond)
    return Version(
        number=number,
        digits=digits,
        unit=unit,
        band=band_of(digits, unit, ranges),
        measured_at=row.measured_at,
        offset_min=row.offset_min,
        meal=MEALS[row.meal],
        note=row.note or "",
        by=Writer(by_id, names[by_id], basis) if is_other and by_id is not None else None,
        at=at,
        is_removed=is_removed,
    )
