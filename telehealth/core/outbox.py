"""Outbox: events written in the transaction that causes them, handled at least once afterwards.

The database is the truth; Huey only wakes the relay (`core.queue`). Claiming marks rows with a
lease, so a worker killed between claim and end loses nothing: another takes the row when the lease
is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Index, String, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from telehealth.core.db import Base, Key, wake_after_commit

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 12
CLAIM_SIZE = 100


class OutboxEvent(Base):
    """Something that happened and that others still have to hear about."""

    __tablename__ = "outbox_event"
    __table_args__ = (
        Index(
            "ix_outbox_event_open",
            "run_at",
            postgresql_where=text("done_at IS NULL"),
            sqlite_where=text("done_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    topic: Mapped[str] = mapped_column(String(64))
    """`room.what_happened`, for instance `mandates.revoked`."""
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Ids only, never health content."""
    created_at: Mapped[datetime]
    run_at: Mapped[datetime]
    """Not before; also the end of the lease while somebody works on it."""
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    """Given up after the last attempt: a person has to look."""
    last_error: Mapped[str] = mapped_column(String(200), default="")
    """Class of the last fault; never its text, which may hold personal data."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event taken for work."""

    id: int
    topic: str
    payload: Mapping[str, Any]
    attempt: int


def put(
    session: Session,
    topic: str,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    run_at: datetime | None = None,
) -> None:
    """Store an event in this transaction; it is handled only if the transaction is kept."""
    session.add(
        OutboxEvent(topic=topic, payload=dict(payload), created_at=now, run_at=run_at or now)
    )
    wake_after_commit(session)


def claim(session: Session, *, now: datetime, size: int = CLAIM_SIZE) -> list[Claimed]:
    """Take up to `size` open events for `LEASE`, oldest first, each by one worker only."""
    rows = session.scalars(
        select(OutboxEvent)
        .where(
            OutboxEvent.done_at.is_(None),
            OutboxEvent.failed_at.is_(None),
            OutboxEvent.run_at <= now,
        )
        .order_by(OutboxEvent.run_at, OutboxEvent.id)
        .limit(size)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.run_at = now + LEASE
        row.attempts += 1
    session.flush()
    return [Claimed(row.id, row.topic, dict(row.payload), row.attempts) for row in rows]


def finish(session: Session, event_id: int, *, now: datetime) -> None:
    """The event has been handled."""
    session.execute(update(OutboxEvent).where(OutboxEvent.id == event_id).values(done_at=now))


def postpone(session: Session, event: Claimed, fault: str, *, now: datetime) -> None:
    """The handler failed: try again after 1, 2, 4 … minutes (at most 60), in the end give up."""
    values: dict[str, Any] = {"last_error": fault[:200]}
    if event.attempt >= MAX_ATTEMPTS:
        values["failed_at"] = now
    else:
        values["run_at"] = now + min(
            timedelta(minutes=2 ** (event.attempt - 1)), timedelta(hours=1)
        )
    session.execute(update(OutboxEvent).where(OutboxEvent.id == event.id).values(**values))
