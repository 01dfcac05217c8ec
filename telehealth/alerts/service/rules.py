"""The rules in force for patients: their own, else the clinic's, else what a clinic starts with."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from telehealth.alerts.models import AlertMute, AlertRule, AlertUnitRule, Kind
from telehealth.alerts.service.rule import (
    STARTING,
    Rule,
    Threshold,
    for_population,
    in_order,
    is_looser,
)
from telehealth.directory import service as directory
from telehealth.identity.models import Person
from telehealth.mandates import policy as mandates_policy
from telehealth.targets import service as targets
from telehealth.targets.models import Population

RuleBook = dict[Kind, Rule]


def of_unit(session: Session, unit_id: int | None) -> RuleBook:
    """The rules of a unit, for adults with type 1 or 2; None: what a unit starts with."""
    rows = {
        row.kind: row
        for row in session.scalars(select(AlertUnitRule).where(AlertUnitRule.unit_id == unit_id))
    }
    return {kind: rule_of(rows[kind]) if kind in rows else STARTING[kind] for kind in STARTING}


def in_force(session: Session, patient_id: int, *, now: datetime) -> RuleBook:
    """The rules of one patient; five statements."""
    return in_force_for(session, [patient_id], now=now)[patient_id]


def before_population(session: Session, patient_id: int, *, now: datetime) -> RuleBook:
    """The rules of the patient's unit, as they are for adults with type 1 or 2."""
    return of_unit(session, directory.units_of(session, [patient_id], now=now).get(patient_id))


def in_force_for(
    session: Session, patient_ids: Collection[int], *, now: datetime
) -> dict[int, RuleBook]:
    """The rules of some patients; five statements for any number of them.

    The patient's own rule, else the unit's (or what a unit starts with) as it counts for the
    patient's population; a child's are those of children until the care team chooses others.
    """
    units = directory.units_of(session, patient_ids, now=now)
    populations = _populations(session, patient_ids, now)
    of_units: dict[int, RuleBook] = {}
    for row in session.scalars(
        select(AlertUnitRule).where(AlertUnitRule.unit_id.in_(set(units.values())))
    ):
        of_units.setdefault(row.unit_id, {})[row.kind] = rule_of(row)
    books = {
        patient_id: for_population(
            {**STARTING, **of_units.get(units.get(patient_id, 0), {})}, populations.get(patient_id)
        )
        for patient_id in patient_ids
    }
    for own in session.scalars(select(AlertRule).where(AlertRule.patient_id.in_(patient_ids))):
        books[own.patient_id][own.kind] = replace(rule_of(own), is_own=True)
    return {patient_id: in_order(book) for patient_id, book in books.items()}


def _populations(
    session: Session, patient_ids: Collection[int], now: datetime
) -> dict[int, Population]:
    """Whose rules count: what the care team has chosen, else those of children for a child."""
    chosen = targets.populations(session, patient_ids)
    born = session.execute(select(Person.id, Person.birth_on).where(Person.id.in_(patient_ids)))
    children = {
        row.id: Population.CHILD for row in born if mandates_policy.is_child(row.birth_on, now)
    }
    return {**children, **chosen}


def rule_of(row: AlertRule | AlertUnitRule) -> Rule:
    """A stored rule as a value."""
    threshold = Threshold(row.tick, row.unit) if row.tick is not None and row.unit else None
    return Rule(
        row.kind,
        row.is_on,
        threshold,
        row.delay_min,
        row.repeat_min,
        row.proxy_min,
        row.nurse_min,
        row.doctor_min,
        row.values_n,
        row.values_within_min,
        row.acknowledged_min,
        changed_by_id=row.changed_by_id,
        changed_at=row.changed_at,
        reason=row.reason,
    )


def as_stored(rule: Rule | None) -> dict[str, object] | None:
    """A rule as plain values, for the history of changes."""
    if rule is None:
        return None
    return {
        "is_on": rule.is_on,
        "tick": rule.threshold.tick if rule.threshold else None,
        "unit": rule.threshold.unit.value if rule.threshold else None,
        **{
            name: getattr(rule, name)
            for name in (
                "delay_min", "values_n", "values_within_min", "repeat_min", "acknowledged_min",
                "proxy_min", "nurse_min", "doctor_min",
            )
        },
    }  # fmt: skip


def write(
    row: AlertRule | AlertUnitRule, rule: Rule, by_id: int | None, *, now: datetime
) -> list[str]:
    """Put a rule into its row; returns the names of what changed."""
    values = {
        "is_on": rule.is_on,
        "unit": rule.threshold.unit if rule.threshold else None,
        "tick": rule.threshold.tick if rule.threshold else None,
        "delay_min": rule.delay_min,
        "repeat_min": rule.repeat_min,
        "proxy_min": rule.proxy_min,
        "nurse_min": rule.nurse_min,
        "doctor_min": rule.doctor_min,
        "values_n": rule.values_n,
        "values_within_min": rule.values_within_min,
        "acknowledged_min": rule.acknowledged_min,
        "reason": rule.reason if is_looser(rule) else "",
    }
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name, value in values.items():
        setattr(row, name, value)
    if isinstance(row, AlertRule):
        row.has_net = True
    row.changed_by_id, row.changed_at = by_id, now
    return changed


def muted_by(session: Session, patient_id: int, kind: Kind) -> set[int]:
    """Who of the patient's side does not want notices of this rule."""
    rows = session.scalars(
        select(AlertMute.person_id).where(
            AlertMute.patient_id == patient_id, AlertMute.kind == kind
        )
    )
    return set(rows)


def mutes_of(session: Session, patient_id: int, person_id: int) -> set[Kind]:
    """The rules whose notices one person does not want."""
    rows = session.scalars(
        select(AlertMute.kind).where(
            AlertMute.patient_id == patient_id, AlertMute.person_id == person_id
        )
    )
    return set(rows)


def write_mutes(
    session: Session, patient_id: int, person_id: int, kinds: Collection[Kind], *, now: datetime
) -> list[Kind]:
    """Exactly these rules are mute for the person; returns those that changed."""
    before = mutes_of(session, patient_id, person_id)
    gone = before - set(kinds)
    session.execute(
        delete(AlertMute).where(
            AlertMute.patient_id == patient_id,
            AlertMute.person_id == person_id,
            AlertMute.kind.in_(gone),
        )
    )
    session.add_all(
        AlertMute(patient_id=patient_id, person_id=person_id, kind=kind, since=now)
        for kind in sorted(set(kinds) - before)
    )
    session.flush()
    return sorted(before.symmetric_difference(kinds))
