"""Targets of patients: in force now, their history, and setting new ones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.glycemia.bands import Ranges
from telehealth.glycemia.presets import ADULTS, PRESETS, Goal, Preset
from telehealth.identity.models import Person
from telehealth.targets import policy
from telehealth.targets.models import GOALS, Population, TargetVersion
from telehealth.targets.service.limits import Limits, derive, limits_of
from telehealth.targets.service.offering import OFFERS

CHANGED = "targets.changed"
OWN = "own"
"""Name of a preset that is one patient's own."""
_PARTS = (("below_54_pct", "below_target_pct"), ("above_250_pct", "above_target_pct"))
_AT_ONCE = 5_000
"""SQLite takes no more than some 30,000 parameters in a statement."""


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """A patient's own range, in the unit it was agreed in."""

    unit: Unit
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class NewTargets:
    """Targets to be set: a population, and what differs from it."""

    population: Population
    limits: OwnLimits | None = None
    """None: the population's own range."""
    goals: Mapping[str, float | None] | None = None
    """By name of `GOALS`, None: no goal for it. None as a whole: the population's own goals."""
    note: str = ""
    takes_rules: bool = True
    """Whether the alert rules of the population hold too; otherwise those of now stay."""


@dataclass(frozen=True, slots=True)
class Targets:
    """One version of a patient's targets, as shown: who set what and when."""

    population: Population
    preset: Preset
    limits: Limits
    unit: Unit | None = None
    """The unit the range was agreed in; None: the population's own."""
    note: str = ""
    set_by: str = ""
    """Name; empty when nobody has set targets yet."""
    set_at: datetime | None = None
    goals: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def is_own(self) -> bool:
        """Whether range or goals differ from the population's."""
        return self.preset.name == OWN


def current(session: Session, patient_ids: Collection[int]) -> dict[int, Preset]:
    """The targets of some patients in force now; `ADULTS` where none were set. One query."""
    ids = list(patient_ids)
    found: dict[int, Preset] = dict.fromkeys(ids, ADULTS)
    for begin in range(0, len(ids), _AT_ONCE):
        newest = (
            select(func.max(TargetVersion.id))
            .where(TargetVersion.patient_id.in_(ids[begin : begin + _AT_ONCE]))
            .group_by(TargetVersion.patient_id)
        )
        rows = session.scalars(select(TargetVersion).where(TargetVersion.id.in_(newest)))
        found |= {row.patient_id: _preset(row) for row in rows}
    return found


def populations(session: Session, patient_ids: Collection[int]) -> dict[int, Population]:
    """The populations some patients' targets begin with; without whoever has none. One query."""
    newest = (
        select(func.max(TargetVersion.id))
        .where(TargetVersion.patient_id.in_(patient_ids))
        .group_by(TargetVersion.patient_id)
    )
    rows = session.execute(
        select(TargetVersion.patient_id, TargetVersion.population).where(
            TargetVersion.id.in_(newest)
        )
    )
    return {row.patient_id: row.population for row in rows}


def ranges_of(session: Session, patient_id: int) -> Ranges:
    """The bands of one patient's targets; the adult ones where none were set."""
    return current(session, [patient_id])[patient_id].ranges


def look(
    session: Session, actor: Actor, patient_id: int, *, now: datetime
) -> tuple[Targets, Sequence[Targets]]:
    """The targets in force and all earlier ones, newest first; the trail says who looked.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not see the targets.
    """
    policy.require_reading(actor, patient_id)
    versions = history(session, patient_id)
    audit.record(session, actor, "targets.read", "targets", patient_id, now=now)
    return (versions[0], versions[1:]) if versions else (_unset(), ())


def history(session: Session, patient_id: int) -> Sequence[Targets]:
    """All versions, newest first; for a caller that has checked who asks."""
    rows = session.execute(
        select(TargetVersion, Person)
        .join(Person, Person.id == TargetVersion.set_by_id)
        .where(TargetVersion.patient_id == patient_id)
        .order_by(TargetVersion.id.desc())
    )
    return [_shown(row, person.name) for row, person in rows]


