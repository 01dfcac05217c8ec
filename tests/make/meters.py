"""Meters of a patient, and what a browser read from a simulated one."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from devices.gatt.glucose import CONTEXT, MEASUREMENT
from devices.gatt.sfloat import Sfloat
from devices.harvest import Harvest
from devices.meaning import Circumstances, reading_of
from devices.sim.memory import Stored, record
from telehealth.core.actor import Actor, Basis
from telehealth.core.clock import HOME_ZONE, local
from telehealth.glycemia.entered import Digits
from telehealth.identity.models import Person
from telehealth.meters import service as meters
from telehealth.meters.models import How, MeterKind
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind
from tests.make.people import NOW

GUIDE = "Roche | Accu-Chek Guide | 123"
SAID = meters.Said("Roche", "Accu-Chek Guide", "meter+00000123", serial="123")


def own_actor(patient: Person) -> Actor:
    """A patient acting for nobody else."""
    return Actor(patient.id, patient.id, Basis.SELF)


def device_actor(patient: Person) -> Actor:
    """The patient's gateway with its token."""
    return Actor(None, patient.id, Basis.DEVICE)


def meter(
    session: Session,
    patient: Person,
    identity: str = GUIDE,
    *,
    name: str = "",
    kind: MeterKind = MeterKind.METER,
    how: How = How.HAND,
    now: datetime = NOW,
) -> int:
    """A meter of the patient; returns its id."""
    wish = meters.NewMeter(identity, kind, name, how)
    return meters.bind(session, own_actor(patient), patient.id, wish, now=now).id


def set_aside(session: Session, patient: Person, meter_id: int) -> int:
    """A value no blood can have, set aside from this meter; returns the record's id."""
    actor = own_actor(patient)
    sent = transfer([stored(900, -10, minutes_ago=90)], said=said_of(meter_id))
    meters.take_in(session, actor, patient.id, sent, now=NOW)
    return meters.set_aside(session, actor, patient.id, meter_id, now=NOW)[0].row.id


def furnished(session: Session, patient: Person) -> int:
    """A meter with a name and something set aside; returns its id."""
    meter_id = meter(session, patient, name="v torbici")
    set_aside(session, patient, meter_id)
    return meter_id


def said_of(meter_id: int) -> meters.Said:
    """The meter that a person chose from the list."""
    return meters.Said("Roche", "Accu-Chek Guide", "meter+00000123", meter_id=meter_id)


def stored(
    seq: int,
    mg_dl: int | None = 121,
    *,
    minutes_ago: float = 60,
    value: Sfloat | None = None,
    **more: object,
) -> Stored:
    """A record in a meter's memory, dated by the wall clock at home; `value` for special words."""
    wall = local(NOW - timedelta(minutes=minutes_ago)).replace(tzinfo=None)
    return record(seq, wall, value or mg_dl, **more)  # type: ignore[arg-type]  # passed on as they are


def as_gateway(
    session: Session, patient: Person, memory: Iterable[Stored], identity: str, *, now: datetime
) -> None:
    """The readings that a gateway makes of a meter's memory, sent as it sends them."""
    maker, model, *_ = meters.Named(identity).parts
    around = Circumstances(
        meter=identity,
        quirk=meters.Said(maker, model).quirk,
        zone=HOME_ZONE,
        now=now,
        meter_clock_wall=None,
    )
    harvest = Harvest(stored_up_to=None, keeps_cursor=True, holds_for_context=False)
    for one in memory:
        harvest.add_measurement(one.measurement)
        if one.context is not None:
            harvest.add_context(one.context)
    harvest.finish(is_complete=True)
    sent = [reading_of(arrival, around) for arrival in harvest.take()]
    batch = tuple(
        readings.NewReading(
            row=row,
            key=one.key,
            measured_at=one.measured_at,
            offset_min=60,
            digits=Digits(int(one.value), 0),
            unit=one.unit,
            kind=SourceKind.METER,
            device=identity,
        )
        for row, one in enumerate(sent)
        if one.measured_at and one.value and one.unit
    )
    readings.record(session, device_actor(patient), readings.Batch(patient.id, batch), now=now)


def notifications(memory: Iterable[Stored]) -> list[tuple[str, bytes]]:
    """What a meter sends of its memory."""
    sent = []
    for one in memory:
        sent.append((MEASUREMENT, one.measurement))
        if one.context is not None:
            sent.append((CONTEXT, one.context))
    return sent


def transfer(
    memory: Sequence[Stored],
    *,
    said: meters.Said = SAID,
    is_full: bool = True,
    has_ended: bool = True,
    count: int | None = None,
    **more: object,
) -> meters.Transfer:
    """What a browser read: the whole memory, unless told otherwise."""
    return meters.Transfer(
        said=said,
        notifications=notifications(memory),
        has_ended=has_ended,
        is_full=is_full,
        is_newest_only=False,
        count=len(memory) if count is None else count,
        **more,  # type: ignore[arg-type]  # passed on as they are
    )
