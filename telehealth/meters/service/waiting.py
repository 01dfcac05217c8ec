"""Records that wait for a decision: on the server, or on the computer that reads a meter."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Integer, Select, case, cast, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from devices.meaning import Doubt
from telehealth.meters.models import Meter, MeterBinding, MeterRecord, RecordState

SAME_DRIFT_S = 1800
"""Drifts that differ by less are told as one."""


class Place(StrEnum):
    """Where records wait."""

    HERE = "here"
    """On the server: the page of the meter is where somebody decides."""
    HOME = "home"
    """On the computer that reads the meter."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Records of one meter that wait in one place for one reason."""

    meter_id: int
    place: Place
    records: int
    is_clock: bool
    """Whether they wait because the meter's clock was off."""
    clock_drift_s: int | None
    """How far it was ahead then; None where that differed, or another reason."""


def waiting_of(session: Session, patient_id: int) -> Sequence[Waiting]:
    """What waits for a decision about a patient's meters, the most records first.

    For a caller that has checked who asks.
    """
    return waiting_of_patients(session, [patient_id]).get(patient_id, ())


def waiting_of_patients(
    session: Session, patient_ids: Collection[int]
) -> dict[int, Sequence[Waiting]]:
    """The same for many patients in one statement; who has nothing waiting is not in it.

    For a caller that has checked who asks.
    """
    both = union_all(_here(patient_ids), _home(patient_ids, by_clock=True),
                     _home(patient_ids, by_clock=False))  # fmt: skip
    found: dict[int, list[Waiting]] = {}
    for patient_id, meter_id, place, records, is_clock, least, most in session.execute(both):
        is_one = is_clock and least is not None and most - least <= SAME_DRIFT_S
        one = Waiting(meter_id, Place(place), records, bool(is_clock), most if is_one else None)
        found.setdefault(patient_id, []).append(one)
    return {
        patient_id: sorted(some, key=lambda one: (-one.records, one.meter_id, one.place))
        for patient_id, some in found.items()
    }


def _here(patient_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    is_clock = case(
        (MeterRecord.doubts.contains(Doubt.CLOCK_OFF.value, autoescape=True), 1), else_=0
    )
    one = (
        select(
            MeterRecord.patient_id,
            MeterRecord.meter_id,
            MeterRecord.drift_s,
            is_clock.label("is_clock"),
        )
        .where(MeterRecord.patient_id.in_(patient_ids), MeterRecord.state == RecordState.WAITING)
        .subquery()
    ).c
    return select(
        one.patient_id,
        one.meter_id,
        literal(Place.HERE.value),
        func.count(),
        one.is_clock,
        func.min(one.drift_s),
        func.max(one.drift_s),
    ).group_by(one.patient_id, one.meter_id, one.is_clock)


def _home(patient_ids: Collection[int], *, by_clock: bool) -> Select[*tuple[Any, ...]]:
    """What the computer has told that reads a meter which is the patient's now."""
    clock_records = func.coalesce(Meter.set_aside_clock, 0)
    records = clock_records if by_clock else Meter.set_aside - clock_records
    drift_s = Meter.set_aside_drift_s if by_clock else cast(null(), Integer)
    return (
        select(
            MeterBinding.patient_id,
            MeterBinding.meter_id,
            literal(Place.HOME.value),
            records,
            literal(int(by_clock)),
            drift_s,
            drift_s,
        )
        .join(MeterBinding.meter)
        .where(
            MeterBinding.patient_id.in_(patient_ids),
            MeterBinding.unbound_at.is_(None),
            records > 0,
        )
    )
