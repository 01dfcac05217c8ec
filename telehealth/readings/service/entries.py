"""The diary for people: entries with source, note and writer, page by page."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Subquery, and_, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.audit import service as audit
from telehealth.core.actor import Actor, Basis
from telehealth.core.paging import Page
from telehealth.glycemia.bands import Band, band
from telehealth.glycemia.entered import Digits
from telehealth.identity.models import Person
from telehealth.readings import policy
from telehealth.readings.models import (
    MEALS,
    UNITS,
    Meal,
    ReadingNote,
    ReadingSource,
    SourceKind,
    Upload,
)
from telehealth.readings.service.newest import newest, place_after
from telehealth.readings.service.overview import sources
from telehealth.readings.service.periods import Window

MAX_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Writer:
    """Who entered a reading for somebody else."""

    person_id: int
    name: str
    basis: Basis


@dataclass(frozen=True, slots=True)
class Entry:
    """One reading as the diary shows it."""

    source_id: int
    seq: int
    measured_at: datetime
    offset_min: int
    digits: Digits
    unit: Unit
    tick: int
    kind: SourceKind
    device: str
    meal: Meal
    note: str
    writer: Writer | None
    """None: the patient, or the patient's own device."""
    may_remove: bool

    @property
    def id(self) -> str:
        """Name of the reading within the patient's diary."""
        return f"{self.source_id}-{self.seq}"

    @property
    def band(self) -> Band:
        """Where the value lies for an adult, in its own unit."""
        return band(self.tick, self.unit)


def page(
    session: Session,
    actor: Actor,
    patient_id: int,
    window: Window,
    *,
    now: datetime,
) -> Page[Entry]:
    """Some entries of the diary, newest first, and where the next ones begin.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not read the diary.
        Invalid: the cursor is not one of ours.
    """
    policy.require_reading(actor, patient_id)
    limit = min(window.limit, MAX_ROWS)
    one_more = replace(window, limit=limit + 1)
    known = [
        source.id
        for source in sources(session, patient_id)
        if window.with_sensor or source.kind is not SourceKind.CGM
    ]
    found = newest(patient_id, known, one_more)
    rows = session.execute(_with_details(found, patient_id)).all() if found is not None else []
    audit.record(session, actor, "readings.read", "diary", patient_id, now=now)
    entries = [_entry(row, actor) for row in rows[:limit]]
    more = len(rows) > limit
    if not more:
        return Page(entries, None)
    last = entries[-1]
    return Page(entries, place_after(last.measured_at, last.source_id, last.seq))


def _with_details(found: Subquery, patient_id: int) -> Select[Any]:
    """Source, note and writer beside each reading; the order of `found` again."""
    return (
        select(
            found,
            ReadingSource.kind,
            ReadingSource.device,
            ReadingNote.text.label("note"),
            Upload.by_id,
            Upload.basis,
            Person.given_name,
            Person.family_name,
        )
        .join(ReadingSource, ReadingSource.id == found.c.source_id)
        .join(Upload, Upload.id == found.c.upload_id)
        .outerjoin(Person, Person.id == Upload.by_id)
        .outerjoin(
            ReadingNote,
            and_(
                ReadingNote.patient_id == patient_id,
                ReadingNote.source_id == found.c.source_id,
                ReadingNote.measured_at == found.c.measured_at,
                ReadingNote.seq == found.c.seq,
            ),
        )
        .order_by(found.c.measured_at.desc(), found.c.source_id.desc(), found.c.seq.desc())
    )


def _entry(row: Row[Any], actor: Actor) -> Entry:
    by_other = row.by_id not in (None, row.patient_id) and row.basis is not Basis.DEVICE
    writer = (
        Writer(row.by_id, f"{row.given_name} {row.family_name}", row.basis) if by_other else None
    )
    is_manual = row.kind is SourceKind.MANUAL
    return Entry(
        source_id=row.source_id,
        seq=row.seq,
        measured_at=row.measured_at,
        offset_min=row.offset_min,
        digits=Digits(row.mantissa, row.scale),
        unit=UNITS[row.unit],
        tick=row.tick,
        kind=row.kind,
        device=row.device,
        meal=MEALS[row.meal],
        note=row.note or "",
        writer=writer,
        may_remove=is_manual and policy.may_remove(actor, row.by_id),
    )
