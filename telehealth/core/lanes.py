"""Lanes: kinds of background work that never wait for each other.

Each lane has its own events, its own threads and its own pace. Whatever waits in the others, a
reading is looked at and the mail of its alert is handed over within seconds.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Lane(StrEnum):
    """Where a handler works."""

    ALERTS = "alerts"
    """Looking at readings, steps of alerts, outcomes of their notices. Never uses the network."""
    URGENT = "urgent"
    """Mails somebody must have now: those of alerts, and codes. Waits for the mail server."""
    LIVE = "live"
    """What people with an open page wait for: hints to look again, the worklist. Short work."""
    NOTICES = "notices"
    """All other mails, and everyday work."""
    BULK = "bulk"
    """Imports, rebuilt sums, everybody judged anew: work of seconds or minutes."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a lane is worked."""

    claim_size: int
    """How many events a thread takes at once: what a killed worker may hold up for `LEASE`."""
    threads: int
    first_wait: timedelta
    """Before the first repeat of an event whose handler failed; doubled with each one."""
    longest_wait: timedelta
    """Between two tries."""
    max_attempts: int
    """After these a person has to look."""
    longest_turn: timedelta = timedelta(minutes=1)
    """A thread that is at one event for longer is stuck: its lane counts as not worked."""


_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

PACE = {
    Lane.ALERTS: Pace(5, 1, 2 * _SECOND, 2 * _MINUTE, 200),
    # One mail at a time, and two threads: a mail that hangs delays no other one.
    Lane.URGENT: Pace(1, 2, _MINUTE / 2, 2 * _MINUTE, 720, longest_turn=5 * _MINUTE),
    Lane.LIVE: Pace(10, 1, _MINUTE, _HOUR, 12),
    Lane.NOTICES: Pace(10, 1, _MINUTE, _HOUR, 12, longest_turn=5 * _MINUTE),
    Lane.BULK: Pace(1, 1, _MINUTE, _HOUR, 12, longest_turn=_HOUR),
}
"""720 tries of an urgent mail are a day."""
