"""What the local queue holds: the states of a record, and the rows it hands out."""

from dataclasses import dataclass
from enum import StrEnum


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
    """Certain, but not blood glucose: control solution, ketone, no value."""
    DISCARDED = "discarded"
    """A person decided that it is no reading; it stays here and on the meter."""


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
    firmware: str | None
    clock_set_at: str | None


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
    """When, by the meter's clock; empty where that names no instant."""
    base: str
    meal: str | None
    corrected_at: str | None = None
    """When, by a person who released it; never by arithmetic."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last try to reach a meter, and what stood in its way."""

    deed: str
    """`pair` or `sync`."""
    at: str
    trouble: str
    """Empty when it went well."""
    detail: str


RECORD_COLUMNS = """record.id, key, meter.identity, kind, state, reason, value, unit,
    measured_at, base, meal, corrected_at"""
METER_COLUMNS = """id, identity, name, address, epoch, cursor, count, gained,
    battery_percent, drift_s, read_at, firmware, clock_set_at"""
CLAIM_COLUMNS = "id, meter_id, patient, claimed_by, claimed_at"
