"""Rows of the directory."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.core.actor import Role
from telehealth.core.db import Base, BigInt, Key, one_of
from telehealth.identity.models import Person


class UnitKind(StrEnum):
    """What a unit is."""

    HEALTH_CENTRE = "health_centre"
    CLINIC = "clinic"


class OrgUnit(Base):
    """A place of care."""

    __tablename__ = "org_unit"

    id: Mapped[Key]
    kind: Mapped[UnitKind] = mapped_column(one_of(UnitKind, "kind"))
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(32), default="")
    """National format; shown where video fails and a call is the way on."""


class Employment(Base):
    """A person works in a unit in one role."""

    __tablename__ = "employment"
    __table_args__ = (
        CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="ends_after_start"),
        Index("ix_employment_person", "person_id"),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    unit_id: Mapped[int] = mapped_column(BigInt, ForeignKey("org_unit.id"))
    role: Mapped[Role] = mapped_column(one_of(Role, "role"))
    title: Mapped[str] = mapped_column(String(40), default="")
    """As written before the name: `dr.`, `dipl. m. s.`."""
    rizddz_number: Mapped[str | None] = mapped_column(String(20), unique=True)
    """Number in the register of health workers; only its holder may identify a grantor."""
    started_on: Mapped[date]
    ended_on: Mapped[date | None]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    unit: Mapped[OrgUnit] = relationship(lazy="joined", innerjoin=True)


class CareKind(StrEnum):
    """In what capacity a worker looks after a patient."""

    PERSONAL_DOCTOR = "personal_doctor"
    DIABETES_NURSE = "diabetes_nurse"
    DIABETES_DOCTOR = "diabetes_doctor"


class CareTeamMember(Base):
    """A worker looks after a patient from a day until a day."""

    __tablename__ = "care_team_member"
    __table_args__ = (
        CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="ends_after_start"),
        CheckConstraint("patient_id <> worker_id", name="not_own_patient"),
        Index("ix_care_team_member_patient", "patient_id"),
        Index("ix_care_team_member_worker", "worker_id"),
    )

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    worker_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    kind: Mapped[CareKind] = mapped_column(one_of(CareKind, "kind"))
    started_on: Mapped[date]
    ended_on: Mapped[date | None]
