"""How meters do: gateways report it, and readings that come in make a meter known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.meters import policy
from telehealth.meters.models import How, Meter, MeterBinding, MeterKind
from telehealth.meters.service import rows
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind, Via

CLOCKS_AGREE = timedelta(minutes=5)
"""This far a gateway's clock may be from ours; a drift that it measured by another is no drift."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """Records of a meter that wait for a person on the computer that reads it."""

    records: int
    clock_off: int
    """How many of these because the meter's clock was off."""
    clock_drift_s: int | None
    """How far it was ahead then; None where that differed from record to record."""


@dataclass(frozen=True, slots=True)
class State:
    """What a meter said about itself when it was read."""

    read_at: datetime
    battery_percent: int | None = None
    clock_drift_s: int | None = None
    clock_set_at: datetime | None = None
    records: int | None = None
    firmware: str | None = None
    set_aside: SetAside | None = None
    """None: whoever tells does not set anything aside, or does not say."""
    sent_at: datetime | None = None
    """What the teller's clock showed when it told this."""


@dataclass(frozen=True, slots=True)
class MeterReport:
    """One meter in a gateway's report."""

    identity: str
    name: str
    state: State


@dataclass(frozen=True, slots=True)
class ReportOutcome:
    """What became of a report."""

    taken: int
    elsewhere: tuple[int, ...]
    """Places in the report of meters that belong to somebody else: nothing was stored of them."""


def report(
    session: Session,
    actor: Actor,
    patient_id: int,
    reports: Sequence[MeterReport],
    *,
    now: datetime,
) -> ReportOutcome:
    """The newest state of each meter is known; a meter that is nobody's becomes the patient's.

    A meter the patient has released stays released.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not report.
    """
    policy.require_reporting(actor, patient_id)
    elsewhere = []
    for place, one in enumerate(reports):
        meter = rows.meter_of(session, patient_id, one.identity, MeterKind.METER, now=now)
        if _may_tell(session, actor, meter, now=now):
            note_state(meter, _judged(one.state, now), now=now)
        else:
            elsewhere.append(place)
    taken = len(reports) - len(elsewhere)
    audit.record(
        session, actor, "meters.report", "meter", now=now, detail={"meters": taken}
    )  # fmt: skip
    return ReportOutcome(taken, tuple(elsewhere))


def note_state(meter: Meter, state: State, *, now: datetime) -> None:
    """The meter's state is this one, unless a newer one is known."""
    if state.set_aside is not None:  # also when only this has changed since the meter was read
        meter.set_aside = state.set_aside.records
        meter.set_aside_clock = state.set_aside.clock_off
        meter.set_aside_drift_s = state.set_aside.clock_drift_s
    read_at = min(state.read_at, now)
    if meter.read_at is not None and read_at <= meter.read_at:
        return
    meter.read_at = read_at
    meter.battery_percent = state.battery_percent
    meter.clock_drift_s = state.clock_drift_s
    meter.clock_set_at = state.clock_set_at
    meter.records = state.records
    meter.firmware = state.firmware or meter.firmware


def _judged(state: State, now: datetime) -> State:
    """The state without a drift that was measured by a clock that is not ours.

    A gateway that does not say what its clock shows has read the meter a moment ago, or its drift
    cannot be held against anything.
    """
    shown = state.sent_at or state.read_at
    return state if abs(shown - now) <= CLOCKS_AGREE else replace(state, clock_drift_s=None)


def follow(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> int:
    """Meters and sensors that sent readings directly and are new here are the patient's.

    Returns:
        How many were new.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: somebody other than the application asks.
    """
    policy.require_following(actor, patient_id)
    bound = 0
    for source in readings.sources(session, patient_id):
        if source.via is not Via.DIRECT or source.kind is SourceKind.MANUAL or not source.device:
            continue
        kind = MeterKind(source.kind.value)
        meter = rows.find_meter(session, patient_id, source.device)
        if meter is not None and _was_ever_bound(session, patient_id, meter):
            continue
        meter = rows.meter_of(session, patient_id, source.device, kind, now=now)
        if rows.open_binding(session, meter.id) is None:
            rows.bind_row(session, actor, meter, "", How.PROGRAM, now=now)
            audit.record(session, actor, "meters.bind", "meter", meter.id, now=now)
            bound += 1
    return bound


def _may_tell(session: Session, actor: Actor, meter: Meter, *, now: datetime) -> bool:
    """Whether the meter is the patient's, becoming so where it was nobody's and never released."""
    bound = rows.open_binding(session, meter.id)
    if bound is None and not _was_ever_bound(session, actor.subject_id or 0, meter):
        bound = rows.bind_row(session, actor, meter, "", How.PROGRAM, now=now)
        audit.record(session, actor, "meters.bind", "meter", meter.id, now=now)
    return bound is None or bound.patient_id == actor.subject_id


def _was_ever_bound(session: Session, patient_id: int, meter: Meter) -> bool:
    found = session.scalar(
        select(MeterBinding.id)
        .where(MeterBinding.meter_id == meter.id, MeterBinding.patient_id == patient_id)
        .limit(1)
    )
    return found is not None
