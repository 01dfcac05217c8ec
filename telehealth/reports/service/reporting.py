"""Reports: the readings of some days beside the patient's targets; two periods together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.clock import local
from telehealth.directory import service as directory
from telehealth.glycemia.bands import Ranges
from telehealth.glycemia.presets import Preset
from telehealth.identity import service as identity
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind
from telehealth.reports import policy
from telehealth.reports.service.columns import Columns, columns, sensor_series
from telehealth.reports.service.pricking import sticks_part
from telehealth.reports.service.remarks import ShownRemark, remarks_of
from telehealth.reports.service.sensing import sensor_part
from telehealth.reports.service.sheets import GoalLine, Sheet, Targets
from telehealth.reports.service.windows import Days, last_instant
from telehealth.targets import service as targets


@dataclass(frozen=True, slots=True)
class Report:
    """A patient's report, with what stands beside it."""

    patient_id: int
    patient_name: str
    birth_on: date
    clinic: str
    """Names of the units of the care team; empty without one."""
    days: Days
    sheet: Sheet
    remarks: Sequence[ShownRemark]
    plan: targets.Plan | None
    """What is to be measured when, in force today."""
    may_write: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """The readings of a span for a chart over time."""

    columns: Columns
    sensors: Sequence[int]
    """Ids of the sources that are sensors."""
    unit: Unit
    ranges: Ranges
    targets: Targets


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two periods of the same patient."""

    patient_id: int
    patient_name: str
    days: Days
    other: Days
    now_sheet: Sheet
    other_sheet: Sheet


def report(
    session: Session,
    actor: Actor,
    patient_id: int,
    days: Days,
    *,
    now: datetime,
    action: str = "reports.read",
) -> Report:
    """A patient's report of some days; the trail says who looked.

    Args:
        session: the unit of work of the door.
        actor: who looks.
        patient_id: whose report.
        days: of which days.
        now: when; readings later than this are of clocks that are ahead.
        action: what the trail says.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not see reports.
    """
    policy.require_reading(actor, patient_id)
    person = identity.person(session, patient_id)
    audit.record(session, actor, action, "report", patient_id, now=now)
    return Report(
        patient_id=patient_id,
        patient_name=person.name,
        birth_on=person.birth_on,
        clinic=clinic_of(session, patient_id, now=now),
        days=days,
        sheet=sheet_of(session, patient_id, days, now=now),
        remarks=remarks_of(session, actor, patient_id, days),
        plan=_plan(session, patient_id, now),
        may_write=policy.may_write(actor),
    )


def _plan(session: Session, patient_id: int, now: datetime) -> targets.Plan | None:
    versions = targets.plans_of(session, [patient_id]).get(patient_id, [])
    return targets.plan_on(versions, local(now).date())


def clinic_of(session: Session, patient_id: int, *, now: datetime) -> str:
    """Where the patient is looked after, for the head of a page."""
    team = directory.care_team_of(session, patient_id, now=now)
    return ", ".join(dict.fromkeys(worker.unit_name for worker in team))


def compare(
    session: Session, actor: Actor, patient_id: int, days: Days, other: Days, *, now: datetime
) -> Comparison:
    """Two periods of a patient, both against the targets in force now.

    Raises:
        NotFound, NotAllowed: as `report`.
    """
    policy.require_reading(actor, patient_id)
    person = identity.person(session, patient_id)
    audit.record(session, actor, "reports.compare", "report", patient_id, now=now)
    return Comparison(
        patient_id,
        person.name,
        days,
        other,
        sheet_of(session, patient_id, days, now=now),
        sheet_of(session, patient_id, other, now=now),
    )


def trace(session: Session, actor: Actor, patient_id: int, days: Days, *, now: datetime) -> Trace:
    """The readings of some days that count, for a chart over time.

    Raises:
        NotFound, NotAllowed: as `report`.
    """
    policy.require_reading(actor, patient_id)
    audit.record(session, actor, "reports.chart", "report", patient_id, now=now)
    known = readings.sources(session, patient_id)
    preset = targets.current(session, [patient_id])[patient_id]
    ids = [source.id for source in known]
    found = columns(
        session, patient_id, ids, days.begins_at, last_instant(days, now), preset.ranges
    )
    sensors = [source.id for source in known if source.kind is SourceKind.CGM]
    unit = readings.preferred_unit(session, patient_id)
    return Trace(found, sensors, unit, preset.ranges, targets_line(preset, unit))


def sheet_of(session: Session, patient_id: int, days: Days, *, now: datetime) -> Sheet:
    """The report as plain data; for a caller that has checked who asks and writes the event."""
    known = readings.sources(session, patient_id)
    unit = readings.preferred_unit(session, patient_id)
    preset = targets.current(session, [patient_id])[patient_id]
    ids = [source.id for source in known]
    found = columns(
        session, patient_id, ids, days.begins_at, last_instant(days, now), preset.ranges
    )
    sensed = found.of_sources([one.id for one in known if one.kind is SourceKind.CGM])
    pricked = found.of_sources([one.id for one in known if one.kind is not SourceKind.CGM])
    intervals = {source.id: source.interval_min for source in known}
    series = sensor_series(sensed, preset.ranges, intervals) if len(sensed.t) else None
    return Sheet(
        patient_id=patient_id,
        first_on=days.first.isoformat(),
        last_on=days.last.isoformat(),
        n_days=days.length,
        made_at=now.isoformat(),
        unit=unit.value,
        targets=targets_line(preset, unit),
        sensor=sensor_part(series, preset, unit, days) if series is not None else None,
        sticks=sticks_part(pricked, preset, unit, days) if len(pricked.t) else None,
    )


def targets_line(preset: Preset, unit: Unit) -> Targets:
    """The targets as plain data, the range in the unit's own table."""
    low, high = preset.ranges.target(unit)
    scale = 10 if unit is Unit.MMOL_L else 1
    return Targets(
        preset=preset.name,
        low=low / scale,
        high=high / scale,
        goals={
            name: GoalLine(limit=goal.limit_pct, is_minimum=goal.is_minimum)
            for name, goal in preset.goals.items()
        },
    )
