"""Rows of the audit trail. Triggers made by the migration refuse UPDATE and DELETE."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.core.db import Base, BigInt, Key, one_of

NOBODY = 0
"""Chain of events that concern no person's record (a failed sign-in under an unknown name)."""


class Outcome(StrEnum):
    """What became of the deed."""

    ALLOW = "allow"
    DENY = "deny"


class AuditEvent(Base):
    """One deed. Ids and field names only: a value here would be a second record."""

    __tablename__ = "audit_event"
    __table_args__ = (
        UniqueConstraint("subject_id", "seq"),
        Index("ix_audit_event_actor", "actor_person_id", "at"),
    )

    id: Mapped[Key]
    subject_id: Mapped[int] = mapped_column(BigInt)
    """Whose data; 0: nobody's. No foreign key: the trail outlives the person's row."""
    seq: Mapped[int] = mapped_column(BigInt)
    """Position in the subject's chain, from 1 without gaps."""
    at: Mapped[datetime]
    actor_person_id: Mapped[int | None] = mapped_column(BigInt)
    """None: the application itself (see `cause`) or somebody who is not signed in."""
    basis: Mapped[str] = mapped_column(String(24))
    representation_id: Mapped[int | None] = mapped_column(BigInt)
    """The guardianship or mandate under which the actor acted for the subject."""
    roles: Mapped[str] = mapped_column(String(64), default="")
    session_id: Mapped[int | None] = mapped_column(BigInt)
    action: Mapped[str] = mapped_column(String(64))
    """`room.verb`, or the endpoint for a denial."""
    resource_type: Mapped[str] = mapped_column(String(32), default="")
    resource_id: Mapped[str] = mapped_column(String(64), default="")
    outcome: Mapped[Outcome] = mapped_column(one_of(Outcome, "outcome", 8))
    cause: Mapped[str] = mapped_column(String(80), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 over `prev_hash` and the canonical JSON of all columns above."""


class AuditHead(Base):
    """End of each chain: the row that writers of one subject's trail queue on."""

    __tablename__ = "audit_head"

    subject_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInt)
    hash: Mapped[str] = mapped_column(String(64))
