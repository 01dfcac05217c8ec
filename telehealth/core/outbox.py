"""Outbox: events written in the transaction that causes them, handled at least once afterwards.

The database is the truth; whoever wakes a worker only gives a hint. An event is put once. A worker
sorts it: it becomes one row for each lane that has a handler of its topic, so a handler that fails
is repeated in its own lane only. Claiming marks rows with a short lease that a living worker
renews; what a killed one held is taken by another when the lease is over.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ColumnElement, Index, String, and_, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from telehealth.core.db import Base, Key, wake_after_commit
from telehealth.core.lanes import PACE, Lane

LEASE = timedelta(seconds=20)
"""How long a dead worker holds what it had claimed; a living one renews it in time."""
SORT_SIZE = 500
_UNSORTED = ""
_IS_OPEN = "done_at IS NULL AND failed_at IS NULL"


class OutboxEvent(Base):
    """Something that happened and that one lane still has to hear about."""

    __tablename__ = "outbox_event"
    __table_args__ = (
        Index(
            "ix_outbox_event_open",
            "lane",
            "run_at",
            postgresql_where=text(_IS_OPEN),
            sqlite_where=text(_IS_OPEN),
        ),
        Index(
            "ix_outbox_event_due",
            "lane",
            "due_at",
            postgresql_where=text(_IS_OPEN),
            sqlite_where=text(_IS_OPEN),
        ),
        Index(
            "ix_outbox_event_failed",
            "failed_at",
            postgresql_where=text("failed_at IS NOT NULL"),
            sqlite_where=text("failed_at IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    topic: Mapped[str] = mapped_column(String(64))
    """`room.what_happened`, for instance `mandates.revoked`."""
    lane: Mapped[str] = mapped_column(String(12), server_default=_UNSORTED, default=_UNSORTED)
    """A `Lane`; empty: not sorted yet."""
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Ids only, never health content."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """When it was to be handled; None: put by the previous release and not sorted yet."""
    run_at: Mapped[datetime]
    """Not before; also the end of the lease while somebody works on it."""
    claimed_by: Mapped[str | None] = mapped_column(String(36))
    """The worker that holds it."""
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    """Given up after the last attempt: a person has to look."""
    last_error: Mapped[str] = mapped_column(String(200), default="")
    """Class of the last fault; never its text, which may hold personal data."""


@dataclass(frozen=True, slots=True, eq=False)
class Event(Mapping[str, Any]):
    """An event taken for work; as a mapping it is its payload."""

    id: int
    topic: str
    lane: Lane
    payload: Mapping[str, Any]
    created_at: datetime
    """When it was put: the receipt of what it tells about, however late it is handled."""
    attempt: int
    worker: str

    def __getitem__(self, name: str) -> Any:
        """One value of the payload."""
        return self.payload[name]

    def __iter__(self) -> Iterator[str]:
        """Names in the payload."""
        return iter(self.payload)

    def __len__(self) -> int:
        """How many values the payload has."""
        return len(self.payload)


LanesOf = Callable[[str, Mapping[str, Any]], Sequence[Lane]]
"""The lanes (one at least) that handle a topic with a payload."""


def put(
    session: Session,
    topic: str,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    run_at: datetime | None = None,
) -> None:
    """Store an event in this transaction; it is handled only if the transaction is kept."""
    at = run_at or now
    session.add(
        OutboxEvent(topic=topic, payload=dict(payload), created_at=now, due_at=at, run_at=at)
    )
    wake_after_commit(session)


def has_work(session: Session, lane: Lane, *, now: datetime) -> bool:
    """Whether something is to be sorted, or to be handled in `lane` now."""
    due = and_(OutboxEvent.lane == lane, OutboxEvent.run_at <= now)
    wanted = or_(OutboxEvent.lane == _UNSORTED, due)
    return session.scalar(select(OutboxEvent.id).where(_is_open(), wanted).limit(1)) is not None


def sort(session: Session, lanes_of: LanesOf) -> int:
    """Put what is unsorted in its lanes, a row for each; returns how many events were sorted."""
    rows = session.scalars(
        select(OutboxEvent)
        .where(_is_open(), OutboxEvent.lane == _UNSORTED)
        .order_by(OutboxEvent.run_at, OutboxEvent.id)
        .limit(SORT_SIZE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.lane, *others = lanes_of(row.topic, row.payload)
        row.due_at = row.due_at or row.run_at
        session.add_all(_copy(row, lane) for lane in others)
    session.flush()
    return len(rows)


def _copy(row: OutboxEvent, lane: Lane) -> OutboxEvent:
    return OutboxEvent(
        topic=row.topic,
        lane=lane,
        payload=row.payload,
        created_at=row.created_at,
        due_at=row.due_at,
        run_at=row.run_at,
    )


def claim(session: Session, lane: Lane, worker: str, *, now: datetime) -> list[Event]:
    """Take open events of a lane for `LEASE`, oldest first, each by one worker only."""
    rows = session.scalars(
        select(OutboxEvent)
        .where(_is_open(), OutboxEvent.lane == lane, OutboxEvent.run_at <= now)
        .order_by(OutboxEvent.run_at, OutboxEvent.id)
        .limit(PACE[lane].claim_size)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.run_at, row.claimed_by = now + LEASE, worker
        row.attempts += 1
    session.flush()
    return [
        Event(row.id, row.topic, lane, dict(row.payload), row.created_at, row.attempts, worker)
        for row in rows
    ]


def renew(session: Session, event_ids: Collection[int], worker: str, *, now: datetime) -> None:
    """A living worker goes on holding what it has claimed."""
    session.execute(
        update(OutboxEvent)
        .where(OutboxEvent.id.in_(event_ids), OutboxEvent.claimed_by == worker, _is_open())
        .values(run_at=now + LEASE)
    )


def finish(session: Session, event_id: int, *, now: datetime) -> None:
    """The event has been handled."""
    session.execute(
        update(OutboxEvent).where(OutboxEvent.id == event_id).values(done_at=now, claimed_by=None)
    )


def postpone(session: Session, event: Event, fault: str, *, now: datetime) -> None:
    """The handler failed: try again at the pace of the lane, in the end give up."""
    pace = PACE[event.lane]
    values: dict[str, Any] = {"last_error": fault[:200], "claimed_by": None}
    if event.attempt >= pace.max_attempts:
        values["failed_at"] = now
    else:
        doubled = pace.first_wait * 2 ** min(event.attempt - 1, 16)
        values["run_at"] = now + min(doubled, pace.longest_wait)
    session.execute(_held(event).values(**values))


def give_back(session: Session, event: Event, *, now: datetime) -> None:
    """An event that was claimed and not begun is anybody's again."""
    session.execute(
        _held(event).values(run_at=now, claimed_by=None, attempts=OutboxEvent.attempts - 1)
    )


