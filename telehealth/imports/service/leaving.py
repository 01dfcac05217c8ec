"""Readings going out: every reading of a period, in order of time, a portion at a time."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from sqlalchemy import Row, Select, and_, select, tuple_
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.glycemia.entered import Digits
from telehealth.identity.models import Person
from telehealth.imports import policy
from telehealth.readings.models import (
    MEALS,
    UNITS,
    Beyond,
    Reading,
    ReadingNote,
    ReadingSource,
    SourceKind,
    Standing,
    Upload,
    Via,
)

PORTION = 2_000
SCAN = "scan"
Reads = Callable[[], AbstractContextManager[Session]]
"""Opens a short look at the database: a slow reader of the file holds no transaction."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody carries away."""

    patient_id: int
    begins_at: datetime | None
    """None: from the very first reading."""
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """A source of readings."""

    id: int
    kind: SourceKind
    device: str
    via: Via


@dataclass(frozen=True, slots=True)
class Leaving:
    """One reading on its way out; the fields are the columns of the file."""

    id: str
    measured_at: datetime
    """With the offset that the sender's clock had."""
    value: str
    unit: str
    kind: str
    device: str
    meal: str
    note: str
    entered_by: str
    """On what basis it was entered: `self`, `guardian`, `care_team`, `device` …"""
    provenance: str
    """`direct` or `file`."""


def may_leave(session: Session, actor: Actor, patient_id: int) -> str:
    """The name of the patient whose readings the page offers; nothing is read yet.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not read the diary.
    """
    policy.require_exporting(actor, patient_id)
    return session.get_one(Person, patient_id).name


def begin(
    session: Session, actor: Actor, wish: Wish, file_format: str, *, now: datetime
) -> Sequence[Origin]:
    """It is in the trail that readings are carried away; what to read them from.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not read the diary.
    """
    policy.require_exporting(actor, wish.patient_id)
    audit.record(
        session,
        actor,
        "imports.export",
        "diary",
        wish.patient_id,
        now=now,
        detail={"format": file_format},
    )
    rows = session.scalars(
        select(ReadingSource)
        .where(ReadingSource.patient_id == wish.patient_id)
        .order_by(ReadingSource.id)
    )
    return [Origin(row.id, row.kind, row.device, row.via) for row in rows]


def readings_of(reads: Reads, wish: Wish, origins: Sequence[Origin]) -> Iterator[Leaving]:
    """All readings of the period, oldest first; whoever asks was checked by `begin`."""
    streams = [_of_source(reads, wish, origin) for origin in origins]
    yield from heapq.merge(*streams, key=lambda one: (one.measured_at, one.id))


def _of_source(reads: Reads, wish: Wish, origin: Origin) -> Iterator[Leaving]:
    after: tuple[datetime, int] | None = None
    while True:
        with reads() as session:
            rows = session.execute(_portion(wish, origin, after)).all()
        yield from (_leaving(row, origin) for row in rows)
        if len(rows) < PORTION:
            return
        after = rows[-1].measured_at, rows[-1].seq


def _portion(wish: Wish, origin: Origin, after: tuple[datetime, int] | None) -> Select[Any]:
    is_note = and_(
        ReadingNote.patient_id == Reading.patient_id,
        ReadingNote.source_id == Reading.source_id,
        ReadingNote.measured_at == Reading.measured_at,
        ReadingNote.seq == Reading.seq,
    )
    found = cast(
        "Select[Any]",
        select(
            Reading.seq, Reading.measured_at, Reading.offset_min, Reading.mantissa, Reading.scale,
            Reading.unit, Reading.beyond, Reading.meal, Reading.standing,
            ReadingNote.text.label("note"), Upload.basis,
        )
        .join(Upload, Upload.id == Reading.upload_id)
        .outerjoin(ReadingNote, is_note)
        .where(
            Reading.patient_id == wish.patient_id,
            Reading.source_id == origin.id,
            Reading.measured_at < wish.ends_at,
        )
        .order_by(Reading.measured_at, Reading.seq)
        .limit(PORTION),
    )  # fmt: skip
    if wish.begins_at is not None:
        found = found.where(Reading.measured_at >= wish.begins_at)
    if after is not None:
        found = found.where(tuple_(Reading.measured_at, Reading.seq) > after)
    return found


def _leaving(row: Row[Any], origin: Origin) -> Leaving:
    offset = timezone(timedelta(minutes=row.offset_min))
    if row.beyond:
        value = str(Beyond.HI if row.beyond > 0 else Beyond.LO)
    else:
        value = str(Digits(row.mantissa, row.scale))
    return Leaving(
        id=f"r{row.seq:016x}",
        measured_at=row.measured_at.astimezone(offset),
        value=value,
        unit=UNITS[row.unit],
        kind=SCAN if row.standing == Standing.SCAN else origin.kind,
        device=origin.device,
        meal=MEALS[row.meal],
        note=row.note or "",
        entered_by=row.basis,
        provenance=origin.via,
    )
