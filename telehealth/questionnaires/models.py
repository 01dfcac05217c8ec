"""Rows of questionnaires.

Triggers made by the migration refuse to change a version once it is active, a response once it is
completed, and a score ever.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Dialect,
    ForeignKey,
    Index,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.core.db import Base, BigInt, Key, one_of

Flagged = Boolean(create_constraint=False)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal kept digit by digit as text: SQLite's own numbers are binary fractions."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write the number without an exponent."""
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Read the same digits back."""
        return None if value is None else Decimal(value)


class VersionStatus(StrEnum):
    """Life of a questionnaire version."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class AssignmentStatus(StrEnum):
    """Life of a questionnaire sent to somebody."""

    SENT = "sent"
    STARTED = "started"
    """Some answers are saved."""
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    """Taken back by the care team before it was completed; a draft stays, unread."""


OPEN = (AssignmentStatus.SENT, AssignmentStatus.STARTED)


class ResponseStatus(StrEnum):
    """Life of the answers; the words are those of FHIR."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class Respondent(StrEnum):
    """In what role the answers were given."""

    PATIENT = "patient"
    OBSERVER = "observer"
    """A parent or guardian, who tells what they see of the child."""
    PROXY = "proxy"
    """A proxy answers in the patient's place."""


class NoScore(StrEnum):
    """Why a score has no value."""

    MISSING_ANSWERS = "missing_answers"
    NOT_DEFINED = "not_defined"
    """The instrument gives no score for these answers."""


class QuestionnaireVersion(Base):
    """One version of an instrument, exactly as it was published."""

    __tablename__ = "questionnaire_version"
    __table_args__ = (
        UniqueConstraint("instrument", "version"),
        CheckConstraint("(status = 'draft') = (activated_at IS NULL)", name="activated"),
    )

    id: Mapped[Key]
    instrument: Mapped[str] = mapped_column(String(64))
    """Key of the instrument, for instance `who-5`."""
    version: Mapped[str] = mapped_column(String(32))
    content: Mapped[str] = mapped_column(Text)
    """Questionnaire, scores, licence and meaning as one JSON text; never edited once active."""
    content_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[VersionStatus] = mapped_column(one_of(VersionStatus, "status", 12))
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]


class Assignment(Base):
    """A questionnaire version sent to a patient; it stays with this version to the end."""

    __tablename__ = "questionnaire_assignment"
    __table_args__ = (
        Index("ix_questionnaire_assignment_patient_id_sent_at", "patient_id", "sent_at"),
    )

    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(BigInt, ForeignKey("questionnaire_version.id"))
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    sent_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    sent_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """Asked for by then; answers are welcome later too."""
    status: Mapped[AssignmentStatus] = mapped_column(one_of(AssignmentStatus, "status", 12))
    ended_at: Mapped[datetime | None]
    """When it was completed or withdrawn."""


class StoredResponse(Base):
    """The answers to one assignment, a draft until completed."""

    __tablename__ = "questionnaire_response"
    __table_args__ = (
        CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name="completed"),
    )

    id: Mapped[Key]
    assignment_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("questionnaire_assignment.id"), unique=True
    )
    """Unique: one response for each assignment, however often the form is sent."""
    status: Mapped[ResponseStatus] = mapped_column(one_of(ResponseStatus, "status", 12))
    answers: Mapped[str] = mapped_column(Text)
    """FHIR QuestionnaireResponse as JSON text, decimals digit by digit."""
    language: Mapped[str] = mapped_column(String(8))
    """Language of the questions that were read."""
    filled_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    """Who saved or completed it last; differs from the patient for a guardian or proxy."""
    respondent: Mapped[Respondent] = mapped_column(one_of(Respondent, "respondent", 12))
    representation_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("representation.id"))
    stripped: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """linkIds of answers left out at the end, because their questions were no longer asked."""
    started_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]


class StoredScore(Base):
    """A score and how it came about. Computing again adds a row."""

    __tablename__ = "questionnaire_score"
    __table_args__ = (
        Index("ix_questionnaire_score_response_id", "response_id"),
        CheckConstraint("(value IS NULL) = (no_score IS NOT NULL)", name="reason"),
    )

    id: Mapped[Key]
    response_id: Mapped[int] = mapped_column(BigInt, ForeignKey("questionnaire_response.id"))
    version_id: Mapped[int] = mapped_column(BigInt, ForeignKey("questionnaire_version.id"))
    name: Mapped[str] = mapped_column(String(64))
    """The score's id in its instrument, for instance `index`."""
    value: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    band: Mapped[str | None] = mapped_column(String(64))
    missing: Mapped[int]
    """How many of its answers are missing."""
    is_prorated: Mapped[bool] = mapped_column(Flagged)
    no_score: Mapped[NoScore | None] = mapped_column(one_of(NoScore, "no_score"))
    algorithm_sha256: Mapped[str] = mapped_column(String(64))
    inputs_sha256: Mapped[str] = mapped_column(String(64))
    computed_at: Mapped[datetime]


class Flag(Base):
    """Something in the answers that the care team should see."""

    __tablename__ = "questionnaire_flag"
    __table_args__ = (
        UniqueConstraint("response_id", "rule"),
        Index("ix_questionnaire_flag_patient_id_raised_at", "patient_id", "raised_at"),
    )

    id: Mapped[Key]
    response_id: Mapped[int] = mapped_column(BigInt, ForeignKey("questionnaire_response.id"))
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    rule: Mapped[str] = mapped_column(String(64))
    """Id of the instrument's rule."""
    raises: Mapped[str] = mapped_column(String(24))
    """`alert`, or a label of the result such as `low`."""
    is_urgent: Mapped[bool] = mapped_column(Flagged)
    raised_at: Mapped[datetime]
