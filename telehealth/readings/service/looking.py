"""Reading the diary: pages of entries for people, columns for charts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    Select,
    Subquery,
    Text,
    and_,
    cast,
    extract,
    func,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.audit import service as audit
from telehealth.core import paging
from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.core.paging import Page
from telehealth.glycemia.bands import Band, band
from telehealth.glycemia.entered import Digits
from telehealth.identity.models import Person
from telehealth.readings import policy
from telehealth.readings.models import (
    MEALS,
    UNITS,
    Meal,
    Reading,
    ReadingNote,
    ReadingSource,
    SourceKind,
    Upload,
)
from telehealth.readings.service.overview import Source, sources

MAX_ROWS = 1_000
MAX_COLUMNS = 50_000
"""90 days of a five-minute sensor are 25,920 readings."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which readings: from (inclusive), to (exclusive), after a cursor's place, how many."""

    begins_at: datetime | None = None
    ends_at: datetime | None = None
    cursor: str | None = None
    limit: int = 100


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


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings for a chart: JSON arrays made by the database, newest first."""

    json: str
    """`{"t": [epoch seconds], "value": [ticks], "unit": [codes], "source": [ids]}`."""
    n: int
    sources: Sequence[Source]
    next_cursor: str | None


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
    found = _newest(patient_id, sources(session, patient_id), one_more)
    rows = session.execute(_with_details(found, patient_id)).all() if found is not None else []
    audit.record(session, actor, "readings.read", "diary", patient_id, now=now)
    entries = [_entry(row, actor) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(entries, _cursor(entries[-1]) if more else None)


def columns(
    session: Session,
    actor: Actor,
    patient_id: int,
    window: Window,
    *,
    now: datetime,
) -> Columns:
    """The same readings as arrays, for charts; the database writes the JSON.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not read the diary.
        Invalid: the cursor is not one of ours.
    """
    policy.require_reading(actor, patient_id)
    limit = min(window.limit, MAX_COLUMNS)
    known = sources(session, patient_id)
    found = _newest(patient_id, known, replace(window, limit=limit))
    audit.record(session, actor, "readings.read", "columns", patient_id, now=now)
    if found is None:
        return Columns('{"t":[],"value":[],"unit":[],"source":[]}', 0, known, None)
    written, n = session.execute(_arrays(session, found)).one()
    next_cursor = None
    if n == limit:
        last = session.execute(select(found).offset(limit - 1)).one()
        next_cursor = paging.encode(last.measured_at.isoformat(), last.source_id, last.seq)
    return Columns(written, n, known, next_cursor)


def _newest(patient_id: int, known: Iterable[Source], window: Window) -> Subquery | None:
    """The newest readings over all sources: the newest of each, merged; each by the key's index."""
    conditions = [*_within(window), *_after(window.cursor)]
    order = (Reading.measured_at.desc(), Reading.source_id.desc(), Reading.seq.desc())
    parts = [
        select(
            select(Reading.__table__)
            .where(Reading.patient_id == patient_id, Reading.source_id == source.id, *conditions)
            .order_by(*order)
            .limit(window.limit)
            .subquery()
        )
        for source in known
    ]
    if not parts:
        return None
    merged = union_all(*parts).subquery()
    order_of_all = (merged.c.measured_at.desc(), merged.c.source_id.desc(), merged.c.seq.desc())
    return select(merged).order_by(*order_of_all).limit(window.limit).subquery()


def _within(window: Window) -> list[ColumnElement[bool]]:
    conditions = []
    if window.begins_at is not None:
        conditions.append(Reading.measured_at >= window.begins_at)
    if window.ends_at is not None:
        conditions.append(Reading.measured_at < window.ends_at)
    return conditions


def _after(cursor: str | None) -> list[ColumnElement[bool]]:
    if cursor is None:
        return []
    at, source_id, seq = paging.decode(cursor, 3)
    try:
        moment = datetime.fromisoformat(str(at)).astimezone(UTC)
        place = int(source_id), int(seq)
    except (ValueError, OverflowError) as error:
        wrong = FieldError("#/cursor", N_("This page cannot be found."), "bad_cursor")
        raise Invalid(errors=(wrong,)) from error
    return [
        Reading.measured_at <= moment,
        or_(
            Reading.measured_at < moment,
            tuple_(Reading.source_id, Reading.seq) < place,
        ),
    ]


def _cursor(entry: Entry) -> str:
    return paging.encode(entry.measured_at.isoformat(), entry.source_id, entry.seq)


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


def _arrays(session: Session, found: Subquery) -> Select[str, int]:
    """The database's own JSON of the columns, with their length; empty arrays, never null."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    t: ColumnElement[int]
    if is_sqlite:
        t = cast(func.strftime("%s", found.c.measured_at), Integer)
    else:
        t = cast(func.floor(extract("epoch", found.c.measured_at)), BigInteger)
    named = {"t": t, "value": found.c.tick, "unit": found.c.unit, "source": found.c.source_id}
    pairs: list[Any] = []
    for name, column in named.items():
        if is_sqlite:
            pairs += [name, func.json_group_array(column)]
        else:
            array = func.array_to_json(func.array_agg(column))
            pairs += [name, func.coalesce(array, func.json_build_array())]
    written = func.json_object(*pairs) if is_sqlite else func.json_build_object(*pairs)
    return select(cast(written, Text), func.count())
