"""Rows of booking. What blocks whose time is decided by constraints (see migration 0009)."""

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.core.actor import Basis
from telehealth.core.db import Base, BigInt, Key, one_of
from telehealth.identity.models import Person


class Modality(StrEnum):
    """How patient and worker meet."""

    VIDEO = "video"
    PERSON = "person"
    PHONE = "phone"


class Status(StrEnum):
    """Life of an appointment."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    """The patient waits: in the waiting room of the clinic or of the call."""
    IN_PROGRESS = "in_progress"
    DONE = "done"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


BLOCKING = (Status.BOOKED, Status.ARRIVED, Status.IN_PROGRESS)
"""States that keep the worker's and the patient's time taken."""


class Channel(StrEnum):
    """How the wish for an appointment reached us."""

    PORTAL = "portal"
    PHONE = "phone"
    PERSON = "person"
    POST = "post"


class CancelReason(StrEnum):
    """Why an appointment was given back."""

    PATIENT = "patient"
    """By the patient or whoever acts for the patient."""
    CLINIC = "clinic"
    MOVED = "moved"
    """Another appointment took its place; see that one's `moved_from_id`."""


class ResourceKind(StrEnum):
    """What an appointment takes up."""

    WORKER = "worker"
    PATIENT = "patient"
    """A patient cannot be in two places either."""


class ServiceType(Base):
    """A kind of appointment the clinic offers, with its rules; a migration brings three."""

    __tablename__ = "service_type"
    __table_args__ = (
        CheckConstraint("duration_min BETWEEN 5 AND 480", name="duration"),
        CheckConstraint("before_min >= 0 AND after_min >= 0", name="buffers"),
        CheckConstraint(
            "lead_min >= 0 AND horizon_days > 0 AND cancel_until_min >= 0", name="limits"
        ),
    )

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name_sl: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    modality: Mapped[Modality] = mapped_column(one_of(Modality, "modality", 12))
    duration_min: Mapped[int]
    """Usual length of a slot; hours may be offered with another."""
    before_min: Mapped[int]
    """The worker's time taken before each appointment, unseen by the patient."""
    after_min: Mapped[int]
    lead_min: Mapped[int]
    """Patients book at least this long before the start; staff may book later."""
    horizon_days: Mapped[int]
    """Patients book at most this many days ahead."""
    cancel_until_min: Mapped[int]
    """Patients cancel or move at least this long before the start; afterwards they call."""
    is_active: Mapped[bool] = mapped_column(Boolean(create_constraint=False), default=True)

    def name(self, locale: str) -> str:
        """The name in the reader's language."""
        return self.name_sl if locale == "sl" else self.name_en


