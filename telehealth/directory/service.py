"""Who works here, and who looks after whom, on a given local day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, exists, or_, select
from sqlalchemy.orm import Session

from telehealth.core.actor import Role
from telehealth.core.clock import local
from telehealth.directory.models import CareKind, CareTeamMember, Employment, OrgUnit, UnitKind
from telehealth.identity.models import Person

_FOREVER = date(9999, 12, 31)


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
    return care_teams_of(session, [patient_id], now=now)[patient_id]


def care_teams_of(
    session: Session, patient_ids: Collection[int], *, now: datetime
) -> dict[int, list[Worker]]:
    """The workers who look after each of some patients today, doctors first; one statement."""
    today = local(now).date()
    found: dict[int, list[Worker]] = {patient_id: [] for patient_id in patient_ids}
    rows = session.execute(
        select(CareTeamMember.patient_id, Employment, CareTeamMember.kind)
        .join(Employment, Employment.person_id == CareTeamMember.worker_id)
        .where(
            CareTeamMember.patient_id.in_(found),
            *_valid(CareTeamMember, today),
            *_valid(Employment, today),
        )
        .order_by(Employment.role, Employment.id)
    )
    for patient_id, employment, kind in rows:
        found[patient_id].append(_shown(employment, kind))
    return found


def has_care_team(patient_id: SQLColumnExpression[int], *, now: datetime) -> ColumnElement[bool]:
    """Whether a doctor or nurse employed today looks after the patient, as a condition of SQL."""
    today = local(now).date()
    return (
        select(CareTeamMember.id)
        .join(Employment, Employment.person_id == CareTeamMember.worker_id)
        .where(
            CareTeamMember.patient_id == patient_id,
            Employment.role.in_((Role.DOCTOR, Role.NURSE)),
            *_valid(CareTeamMember, today),
            *_valid(Employment, today),
        )
        .exists()
    )


def ever_cared_for(unit_id: int | None = None) -> Select[Any]:
    """Ids of everybody whom somebody (of a unit) has ever looked after, as a sub-query."""
    query = select(CareTeamMember.patient_id)
    if unit_id is None:
        return query
    return query.join(Employment, Employment.person_id == CareTeamMember.worker_id).where(
        Employment.unit_id == unit_id
    )


def patient_ids_of(worker_id: int, *, now: datetime) -> Select[Any]:
    """Ids of the living patients a worker looks after today, as a sub-query."""
    is_dead = exists().where(Person.id == CareTeamMember.patient_id, Person.died_on.is_not(None))
    return select(CareTeamMember.patient_id).where(
        CareTeamMember.worker_id == worker_id,
        *_valid(CareTeamMember, local(now).date()),
        ~is_dead,
    )


def staffed_units(session: Session, *, now: datetime) -> set[int]:
    """The units in which a doctor or nurse is employed today."""
    query = select(Employment.unit_id).where(
        Employment.role.in_((Role.DOCTOR, Role.NURSE)), *_valid(Employment, local(now).date())
    )
    return set(session.scalars(query))


def units_of(session: Session, patient_ids: Collection[int], *, now: datetime) -> dict[int, int]:
    """The unit that looks after each of some patients; without whoever never had one. One query.

    Of several: a relation that goes on before one that has ended, the unit where the worker is
    employed today before an earlier one, the unit of a doctor before a nurse's, the older relation
    first; of ended employments the last one.
    """
    today = local(now).date()
    rows = session.execute(
        select(CareTeamMember.patient_id, Employment.unit_id)
        .join(Employment, Employment.person_id == CareTeamMember.worker_id)
        .where(CareTeamMember.patient_id.in_(patient_ids), Employment.started_on <= today)
        .order_by(
            case((and_(*_valid(CareTeamMember, today)), 0), else_=1),
            case((and_(*_valid(Employment, today)), 0), else_=1),
            (CareTeamMember.kind == CareKind.DIABETES_NURSE),
            CareTeamMember.id,
            case((Employment.ended_on.is_(None), _FOREVER), else_=Employment.ended_on).desc(),
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
    """The living patients a worker looks after today, each once; sort them with `i18n.sort_key`."""
    query: Select[Any] = (
        select(Person)
        .where(Person.id.in_(patient_ids_of(worker_id, now=now)))
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
