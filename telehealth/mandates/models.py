"""Rows of representation."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.core.db import Base, BigInt, Key, one_of
from telehealth.identity.models import Person


class RepresentationKind(StrEnum):
    """Separate legal institutes, never merged."""

    GUARDIAN = "guardian"
    """Parent or legal guardian of a child under 15."""
    MANDATE = "mandate"
    """zVEM pooblastilo: access and procedures, no declarations of will, no delegation."""
    HEALTH_CARE_PROXY = "health_care_proxy"
    """Decides while the patient cannot; in effect only with a recorded incapacity."""


class Status(StrEnum):
    """Life of a representation; `revoked` and `expired` are final, renewal is a new row."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"


class StatusReason(StrEnum):
    """Why the status is what it is."""

    GRANTED_ONLINE = "granted_online"
    REGISTERED = "registered"
    BY_GRANTOR = "by_grantor"
    BY_PROXY = "by_proxy"
    CAME_OF_AGE = "came_of_age"
    END_DATE = "end_date"


class Representation(Base):
    """One person may act for another."""

    __tablename__ = "representation"
    __table_args__ = (
        CheckConstraint("represented_id <> representative_id", name="not_oneself"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ends_after_start"),
        Index(
            "uq_representation_active",
            "represented_id",
            "representative_id",
            "kind",
            unique=True,
            sqlite_where=text("status = 'active'"),
            postgresql_where=text("status = 'active'"),
        ),
        Index("ix_representation_representative", "representative_id"),
    )

    id: Mapped[Key]
    kind: Mapped[RepresentationKind] = mapped_column(one_of(RepresentationKind, "kind"))
    represented_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    representative_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    status: Mapped[Status] = mapped_column(one_of(Status, "status"))
    status_reason: Mapped[StatusReason] = mapped_column(one_of(StatusReason, "status_reason"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """Last local day, inclusive; None: until revoked."""
    incapacity_confirmed_at: Mapped[datetime | None]
    """Only for a health-care proxy: a clinician recorded that the patient cannot decide."""
    granted_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    represented: Mapped[Person] = relationship(
        foreign_keys=[represented_id], lazy="joined", innerjoin=True
    )
    representative: Mapped[Person] = relationship(
        foreign_keys=[representative_id], lazy="joined", innerjoin=True
    )


class RepresentationEvent(Base):
    """History of a representation: a row for each change, never an update in place without one."""

    __tablename__ = "representation_event"

    id: Mapped[Key]
    representation_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("representation.id"), index=True
    )
    at: Mapped[datetime]
    by_person_id: Mapped[int | None] = mapped_column(BigInt)
    status: Mapped[Status] = mapped_column(one_of(Status, "status"))
    reason: Mapped[StatusReason] = mapped_column(one_of(StatusReason, "reason"))
    channel: Mapped[str] = mapped_column(String(12), default="portal")
