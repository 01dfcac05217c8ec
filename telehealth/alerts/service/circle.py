"""The people around a patient at one moment: who is told in which step, who may see the alerts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts.models import Ring
from telehealth.core.actor import Role
from telehealth.directory import service as directory
from telehealth.identity import service as identity
from telehealth.identity.models import Account, Person, SessionKind, SignInSession
from telehealth.mandates import policy as mandates_policy
from telehealth.mandates import service as mandates
from telehealth.mandates.models import Representation, RepresentationKind
from telehealth.notifications.service import Recipient

_ROLES = {Ring.NURSE: Role.NURSE, Ring.DOCTOR: Role.DOCTOR}


@dataclass(frozen=True, slots=True)
class Circle:
    """The people around a patient at one moment, by the step in which they are told."""

    rings: dict[Ring, tuple[Recipient, ...]]

    @property
    def person_ids(self) -> set[int]:
        """Everybody who may see the alerts."""
        return {one.person_id for ring in self.rings.values() for one in ring}


def is_child(session: Session, patient_id: int, *, now: datetime) -> bool:
    """Whether the patient is under 15: then the parents are told and answer."""
    return mandates_policy.is_child(identity.person(session, patient_id).birth_on, now)


def circle_of(session: Session, patient_id: int, *, now: datetime) -> Circle:
    """Who would be told now. On duty is who looks after the patient and is employed today."""
    return circles_of(session, [patient_id], now=now)[patient_id]


def circles_of(
    session: Session, patient_ids: Collection[int], *, now: datetime
) -> dict[int, Circle]:
    """Who would be told now, for each of some patients: four statements for any number of them.

    The dead are told nothing.
    """
    people = session.execute(
        select(Person.id, Person.birth_on, Person.died_on).where(Person.id.in_(patient_ids))
    ).all()
    near = mandates.representatives_of_each(session, patient_ids, now=now)
    teams = directory.care_teams_of(session, patient_ids, now=now)
    workers = {one.person_id for team in teams.values() for one in team}
    dead = identity.dead(session, workers)
    return {
        row.id: _circle(
            row.id if row.died_on is None else None,
            near[row.id],
            [one for one in teams[row.id] if one.person_id not in dead],
            child=mandates_policy.is_child(row.birth_on, now),
        )
        for row in people
    }


def _circle(
    patient_id: int | None,
    representatives: Sequence[Representation],
    team: Sequence[directory.Worker],
    *,
    child: bool,
) -> Circle:
    near = tuple(
        Recipient(row.representative_id, row.id)
        for row in representatives
        if not child or row.kind is RepresentationKind.GUARDIAN
    )
    of_role = {
        ring: tuple(dict.fromkeys(Recipient(one.person_id) for one in team if one.role is role))
        for ring, role in _ROLES.items()
    }
    first = (
        {Ring.PATIENT: near, Ring.PROXY: ()}
        if child
        else {
            Ring.PATIENT: (Recipient(patient_id),) if patient_id is not None else (),
            Ring.PROXY: tuple({one.person_id: one for one in near}.values()),
        }
    )
    return Circle({**first, **of_role})


def audience(session: Session, patient_id: int, *, now: datetime) -> list[int]:
    """The open sign-ins of everybody who may see the patient's alerts now."""
    people = circle_of(session, patient_id, now=now).person_ids | {patient_id}
    rows = session.scalars(
        select(SignInSession.id)
        .join(Account, Account.id == SignInSession.account_id)
        .where(
            Account.person_id.in_(people),
            SignInSession.kind == SessionKind.BROWSER,
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > now,
        )
    )
    return list(rows)
