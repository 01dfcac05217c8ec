"""Whether an installation does its work: the database, the lanes of background work, the rooms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from telehealth.core import heartbeat, outbox
from telehealth.core.lanes import Lane

LIMIT = timedelta(seconds=60)
"""An alert's work may wait, and a lane may be without a heartbeat, for this long."""


class Health(StrEnum):
    """How a part does its work."""

    OK = "ok"
    WARNING = "warning"
    """A person should look; requests and alerts are served."""
    FAILING = "failing"
    """The installation is not ready."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one part says of itself: numbers and instants, never a person."""

    health: Health
    facts: dict[str, Any] = field(default_factory=dict)


Check = Callable[[Session, datetime], Line]


def lines(session: Session, checks: dict[str, Check], *, now: datetime) -> dict[str, Line]:
    """A line for each lane, for what was given up, and for what the rooms check."""
    beats = heartbeat.last_beats(session)
    found = {f"lane {lane}": _lane(session, lane, beats.get(lane), now) for lane in Lane}
    n_failed = outbox.given_up(session)
    found["failed events"] = Line(Health.WARNING if n_failed else Health.OK, {"count": n_failed})
    return found | {name: check(session, now) for name, check in checks.items()}


def worst(of: Sequence[Line]) -> Health:
    """The worst of several lines."""
    return max((line.health for line in of), key=list(Health).index, default=Health.OK)


def _lane(session: Session, lane: Lane, beat_at: datetime | None, now: datetime) -> Line:
    oldest = outbox.oldest_due(session, lane, now=now)
    is_worked = beat_at is not None and abs(now - beat_at) <= LIMIT
    is_late = oldest is not None and now - oldest > LIMIT
    health = Health.OK
    if lane is Lane.ALERTS and (is_late or not is_worked):
        health = Health.FAILING
    elif is_late or not is_worked:
        health = Health.WARNING
    facts = {
        "heartbeat_s": _seconds(beat_at, now),
        "oldest_s": _seconds(oldest, now),
    }
    return Line(health, facts)


def _seconds(at: datetime | None, now: datetime) -> int | None:
    return None if at is None else round((now - at).total_seconds())
