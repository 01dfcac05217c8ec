"""Writing, changing, removing entries and taking that back; every state is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.diary import policy
from telehealth.diary.models import DiaryEntry, DiaryPhoto, DiaryVersion
from telehealth.diary.service import rows
from telehealth.diary.service.content import (
    Change,
    Content,
    NewEntry,
    content_of,
    fill,
    read,
    require_content,
    written,
)
from telehealth.readings import service as readings

_FASTER = N_("Someone changed this entry meanwhile. Look at it again before you change it.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """An entry and whether it is new; false: this key was already stored."""

    entry: rows.Written
    is_new: bool


@dataclass(frozen=True, slots=True)
class State:
    """One state of an entry's history."""

    number: int
    at: datetime
    content: Content
    writer: readings.Writer | None
    written_at: datetime
    is_removed: bool


def write(
    session: Session,
    actor: Actor,
    patient_id: int,
    new: NewEntry,
    *,
    now: datetime,
    transcript_id: int | None = None,
) -> Outcome:
    """The entry is in the diary, once, however often its key is sent.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not write.
        Invalid: it says nothing, or its time cannot be.
    """
    policy.require_writing(actor, patient_id)
    if known := _by_key(session, patient_id, new.key):
        return _again(session, actor, known, now=now)
    require_content(new.content, new.at, now)
    _require_photo(session, patient_id, new.content.photo_id)
    row = DiaryEntry(
        patient_id=patient_id,
        key=new.key,
        by_id=actor.person_id,
        basis=actor.basis,
        written_at=now,
        transcript_id=transcript_id,
        version=1,
    )
    fill(row, new.at, new.offset_min, new.content)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()  # the unique key decides now which of two senders was first
    except IntegrityError as error:
        known = _by_key(session, patient_id, new.key)
        if known is None:
            raise Conflict(_FASTER) from error
        return _again(session, actor, known, now=now)
    _keep_photo(session, new.content.photo_id)
    _add_version(session, actor, row, now=now)
    _tell(session, actor, "write", row, now=now)
    return Outcome(_shown(session, actor, row), is_new=True)


def amend(
    session: Session, actor: Actor, patient_id: int, entry_id: int, change: Change, *, now: datetime
) -> rows.Written:
    """The entry says what the change says; what it said before is in its history.

    Raises:
        NotFound: no such entry in this diary.
        NotAllowed: neither one's own diary nor one's own entry.
        Conflict: it was changed or removed meanwhile.
        Invalid: it says nothing, or its time cannot be.
    """
    row = _own(session, actor, patient_id, entry_id)
    if row.removed_at is not None or change.version not in (None, row.version):
        raise Conflict(_FASTER)
    content = change.content.with_photo(row.photo_id) if change.keeps_photo else change.content
    require_content(content, change.at, now)
    same = (row.at, content_of(row)) == (change.at, content)
    if not same:
        if content.photo_id != row.photo_id:
            _require_photo(session, patient_id, content.photo_id)
        fill(row, change.at, change.offset_min, content)
        _keep_photo(session, content.photo_id)
        _next_version(session, actor, row, "amend", now=now)
    return _shown(session, actor, row)


def remove(
    session: Session, actor: Actor, patient_id: int, entry_id: int, *, now: datetime
) -> None:
    """The entry is out of the diary; its history stays. Removing it again changes nothing.

    Raises:
        NotFound: no such entry in this diary.
        NotAllowed: neither one's own diary nor one's own entry.
    """
    row = _own(session, actor, patient_id, entry_id)
    if row.removed_at is None:
        row.removed_at, row.removed_by_id = now, actor.person_id
        _next_version(session, actor, row, "remove", now=now)


def restore(
    session: Session, actor: Actor, patient_id: int, entry_id: int, *, now: datetime
) -> rows.Written:
    """A removed entry is back, as it was.

    Raises:
        NotFound: no such entry in this diary.
        NotAllowed: neither one's own diary nor one's own entry.
    """
    row = _own(session, actor, patient_id, entry_id)
    if row.removed_at is not None:
        row.removed_at = row.removed_by_id = None
        _next_version(session, actor, row, "restore", now=now)
    return _shown(session, actor, row)


