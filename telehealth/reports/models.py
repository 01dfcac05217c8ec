"""Rows of reports: remarks of the care team on a day or a moment, and reports shared."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.core.db import Base, BigInt, Key, one_of

MAX_REMARK_CHARS = 1_000
MAX_WORDS_CHARS = 1_000


class Audience(StrEnum):
    """Who sees a remark."""

    TEAM = "team"
    """The care team only."""
    PATIENT = "patient"
    """The care team, the patient, and whoever represents the patient."""


class Remark(Base):
    """A remark on a patient's day or on one moment of it, as it stands now."""

    __tablename__ = "report_remark"
    __table_args__ = (
        Index("ix_report_remark_patient_id_day_on", "patient_id", "day_on"),
        CheckConstraint("minute IS NULL OR minute BETWEEN 0 AND 1439", "minute"),
        CheckConstraint("length(text) BETWEEN 1 AND 1000", "text_length"),
    )

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    day_on: Mapped[date]
    """Day on the patient's wall clock."""
    minute: Mapped[int | None] = mapped_column(Integer)
    """Minutes after midnight on that clock; None: the remark is on the whole day."""
    text: Mapped[str] = mapped_column(String(MAX_REMARK_CHARS))
    audience: Mapped[Audience] = mapped_column(one_of(Audience, "audience", 8))
    by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    """Who wrote it; only they change it."""
    written_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(Integer)
    """1 when written, one more with each change, removal and return."""
    removed_at: Mapped[datetime | None]


class RemarkVersion(Base):
    """A remark as it stood after each change; rows are added, never changed."""

    __tablename__ = "report_remark_version"
    __table_args__ = (UniqueConstraint("remark_id", "version"),)

    id: Mapped[Key]
    remark_id: Mapped[int] = mapped_column(BigInt, ForeignKey("report_remark.id"))
    version: Mapped[int] = mapped_column(Integer)
    day_on: Mapped[date]
    minute: Mapped[int | None] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(String(MAX_REMARK_CHARS))
    audience: Mapped[Audience] = mapped_column(one_of(Audience, "audience", 8))
    is_removed: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    changed_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    changed_at: Mapped[datetime]


class SharedReport(Base):
    """A report as the care team saw it when they shared it with the patient."""

    __tablename__ = "shared_report"
    __table_args__ = (Index("ix_shared_report_patient_id_shared_at", "patient_id", "shared_at"),)

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    first_on: Mapped[date]
    last_on: Mapped[date]
    words: Mapped[str] = mapped_column(String(MAX_WORDS_CHARS))
    """What the care team wrote beside it; may be empty."""
    sheet: Mapped[str] = mapped_column(Text)
    """The whole report as JSON (`service.sheets.Sheet`): later readings do not change it."""
    shared_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    shared_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    """Taken back: the patient no longer finds it."""
