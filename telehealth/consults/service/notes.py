"""The clinician's note: every saved text is a version; the newest one counts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.booking import service as booking
from telehealth.consults import policy
from telehealth.consults.models import ConsultNote
from telehealth.consults.service import rooms
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict
from telehealth.core.i18n import N_

MAX_NOTE_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class NewNote:
    """A text to be kept, and the version it was written upon (0: there was none)."""

    text: str
    is_shared: bool
    version: int


def read_note(
    session: Session, actor: Actor, consultation_id: int, *, now: datetime
) -> ConsultNote | None:
    """The newest version, or None while nothing was written.

    Raises:
        NotFound: not a consultation the actor knows of.
        NotAllowed: the actor is not of the care team.
    """
    appointment = booking.appointment_for_call(session, consultation_id)
    policy.require_reading_note(actor, rooms.facts_of(appointment, now))
    audit.record(session, actor, "consults.read_note", "consultation", consultation_id, now=now)
    return newest(session, consultation_id)


def write_note(
    session: Session, actor: Actor, consultation_id: int, new: NewNote, *, now: datetime
) -> ConsultNote:
    """The text is the newest version. Saving what is there already adds none.

    Raises:
        NotFound: not a consultation the actor knows of.
        NotAllowed: not the clinician of this appointment.
        Conflict: it was changed elsewhere since (`note_changed`); nothing was overwritten.
    """
    appointment = booking.appointment_for_call(session, consultation_id)
    author_id = policy.require_hosting(actor, rooms.facts_of(appointment, now))
    rooms.open_room(session, appointment, now=now)  # a note may be written before anybody came
    last = newest(session, consultation_id)
    if last is not None and (last.text, last.is_shared) == (new.text, new.is_shared):
        return last
    if new.version != (last.version if last else 0):
        raise _changed()
    note = ConsultNote(
        consultation_id=consultation_id,
        version=new.version + 1,
        text=new.text,
        is_shared=new.is_shared,
        by_id=author_id,
        at=now,
    )
    session.add(note)
    try:
        session.flush()  # the unique version decides, should two windows save at once
    except IntegrityError as error:
        raise _changed() from error
    session.refresh(note, ["author"])
    detail = {"version": note.version, "shared": note.is_shared}
    audit.record(
        session, actor, "consults.write_note", "consultation", consultation_id, now=now,
        detail=detail,
    )  # fmt: skip
    return note


def newest(session: Session, consultation_id: int) -> ConsultNote | None:
    """The version that counts; for callers that have checked who asks."""
    return newest_of(session, (consultation_id,)).get(consultation_id)


def newest_of(session: Session, consultation_ids: Collection[int]) -> Mapping[int, ConsultNote]:
    """The versions that count, by consultation; for callers that have checked who asks."""
    last = (
        select(ConsultNote.consultation_id, func.max(ConsultNote.version).label("version"))
        .where(ConsultNote.consultation_id.in_(consultation_ids))
        .group_by(ConsultNote.consultation_id)
        .subquery()
    )
    rows = session.scalars(
        select(ConsultNote).join(
            last,
            (ConsultNote.consultation_id == last.c.consultation_id)
            & (ConsultNote.version == last.c.version),
        )
    )
    return {row.consultation_id: row for row in rows}


def _changed() -> Conflict:
    return Conflict(
        N_("This note was changed in another window. Copy your text, reload and add it again."),
        code="note_changed",
    )
