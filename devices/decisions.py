"""What a person decides about records that were set aside: send them after all, or never.

Nothing is deleted, here or on the meter. A time is corrected only by a person who says which
time is right; what the meter sent stays beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from devices.meaning import FUTURE, Doubt
from devices.queue import SENDABLE, Queue
from devices.rows import RECORD_COLUMNS, RecordRow, State

SHORTEST_KEY = 6
"""Digits of a record's key that a person has to type at least."""
OPEN = (State.QUARANTINED, State.REJECTED)
NEVER = frozenset({Doubt.IMPLAUSIBLE, Doubt.CONTRADICTION, Doubt.UNREADABLE})
"""Doubts about the value itself: no person can know what it was."""


class Deed(StrEnum):
    """What is decided."""

    RELEASE = "release"
    DISCARD = "discard"


class Objection(StrEnum):
    """Why a decision cannot be carried out."""

    NO_SUCH_RECORD = "no_such_record"
    NOT_OPEN = "not_open"
    """It is not set aside: sent, waiting, or decided before."""
    NO_VALUE = "no_value"
    """There is no value that could be sent."""
    NEEDS_TIME = "needs_time"
    """The meter's time names no moment; a person has to say when it was."""
    FUTURE_TIME = "future_time"
    ONE_TIME = "one_time"
    """A time was given for several records."""


class DecisionError(Exception):
    """Nothing was decided; `key` is the record that stands in the way."""

    def __init__(self, objection: Objection, key: str) -> None:
        super().__init__(f"{objection}: {key}")
        self.objection = objection
        self.key = key


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decides about some records, and why."""

    deed: Deed
    reason: str
    decided_by: str
    at: datetime
    measured_at: datetime | None = None
    """When the one record was really measured, where the meter's clock was wrong."""


def decide(queue: Queue, keys: Sequence[str], decision: Decision) -> list[RecordRow]:
    """Carry out a decision about all the named records, or about none of them.

    Args:
        queue: where the records are.
        keys: beginnings of their keys.
        decision: what is decided.

    Returns:
        The records as they were before.

    Raises:
        DecisionError: one of them cannot be decided about like this.
    """
    if decision.measured_at is not None and len(keys) != 1:
        raise DecisionError(Objection.ONE_TIME, "")
    found = [_open_record(queue, key) for key in keys]
    if decision.deed is Deed.RELEASE:
        for record in found:
            _require_sendable(record, decision)
    state = State.PENDING if decision.deed is Deed.RELEASE else State.DISCARDED
    corrected_at = decision.measured_at and decision.measured_at.isoformat()
    with queue.writing() as db:
        for record in found:
            db.execute(
                "UPDATE record SET state = ?, corrected_at = coalesce(?, corrected_at)"
                " WHERE id = ?",
                (state, corrected_at, record.id),
            )
            db.execute(
                "UPDATE meter SET told_at = NULL"
                " WHERE id = (SELECT meter_id FROM record WHERE id = ?)",
                (record.id,),
            )
            db.execute(
                "INSERT INTO decision (record_id, deed, reason, decided_by, decided_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    *(record.id, decision.deed, decision.reason),
                    *(decision.decided_by, decision.at.isoformat()),
                ),
            )
    return found


def _open_record(queue: Queue, key: str) -> RecordRow:
    if len(key) < SHORTEST_KEY or not key.isalnum():
        raise DecisionError(Objection.NO_SUCH_RECORD, key)
    found = queue.rows(
        f"SELECT {RECORD_COLUMNS} FROM record JOIN meter ON meter.id = record.meter_id"  # noqa: S608 - our constant
        " WHERE substr(key, 1, ?) = ?",
        len(key),
        key.lower(),
    )
    if len(found) != 1:  # none, or too short to tell two apart
        raise DecisionError(Objection.NO_SUCH_RECORD, key)
    record = RecordRow(*found[0])
    if record.state not in OPEN:
        raise DecisionError(Objection.NOT_OPEN, key)
    return record


def _require_sendable(record: RecordRow, decision: Decision) -> None:
    has_value = record.value is not None or record.kind in ("high", "low")
    doubts = set(record.reason.split(",")) if record.state == State.QUARANTINED else set()
    if record.kind not in SENDABLE or not has_value or doubts & NEVER:
        raise DecisionError(Objection.NO_VALUE, record.key)
    at = decision.measured_at or _moment(record)
    if at is None:
        raise DecisionError(Objection.NEEDS_TIME, record.key)
    if at - decision.at > FUTURE:
        raise DecisionError(Objection.FUTURE_TIME, record.key)


def _moment(record: RecordRow) -> datetime | None:
    text = record.corrected_at or record.measured_at
    return datetime.fromisoformat(text) if text else None
