"""Rows of consents. Triggers made by the migration keep versions and evidence as they were."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.core.db import Base, BigInt, Key, one_of


class State(StrEnum):
    """Life of a request; the last four are final for this request."""

    OFFERED = "offered"
    VIEWED = "viewed"
    SEALING = "sealing"
    """The signature is given and kept; the sealed document is being made."""
    SIGNED = "signed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


OPEN = (State.OFFERED, State.VIEWED)
GIVEN = (State.SEALING, State.SIGNED)
LIVING = (*OPEN, *GIVEN)
_LIVING = "state IN ('offered', 'viewed', 'sealing', 'signed')"


class Answer(StrEnum):
    """What the signer said; both are stored alike."""

    SIGNED = "signed"
    DECLINED = "declined"


class TemplateVersion(Base):
    """A wording as it was in use; only `retired_at` may change."""

    __tablename__ = "consent_template_version"
    __table_args__ = (
        UniqueConstraint("template", "version"),
        Index(
            "uq_consent_template_version_active",
            "template",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    template: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(20))
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the whole template in canonical JSON."""
    text_sha256: Mapped[dict[str, str]] = mapped_column(JSON)
    """Language to hash of the wording in it."""
    source: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The template itself: a later release of the program may no longer ship it."""
    activated_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class ConsentRequest(Base):
    """A person was asked for a consent; also the head of the request's chain of evidence."""

    __tablename__ = "consent_request"
    __table_args__ = (
        Index("ix_consent_request_subject", "subject_id", "sent_at"),
        Index(
            "uq_consent_request_living",
            "subject_id",
            "version_id",
            unique=True,
            sqlite_where=text(_LIVING),
            postgresql_where=text(_LIVING),
        ),
    )

    id: Mapped[Key]
    subject_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    version_id: Mapped[int] = mapped_column(BigInt, ForeignKey("consent_template_version.id"))
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    """Public name of the document: random, says nothing."""
    organisation: Mapped[str] = mapped_column(String(120))
    """Who asked, as printed: the sender's unit on that day."""
    sent_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    sent_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """After this instant it can no longer be answered."""
    state: Mapped[State] = mapped_column(one_of(State, "state"))
    changed_at: Mapped[datetime]
    evidence_seq: Mapped[int] = mapped_column(BigInt, default=0)
    evidence_head: Mapped[str] = mapped_column(String(64), default="")

    version: Mapped[TemplateVersion] = relationship(lazy="joined", innerjoin=True)


class Preparation(Base):
    """The very bytes one signer is shown, with the choices frozen in them; replaced by the next."""

    __tablename__ = "consent_preparation"
    __table_args__ = (UniqueConstraint("request_id", "signer_id"),)

    id: Mapped[Key]
    request_id: Mapped[int] = mapped_column(BigInt, ForeignKey("consent_request.id"))
    signer_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    language: Mapped[str] = mapped_column(String(5))
    decisions: Mapped[dict[str, str]] = mapped_column(JSON)
    gesture: Mapped[str] = mapped_column(String(24))
    typed_name: Mapped[str] = mapped_column(String(120))
    capacity: Mapped[str] = mapped_column(String(24))
    inputs_sha256: Mapped[str] = mapped_column(String(64))
    """Of everything printed: tells whether a name or the wording has changed since."""
    h0: Mapped[str] = mapped_column(String(64))
    """SHA-256 of `pdf`."""
    nonce: Mapped[str] = mapped_column(String(32))
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
    prepared_at: Mapped[datetime]


class ConsentRecord(Base):
    """One signer's answer; the sealed file joins it when the seal is made."""

    __tablename__ = "consent_record"
    __table_args__ = (
        UniqueConstraint("request_id", "signer_id"),
        CheckConstraint(
            "(answer = 'declined') = (h0 IS NULL)", name="only_a_signature_has_a_document"
        ),
        CheckConstraint(
            "(file_sha256 IS NULL) = (sealed_at IS NULL)", name="a_file_is_sealed_at_a_time"
        ),
    )

    id: Mapped[Key]
    request_id: Mapped[int] = mapped_column(BigInt, ForeignKey("consent_request.id"))
    signer_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    capacity: Mapped[str] = mapped_column(String(24))
    representation_id: Mapped[int | None] = mapped_column(BigInt)
    """The guardianship under which it was signed for a child."""
    answer: Mapped[Answer] = mapped_column(one_of(Answer, "answer"))
    answered_at: Mapped[datetime]
    valid_until: Mapped[date | None]
    """Last local day, inclusive."""
    language: Mapped[str] = mapped_column(String(5), default="")
    decisions: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """Item key to `granted`, `refused` or `unanswered`."""
    gesture: Mapped[str] = mapped_column(String(24), default="")
    typed_name: Mapped[str] = mapped_column(String(120), default="")
    salt: Mapped[str] = mapped_column(String(64))
    """Key of the commitment in the evidence: without it the evidence says nothing of choices."""
    confirmed_at: Mapped[datetime | None]
    """When the signer gave the password again."""
    h0: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the bytes that were shown and then sealed."""
    file_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the sealed file, which is also its name on disk."""
    revisions: Mapped[int | None]
    level: Mapped[str] = mapped_column(String(8), default="")
    """PAdES level of the seal: `B-B`, `B-T`."""
    seal_sha256: Mapped[str] = mapped_column(String(64), default="")
    """Fingerprint of the seal certificate."""
    sealed_at: Mapped[datetime | None]

    request: Mapped[ConsentRequest] = relationship(lazy="joined", innerjoin=True)


class EvidenceEvent(Base):
    """One act on a request. Append-only; ids and hashes only, so that people can be forgotten."""

    __tablename__ = "consent_evidence_event"
    __table_args__ = (UniqueConstraint("stream", "seq"), UniqueConstraint("stream", "prev_hash"))

    id: Mapped[Key]
    stream: Mapped[int] = mapped_column(BigInt)
    """The request. No foreign key: evidence outlives what it is about."""
    seq: Mapped[int] = mapped_column(BigInt)
    kind: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(BigInt)
    """None: the application itself."""
    capacity: Mapped[str] = mapped_column(String(24))
    representation_id: Mapped[int | None] = mapped_column(BigInt)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