class Offer(Base):
    """Hours a worker offers, in wall time: on one day (`first_on` = `last_on`) or every week."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("starts_wall < ends_wall", name="window"),
        CheckConstraint("last_on IS NULL OR first_on <= last_on", name="days"),
        CheckConstraint("slot_min BETWEEN 5 AND 480", name="slot"),
        Index("ix_offer_worker_id", "worker_id"),
    )

    id: Mapped[Key]
    worker_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    service_type_id: Mapped[int] = mapped_column(BigInt, ForeignKey("service_type.id"))
    first_on: Mapped[date]
    """First day; its weekday is the day of the week that repeats."""
    last_on: Mapped[date | None]
    """Last possible day, inclusive; None repeats until withdrawn."""
    starts_wall: Mapped[time]
    ends_wall: Mapped[time]
    zone: Mapped[str] = mapped_column(String(40))
    """IANA name of the zone the wall times are meant in."""
    slot_min: Mapped[int]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    """No new slots after withdrawal; what is booked stays booked."""

    service_type: Mapped[ServiceType] = relationship(lazy="joined", innerjoin=True)
    worker: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Resource(Base):
    """Someone (later: a room, a device) whose time an appointment takes up."""

    __tablename__ = "resource"
    __table_args__ = (UniqueConstraint("kind", "person_id"),)

    id: Mapped[Key]
    kind: Mapped[ResourceKind] = mapped_column(one_of(ResourceKind, "kind", 12))
    person_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))


class Appointment(Base):
    """A patient's claim on a worker's time."""

    __tablename__ = "appointment"
    __table_args__ = (
        UniqueConstraint("id", "blocking"),
        UniqueConstraint("booked_by_id", "attempt_key"),
        CheckConstraint("starts_at < ends_at", name="times"),
        CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        CheckConstraint(
            "(cancelled_at IS NULL) = (cancel_reason IS NULL)", name="cancel_has_a_reason"
        ),
        Index("ix_appointment_patient_id_starts_at", "patient_id", "starts_at"),
        Index("ix_appointment_worker_id_starts_at", "worker_id", "starts_at"),
    )

    id: Mapped[Key]
    uid: Mapped[str] = mapped_column(String(36))
    """Name of the event in calendars; a moved appointment keeps it and counts `sequence` up."""
    sequence: Mapped[int] = mapped_column(default=0)
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    worker_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    service_type_id: Mapped[int] = mapped_column(BigInt, ForeignKey("service_type.id"))
    offer_id: Mapped[int] = mapped_column(BigInt, ForeignKey("offer.id"))
    modality: Mapped[Modality] = mapped_column(one_of(Modality, "modality", 12))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(40))
    starts_wall: Mapped[datetime] = mapped_column(DateTime())
    """What the clock on the wall shows at the start, in `zone`: what people were told."""
    status: Mapped[Status] = mapped_column(one_of(Status, "status", 12))
    blocking: Mapped[bool] = mapped_column(
        Boolean(create_constraint=False),
        Computed("status IN ('booked', 'arrived', 'in_progress')", persisted=True),
    )
    """Computed by the database; referenced together with the id by what is blocked."""
    booked_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    """Differs from the patient when a guardian, a proxy or the clinic booked."""
    booked_basis: Mapped[Basis] = mapped_column(one_of(Basis, "booked_basis"))
    channel: Mapped[Channel] = mapped_column(one_of(Channel, "channel", 12))
    attempt_key: Mapped[str] = mapped_column(String(64))
    """Made once per booking form: the second click finds the first booking."""
    booked_at: Mapped[datetime]
    moved_from_id: Mapped[int | None] = mapped_column(
        BigInt, ForeignKey("appointment.id"), unique=True
    )
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    cancel_reason: Mapped[CancelReason | None] = mapped_column(
        one_of(CancelReason, "cancel_reason", 12)
    )

    patient: Mapped[Person] = relationship(foreign_keys=patient_id, lazy="joined", innerjoin=True)
    worker: Mapped[Person] = relationship(foreign_keys=worker_id, lazy="joined", innerjoin=True)
    booked_by: Mapped[Person] = relationship(
        foreign_keys=booked_by_id, lazy="joined", innerjoin=True
    )
    service_type: Mapped[ServiceType] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_for_another(self) -> bool:
        """Whether somebody else than the patient booked."""
        return self.booked_by_id != self.patient_id


class AppointmentResource(Base):
    """Time taken from one resource. PostgreSQL excludes overlaps, SQLite has triggers that do."""

    __tablename__ = "appointment_resource"
    __table_args__ = (
        ForeignKeyConstraint(
            ["appointment_id", "blocking"],
            ["appointment.id", "appointment.blocking"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        CheckConstraint("blocked_from < blocked_until", name="range"),
        Index("ix_appointment_resource_resource_id_blocked_from", "resource_id", "blocked_from"),
    )

    appointment_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    resource_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("resource.id"), primary_key=True, autoincrement=False
    )
    blocking: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    """Follows the appointment by the foreign key: nobody can forget to free the time."""
    blocked_from: Mapped[datetime]
    """Start less the buffer before."""
    blocked_until: Mapped[datetime]
    """End and the buffer after; exclusive, so that appointments may touch."""
