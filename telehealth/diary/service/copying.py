"""A worker copies what a patient has on paper or says in a call; one batch, marked, undoable."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, NotFound
from telehealth.diary import policy
from telehealth.diary.models import DiaryEntry, Transcript, TranscriptKind
from telehealth.diary.service.content import NewEntry
from telehealth.diary.service.writing import remove, write
from telehealth.readings import service as readings
from telehealth.readings.models import Reading


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is copied at once."""

    key: str
    """The form's own key: sent twice, it is copied once."""
    kind: TranscriptKind
    source: str
    first_on: date
    last_on: date
    readings: tuple[readings.NewReading, ...]
    entries: tuple[NewEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """What became of a sheet."""

    transcript_id: int
    is_new: bool
    n: int
    """How many readings and entries are new."""
    rejected: tuple[readings.Rejection, ...] = ()
    """Rows that were not taken: the caller gives the unit of work up and shows them."""


def open_sheet(actor: Actor, patient_id: int) -> None:
    """The actor may copy for this patient; nothing is shown.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: not of the care team.
    """
    policy.require_copying(actor, patient_id)


def copy(session: Session, actor: Actor, patient_id: int, sheet: Sheet, *, now: datetime) -> Copy:
    """The sheet is in the diary, each row marked by who copied it from what.

    What was said on the phone is looked at in the same unit of work: the alert of a low value is
    the actor's, who is speaking with the patient, before anybody is mailed.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: not of the care team.
    """
    policy.require_copying(actor, patient_id)
    known = _known(session, patient_id, sheet.key)
    if known is not None:
        return Copy(known, is_new=False, n=0)
    outcome = readings.Outcome(0, 0, ())
    if sheet.readings:
        batch = readings.Batch(patient_id, sheet.readings)
        outcome = readings.record(session, actor, batch, now=now)
    transcript = _transcript(actor, patient_id, sheet, outcome.upload_id, now)
    try:
        with session.begin_nested():
            session.add(transcript)
            session.flush()  # the unique key decides now which of two windows was first
    except IntegrityError as error:
        known = _known(session, patient_id, sheet.key)
        if known is None:
            raise Conflict from error
        return Copy(known, is_new=False, n=0)
    if sheet.kind is TranscriptKind.PHONE and outcome.accepted:
        since = min(one.measured_at for one in sheet.readings)
        alerts.look_on_the_phone(session, actor, patient_id, since=since, now=now)
    written = [
        write(session, actor, patient_id, entry, now=now, transcript_id=transcript.id)
        for entry in sheet.entries
    ]
    n = outcome.accepted + sum(one.is_new for one in written)
    audit.record(
        session, actor, "diary.copy", "transcript", transcript.id, now=now, detail={"n": n}
    )
    return Copy(transcript.id, is_new=True, n=n, rejected=outcome.rejected)


def _transcript(
    actor: Actor, patient_id: int, sheet: Sheet, upload_id: int | None, now: datetime
) -> Transcript:
    return Transcript(
        patient_id=patient_id,
        key=sheet.key,
        kind=sheet.kind,
        source=sheet.source,
        first_on=sheet.first_on,
        last_on=sheet.last_on,
        by_id=actor.person_id,
        written_at=now,
        upload_id=upload_id,
    )


def _known(session: Session, patient_id: int, key: str) -> int | None:
    """The copy of a sheet that came before."""
    return session.scalar(
        select(Transcript.id).where(Transcript.patient_id == patient_id, Transcript.key == key)
    )


def undo_copy(
    session: Session, actor: Actor, patient_id: int, transcript_id: int, *, now: datetime
) -> int:
    """What was copied at once is out of the diary again; returns how many rows that were.

    Raises:
        NotFound: no such copy in this diary.
        NotAllowed: somebody else copied it.
    """
    policy.require_copying(actor, patient_id)
    transcript = session.get(Transcript, transcript_id, with_for_update=True)
    if transcript is None or transcript.patient_id != patient_id:
        raise NotFound
    policy.require_undoing(actor, patient_id, transcript.by_id)
    if transcript.undone_at is not None:
        return 0
    transcript.undone_at, transcript.undone_by_id = now, actor.person_id
    n = _undo_readings(session, actor, transcript, now=now)
    entry_ids = session.scalars(
        select(DiaryEntry.id).where(
            DiaryEntry.transcript_id == transcript_id, DiaryEntry.removed_at.is_(None)
        )
    ).all()
    for entry_id in entry_ids:
        remove(session, actor, patient_id, entry_id, now=now)
    audit.record(session, actor, "diary.undo_copy", "transcript", transcript_id, now=now)
    outbox.put(session, "diary.changed", {"patient_id": patient_id}, now=now)
    return n + len(entry_ids)


def _undo_readings(session: Session, actor: Actor, transcript: Transcript, *, now: datetime) -> int:
    patient_id, upload_id = transcript.patient_id, transcript.upload_id
    if upload_id is None:
        return 0
    first, last = session.execute(
        select(func.min(Reading.measured_at), func.max(Reading.measured_at)).where(
            Reading.patient_id == patient_id, Reading.upload_id == upload_id
        )
    ).one()
    if first is None:
        return 0
    return readings.undo(session, actor, patient_id, upload_id, (first, last), now=now)
