"""What the local queue holds: its tables, the states of a record, and the rows it hands out."""

from dataclasses import dataclass
from enum import StrEnum

SCHEMA = """
CREATE TABLE IF NOT EXISTS meter (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 1,
    cursor INTEGER,
    count INTEGER,
    gained INTEGER NOT NULL DEFAULT 0,
    battery_percent INTEGER,
    drift_s INTEGER,
    read_at TEXT
);
CREATE TABLE IF NOT EXISTS claim (
    id INTEGER PRIMARY KEY,
    meter_id INTEGER NOT NULL REFERENCES meter (id),
    patient TEXT NOT NULL,
    claimed_by TEXT NOT NULL,
    claimed_at TEXT NOT NULL,
    ended_at TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS one_open_claim ON claim (meter_id) WHERE ended_at IS NULL;
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    meter_id INTEGER NOT NULL REFERENCES meter (id),
    claim_id INTEGER REFERENCES claim (id),
    epoch INTEGER NOT NULL,
    seq INTEGER,
    kind TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('pending', 'sent', 'rejected', 'quarantined', 'kept')),
    reason TEXT NOT NULL DEFAULT '',
    value TEXT,
    unit TEXT,
    measured_at TEXT,
    base TEXT NOT NULL,
    offset_min INTEGER NOT NULL,
    meal TEXT,
    raw BLOB NOT NULL,
    raw_context BLOB,
    zone TEXT NOT NULL,
    drift_s INTEGER,
    read_at TEXT NOT NULL,
    sent_at TEXT
);
CREATE INDEX IF NOT EXISTS record_by_state ON record (state, claim_id, id);
PRAGMA user_version = 1;
"""
VERSION = 1


class State(StrEnum):
    """Where a record stands."""

    PENDING = "pending"
    """Waits for the server."""
    SENT = "sent"
    REJECTED = "rejected"
    """The server refused this one; `reason` says why."""
    QUARANTINED = "quarantined"
    """Not certain enough to be a reading; `reason` says why."""
    KEPT = "kept"
    """Certain, but not a glucose value: control solution, ketone, HI, LO, no value."""


@dataclass(frozen=True, slots=True)
class MeterRow:
    """A meter this computer has read."""

    id: int
    identity: str
    name: str
    address: str
    epoch: int
    cursor: int | None
    count: int | None
    gained: int
    battery_percent: int | None
    drift_s: int | None
    read_at: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose meter it is."""

    id: int
    meter_id: int
    patient: str
    claimed_by: str
    claimed_at: str


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record in the queue, as it is sent and listed."""

    id: int
    key: str
    meter: str
    kind: str
    state: str
    reason: str
    value: str | None
    unit: str | None
    measured_at: str | None
    base: str
    meal: str | None


RECORD_COLUMNS = """record.id, key, meter.identity, kind, state, reason, value, unit,
    measured_at, base, meal"""
METER_COLUMNS = """id, identity, name, address, epoch, cursor, count, gained,
    battery_percent, drift_s, read_at"""
CLAIM_COLUMNS = "id, meter_id, patient, claimed_by, claimed_at"
