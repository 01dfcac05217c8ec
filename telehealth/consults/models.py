"""Rows of consultations. What happened and what was noted is only ever added to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.booking.models import Appointment
from telehealth.core.actor import Basis
from telehealth.core.db import Base, BigInt, Key, one_of
from telehealth.identity.models import Person
from video.quality import Level
from video.rooms import CallState, Place, Role


class Consultation(Base):
    """The call of one video appointment; made when the first person comes."""

    __tablename__ = "consultation"
    __table_args__ = (
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_has_a_time"),
    )

    id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("appointment.id"), primary_key=True, autoincrement=False
    )
    """The appointment's: there is never a call without one, nor two calls for one."""
    state: Mapped[CallState] = mapped_column(one_of(CallState, "state", 8))
    revision: Mapped[int]
    """Counts the changes of the room: browsers drop a state older than the one they have."""
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    appointment: Mapped[Appointment] = relationship(lazy="joined", innerjoin=True)
    seats: Mapped[list["Seat"]] = relationship(
        lazy="selectin", order_by="Seat.number", back_populates="consultation"
    )


class Seat(Base):
    """One person in one consultation: `video.rooms.Participant`, stored."""

    __tablename__ = "consult_seat"
    __table_args__ = (
        UniqueConstraint("consultation_id", "person_id"),
        UniqueConstraint("consultation_id", "number"),
        UniqueConstraint("participant_id"),
        CheckConstraint("generation >= 1 AND number >= 0", name="counts"),
        Index("ix_consult_seat_representation_id", "representation_id"),
    )

    id: Mapped[Key]
    consultation_id: Mapped[int] = mapped_column(BigInt, ForeignKey("consultation.id"))
    person_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    participant_id: Mapped[str] = mapped_column(String(24))
    """Opaque and new for every consultation: others and the relay server see it."""
    role: Mapped[Role] = mapped_column(one_of(Role, "role", 12))
    basis: Mapped[Basis] = mapped_column(one_of(Basis, "basis"))
    representation_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("representation.id"))
    """Why a guardian or proxy is here; when it ends, they are taken out."""
    number: Mapped[int]
    """Order of first arrival, from 0; kept when the person comes back."""
    generation: Mapped[int]
    place: Mapped[Place] = mapped_column(one_of(Place, "place", 12))
    is_welcome: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    has_camera_on: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    has_microphone_on: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    quality: Mapped[Level | None] = mapped_column(one_of(Level, "quality", 8))
    """How the connection felt when it was last reported."""
    arrived_at: Mapped[datetime]
    """Of the newest connection."""

    consultation: Mapped[Consultation] = relationship(back_populates="seats")
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class EventKind(StrEnum):
    """What happened in a call."""

    ARRIVED = "arrived"
    ADMITTED = "admitted"
    ENTERED = "entered"
    """Sound or picture may flow."""
    LEFT = "left"
    DISMISSED = "dismissed"
    """Taken out because the right to be there ended."""
    QUALITY = "quality"
    """The connection became better or worse; `detail` is the level."""
    ENDED = "ended"


class CallEvent(Base):
    """History of a call; triggers made by the migration refuse UPDATE and DELETE."""

    __tablename__ = "call_event"
    __table_args__ = (Index("ix_call_event_consultation_id", "consultation_id", "id"),)

    id: Mapped[Key]
    consultation_id: Mapped[int] = mapped_column(BigInt, ForeignKey("consultation.id"))
    at: Mapped[datetime]
    kind: Mapped[EventKind] = mapped_column(one_of(EventKind, "kind", 12))
    seat_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("consult_seat.id"))
    """Whom it is about."""
    by_person_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    """Who did it; None: the application, because a right ended."""
    detail: Mapped[str] = mapped_column(String(12), default="")


class ConsultNote(Base):
    """One version of the clinician's note; versions are added, never changed (triggers)."""

    __tablename__ = "consult_note"
    __table_args__ = (
        UniqueConstraint("consultation_id", "version"),
        CheckConstraint("version >= 1", name="version"),
    )

    id: Mapped[Key]
    consultation_id: Mapped[int] = mapped_column(BigInt, ForeignKey("consultation.id"))
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    is_shared: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    """The patient may read this version."""
    by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    at: Mapped[datetime]

    author: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
