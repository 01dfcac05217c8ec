"""Which of a meter's records are readings, which wait for a person, which are merely kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from devices.glucose import Kind, Unit
from devices.meaning import Doubt
from devices.meaning import Reading as Sent
from telehealth.core.actor import Actor
from telehealth.glycemia.entered import Digits, Flaw, is_believable, parse
from telehealth.meters.models import Meter, MeterRecord, RecordState
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond, Meal, SourceKind

BEYOND = {Kind.HIGH: Beyond.HI, Kind.LOW: Beyond.LO}
NOT_GLUCOSE = frozenset({Kind.CONTROL, Kind.KETONE, Kind.NO_VALUE})
"""Certain, and no blood glucose."""


@dataclass(frozen=True, slots=True)
class SortedOut:
    """How many became what."""

    new: int = 0
    known: int = 0
    waiting: int = 0
    kept: int = 0


def sort_out(
    session: Session,
    actor: Actor,
    meter: Meter,
    sent: Sequence[Sent],
    known: frozenset[str],
    drift_s: int | None,
    *,
    now: datetime,
) -> SortedOut:
    """New records are readings, or set aside with the reason; known ones change nothing."""
    unknown = list({one.key: one for one in sent if one.key not in known}.values())
    new: list[tuple[Sent, readings.NewReading]] = []
    aside: list[tuple[Sent, tuple[str, ...]]] = []
    for one in unknown:
        reading = as_reading(one, meter.identity, row=len(new))
        if reading is None or one.doubts:
            aside.append((one, tuple(one.doubts)))
        else:
            new.append((one, reading))
    outcome = _record(session, actor, [reading for _, reading in new], now=now)
    # Refused for its time: too old, or still to come.
    aside += [(new[refused.row][0], (refused.code,)) for refused in outcome.rejected]
    made = [_row(actor, meter, one, doubts, drift_s, now) for one, doubts in aside]
    session.add_all(made)
    session.flush()
    waiting = sum(row.state is RecordState.WAITING for row in made)
    already = len(sent) - len(unknown) + outcome.duplicate
    return SortedOut(outcome.accepted, already, waiting, len(made) - waiting)


def as_reading(
    one: Sent, identity: str, *, row: int = 0, at: datetime | None = None
) -> readings.NewReading | None:
    """A record as a reading; `None` when it has no value or time that the diary could hold.

    Args:
        one: what the meter sent.
        identity: of the meter.
        row: place in the batch.
        at: another time than the meter's own, when a person corrected it.
    """
    measured_at, unit = at or one.measured_at, one.unit
    if measured_at is None or unit is None or one.kind not in (Kind.GLUCOSE, *BEYOND):
        return None
    digits = BEYOND.get(one.kind) or digits_of(one.value, unit)
    if digits is None:
        return None
    offset = measured_at.utcoffset()
    return readings.NewReading(
        row=row,
        key=one.key,
        measured_at=measured_at,
        offset_min=int(offset.total_seconds() // 60) if offset else 0,
        digits=digits,
        unit=unit,
        kind=SourceKind.METER,
        device=identity,
        meal=Meal(one.meal or ""),
    )


def digits_of(value: object, unit: Unit) -> Digits | None:
    """A meter's number as the diary writes it; `None` when the diary cannot hold it."""
    digits = parse(f"{value:f}" if value is not None else "")
    if isinstance(digits, Flaw) or not is_believable(digits, unit):
        return None
    return digits


def _record(
    session: Session, actor: Actor, new: list[readings.NewReading], *, now: datetime
) -> readings.Outcome:
    patient_id = actor.subject_id or 0
    outcomes = [
        readings.record(
            session,
            actor,
            readings.Batch(patient_id, tuple(new[start : start + readings.MAX_BATCH])),
            now=now,
        )
        for start in range(0, len(new), readings.MAX_BATCH)
    ]
    return readings.Outcome(
        sum(one.accepted for one in outcomes),
        sum(one.duplicate for one in outcomes),
        tuple(rejection for one in outcomes for rejection in one.rejected),
    )


def _row(
    actor: Actor,
    meter: Meter,
    one: Sent,
    doubts: tuple[str, ...],
    drift_s: int | None,
    now: datetime,
) -> MeterRecord:
    # When a control solution was measured matters to nobody: only the kind must be certain.
    is_certain = one.kind in NOT_GLUCOSE and Doubt.CONTEXT_MISSING not in doubts
    reasons = doubts or (() if is_certain else (Doubt.IMPLAUSIBLE.value,))
    return MeterRecord(
        patient_id=actor.subject_id,
        meter=meter,
        key=one.key,
        kind=one.kind,
        doubts=",".join(dict.fromkeys(reasons)),
        base_wall=one.base,
        measured_at=one.measured_at,
        drift_s=drift_s,
        value=None if one.value is None else f"{one.value:f}",
        unit=one.unit,
        meal=one.meal or "",
        raw=one.raw,
        raw_context=one.raw_context,
        received_at=now,
        state=RecordState.KEPT if is_certain else RecordState.WAITING,
    )
