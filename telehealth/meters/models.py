"""Rows of meters: the thing itself, whose it is, and what it sent that is no reading."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from devices.glucose import Kind, Unit
from telehealth.core.actor import Basis
from telehealth.core.db import Base, BigInt, Key, one_of

MAX_IDENTITY_CHARS = 120
MAX_NAME_CHARS = 60
MAX_FIRMWARE_CHARS = 30
MAX_RAW_BYTES = 64
"""Records have at most 17 bytes, contexts 23; a longer one is cut off by the radio."""

ONE_WORLDWIDE, ONE_OF_PATIENT = text("only_for_id IS NULL"), text("only_for_id IS NOT NULL")
OPEN = text("unbound_at IS NULL")


class MeterKind(StrEnum):
    """What it is; the words are those of a source of readings."""

    METER = "meter"
    SENSOR = "cgm"


class How(StrEnum):
    """How a meter came to its patient."""

    HAND = "hand"
    """Somebody entered it on the page."""
    BROWSER = "browser"
    """Read over Web Bluetooth."""
    PROGRAM = "program"
    """A program with a device token sent its state or its readings."""


class RecordState(StrEnum):
    """What became of a record that is no reading by itself."""

    WAITING = "waiting"
    """A person has to look."""
    TAKEN = "taken"
    """A person took it into the diary."""
    DISMISSED = "dismissed"
    """A person decided that it is no reading."""
    KEPT = "kept"
    """Certain, but not blood glucose: control solution, ketone, no value."""


class Meter(Base):
    """One meter or sensor, and what it last said about itself."""

    __tablename__ = "meter"
    __table_args__ = (
        Index(
            "uq_meter_identity",
            "identity",
            unique=True,
            sqlite_where=ONE_WORLDWIDE,
            postgresql_where=ONE_WORLDWIDE,
        ),
        Index(
            "uq_meter_identity_only_for_id",
            "identity",
            "only_for_id",
            unique=True,
            sqlite_where=ONE_OF_PATIENT,
            postgresql_where=ONE_OF_PATIENT,
        ),
        CheckConstraint("battery_percent BETWEEN 0 AND 100", "battery"),
        CheckConstraint("records >= 0", "records"),
    )

    id: Mapped[Key]
    identity: Mapped[str] = mapped_column(String(MAX_IDENTITY_CHARS))
    """As its readings name it: `maker | model | serial`, an address, or what somebody wrote."""
    only_for_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    """Without a serial number nothing tells two meters apart: then it is this patient's only."""
    kind: Mapped[MeterKind] = mapped_column(one_of(MeterKind, "kind", 8))
    first_seen_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    """When somebody last read it and learned the following."""
    battery_percent: Mapped[int | None] = mapped_column(SmallInteger)
    clock_drift_s: Mapped[int | None] = mapped_column(Integer)
    """How far its clock was ahead, before anybody set it."""
    clock_set_at: Mapped[datetime | None]
    firmware: Mapped[str | None] = mapped_column(String(MAX_FIRMWARE_CHARS))
    records: Mapped[int | None] = mapped_column(Integer)
    """How many it held in its memory."""
    set_aside: Mapped[int | None] = mapped_column(Integer)
    """How many of its records wait on the computer that reads it; None: it has not said."""
    set_aside_clock: Mapped[int | None] = mapped_column(Integer)
    """How many of these because the meter's clock was off."""
    set_aside_drift_s: Mapped[int | None] = mapped_column(Integer)
    """How far its clock was ahead then; None where that differed from record to record."""


class MeterBinding(Base):
    """A meter belongs to a patient for a while; the history stays."""

    __tablename__ = "meter_binding"
    __table_args__ = (
        Index(
            "uq_meter_binding_open",
            "meter_id",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        Index("ix_meter_binding_patient_id_meter_id", "patient_id", "meter_id"),
        CheckConstraint("unbound_at >= bound_at", "order"),
        CheckConstraint("(cursor IS NULL OR cursor BETWEEN 0 AND 65535) AND count >= 0", "place"),
    )

    id: Mapped[Key]
    meter_id: Mapped[int] = mapped_column(BigInt, ForeignKey("meter.id"))
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(MAX_NAME_CHARS))
    """What people call it; empty: its model."""
    how: Mapped[How] = mapped_column(one_of(How, "how", 8))
    bound_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    basis: Mapped[Basis] = mapped_column(one_of(Basis, "basis"))
    bound_at: Mapped[datetime]
    unbound_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    unbound_at: Mapped[datetime | None]
    cursor: Mapped[int | None] = mapped_column(Integer)
    """Read by browser: up to this number nothing is missing here."""
    count: Mapped[int | None] = mapped_column(Integer)
    """Read by browser: how many records it held when it was last read to its end."""

    meter: Mapped[Meter] = relationship(lazy="joined", innerjoin=True)


class MeterRecord(Base):
    """What a meter sent that is no reading by itself, with its bytes; nothing is thrown away."""

    __tablename__ = "meter_record"
    __table_args__ = (
        UniqueConstraint("patient_id", "key"),
        Index("ix_meter_record_patient_id_meter_id", "patient_id", "meter_id"),
        CheckConstraint("(state IN ('waiting', 'kept')) = (decided_at IS NULL)", "decided"),
    )

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    meter_id: Mapped[int] = mapped_column(BigInt, ForeignKey("meter.id"))
    key: Mapped[str] = mapped_column(String(64))
    """Name of the record (`devices.glucose.record_key`)."""
    kind: Mapped[Kind] = mapped_column(one_of(Kind, "kind", 12))
    doubts: Mapped[str] = mapped_column(String(160))
    """Words of `devices.meaning.Doubt` with commas between; why it is not a reading."""
    base_wall: Mapped[str] = mapped_column(String(32))
    """The meter's own date and time as sent, be it ever so impossible; empty when unreadable."""
    measured_at: Mapped[datetime | None]
    drift_s: Mapped[int | None] = mapped_column(Integer)
    """How far the meter's clock was ahead when this was read."""
    value: Mapped[str | None] = mapped_column(String(24))
    unit: Mapped[Unit | None] = mapped_column(one_of(Unit, "unit", 8))
    meal: Mapped[str] = mapped_column(String(24))
    raw: Mapped[bytes] = mapped_column(LargeBinary(MAX_RAW_BYTES))
    raw_context: Mapped[bytes | None] = mapped_column(LargeBinary(MAX_RAW_BYTES))
    received_at: Mapped[datetime]
    state: Mapped[RecordState] = mapped_column(one_of(RecordState, "state", 12))
    decided_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    meter: Mapped[Meter] = relationship(lazy="joined", innerjoin=True)
