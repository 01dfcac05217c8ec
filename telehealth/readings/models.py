"""Rows of readings. A reading is lean (80 bytes on PostgreSQL); who sent it stands in its upload.

The column order of `reading` is its order on disk: wide columns first leave no padding.
"""

from datetime import date, datetime
from enum import IntEnum, StrEnum

from sqlalchemy import (
    CheckConstraint,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from devices.glucose import Unit
from telehealth.core.actor import Basis
from telehealth.core.db import Base, BigInt, Key, one_of


class SourceKind(StrEnum):
    """Where a reading comes from; kinds are never pooled in statistics."""

    MANUAL = "manual"
    METER = "meter"
    CGM = "cgm"


class Via(StrEnum):
    """How a source's readings reach us."""

    DIRECT = "direct"
    """Typed, or sent by the meter, its phone or its home hub."""
    FILE = "file"
    """Out of a file that somebody exported elsewhere."""


class Beyond(StrEnum):
    """A value below or above what the meter can measure: it has no number."""

    LO = "LO"
    HI = "HI"


BEYOND_CODES = {Beyond.LO: -1, Beyond.HI: 1}
BEYOND_OF_CODE = {code: beyond for beyond, code in BEYOND_CODES.items()}


class Standing(IntEnum):
    """What a reading is beside the others of its patient; a function of them, never of order."""

    COUNTED = 0
    CONFLICT = 1
    """Counts; another reading stands at the same moment (`service.duplicates`) and is not lower."""
    ASIDE = 2
    """Stands at a moment of which a lower or equal value counts: shown, not counted."""
    MERGED = 3
    """The same measurement from another source: that one is shown and counted."""
    SCAN = 4
    """A look at a sensor that also keeps a history: shown, not counted."""


COUNTS_UP_TO = Standing.CONFLICT
"""Readings of this standing or below are in sums, metrics and alerts."""


class Meal(StrEnum):
    """When a fingerstick was taken, in relation to food and sleep."""

    NONE = ""
    FASTING = "fasting"
    BEFORE_MEAL = "before_meal"
    AFTER_MEAL = "after_meal"
    BEFORE_BREAKFAST = "before_breakfast"
    AFTER_BREAKFAST = "after_breakfast"
    BEFORE_LUNCH = "before_lunch"
    AFTER_LUNCH = "after_lunch"
    BEFORE_DINNER = "before_dinner"
    AFTER_DINNER = "after_dinner"
    BEDTIME = "bedtime"
    NIGHT = "night"
    OTHER = "other"


MEALS = tuple(Meal)
"""A meal is stored as its place here: append only."""
MEAL_CODES = {meal: code for code, meal in enumerate(MEALS)}

USUAL_UNIT = Unit.MMOL_L
"""As usual in Slovenia, until whose diary it is chooses the other."""

UNITS = (Unit.MG_DL, Unit.MMOL_L)
"""A unit is stored as its place here."""
UNIT_CODES = {unit: code for code, unit in enumerate(UNITS)}

MAX_NOTE_CHARS = 500
MAX_DEVICE_CHARS = 120
MAX_RANGES_CHARS = 64


class Diary(Base):
    """One per patient: writers of one diary queue on this row, so no daily sum misses a reading."""

    __tablename__ = "diary"

    patient_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    unit: Mapped[Unit] = mapped_column(one_of(Unit, "unit", 8))
    """The unit of the form and the charts: chosen by whose diary it is, never by an entry."""
    changed_at: Mapped[datetime]
    sums_ranges: Mapped[str] = mapped_column(String(MAX_RANGES_CHARS), server_default="")
    """The ranges that all daily sums are counted with; empty: some days are still to be counted."""
    rebuilding_ranges: Mapped[str | None] = mapped_column(String(MAX_RANGES_CHARS))
    """The ranges a rebuild under way counts with; None: no rebuild."""
    rebuild_before: Mapped[date | None]
    """Days before this one are still to be rebuilt; the newest come first."""


class ReadingSource(Base):
    """A meter, a sensor or a hand that writes: the readings of one source have their own keys."""

    __tablename__ = "reading_source"
    __table_args__ = (
        UniqueConstraint("patient_id", "kind", "device", "via"),
        UniqueConstraint("patient_id", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    kind: Mapped[SourceKind] = mapped_column(one_of(SourceKind, "kind", 8))
    device: Mapped[str] = mapped_column(String(MAX_DEVICE_CHARS))
    """Maker, model and serial number as the sender names them; empty when unknown."""
    last_received_at: Mapped[datetime]
    via: Mapped[Via] = mapped_column(one_of(Via, "via", 8), server_default=Via.DIRECT.value)
    interval_min: Mapped[int | None] = mapped_column(SmallInteger)
    """Minutes between a sensor's readings: as given, else the middle of its newest distances."""
    given_interval_min: Mapped[int | None] = mapped_column(SmallInteger)
    """As the sender or the file's maker says; the shortest, where they disagree."""


class Upload(Base):
    """One batch: who sent it for whom, on what basis and when it arrived."""

    __tablename__ = "upload"

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    """Who entered it; differs from the patient for a guardian, a proxy or the care team."""
    basis: Mapped[Basis] = mapped_column(one_of(Basis, "basis"))
    representation_id: Mapped[int | None] = mapped_column(BigInt)
    received_at: Mapped[datetime]


NUMBER_OR_BEYOND = (
    "(beyond = 0 AND mantissa IS NOT NULL AND scale IS NOT NULL AND tick IS NOT NULL)"
    " OR (beyond IN (-1, 1) AND mantissa IS NULL AND scale IS NULL AND tick IS NULL)"
)


class Reading(Base):
    """One glucose value, exactly as it was entered: `mantissa` / 10^`scale` in `unit`.

    What the meter called HI or LO has `beyond` instead of a number. `measured_at` is part of the
    key because PostgreSQL wants the partition column in every unique key; `seq` is 63 bits of the
    digest of the sender's key.
    """

    __tablename__ = "reading"
    __table_args__ = (
        PrimaryKeyConstraint("patient_id", "source_id", "measured_at", "seq"),
        ForeignKeyConstraint(
            ["patient_id", "source_id"], ["reading_source.patient_id", "reading_source.id"]
        ),
        Index("ix_reading_source_id_seq", "source_id", "seq"),
        CheckConstraint("mantissa BETWEEN 0 AND 9999 AND scale BETWEEN 0 AND 3", "digits"),
        CheckConstraint(NUMBER_OR_BEYOND, "number_or_beyond"),
        CheckConstraint("standing BETWEEN 0 AND 4", "standing"),
        CheckConstraint("unit IN (0, 1)", "unit"),
        CheckConstraint("tick > 0", "tick"),
        CheckConstraint("meal BETWEEN 0 AND 12", "meal"),
        {"sqlite_with_rowid": False},
    )

    patient_id: Mapped[int] = mapped_column(BigInt, autoincrement=False)
    measured_at: Mapped[datetime]
    seq: Mapped[int] = mapped_column(BigInt, autoincrement=False)
    upload_id: Mapped[int] = mapped_column(BigInt, ForeignKey("upload.id"))
    source_id: Mapped[int] = mapped_column(Integer, autoincrement=False)
    mantissa: Mapped[int | None] = mapped_column(SmallInteger)
    scale: Mapped[int | None] = mapped_column(SmallInteger)
    """Decimals of the literal: 7.20 mmol/L is 720 with two."""
    unit: Mapped[int] = mapped_column(SmallInteger)
    """Place in `UNITS`."""
    tick: Mapped[int | None] = mapped_column(SmallInteger)
    """Whole mg/dL or tenths of mmol/L: what is classified and summed."""
    meal: Mapped[int] = mapped_column(SmallInteger)
    """Place in `MEALS`."""
    offset_min: Mapped[int] = mapped_column(SmallInteger)
    """Minutes the sender's clock was ahead of UTC: the wall clock of a traveller."""
    beyond: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """-1: LO, 1: HI, 0: there is a number."""
    standing: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """A `Standing`."""


class ReadingNote(Base):
    """Free text beside a reading; off the lean row, and gone with it."""

    __tablename__ = "reading_note"
    __table_args__ = (
        ForeignKeyConstraint(
            ["patient_id", "source_id", "measured_at", "seq"],
            ["reading.patient_id", "reading.source_id", "reading.measured_at", "reading.seq"],
            ondelete="CASCADE",
        ),
    )

    patient_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    source_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    measured_at: Mapped[datetime] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(String(MAX_NOTE_CHARS))


class RemovedReading(Base):
    """A removed reading: its history, the way back, and why it does not return with an upload."""

    __tablename__ = "removed_reading"
    __table_args__ = (
        ForeignKeyConstraint(
            ["patient_id", "source_id"], ["reading_source.patient_id", "reading_source.id"]
        ),
    )

    source_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    patient_id: Mapped[int] = mapped_column(BigInt)
    measured_at: Mapped[datetime]
    upload_id: Mapped[int] = mapped_column(BigInt, ForeignKey("upload.id"))
    mantissa: Mapped[int | None] = mapped_column(SmallInteger)
    scale: Mapped[int | None] = mapped_column(SmallInteger)
    unit: Mapped[int] = mapped_column(SmallInteger)
    tick: Mapped[int | None] = mapped_column(SmallInteger)
    meal: Mapped[int] = mapped_column(SmallInteger)
    offset_min: Mapped[int] = mapped_column(SmallInteger)
    note: Mapped[str | None] = mapped_column(String(MAX_NOTE_CHARS))
    removed_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    removed_at: Mapped[datetime]
    beyond: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    standing: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class ReadingVersion(Base):
    """What an entry said before it was changed, and who changed it."""

    __tablename__ = "reading_version"
    __table_args__ = (
        ForeignKeyConstraint(
            ["patient_id", "source_id"], ["reading_source.patient_id", "reading_source.id"]
        ),
    )

    source_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """From 1, without a gap."""
    patient_id: Mapped[int] = mapped_column(BigInt)
    measured_at: Mapped[datetime]
    mantissa: Mapped[int | None] = mapped_column(SmallInteger)
    scale: Mapped[int | None] = mapped_column(SmallInteger)
    unit: Mapped[int] = mapped_column(SmallInteger)
    tick: Mapped[int | None] = mapped_column(SmallInteger)
    beyond: Mapped[int] = mapped_column(SmallInteger)
    meal: Mapped[int] = mapped_column(SmallInteger)
    offset_min: Mapped[int] = mapped_column(SmallInteger)
    note: Mapped[str | None] = mapped_column(String(MAX_NOTE_CHARS))
    replaced_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    replaced_basis: Mapped[Basis] = mapped_column(one_of(Basis, "replaced_basis"))
    replaced_at: Mapped[datetime]


class GlucoseRisk(Base):
    """Risk of each value as low and as high (`glycemia.levels.risks`): what daily sums add up."""

    __tablename__ = "glucose_risk"

    unit: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    tick: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    low: Mapped[float] = mapped_column(Double)
    high: Mapped[float] = mapped_column(Double)


class DaySummary(Base):
    """Sums of one local day, source kind and unit; rebuilt when a reading of the day changes.

    Only readings that count (`Standing`); bands by the patient's own ranges.
    """

    __tablename__ = "day_summary"
    __table_args__ = (
        CheckConstraint(
            "n = very_low + low + in_range + high + very_high AND n > 0", "bands_add_up"
        ),
    )

    patient_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    day_on: Mapped[date] = mapped_column(primary_key=True)
    """Day on the wall clock of the installation; 23 or 25 hours long when the clocks change."""
    kind: Mapped[SourceKind] = mapped_column(one_of(SourceKind, "kind", 8), primary_key=True)
    unit: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(Integer)
    """All that count: what the shares of the bands are of."""
    very_low: Mapped[int] = mapped_column(Integer)
    low: Mapped[int] = mapped_column(Integer)
    in_range: Mapped[int] = mapped_column(Integer)
    high: Mapped[int] = mapped_column(Integer)
    very_high: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(BigInt)
    """Sum of ticks."""
    squares: Mapped[int] = mapped_column(BigInt)
    """Sum of squared ticks."""
    lowest: Mapped[int | None] = mapped_column(SmallInteger)
    highest: Mapped[int | None] = mapped_column(SmallInteger)
    out_of_range: Mapped[int] = mapped_column(Integer, server_default="0")
    """LO and HI: in `n` and the bands, not in `total`, `squares`, risk and extremes."""
    recorded_s: Mapped[int] = mapped_column(Integer, server_default="0")
    """Seconds that a sensor's readings of this day cover; 0 for fingersticks."""
    low_risk: Mapped[float] = mapped_column(Double, server_default="0")
    """Sum over the readings, as `high_risk`."""
    high_risk: Mapped[float] = mapped_column(Double, server_default="0")
    worst_low_risk: Mapped[float] = mapped_column(Double, server_default="0")
    worst_high_risk: Mapped[float] = mapped_column(Double, server_default="0")

    @property
    def n_numbers(self) -> int:
        """How many values the sums are of."""
        return self.n - self.out_of_range