def set_targets(
    session: Session, actor: Actor, patient_id: int, new: NewTargets, *, now: datetime
) -> Targets:
    """The patient's targets are these from now on; the earlier ones stay in the history.

    Setting what is already in force changes nothing.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: everybody but doctors and nurses of the care team.
        Invalid: limits or goals that cannot be.
    """
    by_id = policy.require_setting(actor, patient_id)
    base = PRESETS[new.population]
    limits = derive(new.limits.unit, new.limits.low, new.limits.high) if new.limits else None
    if limits == limits_of(base.ranges):
        limits = None
    goals = _goals(base) if new.goals is None else _checked(new.goals)
    mg, mmol = ((it := limits or limits_of(base.ranges)).mg_dl, it.mmol_l)
    row = TargetVersion(
        patient_id=patient_id,
        population=new.population,
        unit=new.limits.unit if new.limits and limits else None,
        mg_low=mg[0],
        mg_high=mg[1],
        mmol_low=mmol[0],
        mmol_high=mmol[1],
        note=new.note.strip(),
        set_by_id=by_id,
        set_at=now,
        **goals,
    )
    known = history(session, patient_id)
    name = session.get_one(Person, by_id).name
    if not known or not _same(known[0], _shown(row, name)):
        offers = () if new.takes_rules else OFFERS
        kept = [offer.keeper(session, actor, patient_id, now=now) for offer in offers]
        session.add(row)
        session.flush()
        for offer, before in zip(offers, kept, strict=True):
            offer.keep(session, actor, patient_id, before, now=now)
        audit.record(session, actor, "targets.set", "targets", row.id, now=now)
        outbox.put(session, CHANGED, {"patient_id": patient_id}, now=now)
    return _shown(row, name)


def _same(one: Targets, other: Targets) -> bool:
    return (one.population, one.limits, one.unit, one.goals, one.note) == (
        other.population,
        other.limits,
        other.unit,
        other.goals,
        other.note,
    )


def _goals(preset: Preset) -> dict[str, float | None]:
    return {name: goal.limit_pct if (goal := preset.goals.get(name)) else None for name in GOALS}


def _checked(goals: Mapping[str, float | None]) -> dict[str, float | None]:
    """Goals by name.

    Raises:
        Invalid: no share, or a part that may be larger than its whole.
    """
    full = {name: goals.get(name) for name in GOALS}
    errors = [
        FieldError(f"#/{name}", N_("A goal is a share between 0 and 100 %."), "share")
        for name, share in full.items()
        if share is not None and not 0 < share < 100  # noqa: PLR2004 - percent
    ]
    for part, whole in (
        ("below_54_pct", "below_target_pct"),
        ("above_250_pct", "above_target_pct"),
    ):
        within, around = full[part], full[whole]
        if within is not None and around is not None and within > around:
            words = N_("This is a part of the share above it and cannot be larger.")
            errors.append(FieldError(f"#/{part}", words, "larger_than_whole"))
    if errors:
        raise Invalid(errors=tuple(errors))
    return full


def _limits(row: TargetVersion) -> Limits:
    return Limits((row.mg_low, row.mg_high), (row.mmol_low, row.mmol_high))


def _preset(row: TargetVersion) -> Preset:
    base = PRESETS[row.population]
    limits = _limits(row)
    goals = {
        name: Goal(share, is_minimum=name == "tir_pct")
        for name in GOALS
        if (share := getattr(row, name)) is not None
    }
    if limits == limits_of(base.ranges) and goals == base.goals:
        return base
    has_very_high = len(base.ranges.edges[Unit.MG_DL]) > 3  # noqa: PLR2004 - edges of four bands
    return Preset(OWN, limits.ranges(OWN, has_very_high=has_very_high), goals)


def _shown(row: TargetVersion, name: str) -> Targets:
    goals = {goal: getattr(row, goal) for goal in GOALS}
    return Targets(
        row.population, _preset(row), _limits(row), row.unit, row.note, name, row.set_at, goals
    )


def _unset() -> Targets:
    return Targets(Population.ADULT, ADULTS, limits_of(ADULTS.ranges), goals=_goals(ADULTS))
