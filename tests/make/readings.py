"""Readings: single ones in words, batches, and a patient's diary filled through the service."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.actor import Actor, Basis
from telehealth.glycemia.entered import Digits, parse
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond, Meal, SourceKind, Via
from tests.make.people import NOW

_number = count(1)


def reading(
    words: str = "7.2 mmol/L",
    at: datetime = NOW - timedelta(hours=1),
    *,
    key: str = "",
    kind: SourceKind = SourceKind.MANUAL,
    device: str = "",
    meal: Meal = Meal.NONE,
    note: str = "",
    via: Via = Via.DIRECT,
) -> readings.NewReading:
    """A reading as it arrives: `make.reading("3.1 mmol/L")`."""
    value, _, unit = words.partition(" ")
    digits = parse(value)
    assert isinstance(digits, Digits), words
    number = next(_number)
    return readings.NewReading(
        row=number,
        key=key or f"key-{number}",
        measured_at=at,
        offset_min=60,
        digits=digits,
        unit=Unit(unit),
        kind=kind,
        device=device,
        meal=meal,
        note=note,
        via=via,
    )


def beyond(
    words: str, at: datetime = NOW - timedelta(hours=1), unit: Unit = Unit.MG_DL, **named: Any
) -> readings.NewReading:
    """A reading that the meter had no number for: `make.beyond("HI")`."""
    kept = {"kind": SourceKind.METER} | named
    return reading("100 mg/dL", at, **kept)._replace(digits=Beyond(words), unit=unit)


def own_actor(patient: Person) -> Actor:
    """A patient acting for nobody else."""
    return Actor(patient.id, patient.id, Basis.SELF)


def diary(
    session: Session,
    patient: Person,
    entries: Iterable[readings.NewReading] = (),
    *,
    actor: Actor | None = None,
    now: datetime = NOW,
) -> readings.Outcome:
    """A patient's diary with these readings; one ordinary reading when none are given."""
    batch = readings.Batch(patient.id, tuple(entries) or (reading(),))
    return readings.record(session, actor or own_actor(patient), batch, now=now)


def sensor_days(first: datetime, days: int, step_min: int = 5) -> list[readings.NewReading]:
    """A believable sensor: a wave between 3.4 and 12.6 mmol/L."""
    found = []
    for n in range(days * 24 * 60 // step_min):
        tenths = 80 + ((n * 7) % 93) - 46
        at = first + timedelta(minutes=step_min * n)
        words = f"{tenths // 10}.{tenths % 10} mmol/L"
        found.append(reading(words, at, key=f"cgm-{at:%s}", kind=SourceKind.CGM, device="Sensor"))
    return found


def long_diary(session: Session, patient: Person, entries: list[readings.NewReading]) -> None:
    """More readings than one batch takes, as a meter's gateway would send them."""
    for begin in range(0, len(entries), readings.MAX_BATCH):
        diary(session, patient, entries[begin : begin + readings.MAX_BATCH])
