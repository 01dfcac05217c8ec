"""The local queue: every record a meter gave, kept until the server has it, and longer.

One SQLite file. A record and the cursor that says it was read are written in one transaction,
so a power cut loses nothing and doubles nothing; the key of a record makes reading it again
harmless.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from devices.glucose import Kind
from devices.meaning import Reading
from devices.rows import (
    CLAIM_COLUMNS,
    METER_COLUMNS,
    RECORD_COLUMNS,
    Attempt,
    Claim,
    MeterRow,
    RecordRow,
    State,
)
from devices.tables import STEPS, VERSION

BUSY_MS = 10_000
INSERT_RECORD = """INSERT INTO record (meter_id, claim_id, epoch, key, seq, kind, state, reason,
    value, unit, measured_at, base, offset_min, meal, raw, raw_context, zone, drift_s, read_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


SENDABLE = frozenset({Kind.GLUCOSE, Kind.HIGH, Kind.LOW})


class QueueError(Exception):
    """The queue cannot be opened or used: the folder, the disk, or a newer program's file."""


class QueueDamagedError(QueueError):
    """The file is damaged; the message is its path."""


DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def _error(path: Path, error: sqlite3.Error) -> QueueError:
    """Name what stands in the way of using the file."""
    code = getattr(error, "sqlite_errorcode", 0)  # absent where SQLite was not reached
    if code & 0xFF in DAMAGE:  # the upper bytes are finer than is needed
        return QueueDamagedError(str(path))
    return QueueError(f"{path}: {error}")


def state_of(reading: Reading) -> State:
    """Decide what happens to a record: only certain glucose is sent, also as HI or LO."""
    if reading.doubts:
        return State.QUARANTINED
    return State.PENDING if reading.kind in SENDABLE else State.KEPT


class Queue:
    """The queue in one file; every public method is one transaction."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it and its folder when they are absent.

        Raises:
            QueueError: no folder, no right, no room, or not our file.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path = path
            self._db = sqlite3.connect(path, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise QueueError(f"{path}: {error}") from error
        try:
            self._prepare(path)
        except sqlite3.Error as error:
            self._db.close()
            raise _error(path, error) from error
        except QueueError:
            self._db.close()
            raise

    def _prepare(self, path: Path) -> None:
        path.chmod(0o600)  # health data: nobody else on this computer reads it
        self._db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if self._version() > VERSION:
            raise QueueError(f"{path}: written by a newer version of this program")
        if self._version() < VERSION:
            with self.writing() as db:
                for step in STEPS[self._version() :]:  # another program may have been faster
                    for statement in step:
                        db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")
        self._db.execute("PRAGMA foreign_keys = ON")  # after the steps: they rebuild tables

    def _version(self) -> int:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        return int(version)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        """Use the queue for a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file at the end of the block."""
        self.close()

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Answer a question about what is kept here.

        Raises:
            QueueError: the file cannot be read, or is damaged.
        """
        try:
            return self._db.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise _error(self._path, error) from error

    def check(self) -> None:
        """Look through the whole file.

        Raises:
            QueueDamagedError: it is damaged.
        """
        ((found,),) = self.rows("PRAGMA quick_check(1)")
        if found != "ok":
            raise QueueDamagedError(str(self._path))

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Make the block's changes all true or none.

        Raises:
            QueueError: the disk is full, the file is locked or damaged.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise _error(self._path, error) from error

    def meter(self, identity: str, *, name: str, address: str) -> MeterRow:
        """Make a meter known, or bring its name and address up to date."""
        with self.writing() as db:
            db.execute(
                "INSERT INTO meter (identity, name, address) VALUES (?, ?, ?)"
                " ON CONFLICT (identity) DO UPDATE"
                " SET name = excluded.name, address = excluded.address",
                (identity, name, address),
            )
        return next(row for row in self.meters() if row.identity == identity)

    def meters(self) -> list[MeterRow]:
        """List the known meters, in the order they were first read."""
        found = self.rows(f"SELECT {METER_COLUMNS} FROM meter ORDER BY id")  # noqa: S608 - our constant
        return [MeterRow(*row) for row in found]

    def describe(
        self,
        meter_id: int,
        *,
        battery_percent: int | None,
        drift_s: int | None,
        firmware: str | None = None,
        at: datetime,
    ) -> None:
        """Note what the meter said about itself at a transfer."""
        with self.writing() as db:
            db.execute(
                "UPDATE meter SET battery_percent = ?, drift_s = ?, firmware = ?,"
                " clock_set_at = NULL, read_at = ? WHERE id = ?",
                (battery_percent, drift_s, firmware, at.isoformat(), meter_id),
            )

    def clock_was_set(self, meter_id: int, *, at: datetime) -> None:
        """Note that the meter's clock was set; the drift noted before stays as it was."""
        with self.writing() as db:
            db.execute("UPDATE meter SET clock_set_at = ? WHERE id = ?", (at.isoformat(), meter_id))

    def note_attempt(self, deed: str, trouble: str, detail: str, *, at: datetime) -> None:
        """Remember how the last try to pair or to read ended, for the doctor."""
        with self.writing() as db:
            db.execute("DELETE FROM attempt WHERE deed = ?", (deed,))
            db.execute(
                "INSERT INTO attempt (deed, at, trouble, detail) VALUES (?, ?, ?, ?)",
                (deed, at.isoformat(), trouble, detail),
            )

    def attempts(self) -> list[Attempt]:
        """Return the last try of each deed, the newest first."""
        found = self.rows("SELECT deed, at, trouble, detail FROM attempt ORDER BY at DESC, id DESC")
        return [Attempt(*row) for row in found]

    def keys(self, meter_id: int) -> frozenset[str]:
        """Return the keys of all records of a meter."""
        found = self.rows("SELECT key FROM record WHERE meter_id = ?", meter_id)
        return frozenset(key for (key,) in found)

    def store(
        self,
        meter_id: int,
        readings: Sequence[Reading],
        *,
        cursor: int | None,
        zone: str,
        drift_s: int | None,
        at: datetime,
    ) -> list[Reading]:
        """Keep records and the cursor that says so, together.

        Returns:
            Those that were not here before.
        """
        with self.writing() as db:
            (epoch,) = db.execute("SELECT epoch FROM meter WHERE id = ?", (meter_id,)).fetchone()
            claim = db.execute(
                "SELECT id FROM claim WHERE meter_id = ? AND ended_at IS NULL", (meter_id,)
            ).fetchone()
            added = _without(_kept(db, readings), readings)
            around = (zone, drift_s, at.isoformat())
            owner = (meter_id, claim and claim[0], epoch)
            db.executemany(INSERT_RECORD, [(*owner, *_columns(one), *around) for one in added])
            db.execute(
                "UPDATE meter SET cursor = ?, gained = gained + ? WHERE id = ?",
                (cursor, len(added), meter_id),
            )
        return added

    def begin_epoch(self, meter_id: int) -> None:
        """Forget the cursor: the meter was cleared, or its numbers began again."""
        with self.writing() as db:
            db.execute(
                "UPDATE meter SET epoch = epoch + 1, cursor = NULL, count = NULL, gained = 0"
                " WHERE id = ?",
                (meter_id,),
            )

    def complete(self, meter_id: int, count: int | None) -> None:
        """Note that a meter was read to its end and how many records it holds."""
        with self.writing() as db:
            db.execute("UPDATE meter SET count = ?, gained = 0 WHERE id = ?", (count, meter_id))

    def claim(
        self, meter_id: int, patient: str, *, claimed_by: str, at: datetime, with_history: bool
    ) -> int:
        """Give a meter to a patient, ending the claim before.

        Args:
            meter_id: the meter.
            patient: the patient's id on the server.
            claimed_by: who says so, for the record.
            at: now, aware.
            with_history: also take records that were read before anybody claimed the meter.

        Returns:
            How many records read before the claim were taken along.
        """
        with self.writing() as db:
            db.execute(
                "UPDATE claim SET ended_at = ? WHERE meter_id = ? AND ended_at IS NULL",
                (at.isoformat(), meter_id),
            )
            made = db.execute(
                "INSERT INTO claim (meter_id, patient, claimed_by, claimed_at) VALUES (?, ?, ?, ?)",
                (meter_id, patient, claimed_by, at.isoformat()),
            )
            db.execute("UPDATE meter SET told_at = NULL WHERE id = ?", (meter_id,))
            if not with_history:
                return 0
            taken = db.execute(
                "UPDATE record SET claim_id = ? WHERE meter_id = ? AND claim_id IS NULL",
                (made.lastrowid, meter_id),
            )
            return taken.rowcount

    def end_claim(self, meter_id: int, *, at: datetime) -> bool:
        """End the open claim of a meter; false when there was none."""
        with self.writing() as db:
            ended = db.execute(
                "UPDATE claim SET ended_at = ? WHERE meter_id = ? AND ended_at IS NULL",
                (at.isoformat(), meter_id),
            )
            return ended.rowcount > 0

    def open_claims(self) -> dict[int, Claim]:
        """Return the open claim of each meter by the meter's id."""
        found = self.rows(f"SELECT {CLAIM_COLUMNS} FROM claim WHERE ended_at IS NULL")  # noqa: S608 - our constant
        return {claim.meter_id: claim for claim in (Claim(*row) for row in found)}

    def unclaimed(self, meter_id: int) -> int:
        """Count the records of a meter that were read while nobody had claimed it."""
        ((count,),) = self.rows(
            "SELECT count(*) FROM record WHERE meter_id = ? AND claim_id IS NULL", meter_id
        )
        return int(count)

    def patients_waiting(self) -> list[str]:
        """List the patients with records to send (also of claims that ended since)."""
        found = self.rows(
            "SELECT DISTINCT patient FROM record JOIN claim ON claim.id = record.claim_id"
            " WHERE state = 'pending' ORDER BY patient"
        )
        return [patient for (patient,) in found]

    def waiting(self, patient: str, limit: int) -> list[RecordRow]:
        """Return the oldest records to send for one patient."""
        found = self.rows(
            f"SELECT {RECORD_COLUMNS} FROM record"  # noqa: S608 - our constant
            " JOIN meter ON meter.id = record.meter_id JOIN claim ON claim.id = record.claim_id"
            " WHERE state = 'pending' AND patient = ? ORDER BY record.id LIMIT ?",
            patient,
            limit,
        )
        return [RecordRow(*row) for row in found]

    def listed(self, *states: State, limit: int) -> list[RecordRow]:
        """Return the newest records in some states."""
        marks = ", ".join("?" * len(states))
        found = self.rows(
            f"SELECT {RECORD_COLUMNS} FROM record JOIN meter ON meter.id = record.meter_id"  # noqa: S608 - marks only
            f" WHERE state IN ({marks}) ORDER BY record.id DESC LIMIT ?",
            *states,
            limit,
        )
        return [RecordRow(*row) for row in found]

    def settle(
        self, sent: Sequence[int], rejected: Sequence[tuple[int, str]], *, at: datetime
    ) -> None:
        """Write down the server's answer: which records it has and which it refused."""
        with self.writing() as db:
            db.executemany(
                "UPDATE record SET state = 'sent', sent_at = ? WHERE id = ?",
                [(at.isoformat(), record) for record in sent],
            )
            db.executemany(
                "UPDATE record SET state = 'rejected', reason = ? WHERE id = ?",
                [(reason, record) for record, reason in rejected],
            )

    def totals(self) -> dict[str, int]:
        """Count the records by state; every state is named."""
        found = dict(self.rows("SELECT state, count(*) FROM record GROUP BY state"))
        return {state.value: found.get(state.value, 0) for state in State}

    def kinds(self) -> dict[str, int]:
        """Count the records by kind."""
        found = self.rows("SELECT kind, count(*) FROM record GROUP BY kind ORDER BY kind")
        return dict(found)


def _kept(db: sqlite3.Connection, readings: Sequence[Reading]) -> set[str]:
    """Return the keys that are here already, of any meter."""
    marks = ", ".join("?" * len(readings))
    keys = [reading.key for reading in readings]
    return {key for (key,) in db.execute(f"SELECT key FROM record WHERE key IN ({marks})", keys)}  # noqa: S608 - marks only


def _without(kept: set[str], readings: Sequence[Reading]) -> list[Reading]:
    """Leave out what is kept, and what comes a second time."""
    first = {reading.key: reading for reading in reversed(readings)}
    return [one for one in readings if one.key not in kept and first[one.key] is one]


def _columns(reading: Reading) -> tuple[object, ...]:
    """Write a record down, all that it says itself."""
    return (
        *(reading.key, reading.seq, reading.kind, state_of(reading), ",".join(reading.doubts)),
        *(_text(reading), reading.unit, _iso(reading), reading.base, reading.offset_min),
        *(reading.meal, reading.raw, reading.raw_context),
    )


def _text(reading: Reading) -> str | None:
    return None if reading.value is None else f"{reading.value:f}"


def _iso(reading: Reading) -> str | None:
    return None if reading.measured_at is None else reading.measured_at.isoformat()
