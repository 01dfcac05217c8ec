"""Rows of targets and measurement plans; both are versions and are never changed or removed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from devices.glucose import Unit
from telehealth.core.db import Base, BigInt, Key, one_of
from telehealth.glycemia.slots import Slot

MAX_NOTE_CHARS = 500
GOALS = ("tir_pct", "below_target_pct", "below_54_pct", "above_target_pct", "above_250_pct")
"""Shares a goal can be set for, by the names of `glycemia.presets`."""


class Population(StrEnum):
    """Whose published targets a version begins with; the names of `glycemia.presets`."""

    ADULT = "adult"
    CHILD = "child"
    OLDER = "older"
    PREGNANCY_TYPE1 = "pregnancy-type1"
    PREGNANCY_TYPE2 = "pregnancy-type2"


class TargetVersion(Base):
    """What is aimed at from a moment on: a population, the range in both units, the goals.

    Range and goals are written out even where they are the population's own, so that the row says
    what was meant that day.
    """

    __tablename__ = "target_version"
    __table_args__ = (
        CheckConstraint(
            "mg_low >= 55 AND mg_high >= mg_low + 16 AND mg_high <= 249"
            " AND mmol_low >= 31 AND mmol_high >= mmol_low + 9 AND mmol_high <= 138",
            "limits_ordered",
        ),
        CheckConstraint(
            " AND ".join(f"({goal} IS NULL OR ({goal} > 0 AND {goal} < 100))" for goal in GOALS),
            "goals_are_shares",
        ),
        CheckConstraint(
            "(below_54_pct IS NULL OR below_target_pct IS NULL OR below_54_pct <= below_target_pct)"
            " AND (above_250_pct IS NULL OR above_target_pct IS NULL"
            " OR above_250_pct <= above_target_pct)",
            "goals_ordered",
        ),
        Index("ix_target_version_patient", "patient_id", "id"),
    )

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    population: Mapped[Population] = mapped_column(one_of(Population, "population"))
    unit: Mapped[Unit | None] = mapped_column(one_of(Unit, "unit", 8))
    """The unit the range was given in; None: the population's own range."""
    mg_low: Mapped[int] = mapped_column(SmallInteger)
    """Lowest value in range, mg/dL."""
    mg_high: Mapped[int] = mapped_column(SmallInteger)
    """Highest value in range, mg/dL."""
    mmol_low: Mapped[int] = mapped_column(SmallInteger)
    """Lowest value in range, tenths of mmol/L."""
    mmol_high: Mapped[int] = mapped_column(SmallInteger)
    tir_pct: Mapped[float | None] = mapped_column(Float)
    """More than this share in range; None: no goal."""
    below_target_pct: Mapped[float | None] = mapped_column(Float)
    below_54_pct: Mapped[float | None] = mapped_column(Float)
    above_target_pct: Mapped[float | None] = mapped_column(Float)
    above_250_pct: Mapped[float | None] = mapped_column(Float)
    note: Mapped[str] = mapped_column(String(MAX_NOTE_CHARS))
    """Why, for the team and the patient."""
    set_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    set_at: Mapped[datetime]


class PlanVersion(Base):
    """When a patient is to measure from a day on; without slots: nothing is planned any more."""

    __tablename__ = "plan_version"
    __table_args__ = (
        CheckConstraint("tolerance_min BETWEEN 0 AND 120", "tolerance"),
        Index("ix_plan_version_patient", "patient_id", "id"),
    )

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    tolerance_min: Mapped[int] = mapped_column(SmallInteger)
    """How many minutes before and after the window still count."""
    note: Mapped[str] = mapped_column(String(MAX_NOTE_CHARS))
    set_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    set_at: Mapped[datetime]

    slots: Mapped[list["PlanSlot"]] = relationship(
        lazy="selectin", order_by="PlanSlot.starts_min, PlanSlot.slot", cascade="save-update"
    )


class PlanSlot(Base):
    """One slot of a plan: on which days of the week, between which times of day."""

    __tablename__ = "plan_slot"
    __table_args__ = (
        CheckConstraint("weekdays BETWEEN 1 AND 127", "weekdays"),
        CheckConstraint("starts_min >= 0 AND ends_min > starts_min AND ends_min <= 1440", "window"),
    )

    plan_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("plan_version.id"), primary_key=True, autoincrement=False
    )
    slot: Mapped[Slot] = mapped_column(one_of(Slot, "slot"), primary_key=True)
    weekdays: Mapped[int] = mapped_column(SmallInteger)
    """Bits, Monday first: 1 Monday, 2 Tuesday, 4 Wednesday, … 64 Sunday."""
    starts_min: Mapped[int] = mapped_column(SmallInteger)
    """Minutes of the wall clock since midnight."""
    ends_min: Mapped[int] = mapped_column(SmallInteger)
