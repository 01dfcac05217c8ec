"""Thresholds of triage: of a clinic, of one patient; versions with who and when."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.clock import local
from telehealth.core.errors import FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.directory import service as directory
from telehealth.directory.models import CareTeamMember, Employment
from telehealth.monitoring import policy
from telehealth.monitoring.models import Rule, TriageThreshold
from telehealth.monitoring.service.triage import DEFAULTS, Thresholds, thresholds
from telehealth.targets import service as targets

CHANGED = "monitoring.thresholds_changed"
DEFAULT = "default"
"""In place of a number: back to what holds without an own value."""
Wish = Mapping[Rule, float | str | None]
"""By rule: a number, None (off) or `DEFAULT`; rules that are absent stay as they are."""
_LARGEST = {Rule.CGM_SILENT_DAYS: 14, Rule.STICKS_MISSED_DAYS: 7}
_COUNTS = frozenset(
    {
        Rule.STICKS_VERY_LOW_N,
        Rule.STICKS_VERY_HIGH_N,
        Rule.CGM_SILENT_DAYS,
        Rule.STICKS_MISSED_DAYS,
    }
)
"""Rules whose threshold is a whole number of readings or days."""


@dataclass(frozen=True, slots=True)
class Level:
    """One rule as the editor shows it."""

    rule: Rule
    usual: float | None
    """What holds without an own value."""
    value: float | None
    """What holds."""
    is_own: bool


def stored(
    session: Session, unit_ids: Collection[int], patient_ids: Collection[int]
) -> tuple[dict[int, dict[Rule, float | None]], dict[int, dict[Rule, float | None]]]:
    """The values in force, by clinic and by patient."""
    rows = session.scalars(
        select(TriageThreshold)
        .where(
            or_(TriageThreshold.unit_id.in_(unit_ids), TriageThreshold.patient_id.in_(patient_ids))
        )
        .order_by(TriageThreshold.id)
    )
    of_unit: dict[int, dict[Rule, float | None]] = {}
    of_patient: dict[int, dict[Rule, float | None]] = {}
    for row in rows:
        if row.unit_id is not None:
            values = of_unit.setdefault(row.unit_id, {})
        else:
            values = of_patient.setdefault(row.patient_id or 0, {})
        values.pop(row.rule, None)
        if not row.is_default:
            values[row.rule] = row.value
    return of_unit, of_patient


def units_of(session: Session, patient_ids: Collection[int], *, now: datetime) -> dict[int, int]:
    """The clinic whose thresholds hold for each patient: that of who has cared longest."""
    today = local(now).date()
    rows = session.execute(
        select(CareTeamMember.patient_id, Employment.unit_id)
        .join(Employment, Employment.person_id == CareTeamMember.worker_id)
        .where(
            CareTeamMember.patient_id.in_(patient_ids),
            CareTeamMember.started_on <= today,
            or_(CareTeamMember.ended_on.is_(None), CareTeamMember.ended_on >= today),
            Employment.started_on <= today,
            or_(Employment.ended_on.is_(None), Employment.ended_on >= today),
        )
        .order_by(CareTeamMember.id, Employment.id)
    )
    found: dict[int, int] = {}
    for patient_id, unit_id in rows:
        found.setdefault(patient_id, unit_id)
    return found


def limits_of(
    session: Session, patient_ids: Collection[int], *, now: datetime
) -> dict[int, dict[Rule, float | None]]:
    """What holds for each of some patients; a fixed number of queries."""
    units = units_of(session, patient_ids, now=now)
    of_unit, of_patient = stored(session, set(units.values()), patient_ids)
    presets = targets.current(session, patient_ids)
    return {
        patient_id: thresholds(
            of_unit.get(units.get(patient_id, 0), {}),
            presets[patient_id],
            of_patient.get(patient_id, {}),
        )
        for patient_id in patient_ids
    }


def look_at_unit(session: Session, actor: Actor, *, now: datetime) -> tuple[str, list[Level]]:
    """The name of the actor's clinic and its thresholds.

    Raises:
        NotFound: the actor looks after nobody here.
    """
    unit_id, name = _unit(session, actor, now)
    own = stored(session, [unit_id], [])[0].get(unit_id, {})
    return name, _levels(DEFAULTS, own)


def set_for_unit(session: Session, actor: Actor, wish: Wish, *, now: datetime) -> None:
    """These thresholds hold in the actor's clinic; the worklist follows in the background.

    Raises:
        NotFound: the actor looks after nobody here.
        Invalid: a number that cannot be.
    """
    unit_id, _ = _unit(session, actor, now)
    own = stored(session, [unit_id], [])[0].get(unit_id, {})
    changed = _add(session, actor, _changed(_checked(wish), own), now, unit_id=unit_id)
    if changed:
        audit.record(session, actor, "monitoring.set_clinic", "thresholds", unit_id, now=now)
        outbox.put(session, CHANGED, {"unit_id": unit_id}, now=now)


def look_at_patient(
    session: Session, actor: Actor, patient_id: int, *, now: datetime
) -> list[Level]:
    """The thresholds of one patient, and what holds without own ones.

    Raises:
        NotFound: not the actor's patient.
        NotAllowed: the actor is not of the care team.
    """
    policy.require_team(actor, patient_id)
    audit.record(session, actor, "monitoring.read_limits", "thresholds", patient_id, now=now)
    own = stored(session, [], [patient_id])[1].get(patient_id, {})
    unit_id = units_of(session, [patient_id], now=now).get(patient_id, 0)
    clinic = stored(session, [unit_id], [])[0].get(unit_id, {})
    preset = targets.current(session, [patient_id])[patient_id]
    return _levels(thresholds(clinic, preset, {}), own)


def set_for_patient(
    session: Session, actor: Actor, patient_id: int, wish: Wish, *, now: datetime
) -> None:
    """These thresholds hold for the patient, whatever clinic and targets say.

    Raises:
        NotFound: not the actor's patient.
        NotAllowed: the actor is not of the care team.
        Invalid: a number that cannot be.
    """
    policy.require_team(actor, patient_id)
    own = stored(session, [], [patient_id])[1].get(patient_id, {})
    changed = _add(session, actor, _changed(_checked(wish), own), now, patient_id=patient_id)
    if changed:
        audit.record(session, actor, "monitoring.set_limits", "thresholds", patient_id, now=now)
        outbox.put(session, CHANGED, {"patient_id": patient_id}, now=now)


def _levels(usual: Thresholds, own: Thresholds) -> list[Level]:
    return [Level(rule, usual[rule], own.get(rule, usual[rule]), rule in own) for rule in Rule]


def _unit(session: Session, actor: Actor, now: datetime) -> tuple[int, str]:
    policy.require_list(actor)
    worker = directory.worker(session, actor.person_id or 0, now=now)
    if worker is None:
        raise NotFound
    return worker.unit_id, worker.unit_name


def _checked(wish: Wish) -> Wish:
    errors = []
    for rule, value in wish.items():
        if value is None or isinstance(value, str):
            continue
        if not 0 < value <= _LARGEST.get(rule, 100):
            words = N_("This number cannot be: above 0, and at most 100 % or the days there are.")
            errors.append(FieldError(f"#/{rule.value}", words, "threshold"))
        elif rule in _COUNTS and value != int(value):
            words = N_("Write a whole number.")
            errors.append(FieldError(f"#/{rule.value}", words, "whole"))
    if errors:
        raise Invalid(errors=tuple(errors))
    return wish


def _changed(wish: Wish, own: Thresholds) -> Wish:
    return {
        rule: value
        for rule, value in wish.items()
        if (value == DEFAULT and rule in own)
        or (value != DEFAULT and (rule not in own or own[rule] != value))
    }


def _add(session: Session, actor: Actor, wish: Wish, now: datetime, **owner: int) -> bool:
    for rule, value in wish.items():
        row = TriageThreshold(
            rule=rule,
            is_default=value == DEFAULT,
            value=None if isinstance(value, str) else value,
            set_by_id=actor.person_id,
            set_at=now,
            **owner,
        )
        session.add(row)
    session.flush()
    return bool(wish)
