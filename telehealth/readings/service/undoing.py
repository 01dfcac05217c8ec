"""Taking back what one upload added, as if it had never come: an import that was a mistake."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.readings import policy
from telehealth.readings.models import Reading, ReadingSource, ReadingVersion, SourceKind
from telehealth.readings.service.recording import lock_diary
from telehealth.readings.service.recounting import resettle


def undo(
    session: Session,
    actor: Actor,
    patient_id: int,
    upload_id: int,
    span: tuple[datetime, datetime],
    *,
    now: datetime,
) -> int:
    """The readings that one upload added are gone, with their notes and versions.

    They leave no mark that would keep them out: the same file may come again. What a person removed
    one by one stays removed. Sums, conflicts and merged readings follow at once.

    Args:
        session: the unit of work.
        actor: who takes it back.
        patient_id: whose diary.
        upload_id: the upload.
        span: when its first and last reading were measured; spares reading the whole diary.
        now: when.

    Returns:
        How many readings are gone.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not change this diary.
    """
    policy.require_adding(actor, patient_id)
    lock_diary(session, patient_id, now=now)
    added = _added(patient_id, upload_id, span)
    moments = session.scalars(select(Reading.measured_at).where(added)).all()
    if moments:
        places = select(Reading.source_id, Reading.seq).where(added)
        session.execute(
            delete(ReadingVersion).where(
                ReadingVersion.patient_id == patient_id,
                tuple_(ReadingVersion.source_id, ReadingVersion.seq).in_(places),
            )
        )
        session.execute(delete(Reading).where(added))
        resettle(session, patient_id, moments)
        outbox.put(session, "readings.changed", {"patient_id": patient_id}, now=now)
    audit.record(
        session,
        actor,
        "readings.undo",
        "upload",
        upload_id,
        now=now,
        detail={"count": len(moments)},
    )
    return len(moments)


def _added(patient_id: int, upload_id: int, span: tuple[datetime, datetime]) -> ColumnElement[bool]:
    by_hand = select(ReadingSource.id).where(
        ReadingSource.patient_id == patient_id, ReadingSource.kind == SourceKind.MANUAL
    )
    return and_(
        Reading.patient_id == patient_id,
        Reading.upload_id == upload_id,
        # The time of an entry by hand may have been corrected since.
        or_(Reading.measured_at.between(*span), Reading.source_id.in_(by_hand)),
    )
