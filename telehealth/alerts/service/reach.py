"""Whose alerts reach nobody: people without a reachable step, people without a team.

Who would be told is what `circle` says and which steps there are is what the rules say, so a page,
a count and an escalation never disagree.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, SelectBase, exists, func, or_, select
from sqlalchemy.orm import Session

from telehealth.alerts import policy
from telehealth.alerts.models import (
    Alert,
    AlertMute,
    AlertNotice,
    AlertReach,
    AlertStep,
    AlertWatch,
    Kind,
    Ring,
    StepState,
)
from telehealth.alerts.service import circle, rules
from telehealth.alerts.service.circle import Circle
from telehealth.alerts.service.machine import RINGING
from telehealth.alerts.service.rule import Rule
from telehealth.audit import service as audit
from telehealth.contacts import service as contacts
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.i18n import sort_key
from telehealth.directory import service as directory
from telehealth.identity.models import Person

PORTION = 1_000
COUNTED_EVERY = timedelta(hours=1)
NAMES_SHOWN = 50
_MAY_BE_TOLD = (StepState.WAITING, StepState.SENDING, StepState.TOLD, StepState.STOPPED)


class Gap(StrEnum):
    """Why an alert of a person may reach nobody."""

    NO_STEP = "no_step"
    """Nobody of any step has a confirmed e-mail address that is used."""
    NO_TEAM = "no_team"
    """No doctor or nurse who is employed today looks after the person."""


@dataclass(frozen=True, slots=True)
class Unreached:
    """A person whose alerts may reach nobody."""

    person: Person
    gaps: frozenset[Gap]


@dataclass(frozen=True, slots=True)
class UnreachedPeople:
    """What a worker sees of people whose alerts reach nobody."""

    own: Sequence[Unreached]
    """Of the worker's own patients."""
    without_team: Sequence[Unreached]
    """Whom nobody looks after any more, the first `NAMES_SHOWN` by name."""
    n_without_team: int


@dataclass(frozen=True, slots=True)
class ReachCount:
    """How many living people there are with a gap."""

    no_step: int = 0
    no_team: int = 0
    counted_at: datetime | None = None
    """None: not counted yet."""


def gaps_of(around: Circle, rule: Rule, with_email: Collection[int]) -> frozenset[Gap]:
    """The gaps of one person. Pure.

    Args:
        around: who would be told now.
        rule: the rule of very low values in force: it says which steps there are.
        with_email: everybody with a confirmed address.
    """
    steps = {
        Ring.PATIENT: 0,
        Ring.PROXY: rule.proxy_min,
        Ring.NURSE: rule.nurse_min,
        Ring.DOCTOR: rule.doctor_min,
    }
    found = set()
    if not any(
        one.person_id in with_email
        for ring, minutes in steps.items()
        if minutes is not None
        for one in around.rings[ring]
    ):
        found.add(Gap.NO_STEP)
    if not around.rings[Ring.NURSE] and not around.rings[Ring.DOCTOR]:
        found.add(Gap.NO_TEAM)
    return frozenset(found)


def gaps(
    session: Session, patient_ids: Collection[int], *, now: datetime
) -> dict[int, frozenset[Gap]]:
    """The gaps of each of some people, without whoever has none; nine statements for any number."""
    circles = circle.circles_of(session, patient_ids, now=now)
    books = rules.in_force_for(session, patient_ids, now=now)
    near = {person_id for around in circles.values() for person_id in around.person_ids}
    with_email = contacts.with_active_email(session, near)
    found = {
        patient_id: gaps_of(around, books[patient_id][Kind.URGENT_LOW], with_email)
        for patient_id, around in circles.items()
    }
    return {patient_id: gaps for patient_id, gaps in found.items() if gaps}


def unreached(session: Session, actor: Actor, *, now: datetime) -> UnreachedPeople:
    """Whose alerts reach nobody: of the actor's own patients, and people without a team.

    People without a team are shown to doctors and nurses of the unit that looked after them last.
    Whom no unit with a doctor or nurse looked after is shown to administrators, by name only. One
    event is in the actor's own trail, and one in the trail of each person without a team.

    Raises:
        NotFound: everybody else.
    """
    policy.require_seeing_unreached(actor)
    own: tuple[Unreached, ...] = ()
    if actor.roles & policy.CARING:
        people = {
            person.id: person
            for person in directory.patients_of(session, actor.person_id or 0, now=now)
        }
        own = tuple(
            Unreached(people[patient_id], found)
            for patient_id, found in gaps(session, people, now=now).items()
        )
    left = sorted(_left(session, actor, now), key=_by_name)
    audit.record(
        session, actor, "alerts.list_unreached", "patients", now=now,
        detail={"own": len(own), "without_team": len(left)},
    )  # fmt: skip
    shown = left[:NAMES_SHOWN]
    for person in shown:
        seen = Actor(
            actor.person_id, person.id, Basis.CLINIC_STAFF, actor.roles, None, actor.session_id
        )
        audit.record(session, seen, "alerts.list_unreached", "person", person.id, now=now)
    no_step = gaps(session, [person.id for person in shown], now=now)
    return UnreachedPeople(
        sorted(own, key=lambda one: _by_name(one.person)),
        [Unreached(person, no_step.get(person.id, frozenset({Gap.NO_TEAM}))) for person in shown],
        len(left),
    )


