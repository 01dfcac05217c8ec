"""Who works here, and who looks after whom, on a given local day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from telehealth.core.actor import Role
from telehealth.core.clock import local
from telehealth.directory.models import CareKind, CareTeamMember, Employment, OrgUnit, UnitKind
from telehealth.identity.models import Person


@dataclass(frozen=True, slots=True)
class Worker:
    """A health worker as shown to people."""

    person_id: int
    name: str
    title: str
    role: Role
    unit_id: int
    unit_name: str
    unit_phone: str
    care_kind: CareKind | None = None

    @property
    def full_name(self) -> str:
        """Title and name: `dr. Ana Kovač`."""
        return f"{self.title} {self.name}".strip()


def _valid(
    row: type[Employment] | type[CareTeamMember], today: date
) -> tuple[ColumnElement[bool], ...]:
    return row.started_on <= today, or_(row.ended_on.is_(None), row.ended_on >= today)


def roles_of(session: Session, person_id: int, *, now: datetime) -> frozenset[Role]:
    """The roles a person is employed in today."""
    query = select(Employment.role).where(
        Employment.person_id == person_id, *_valid(Employment, local(now).date())
    )
    return frozenset(session.scalars(query))


def worker(session: Session, person_id: int, *, now: datetime) -> Worker | None:
    """The person as a health worker, or None."""
    found = session.scalar(
        select(Employment)
        .where(Employment.person_id == person_id, *_valid(Employment, local(now).date()))
        .order_by(Employment.id)
        .limit(1)
    )
    return _shown(found) if found else None


def care_team_of(session: Session, patient_id: int, *, now: datetime) -> Sequence[Worker]:
    """The workers who look after a patient today, doctors first."""
    today = local(now).date()
    rows = session.execute(
        select(Employment, CareTeamMember.kind)
        .join(CareTeamMember, CareTeamMember.worker_id == Employment.person_id)
        .where(
            CareTeamMember.patient_id == patient_id,
            *_valid(CareTeamMember, today),
            *_valid(Employment, today),
        )
        .order_by(Employment.role, Employment.id)
    )
    return [_shown(employment, kind) for employment, kind in rows]


def units_of(session: Session, patient_ids: Collection[int]) -> dict[int, int]:
    """The unit that looks after each of some patients; without whoever has none. One query.

    Of several: the unit of a doctor before a nurse's, a relation that goes on before one that has
    ended, the older one first.
    """
    rows = session.execute(
        select(CareTeamMember.patient_id, Employment.unit_id)
        .join(Employment, Employment.person_id == CareTeamMember.worker_id)
        .where(CareTeamMember.patient_id.in_(patient_ids))
        .order_by(
            CareTeamMember.ended_on.is_(None).desc(),
            (CareTeamMember.kind == CareKind.DIABETES_NURSE),
            CareTeamMember.id,
            Employment.id,
        )
    )
    found: dict[int, int] = {}
    for patient_id, unit_id in rows:
        found.setdefault(patient_id, unit_id)
    return found


def is_in_care_team(session: Session, worker_id: int, patient_id: int, *, now: datetime) -> bool:
    """Whether a worker, employed today, looks after the patient today."""
    today = local(now).date()
    query = (
        select(CareTeamMember.id)
        .join(Employment, Employment.person_id == CareTeamMember.worker_id)
        .where(
            CareTeamMember.worker_id == worker_id,
            CareTeamMember.patient_id == patient_id,
            *_valid(CareTeamMember, today),
            *_valid(Employment, today),
        )
        .limit(1)
    )
    return session.scalar(query) is not None


def patients_of(session: Session, worker_id: int, *, now: datetime) -> Sequence[Person]:
    """The patients a worker looks after today, each once; sort them with `i18n.sort_key`."""
    query: Select[Any] = (
        select(Person)
        .where(
            Person.id.in_(
                select(CareTeamMember.patient_id).where(
                    CareTeamMember.worker_id == worker_id,
                    *_valid(CareTeamMember, local(now).date()),
                )
            )
        )
        .order_by(Person.family_name, Person.given_name, Person.id)
    )
    return session.scalars(query).all()


@dataclass(frozen=True, slots=True)
class NewEmployment:
    """A person is taken on."""

    person_id: int
    unit_id: int
    role: Role
    title: str = ""
    rizddz_number: str | None = None


def add_unit(session: Session, kind: UnitKind, name: str, phone: str) -> OrgUnit:
    """The unit is known."""
    row = OrgUnit(kind=kind, name=name, phone=phone)
    session.add(row)
    session.flush()
    return row


def employ(session: Session, new: NewEmployment, *, now: datetime) -> Employment:
    """The person works in the unit from today."""
    row = Employment(
        person_id=new.person_id,
        unit_id=new.unit_id,
        role=new.role,
        title=new.title,
        rizddz_number=new.rizddz_number,
        started_on=local(now).date(),
    )
    session.add(row)
    session.flush()
    return row


def register_with(
    session: Session, patient_id: int, worker_id: int, kind: CareKind, *, now: datetime
) -> CareTeamMember:
    """The worker looks after the patient from today."""
    row = CareTeamMember(
        patient_id=patient_id, worker_id=worker_id, kind=kind, started_on=local(now).date()
    )
    session.add(row)
    session.flush()
    return row


def _shown(row: Employment, kind: CareKind | None = None) -> Worker:
    return Worker(
        person_id=row.person_id,
        name=row.person.name,
        title=row.title,
        role=row.role,
        unit_id=row.unit_id,
        unit_name=row.unit.name,
        unit_phone=row.unit.phone,
        care_kind=kind,
    )
