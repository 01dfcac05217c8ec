"""Whether each lane is being worked, and for how long it was not."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from telehealth.core.db import Base
from telehealth.core.lanes import Lane

EVERY_S = 4.0
"""Seconds between two heartbeats of a worker."""
PAUSE = timedelta(minutes=5)
"""A lane without a heartbeat for longer was not worked: what it missed is late. Who hears of what
was missed is decided by when each event came (alerts: by the receipt of a value), not here."""
log = logging.getLogger(__name__)


class LaneHeartbeat(Base):
    """The newest sign of life of a lane, by whichever worker."""

    __tablename__ = "lane_heartbeat"

    lane: Mapped[str] = mapped_column(String(12), primary_key=True)
    at: Mapped[datetime]


def beat(session: Session, lane: Lane, *, now: datetime) -> None:
    """A lane is being worked at this moment; the end of a pause is logged once."""
    row = session.get(LaneHeartbeat, lane.value, with_for_update=True)
    if row is None:
        session.add(LaneHeartbeat(lane=lane.value, at=now))
        return
    if now - row.at > PAUSE:
        pause_s = int((now - row.at).total_seconds())
        log.warning("lane was not worked", extra={"lane": lane.value, "pause_s": pause_s})
    row.at = now


def last_beats(session: Session) -> dict[str, datetime]:
    """The newest heartbeat of each lane that has ever been worked."""
    return {row.lane: row.at for row in session.scalars(select(LaneHeartbeat))}
