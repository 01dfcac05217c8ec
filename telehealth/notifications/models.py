"""Rows of notifications."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.core.db import Base, BigInt, Key, one_of


class Channel(StrEnum):
    """The way a notice goes."""

    EMAIL = "email"


class Wording(StrEnum):
    """Which of our sentences a notice carries; none of them says what it is about."""

    WAITING = "waiting"
    """Something new is in the inbox."""
    ATTENTION = "attention"
    """Something needs the recipient now."""
    TEST = "test"
    """Somebody tries out whether notices arrive."""


class DeliveryState(StrEnum):
    """What became of one try; never goes back from an end."""

    SENDING = "sending"
    """Begun; a worker that dies here leaves it so until it is closed as delayed, `unknown`."""
    ACCEPTED = "accepted"
    """The mail server has taken it over."""
    FAILED_TEMP = "failed_temp"
    FAILED_PERM = "failed_perm"
    SUPPRESSED = "suppressed"
    """Not sent: no confirmed address, not entitled any more, died, withdrawn, no server (demo)."""


class Notification(Base):
    """One person is told of one event."""

    __tablename__ = "notification"
    __table_args__ = (UniqueConstraint("event_key", "recipient_id"),)

    id: Mapped[Key]
    event_key: Mapped[str] = mapped_column(String(80))
    """Names the event (`inbox-item:7`); with the recipient it makes repeats harmless."""
    subject_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    """Whom the event concerns."""
    recipient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"), index=True)
    representation_id: Mapped[int | None] = mapped_column(BigInt)
    """Why a representative is told; checked again when the notice is sent.

    None for anybody but the subject: a worker of the subject's care team, checked again too.
    """
    wording: Mapped[Wording] = mapped_column(one_of(Wording, "wording", 12))
    created_at: Mapped[datetime]
    withdrawn: Mapped[str] = mapped_column(String(40), server_default="", default="")
    """Why it is not to be sent any more (a code); empty: it is."""


class Delivery(Base):
    """One try to send a notice."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("notification_id", "channel", "attempt"),
        Index("ix_delivery_state_id", "state", "id"),
    )

    id: Mapped[Key]
    notification_id: Mapped[int] = mapped_column(BigInt, ForeignKey("notification.id"))
    channel: Mapped[Channel] = mapped_column(one_of(Channel, "channel", 12))
    attempt: Mapped[int]
    state: Mapped[DeliveryState] = mapped_column(one_of(DeliveryState, "state", 16))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(40), default="")
    """Code of a failure or suppression; never an address or a server's text."""
