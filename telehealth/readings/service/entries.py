"""The diary for people: entries with source, note and writer, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Subquery, and_, func, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.audit import service as audit
from telehealth.core.actor import Actor, Basis
from telehealth.core.db import UtcDateTime
from telehealth.core.errors import NotFound
from telehealth.core.paging import Page
from telehealth.glycemia.bands import Band, Ranges
from telehealth.glycemia.entered import Digits
from telehealth.identity.models import Person
from telehealth.readings import policy
from telehealth.readings.models import (
    BEYOND_CODES,
    COUNTS_UP_TO,
    MEALS,
    UNIT_CODES,
    UNITS,
    Beyond,
    Meal,
    ReadingNote,
    ReadingSource,
    ReadingVersion,
    SourceKind,
    Standing,
    Upload,
)
from telehealth.readings.service.batch import Reference
from telehealth.readings.service.duplicates import Provenance, comparable
from telehealth.readings.service.newest import newest, place_after, the_one
from telehealth.readings.service.overview import sources
from telehealth.readings.service.periods import Window
from telehealth.readings.service.settling import merged_into
from telehealth.readings.service.values import band_of, digits_of
from telehealth.targets import service as targets

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
    digits: Digits | Beyond
    unit: Unit
    tick: int | None
    """None: HI or LO."""
    kind: SourceKind
    device: str
    meal: Meal
    note: str
    band: Band
    """Where the value lies in the patient's own ranges, in its own unit."""
    provenance: Provenance
    standing: Standing
    also_from: tuple[Provenance, ...]
    """Other sources that sent the same measurement."""
    writer: Writer | None
    """None: the patient, or the patient's own device."""
    version: int
    """1: as it was first entered."""
    edited_at: datetime | None
    may_remove: bool
    may_amend: bool
    """Whole, when written by hand; of a meter's reading meal and note."""

    @property
    def id(self) -> str:
        """Name of the reading within the patient's diary."""
        return f"{self.source_id}-{self.seq}"

    @property
    def mg_dl(self) -> float:
        """For comparing; LO below and HI above every number."""
        beyond = 0 if isinstance(self.digits, Digits) else BEYOND_CODES[self.digits]
        return comparable(self.tick, beyond, UNIT_CODES[self.unit])

    @property
    def counts(self) -> bool:
        """Whether it is in sums and metrics."""
        return self.standing <= COUNTS_UP_TO


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
    entries = _entries(session, actor, patient_id, found, known)
    audit.record(session, actor, "readings.read", "diary", patient_id, now=now)
    more = len(entries) > limit
    entries = entries[:limit]
    if not more:
        return Page(entries, None)
    last = entries[-1]
    return Page(entries, place_after(last.measured_at, last.source_id, last.seq))


def entry(
    session: Session, actor: Actor, patient_id: int, reference: Reference, *, now: datetime
) -> Entry:
    """One entry of the diary.

    Raises:
        NotFound: the actor acts for somebody else; no such entry.
        NotAllowed: the actor may not read the diary.
    """
    policy.require_reading(actor, patient_id)
    audit.record(session, actor, "readings.read", "reading", reference, now=now)
    one = the_one(patient_id, reference.source_id, reference.seq)
    found = _entries(session, actor, patient_id, one, [])
    if not found:
        raise NotFound
    return found[0]


def _entries(
    session: Session,
    actor: Actor,
    patient_id: int,
    found: Subquery | None,
    source_ids: Sequence[int],
) -> list[Entry]:
    rows = session.execute(_with_details(found, patient_id)).all() if found is not None else []
    if not rows:
        return []
    ranges = targets.ranges_of(session, patient_id)
    merged = merged_into(session, patient_id, source_ids, rows)
    return [_entry(row, actor, ranges, merged.get((row.source_id, row.seq), ())) for row in rows]


def _with_details(found: Subquery, patient_id: int) -> Select[Any]:
    """Source, note, writer and versions beside each reading; the order of `found` again."""
    versions = _versions(patient_id)
    return (
        select(
            found,
            ReadingSource.kind,
            ReadingSource.device,
            ReadingSource.via,
            ReadingNote.text.label("note"),
            Upload.by_id,
            Upload.basis,
            Person.given_name,
            Person.family_name,
            versions.c.older,
            versions.c.edited_at,
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
        .outerjoin(
            versions, and_(versions.c.source_id == found.c.source_id, versions.c.seq == found.c.seq)
        )
        .order_by(found.c.measured_at.desc(), found.c.source_id.desc(), found.c.seq.desc())
    )


def _versions(patient_id: int) -> Subquery:
    """How many older versions each changed reading has, and when it was changed last."""
    return (
        select(
            ReadingVersion.source_id,
            ReadingVersion.seq,
            func.count().label("older"),
            func.max(ReadingVersion.replaced_at, type_=UtcDateTime()).label("edited_at"),
        )
        .where(ReadingVersion.patient_id == patient_id)
        .group_by(ReadingVersion.source_id, ReadingVersion.seq)
        .subquery()
    )


def _entry(row: Row[Any], actor: Actor, ranges: Ranges, also_from: tuple[Provenance, ...]) -> Entry:
    by_other = row.by_id not in (None, row.patient_id) and row.basis is not Basis.DEVICE
    writer = (
        Writer(row.by_id, f"{row.given_name} {row.family_name}", row.basis) if by_other else None
    )
    may_remove = row.kind is SourceKind.MANUAL and policy.may_remove(actor, row.by_id)
    unit = UNITS[row.unit]
    digits = digits_of(row.mantissa, row.scale, row.beyond)
    return Entry(
        source_id=row.source_id,
        seq=row.seq,
        measured_at=row.measured_at,
        offset_min=row.offset_min,
        digits=digits,
        unit=unit,
        tick=row.tick,
        kind=row.kind,
        device=row.device,
        meal=MEALS[row.meal],
        note=row.note or "",
        band=band_of(digits, unit, ranges),
        provenance=Provenance(row.kind, row.device, row.via),
        standing=Standing(row.standing),
        also_from=also_from,
        writer=writer,
        version=1 + (row.older or 0),
        edited_at=row.edited_at,
        may_remove=may_remove,
        may_amend=may_remove or policy.may_annotate(actor),
    )