def oldest_due(session: Session, lane: Lane, *, now: datetime) -> datetime | None:
    """Since when the oldest open event of a lane waits, one that is repeated too; None: nothing."""
    places = (lane.value, _UNSORTED)
    found = [
        session.scalar(
            select(func.min(OutboxEvent.due_at)).where(
                _is_open(), OutboxEvent.lane == place, OutboxEvent.due_at <= now
            )
        )
        for place in places
    ]
    return min((at for at in found if at is not None), default=None)


def waiting(session: Session, lane: Lane, topic: str) -> int:
    """How many events of a topic are open in a lane."""
    query = select(func.count()).select_from(OutboxEvent)
    wanted = (OutboxEvent.lane == lane, OutboxEvent.topic == topic, _is_open())
    return session.scalar(query.where(*wanted)) or 0


def given_up(session: Session) -> int:
    """How many events were given up and wait for a person."""
    query = select(func.count()).select_from(OutboxEvent)
    return session.scalar(query.where(OutboxEvent.failed_at.is_not(None))) or 0


def _is_open() -> ColumnElement[bool]:
    return and_(OutboxEvent.done_at.is_(None), OutboxEvent.failed_at.is_(None))


def _held(event: Event) -> Any:
    """Change an event only while it is still the worker's own."""
    return update(OutboxEvent).where(
        OutboxEvent.id == event.id,
        OutboxEvent.claimed_by == event.worker,
        OutboxEvent.done_at.is_(None),
    )
