"""Rows of the inbox."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.core.db import Base, BigInt, Key, one_of


class ItemKind(StrEnum):
    """What an item asks of its owner."""

    NOTICE = "notice"
    APPOINTMENT = "appointment"
    QUESTIONNAIRE = "questionnaire"
    CONSENT = "consent"
    DOCUMENT = "document"
    REPORT = "report"


class InboxItem(Base):
    """Something for one person; the thing itself lives in the room that delivered it."""

    __tablename__ = "inbox_item"
    __table_args__ = (
        Index("ix_inbox_item_person", "person_id", "created_at"),
        Index("uq_inbox_item_ref", "person_id", "kind", "ref", unique=True),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    kind: Mapped[ItemKind] = mapped_column(one_of(ItemKind, "kind"))
    ref: Mapped[str] = mapped_column(String(64))
    """Id of the thing in its room; one item per thing and person."""
    title: Mapped[str] = mapped_column(String(200))
    """English message id or the title of the thing; translated when shown."""
    sender_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
