"""Changing an entry: what it said before is kept, with who changed it and when."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.glycemia.entered import Digits, is_believable, tick
from telehealth.readings import policy
from telehealth.readings.models import (
    BEYOND_CODES,
    MEAL_CODES,
    MEALS,
    UNIT_CODES,
    UNITS,
    Beyond,
    Meal,
    Reading,
    ReadingNote,
    ReadingSource,
    ReadingVersion,
    SourceKind,
    Standing,
    Upload,
)
from telehealth.readings.service.batch import Reference
from telehealth.readings.service.recording import FUTURE_TOLERANCE, MAX_AGE, lock_diary
from telehealth.readings.service.recounting import resettle
from telehealth.readings.service.values import digits_of

SAID = ("measured_at", "mantissa", "scale", "unit", "tick", "beyond", "meal", "offset_min")
"""What a version says, beside its note."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an entry is to say from now on, all of it."""

    measured_at: datetime
    offset_min: int
    digits: Digits | Beyond
    unit: Unit
    meal: Meal
    note: str
    version: int | None = None
    """The version that the person looked at; None: whatever it says now."""


def amend(
    session: Session,
    actor: Actor,
    patient_id: int,
    reference: Reference,
    change: Change,
    *,
    now: datetime,
) -> Reference:
    """The entry says what the change says; what it said before is a version of its history.

    A change that changes nothing leaves no version.

    Raises:
        NotFound: no such entry in this diary.
        NotAllowed: the actor may not change it.
        Conflict: it was changed meanwhile; or a meter sent it, and more than meal and note is new.
        Invalid: the time is still to come or too long ago; the value cannot be measured.
    """
    policy.require_reading(actor, patient_id)
    lock_diary(session, patient_id, now=now)
    found, number = _found(session, patient_id, reference)
    is_manual = found.kind is SourceKind.MANUAL
    policy.require_amending(actor, patient_id, found.by_id, is_manual=is_manual)
    if change.version not in (None, number):
        raise Conflict(N_("Somebody changed this entry meanwhile. Look at it once more."))
    said = _said_by(found)
    if replace(change, version=None) == said:
        return reference
    if not is_manual and _measured(said) != _measured(change):
        raise Conflict(N_("A reading of a meter stays as the meter sent it."))
    if is_manual:
        _require_possible(change, now)
    _keep_version(session, actor, found, number, now=now)
    _replace(session, found, change)
    resettle(session, patient_id, {found.measured_at, change.measured_at})
    audit.record(session, actor, "readings.amend", "reading", reference, now=now)
    outbox.put(session, "readings.changed", {"patient_id": patient_id}, now=now)
    return reference


def revert(
    session: Session, actor: Actor, patient_id: int, reference: Reference, *, now: datetime
) -> Reference:
    """The entry says again what it said before the last change; the history keeps both.

    Raises:
        NotFound: no such entry, or it was never changed.
        NotAllowed: the actor may not change it.
    """
    policy.require_reading(actor, patient_id)
    older = session.scalars(
        select(ReadingVersion)
        .where(
            ReadingVersion.patient_id == patient_id,
            ReadingVersion.source_id == reference.source_id,
            ReadingVersion.seq == reference.seq,
        )
        .order_by(ReadingVersion.number.desc())
        .limit(1)
    ).one_or_none()
    if older is None:
        raise NotFound
    return amend(session, actor, patient_id, reference, _said_by(older), now=now)


def _found(session: Session, patient_id: int, reference: Reference) -> tuple[Row[Any], int]:
    """The reading with source, writer and note; and its version's number."""
    found = session.execute(
        select(Reading.__table__, ReadingSource.kind, Upload.by_id, ReadingNote.text.label("note"))
        .join(ReadingSource, ReadingSource.id == Reading.source_id)
        .join(Upload, Upload.id == Reading.upload_id)
        .outerjoin(
            ReadingNote,
            (ReadingNote.patient_id == Reading.patient_id)
            & (ReadingNote.source_id == Reading.source_id)
            & (ReadingNote.measured_at == Reading.measured_at)
            & (ReadingNote.seq == Reading.seq),
        )
        .where(
            Reading.patient_id == patient_id,
            Reading.source_id == reference.source_id,
            Reading.seq == reference.seq,
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    older = session.scalar(
        select(func.count()).where(
            ReadingVersion.source_id == reference.source_id, ReadingVersion.seq == reference.seq
        )
    )
    return found, 1 + (older or 0)


def _said_by(row: Row[Any] | ReadingVersion) -> Change:
    """A stored reading or version as a change that would bring it about."""
    return Change(
        row.measured_at,
        row.offset_min,
        digits_of(row.mantissa, row.scale, row.beyond),
        UNITS[row.unit],
        MEALS[row.meal],
        row.note or "",
    )


def _measured(change: Change) -> Change:
    """What a meter measured, without what a person adds."""
    return replace(change, meal=Meal.NONE, note="", version=None)


def _require_possible(change: Change, now: datetime) -> None:
    wrong = None
    if change.measured_at > now + FUTURE_TOLERANCE:
        words = N_("This time is still to come. Check the date and the time.")
        wrong = FieldError("#/measured_at", words, "future")
    elif change.measured_at < now - MAX_AGE:
        words = N_("This is more than five years ago. Check the date.")
        wrong = FieldError("#/measured_at", words, "too_old")
    elif isinstance(change.digits, Digits) and not is_believable(change.digits, change.unit):
        wrong = FieldError("#/value", N_("This value cannot be measured."), "not_measurable")
    if wrong is not None:
        raise Invalid(errors=(wrong,))


def _keep_version(
    session: Session, actor: Actor, found: Row[Any], number: int, *, now: datetime
) -> None:
    session.execute(
        insert(ReadingVersion).values(
            source_id=found.source_id,
            seq=found.seq,
            number=number,
            patient_id=found.patient_id,
            note=found.note,
            replaced_by_id=actor.person_id,
            replaced_basis=actor.basis,
            replaced_at=now,
            **{name: getattr(found, name) for name in SAID},
        )
    )


def _replace(session: Session, found: Row[Any], change: Change) -> None:
    """The row anew: the time is part of its key; the note goes with the old row."""
    place = {name: getattr(found, name) for name in ("patient_id", "source_id", "seq")}
    digits = change.digits
    session.execute(delete(Reading).where(*(getattr(Reading, n) == v for n, v in place.items())))
    session.execute(
        insert(Reading).values(
            **place,
            measured_at=change.measured_at,
            upload_id=found.upload_id,
            mantissa=digits.mantissa if isinstance(digits, Digits) else None,
            scale=digits.scale if isinstance(digits, Digits) else None,
            unit=UNIT_CODES[change.unit],
            tick=tick(digits, change.unit) if isinstance(digits, Digits) else None,
            meal=MEAL_CODES[change.meal],
            offset_min=change.offset_min,
            beyond=0 if isinstance(digits, Digits) else BEYOND_CODES[digits],
            standing=Standing.SCAN if found.standing == Standing.SCAN else Standing.COUNTED,
        )
    )
    if change.note:
        session.execute(
            insert(ReadingNote).values(**place, measured_at=change.measured_at, text=change.note)
        )
