"""Entries as people see them: who wrote what, when it was changed, where it was copied from."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis
from telehealth.diary import policy
from telehealth.diary.models import (
    DiaryEntry,
    DiaryVersion,
    Transcript,
    TranscriptKind,
)
from telehealth.diary.service.content import Content, content_of
from telehealth.identity.models import Person
from telehealth.readings import service as readings


@dataclass(frozen=True, slots=True)
class Copied:
    """Where something that a worker copied stood before."""

    id: int
    kind: TranscriptKind
    source: str
    first_on: date
    last_on: date
    by_name: str
    may_undo: bool


@dataclass(frozen=True, slots=True)
class Written:
    """One entry as the diary shows it."""

    id: int
    at: datetime
    offset_min: int
    content: Content
    writer: readings.Writer | None
    """None: the patient."""
    version: int
    edited_at: datetime | None
    editor: readings.Writer | None
    """Who changed it last; None: nobody did, or the patient."""
    copied: Copied | None
    is_removed: bool
    may_change: bool
    key: str


def shown(session: Session, actor: Actor, rows: Sequence[DiaryEntry]) -> list[Written]:
    """Rows with the names of people and sources; three statements for any number of rows."""
    edited = _edited(session, [row for row in rows if row.version > 1])
    writers = {row.by_id for row in rows} | {version.by_id for version in edited.values()}
    names = names_of(session, {person_id for person_id in writers if person_id})
    ids = {row.transcript_id for row in rows if row.transcript_id}
    copied = copied_of(session, actor, session.scalars(_transcripts(ids)) if ids else ())
    return [
        Written(
            id=row.id,
            at=row.at,
            offset_min=row.offset_min,
            content=content_of(row),
            writer=writer_of(row.patient_id, row.by_id, row.basis, names),
            version=row.version,
            edited_at=edited[row.id].written_at if row.id in edited else None,
            editor=_editor(row, edited.get(row.id), names),
            copied=copied.get(row.transcript_id or 0),
            is_removed=row.removed_at is not None,
            may_change=policy.may_change(actor, row.by_id),
            key=row.key,
        )
        for row in rows
    ]


def copied_of(
    session: Session, actor: Actor, transcripts: Iterable[Transcript]
) -> dict[int, Copied]:
    """Transcripts by id, with who copied."""
    found = list(transcripts)
    names = names_of(session, {row.by_id for row in found})
    return {
        row.id: Copied(
            row.id,
            row.kind,
            row.source,
            row.first_on,
            row.last_on,
            names[row.by_id],
            may_undo=row.undone_at is None and actor.person_id == row.by_id,
        )
        for row in found
    }


def writer_of(
    patient_id: int, by_id: int | None, basis: Basis, names: dict[int, str]
) -> readings.Writer | None:
    """Who wrote for the patient; None where it was the patient."""
    if by_id is None or by_id == patient_id:
        return None
    return readings.Writer(by_id, names[by_id], basis)


def names_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Names of people by id."""
    if not ids:
        return {}
    people = session.scalars(select(Person).where(Person.id.in_(ids)))
    return {person.id: person.name for person in people}


def _transcripts(ids: set[int]) -> Select[Transcript]:
    return select(Transcript).where(Transcript.id.in_(ids))


def _editor(
    row: DiaryEntry, version: DiaryVersion | None, names: dict[int, str]
) -> readings.Writer | None:
    if version is None:
        return None
    return writer_of(row.patient_id, version.by_id, version.basis, names)


def _edited(session: Session, rows: Sequence[DiaryEntry]) -> dict[int, DiaryVersion]:
    """The newest version of each changed entry."""
    if not rows:
        return {}
    newest = tuple_(DiaryVersion.entry_id, DiaryVersion.number)
    wanted = [(row.id, row.version) for row in rows]
    found = session.scalars(select(DiaryVersion).where(newest.in_(wanted)))
    return {version.entry_id: version for version in found}
