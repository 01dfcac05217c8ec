"""Rows of the worklist: one entry per patient, its history, thresholds, saved views, stick days."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.core.db import Base, BigInt, Key, one_of

MAX_NOTE_CHARS = 1000
MAX_VIEW_NAME_CHARS = 60
MAX_VIEW_CHARS = 300


class Kind(StrEnum):
    """What a patient is judged by."""

    CGM = "cgm"
    STICKS = "sticks"
    NONE = "none"
    """No readings in four weeks."""


class Rule(StrEnum):
    """What can be set: by the clinic, and for one patient."""

    CGM_VERY_LOW_PCT = "cgm_very_low_pct"
    STICKS_VERY_LOW_N = "sticks_very_low_n"
    CGM_LOW_PCT = "cgm_low_pct"
    STICKS_LOW_PCT = "sticks_low_pct"
    CGM_HIGH_PCT = "cgm_high_pct"
    STICKS_HIGH_PCT = "sticks_high_pct"
    CGM_VERY_HIGH_PCT = "cgm_very_high_pct"
    STICKS_VERY_HIGH_N = "sticks_very_high_n"
    CGM_IN_RANGE_PCT = "cgm_in_range_pct"
    CGM_DROP_POINTS = "cgm_drop_points"
    STICKS_FASTING_RISE_PCT = "sticks_fasting_rise_pct"
    CGM_WEAR_PCT = "cgm_wear_pct"
    CGM_SILENT_DAYS = "cgm_silent_days"
    STICKS_MISSED_DAYS = "sticks_missed_days"
    ADHERENCE_PCT = "adherence_pct"
    FALLING_POINTS = "falling_points"


class Stage(StrEnum):
    """Where an entry stands in its loop."""

    OPEN = "open"
    """There is a reason nobody has taken up."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody has seen the reasons and works on them."""
    CLOSED = "closed"
    """Done, or never open; opens again by itself with a new reason."""


class Deed(StrEnum):
    """What happened to an entry."""

    OPENED = "opened"
    SETTLED = "settled"
    """All reasons went away before anybody took them up."""
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    REOPENED = "reopened"
    """By hand."""
    OWNED = "owned"
    RELEASED = "released"
    REVIEW = "review"
    NOTED = "noted"


class WorklistEntry(Base):
    """A patient in the worklist: what triage found, and what people did about it.

    One row, so that the list is one index scan. Name, strip and newest value are copies for the
    list; the daily run and every change of readings renew them.
    """

    __tablename__ = "worklist_entry"
    __table_args__ = (
        CheckConstraint("unit IN (0, 1)", "unit"),
        CheckConstraint(
            "stage <> 'acknowledged' OR (stage_by_id IS NOT NULL AND owner_id IS NOT NULL)",
            "acknowledged_by_somebody",
        ),
        Index("ix_worklist_entry_order", "order_key", "patient_id"),
        Index("ix_worklist_entry_judged_on", "judged_on"),
    )

    patient_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    order_key: Mapped[int] = mapped_column(BigInt)
    """Severity, then change, then age of the newest reading in one number; lowest first."""
    name_key: Mapped[str] = mapped_column(String(400))
    """Sorts as the Slovenian alphabet does, in any database."""
    name_folded: Mapped[str] = mapped_column(String(170))
    """Lower case without carons, for searching."""
    kind: Mapped[Kind] = mapped_column(one_of(Kind, "kind", 8))
    unit: Mapped[int] = mapped_column(SmallInteger)
    """Unit most readings have: 0 mg/dL, 1 mmol/L; the reasons speak it."""
    severity: Mapped[int] = mapped_column(SmallInteger)
    reason_bits: Mapped[int] = mapped_column(Integer)
    reasons: Mapped[list[Any]] = mapped_column(JSON)
    """[[code, {number: value}], …], the worst first."""
    in_range_pct: Mapped[float | None] = mapped_column(Float)
    in_range_before_pct: Mapped[float | None] = mapped_column(Float)
    bands: Mapped[list[Any]] = mapped_column(JSON)
    """Readings per band in the window."""
    strip: Mapped[str] = mapped_column(String(14))
    """The worst band of each day, oldest first: v l o h w, or a dot without readings."""
    newest_at: Mapped[datetime | None]
    newest: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    judged_on: Mapped[date]
    """The local day the entry was last judged on."""
    changed_at: Mapped[datetime]
    """When anything people see changed: open lists look again."""
    stage: Mapped[Stage] = mapped_column(one_of(Stage, "stage", 16))
    stage_at: Mapped[datetime]
    stage_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    owner_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"), index=True)
    review_on: Mapped[date | None]
    answered_bits: Mapped[int] = mapped_column(Integer)
    """Reasons that were there when somebody acknowledged or closed; others are new."""
    version: Mapped[int] = mapped_column(Integer)
    """Moves with every deed and every new reason: whoever acts on an older one is told."""


class WorklistDeed(Base):
    """What happened to an entry, by whom and when; only ever added."""

    __tablename__ = "worklist_deed"
    __table_args__ = (Index("ix_worklist_deed_patient", "patient_id", "id"),)

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    deed: Mapped[Deed] = mapped_column(one_of(Deed, "deed", 16))
    text: Mapped[str] = mapped_column(String(MAX_NOTE_CHARS))
    reason_bits: Mapped[int] = mapped_column(Integer)
    review_on: Mapped[date | None]
    by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    """None: the application, because readings changed."""
    at: Mapped[datetime]


class TriageThreshold(Base):
    """A threshold of a clinic, or of one patient, from a moment on; only ever added."""

    __tablename__ = "triage_threshold"
    __table_args__ = (
        CheckConstraint("(unit_id IS NULL) <> (patient_id IS NULL)", "clinic_or_patient"),
        CheckConstraint("value IS NULL OR (value > 0 AND value <= 100)", "value"),
        Index("ix_triage_threshold_unit", "unit_id", "id"),
        Index("ix_triage_threshold_patient", "patient_id", "id"),
    )

    id: Mapped[Key]
    unit_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("org_unit.id"))
    patient_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    rule: Mapped[Rule] = mapped_column(one_of(Rule, "rule", 32))
    is_default: Mapped[bool]
    """Back to what holds without this row."""
    value: Mapped[float | None] = mapped_column(Float)
    """None: the rule is off."""
    set_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    set_at: Mapped[datetime]


class SavedView(Base):
    """A worker's own combination of filters."""

    __tablename__ = "worklist_view"
    __table_args__ = (UniqueConstraint("worker_id", "name"),)

    id: Mapped[Key]
    worker_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(MAX_VIEW_NAME_CHARS))
    query: Mapped[str] = mapped_column(String(MAX_VIEW_CHARS))
    """As in the address, without a search for a name."""


class StickDay(Base):
    """A local day of fingersticks: slots planned and done, fasting values. From the readings."""

    __tablename__ = "stick_day"
    __table_args__ = (CheckConstraint("done >= 0 AND done <= planned", "done_of_planned"),)

    patient_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    day_on: Mapped[date] = mapped_column(primary_key=True)
    planned: Mapped[int] = mapped_column(SmallInteger)
    done: Mapped[int] = mapped_column(SmallInteger)
    fasting_n: Mapped[int] = mapped_column(SmallInteger)
    fasting_total: Mapped[float] = mapped_column(Float)
    """Sum of the fasting values in mg/dL."""
