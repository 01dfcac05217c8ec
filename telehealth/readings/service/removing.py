"""Removing an entry written by hand, and taking that back."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, NotFound
from telehealth.core.i18n import N_
from telehealth.readings import policy
from telehealth.readings.models import (
    Reading,
    ReadingNote,
    ReadingSource,
    RemovedReading,
    SourceKind,
    Upload,
)
from telehealth.readings.service.batch import Reference
from telehealth.readings.service.recording import lock_diary
from telehealth.readings.service.recounting import resettle

_KEPT = (
    "patient_id", "source_id", "measured_at", "seq", "upload_id",
    "mantissa", "scale", "unit", "tick", "meal", "offset_min", "beyond", "standing",
)  # fmt: skip


def remove(
    session: Session, actor: Actor, patient_id: int, reference: Reference, *, now: datetime
) -> datetime:
    """The entry is out of the diary and its sums; history keeps it, and no repeat brings it back.

    Returns:
        When it had been measured.

    Raises:
        NotFound: no such entry in this diary.
        NotAllowed: the actor may not remove it.
        Conflict: it came from a meter or sensor.
    """
    policy.require_reading(actor, patient_id)
    lock_diary(session, patient_id, now=now)
    found = session.execute(
        select(*_columns(Reading), ReadingSource.kind, Upload.by_id)
        .join(ReadingSource, ReadingSource.id == Reading.source_id)
        .join(Upload, Upload.id == Reading.upload_id)
        .where(_is(Reading, patient_id, reference))
    ).one_or_none()
    if found is None:
        raise NotFound
    policy.require_removing(actor, patient_id, found.by_id)
    if found.kind is not SourceKind.MANUAL:
        raise Conflict(N_("A reading of a meter stays as the meter sent it."))
    kept: dict[str, Any] = {name: getattr(found, name) for name in _KEPT}
    kept["note"] = session.scalar(
        select(ReadingNote.text).where(_is(ReadingNote, patient_id, reference))
    )
    session.execute(
        insert(RemovedReading).values(**kept, removed_by_id=actor.person_id, removed_at=now)
    )
    session.execute(delete(Reading).where(_is(Reading, patient_id, reference)))
    moment: datetime = found.measured_at
    resettle(session, patient_id, [moment])
    _tell(session, actor, "remove", patient_id, reference, now=now)
    return moment


def restore(
    session: Session, actor: Actor, patient_id: int, reference: Reference, *, now: datetime
) -> datetime:
    """A removed entry is back, as it was.

    Returns:
        When it had been measured.

    Raises:
        NotFound: no such removed entry in this diary.
        NotAllowed: somebody else removed it, and it is not the actor's diary.
    """
    policy.require_reading(actor, patient_id)
    lock_diary(session, patient_id, now=now)
    removed = session.execute(
        select(*_columns(RemovedReading), RemovedReading.note, RemovedReading.removed_by_id).where(
            _is(RemovedReading, patient_id, reference)
        )
    ).one_or_none()
    if removed is None:
        raise NotFound
    policy.require_removing(actor, patient_id, removed.removed_by_id)
    kept = {name: getattr(removed, name) for name in _KEPT}
    session.execute(insert(Reading).values(**kept))
    if removed.note is not None:
        place = {name: kept[name] for name in ("patient_id", "source_id", "measured_at", "seq")}
        session.execute(insert(ReadingNote).values(**place, text=removed.note))
    session.execute(delete(RemovedReading).where(_is(RemovedReading, patient_id, reference)))
    moment: datetime = removed.measured_at
    resettle(session, patient_id, [moment])
    _tell(session, actor, "restore", patient_id, reference, now=now)
    return moment


def _columns(table: type[Reading | RemovedReading]) -> list[Any]:
    return [getattr(table, name) for name in _KEPT]


def _is(
    table: type[Reading | RemovedReading | ReadingNote], patient_id: int, reference: Reference
) -> Any:
    return (
        (table.patient_id == patient_id)
        & (table.source_id == reference.source_id)
        & (table.seq == reference.seq)
    )


def _tell(
    session: Session,
    actor: Actor,
    deed: str,
    patient_id: int,
    reference: Reference,
    *,
    now: datetime,
) -> None:
    audit.record(session, actor, f"readings.{deed}", "reading", reference, now=now)
    outbox.put(session, "readings.changed", {"patient_id": patient_id}, now=now)