def untold_of_worker(session: Session, actor: Actor, *, now: datetime) -> int:
    """How many open alerts of the actor's own patients nobody has been or will be told of.

    For a page that says so above a list; the list writes the audit event. An alert somebody has
    seen in the portal is known. One whose patient wants no notices of it, and that has no other
    step, is no failure.

    Raises:
        NotFound: the actor looks after nobody here.
    """
    policy.require_list(actor)
    own = directory.patient_ids_of(actor.person_id or 0, now=now)
    of_alert = AlertStep.alert_id == Alert.id
    mute = exists().where(AlertMute.patient_id == Alert.patient_id, AlertMute.kind == Alert.kind)
    query = select(func.count()).where(
        Alert.patient_id.in_(own),
        Alert.state.in_(RINGING),
        exists().where(of_alert),
        ~exists().where(of_alert, AlertStep.state.in_(_MAY_BE_TOLD)),
        or_(exists().where(of_alert, AlertStep.state == StepState.UNREACHED), ~mute),
        ~exists().where(AlertNotice.alert_id == Alert.id, AlertNotice.seen_at.is_not(None)),
    )
    return session.scalar(query) or 0


def claim_count(session: Session, *, now: datetime) -> bool:
    """Whether the people with a gap are to be counted now; then the caller does it."""
    row = session.get(AlertReach, 1, with_for_update=True)
    if row is None:
        row = AlertReach(id=1, begun_at=now, no_step=0, no_team=0)
        session.add(row)
    elif row.begun_at + COUNTED_EVERY > now:
        return False
    row.begun_at = now
    session.flush()
    return True


def count_portion(session: Session, after_id: int, *, now: datetime) -> tuple[ReachCount, int]:
    """A portion of all living patients, by id: their gaps, and the last id; 0: there are no more.

    Whoever has a team and an address of their own has no gap and is left out by the database.
    """
    ids = session.scalars(_suspects(now).where(Person.id > after_id).limit(PORTION)).all()
    found = gaps(session, ids, now=now).values()
    part = ReachCount(
        sum(Gap.NO_STEP in one for one in found), sum(Gap.NO_TEAM in one for one in found)
    )
    return part, ids[-1] if len(ids) == PORTION else 0


def keep_count(session: Session, count: ReachCount, *, now: datetime) -> None:
    """The count is what `/readyz` says until the next one."""
    row = session.get_one(AlertReach, 1)
    row.no_step, row.no_team, row.counted_at = count.no_step, count.no_team, now
    session.flush()


def last_count(session: Session) -> ReachCount:
    """The last count."""
    row = session.get(AlertReach, 1)
    return ReachCount(row.no_step, row.no_team, row.counted_at) if row else ReachCount()


def _suspects(now: datetime) -> Select[Any]:
    """Living people with readings or a team, without those who surely have no gap."""
    is_settled = contacts.has_active_email(Person.id) & directory.has_care_team(Person.id, now=now)
    may_be_child = Person.birth_on > (now - timedelta(days=16 * 366)).date()
    return (
        select(Person.id)
        .where(
            Person.died_on.is_(None),
            or_(
                exists().where(AlertWatch.patient_id == Person.id),
                Person.id.in_(directory.ever_cared_for()),
            ),
            or_(~is_settled, may_be_child),
        )
        .order_by(Person.id)
    )


def _left(session: Session, actor: Actor, now: datetime) -> list[Person]:
    """Living people without a team whom the actor may see."""
    found: dict[int, Person] = {}
    worker = directory.worker(session, actor.person_id or 0, now=now)
    if worker is not None and actor.roles & policy.CARING:
        of_unit = directory.ever_cared_for(worker.unit_id)
        for person, unit_id in _without_team(session, of_unit, now):
            if unit_id == worker.unit_id:
                found[person.id] = person
    if Role.ADMIN in actor.roles:
        staffed = directory.staffed_units(session, now=now)
        known = directory.ever_cared_for().union(select(AlertWatch.patient_id))
        for person, unit_id in _without_team(session, known, now):
            if unit_id not in staffed:
                found[person.id] = person
    return list(found.values())


def _without_team(
    session: Session, among: SelectBase, now: datetime
) -> Iterator[tuple[Person, int | None]]:
    """Living people without a team, each with the unit that looked after them last."""
    people = session.scalars(
        select(Person).where(
            Person.died_on.is_(None),
            ~directory.has_care_team(Person.id, now=now),
            Person.id.in_(among),
        )
    ).all()
    for begin in range(0, len(people), PORTION):
        part = people[begin : begin + PORTION]
        units = directory.units_of(session, [one.id for one in part], now=now)
        yield from ((one, units.get(one.id)) for one in part)


def _by_name(person: Person) -> tuple[tuple[int, int], ...]:
    return sort_key(f"{person.family_name} {person.given_name}")
