"""Pictures of meals: kept with the diary, shown only to whoever may read it."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.errors import FieldError, Invalid, NotFound, TooMany
from telehealth.core.i18n import N_
from telehealth.diary import policy
from telehealth.diary.models import DiaryEntry, DiaryPhoto
from telehealth.diary.service import pictures

WAITS = timedelta(days=1)
MAX_WAITING = 20
"""Pictures one diary may hold for forms that were never finished."""


def keep_photo(
    session: Session, actor: Actor, patient_id: int, given: bytes, *, now: datetime
) -> int:
    """The picture waits, for a day, to be part of an entry; returns its id.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not write.
        Invalid: no picture, or too large.
        TooMany: too many pictures wait already.
    """
    policy.require_writing(actor, patient_id)
    if len(given) > pictures.MAX_BYTES:
        raise _invalid(N_("The picture is larger than 5 MB. Choose a smaller one."), "too_large")
    try:
        picture = pictures.read(given)
    except pictures.NotAPicture as error:
        text = N_("We cannot read this picture. Choose one in JPEG, PNG or WebP.")
        raise _invalid(text, "not_a_picture") from error
    waiting = session.scalars(
        select(DiaryPhoto.id).where(DiaryPhoto.patient_id == patient_id, ~DiaryPhoto.is_linked)
    ).all()
    if len(waiting) >= MAX_WAITING:
        raise TooMany(N_("Too many pictures wait. Try again tomorrow."), retry_after_s=3600)
    photo = DiaryPhoto(
        patient_id=patient_id,
        by_id=actor.person_id,
        kept_at=now,
        is_linked=False,
        media_type=picture.media_type,
        byte_count=len(picture.content),
        content=picture.content,
    )
    session.add(photo)
    session.flush()
    return photo.id


def photo(
    session: Session, actor: Actor, patient_id: int, entry_id: int, *, now: datetime
) -> pictures.Picture:
    """The picture of an entry.

    Raises:
        NotFound: no such entry in this diary, or it has no picture.
        NotAllowed: the actor may not read the diary.
    """
    policy.require_reading(actor, patient_id)
    found = session.execute(
        select(DiaryPhoto.media_type, DiaryPhoto.content)
        .join(DiaryEntry, DiaryEntry.photo_id == DiaryPhoto.id)
        .where(DiaryEntry.id == entry_id, DiaryEntry.patient_id == patient_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    audit.record(session, actor, "diary.photo", "diary_entry", entry_id, now=now)
    return pictures.Picture(found.media_type, found.content)


def forget_waiting(session: Session, *, now: datetime) -> None:
    """Pictures of forms that were never finished are gone after a day."""
    session.execute(
        delete(DiaryPhoto).where(~DiaryPhoto.is_linked, DiaryPhoto.kept_at < now - WAITS)
    )


def _invalid(text: str, code: str) -> Invalid:
    return Invalid(errors=(FieldError("#/photo", text, code),))
