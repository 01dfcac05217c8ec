"""Rows of the diary beside glucose: an entry is one moment, with all that was written about it.

Every state an entry has ever had is a row of `diary_version`; the entry itself is the newest.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.core.actor import Basis
from telehealth.core.db import Base, BigInt, Key, one_of

MAX_KEY_CHARS = 64
MAX_NOTE_CHARS = 500
MAX_SOURCE_CHARS = 120
MAX_CARBS_G = 1_000
MAX_DOSE_HUNDREDTHS = 30_000
"""300 units: more than any pen or syringe gives at once."""
MAX_ACTIVITY_MIN = 24 * 60

DOSES = ("rapid", "long", "mixed", "other")
"""Kinds of insulin; the column of each ends in `_hundredths`."""


class Activity(StrEnum):
    """What somebody did."""

    WALK = "walk"
    RUN = "run"
    CYCLING = "cycling"
    SWIMMING = "swimming"
    GYM = "gym"
    HOUSEWORK = "housework"
    OTHER = "other"


class Illness(StrEnum):
    """How somebody is unwell, in the words of a patient."""

    COLD = "cold"
    FEVER = "fever"
    STOMACH = "stomach"
    OTHER = "other"


class Stress(StrEnum):
    """How much."""

    SOME = "some"
    MUCH = "much"


class PhotoType(StrEnum):
    """Kinds of pictures that are kept, by their own first bytes."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"


class TranscriptKind(StrEnum):
    """What a worker copied from."""

    PAPER = "paper"
    PHONE = "phone"


class Symptoms(StrEnum):
    """What a person with a low value says, or shows, on the phone."""

    NONE = "none"
    """Feels well."""
    SOME = "some"
    """Shaky, sweating, hungry, pale; eats and answers without help."""
    SEVERE = "severe"
    """Confused, drowsy or needs the help of somebody: level 3 of the consensus on hypoglycaemia."""


class DiaryPhoto(Base):
    """A picture of a meal, without what the camera said about place, time and owner."""

    __tablename__ = "diary_photo"
    __table_args__ = (
        CheckConstraint("byte_count > 0 AND byte_count <= 5242880", "size"),
        Index(
            "ix_diary_photo_waiting",
            "kept_at",
            sqlite_where=text("NOT is_linked"),
            postgresql_where=text("NOT is_linked"),
        ),
    )

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    kept_at: Mapped[datetime]
    is_linked: Mapped[bool] = mapped_column(Boolean, server_default=false(), default=False)
    """False: a form was sent back to be corrected and holds on to the picture; kept for a day."""
    media_type: Mapped[PhotoType] = mapped_column(one_of(PhotoType, "media_type"))
    byte_count: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class Transcript(Base):
    """What a worker copied for a patient at once: a week of a paper diary, or a call."""

    __tablename__ = "diary_transcript"
    __table_args__ = (
        UniqueConstraint("patient_id", "key"),
        CheckConstraint("first_on <= last_on", "days"),
    )

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    key: Mapped[str] = mapped_column(String(MAX_KEY_CHARS))
    kind: Mapped[TranscriptKind] = mapped_column(one_of(TranscriptKind, "kind", 8))
    source: Mapped[str] = mapped_column(String(MAX_SOURCE_CHARS))
    """In the worker's words: the blue notebook. Empty: nothing to add to kind and days."""
    first_on: Mapped[date]
    last_on: Mapped[date]
    by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    written_at: Mapped[datetime]
    upload_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("upload.id"), unique=True)
    """The batch of readings; none where only other entries were told."""
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    symptoms: Mapped[Symptoms | None] = mapped_column(one_of(Symptoms, "symptoms", 8))
    """Of a call about a low value; None: nobody has answered."""


class DiaryEntry(Base):
    """What was written about one moment, as it stands now."""

    __tablename__ = "diary_entry"
    __table_args__ = (
        UniqueConstraint("patient_id", "key"),
        Index("ix_diary_entry_patient_id_at", "patient_id", "at"),
        CheckConstraint("carbs_g BETWEEN 1 AND 1000", "carbs"),
        CheckConstraint("rapid_hundredths BETWEEN 1 AND 30000", "rapid"),
        CheckConstraint("long_hundredths BETWEEN 1 AND 30000", "long"),
        CheckConstraint("mixed_hundredths BETWEEN 1 AND 30000", "mixed"),
        CheckConstraint("other_hundredths BETWEEN 1 AND 30000", "other"),
        CheckConstraint("activity_min BETWEEN 1 AND 1440", "minutes"),
        CheckConstraint("activity_min IS NULL OR activity IS NOT NULL", "minutes_of_what"),
        CheckConstraint("offset_min BETWEEN -1080 AND 1080", "offset"),
        CheckConstraint("version > 0", "version"),
        CheckConstraint("(removed_at IS NULL) = (removed_by_id IS NULL)", "removed"),
        CheckConstraint(
            "carbs_g IS NOT NULL OR rapid_hundredths IS NOT NULL OR long_hundredths IS NOT NULL"
            " OR mixed_hundredths IS NOT NULL OR other_hundredths IS NOT NULL"
            " OR activity IS NOT NULL OR illness IS NOT NULL OR stress IS NOT NULL"
            " OR photo_id IS NOT NULL OR note <> ''",
            "says_something",
        ),
    )

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    key: Mapped[str] = mapped_column(String(MAX_KEY_CHARS))
    """The sender's own: the same key again is the same entry, also after its removal."""
    at: Mapped[datetime]
    offset_min: Mapped[int] = mapped_column(SmallInteger)
    """Minutes the writer's clock was ahead of UTC."""
    carbs_g: Mapped[int | None] = mapped_column(SmallInteger)
    rapid_hundredths: Mapped[int | None] = mapped_column(Integer)
    """Insulin in hundredths of a unit: pens give halves, pumps give hundredths."""
    long_hundredths: Mapped[int | None] = mapped_column(Integer)
    mixed_hundredths: Mapped[int | None] = mapped_column(Integer)
    other_hundredths: Mapped[int | None] = mapped_column(Integer)
    activity: Mapped[Activity | None] = mapped_column(one_of(Activity, "activity", 12))
    activity_min: Mapped[int | None] = mapped_column(SmallInteger)
    illness: Mapped[Illness | None] = mapped_column(one_of(Illness, "illness", 12))
    stress: Mapped[Stress | None] = mapped_column(one_of(Stress, "stress", 8))
    note: Mapped[str] = mapped_column(String(MAX_NOTE_CHARS), default="")
    photo_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("diary_photo.id"))
    by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    """Who wrote it first; differs from the patient for a guardian, a proxy or the care team."""
    basis: Mapped[Basis] = mapped_column(one_of(Basis, "basis"))
    written_at: Mapped[datetime]
    transcript_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("diary_transcript.id"))
    version: Mapped[int] = mapped_column(Integer)
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))


class DiaryVersion(Base):
    """One state of an entry: what it said, who made it so and when."""

    __tablename__ = "diary_version"
    __table_args__ = (CheckConstraint("number > 0", "number"),)

    entry_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("diary_entry.id"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[str] = mapped_column(Text)
    """JSON of the fields that were filled in, with the time."""
    is_removed: Mapped[bool] = mapped_column(Boolean)
    by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    basis: Mapped[Basis] = mapped_column(one_of(Basis, "basis"))
    written_at: Mapped[datetime]