def revert(
    session: Session, actor: Actor, patient_id: int, entry_id: int, number: int, *, now: datetime
) -> rows.Written:
    """The entry says again what it said in an earlier version; this is a new version.

    Raises:
        NotFound: no such entry or version.
        NotAllowed: neither one's own diary nor one's own entry.
        Conflict: the entry is removed.
    """
    row = _own(session, actor, patient_id, entry_id)
    if row.removed_at is not None:
        raise Conflict(_FASTER)
    version = session.get(DiaryVersion, (entry_id, number))
    if version is None:
        raise NotFound
    fill(row, *read(version.content))
    _next_version(session, actor, row, "amend", now=now)
    return _shown(session, actor, row)


def history(
    session: Session, actor: Actor, patient_id: int, entry_id: int, *, now: datetime
) -> tuple[rows.Written, Sequence[State]]:
    """The entry and all its states, oldest first; also of a removed one.

    Raises:
        NotFound: no such entry in this diary.
        NotAllowed: the actor may not read the diary.
    """
    policy.require_reading(actor, patient_id)
    row = session.get(DiaryEntry, entry_id)
    if row is None or row.patient_id != patient_id:
        raise NotFound
    versions = session.scalars(
        select(DiaryVersion).where(DiaryVersion.entry_id == entry_id).order_by(DiaryVersion.number)
    ).all()
    names = rows.names_of(session, {one.by_id for one in versions if one.by_id})
    audit.record(session, actor, "diary.open", "diary_entry", entry_id, now=now)
    states = []
    for one in versions:
        at, _, content = read(one.content)
        writer = rows.writer_of(patient_id, one.by_id, one.basis, names)
        states.append(State(one.number, at, content, writer, one.written_at, one.is_removed))
    return _shown(session, actor, row), states


def _own(session: Session, actor: Actor, patient_id: int, entry_id: int) -> DiaryEntry:
    policy.require_reading(actor, patient_id)
    row = session.scalar(
        select(DiaryEntry)
        .where(DiaryEntry.id == entry_id, DiaryEntry.patient_id == patient_id)
        .with_for_update()
    )
    if row is None:
        raise NotFound
    policy.require_changing(actor, patient_id, row.by_id)
    return row


def _by_key(session: Session, patient_id: int, key: str) -> DiaryEntry | None:
    return session.scalar(
        select(DiaryEntry).where(DiaryEntry.patient_id == patient_id, DiaryEntry.key == key)
    )


def _again(session: Session, actor: Actor, row: DiaryEntry, *, now: datetime) -> Outcome:
    audit.record(session, actor, "diary.write", "diary_entry", row.id, now=now)
    return Outcome(_shown(session, actor, row), is_new=False)


def _require_photo(session: Session, patient_id: int, photo_id: int | None) -> None:
    """The picture is the patient's and stands nowhere else."""
    if photo_id is None:
        return
    owner = session.scalar(
        select(DiaryPhoto.patient_id).where(DiaryPhoto.id == photo_id, ~DiaryPhoto.is_linked)
    )
    if owner != patient_id:
        text = N_("The picture is no longer there. Choose it again.")
        raise Invalid(errors=(FieldError("#/photo", text, "gone"),))


def _keep_photo(session: Session, photo_id: int | None) -> None:
    if photo_id is not None:
        session.execute(update(DiaryPhoto).where(DiaryPhoto.id == photo_id).values(is_linked=True))


def _next_version(
    session: Session, actor: Actor, row: DiaryEntry, deed: str, *, now: datetime
) -> None:
    row.version += 1
    _add_version(session, actor, row, now=now)
    _tell(session, actor, deed, row, now=now)


def _add_version(session: Session, actor: Actor, row: DiaryEntry, *, now: datetime) -> None:
    session.add(
        DiaryVersion(
            entry_id=row.id,
            number=row.version,
            content=written(row.at, row.offset_min, content_of(row)),
            is_removed=row.removed_at is not None,
            by_id=actor.person_id,
            basis=actor.basis,
            written_at=now,
        )
    )
    session.flush()


def _shown(session: Session, actor: Actor, row: DiaryEntry) -> rows.Written:
    return rows.shown(session, actor, [row])[0]


def _tell(session: Session, actor: Actor, deed: str, row: DiaryEntry, *, now: datetime) -> None:
    audit.record(session, actor, f"diary.{deed}", "diary_entry", row.id, now=now)
    outbox.put(session, "diary.changed", {"patient_id": row.patient_id}, now=now)
