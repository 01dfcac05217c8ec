"""A clinic's visit: one patient's turn, and nothing is sent without a look at the last values.

Beside a home meter a claim says once whose it is. Where many people bring meters, each visit is
begun for one patient, has a time limit, and gives only what was read during it. The last values
are shown, and what was shown is what is given: the code of an offer changes with its records.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection

from devices.queue import SENDABLE, Queue
from devices.rows import RECORD_COLUMNS, RecordRow

TOKEN_BYTES = 5
CODE_DIGITS = 8
SHOWN = 3
"""Values a person can compare with the meter's display."""
LONGEST = timedelta(hours=12)


class VisitError(Exception):
    """The visit is not there, is over, or was begun for other records."""


class NoVisitError(VisitError):
    """Nobody began a visit by this token."""


class VisitOverError(VisitError):
    """The time of the visit is over, or it was confirmed or refused before."""


class OtherRecordsError(VisitError):
    """What was shown is not what would be given: show it again."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One patient's turn."""

    id: int
    token: str
    patient: str
    begun_by: str
    begun_at: str
    expires_at: str
    after_record: int
    """The newest record there was when it began; later ones were read during it."""
    with_history: int
    """1 when also records read earlier for nobody are offered."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a visit would give to its patient, to be confirmed by a person."""

    visit: Visit
    meter_id: int
    code: str
    """Names exactly these records; to be given back with the confirmation."""
    record_ids: tuple[int, ...]
    last: tuple[RecordRow, ...]
    """The newest blood glucose among them with a time, HI and LO too, newest first."""
    left: int
    """Records of the meter read earlier for nobody, which stay out."""


COLUMNS = "id, token, patient, begun_by, begun_at, expires_at, after_record, with_history"


def begin(
    queue: Queue,
    patient: str,
    *,
    begun_by: str,
    at: datetime,
    lasts: timedelta,
    with_history: bool = False,
) -> Visit:
    """Begin a visit: until it ends, one meter may be read for this patient.

    Args:
        queue: where it is written down.
        patient: the patient's id on the server.
        begun_by: who says so, for the record.
        at: now, aware.
        lasts: the time limit, at most twelve hours.
        with_history: offer also what was read earlier for nobody.

    Raises:
        ValueError: a time limit that is none.
    """
    if not timedelta() < lasts <= LONGEST:
        raise ValueError(f"a visit lasts up to {LONGEST}: {lasts}")
    token = secrets.token_hex(TOKEN_BYTES)
    with queue.writing() as db:
        db.execute(
            "INSERT INTO visit (token, patient, begun_by, begun_at, expires_at, with_history,"
            " after_record)"
            " SELECT ?, ?, ?, ?, ?, ?, coalesce(max(id), 0) FROM record",
            (token, patient, begun_by, _iso(at), _iso(at + lasts), with_history),
        )
    visit, _ = _found(queue, token)
    return visit


def open_visit(queue: Queue, token: str, *, at: datetime) -> Visit:
    """Return the visit of a token.

    Raises:
        NoVisitError: there is none.
        VisitOverError: it has ended.
    """
    visit, ended_at = _found(queue, token)
    if ended_at is not None or datetime.fromisoformat(visit.expires_at) <= at:
        raise VisitOverError(token)
    return visit


def _found(queue: Queue, token: str) -> tuple[Visit, str | None]:
    found = queue.rows(f"SELECT {COLUMNS}, ended_at FROM visit WHERE token = ?", token)  # noqa: S608 - our constant
    if not found:
        raise NoVisitError(token)
    *row, ended_at = found[0]
    return Visit(*row), ended_at


def offer(queue: Queue, visit: Visit, meter_id: int) -> Offer:
    """Gather what a visit would give: what was read during it and belongs to nobody."""
    found = queue.rows(
        f"SELECT {RECORD_COLUMNS} FROM record"  # noqa: S608 - our constant
        " JOIN meter ON meter.id = record.meter_id"
        " WHERE meter_id = ? AND claim_id IS NULL ORDER BY record.id",
        meter_id,
    )
    unowned = [RecordRow(*row) for row in found]
    records = [one for one in unowned if visit.with_history or one.id > visit.after_record]
    values = [one for one in records if one.measured_at and one.kind in SENDABLE]
    dated = sorted(values, key=_moment, reverse=True)
    return Offer(
        visit,
        meter_id,
        _code(visit, meter_id, records),
        tuple(one.id for one in records),
        tuple(dated[:SHOWN]),
        len(unowned) - len(records),
    )


def confirm(queue: Queue, offered: Offer, code: str, *, at: datetime) -> int:
    """Give the offered records to the visit's patient and end the visit.

    Returns:
        How many records were given.

    Raises:
        VisitOverError: the visit ended meanwhile.
        OtherRecordsError: the code is not that of these records.
    """
    if not secrets.compare_digest(code.encode(), offered.code.encode()):
        raise OtherRecordsError(code)
    visit = offered.visit
    with queue.writing() as db:
        _end(db, visit, "confirmed", at)
        made = db.execute(
            "INSERT INTO claim (meter_id, patient, claimed_by, claimed_at, ended_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (offered.meter_id, visit.patient, visit.begun_by, _iso(at), _iso(at)),
        ).lastrowid
        db.executemany(
            "UPDATE record SET claim_id = ? WHERE id = ? AND claim_id IS NULL",
            [(made, record) for record in offered.record_ids],
        )
    return len(offered.record_ids)


def refuse(queue: Queue, visit: Visit, *, at: datetime) -> None:
    """End a visit without giving anything: the records stay here and belong to nobody.

    Raises:
        VisitOverError: it ended meanwhile.
    """
    with queue.writing() as db:
        _end(db, visit, "refused", at)


def _end(db: Connection, visit: Visit, outcome: str, at: datetime) -> None:
    ended = db.execute(
        "UPDATE visit SET ended_at = ?, outcome = ? WHERE id = ? AND ended_at IS NULL",
        (_iso(at), outcome, visit.id),
    )
    if not ended.rowcount:
        raise VisitOverError(visit.token)


def _code(visit: Visit, meter_id: int, records: list[RecordRow]) -> str:
    parts = [visit.token, str(meter_id), *(one.key for one in records)]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:CODE_DIGITS]


def _moment(record: RecordRow) -> datetime:
    return datetime.fromisoformat(record.measured_at or "")


def _iso(at: datetime) -> str:
    """Write a moment so that texts sort as moments do: always UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds")
