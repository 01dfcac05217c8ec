"""What a browser read from a meter becomes readings, the same ones a gateway would make.

The browser sends the raw notifications in the order they came; `devices` says what they mean
and names each record, so that browser and gateway never make two readings of one record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.gatt import clock
from devices.gatt.glucose import CONTEXT, MEASUREMENT
from devices.gatt.wire import WireError
from devices.harvest import Harvest
from devices.meaning import Circumstances, reading_of
from devices.meaning import Reading as Sent
from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.clock import HOME_ZONE
from telehealth.meters import policy
from telehealth.meters.models import How, Meter, MeterBinding, MeterRecord
from telehealth.meters.service import rows, sorting
from telehealth.meters.service.planning import Said, meter_said
from telehealth.meters.service.reporting import State, note_state
from telehealth.readings import service as readings
from telehealth.readings.models import Reading, ReadingSource, RemovedReading

MAX_NOTIFICATIONS = 10_000
"""Records and contexts of one transfer; meters hold about a thousand."""
CURRENT_TIME_BYTES = 10


@dataclass(frozen=True, slots=True)
class Transfer:
    """What one conversation with a meter brought."""

    said: Said
    notifications: Sequence[tuple[str, bytes]]
    """Characteristic and value, in the order of arrival."""
    has_ended: bool
    """The meter said that this was the end; otherwise the link broke or a person stopped it."""
    is_full: bool
    """Everything was asked for, not only what follows the cursor."""
    is_newest_only: bool
    count: int | None
    """How many records the meter says it holds."""
    battery_percent: int | None = None
    firmware: str | None = None
    clock: bytes = b""
    """Value of its clock characteristic; empty when it has none."""
    clock_age: timedelta = field(default=timedelta())
    """How long ago the clock was read."""


@dataclass(frozen=True, slots=True)
class Harvested:
    """What became of a transfer."""

    meter_id: int
    new: int
    known: int
    set_aside: int
    """Wait for a person."""
    kept: int
    """Control solution, ketones, records without a value: kept, not in the diary."""
    drift_s: int | None
    needs_all: bool
    """The meter's memory is not the one we knew: everything should be read again."""


def take_in(
    session: Session, actor: Actor, patient_id: int, transfer: Transfer, *, now: datetime
) -> Harvested:
    """The records are in the diary or set aside, and the place to go on from is remembered.

    Raises:
        NotFound: the actor acts for somebody else, or the chosen meter was never the patient's.
        NotAllowed: the actor may not read meters for the patient.
        BoundElsewhere: the meter belongs to somebody else.
    """
    policy.require_keeping(actor, patient_id)
    meter = meter_said(session, patient_id, transfer.said, now=now)
    binding = _bound(session, actor, meter, now=now)
    harvest = _harvest(transfer, binding)
    around = _circumstances(transfer, meter, now)
    sent = [reading_of(arrival, around) for arrival in harvest.take()]
    known = _known_keys(session, patient_id, meter, sent)
    drift_s = None if around.drift is None else round(around.drift.total_seconds())
    sorted_out = sorting.sort_out(session, actor, meter, sent, known, drift_s, now=now)
    needs_all = _is_other_memory(transfer, binding, sent, known)
    _remember_place(transfer, binding, harvest, needs_all=needs_all)
    state = State(
        read_at=now - transfer.clock_age,
        battery_percent=transfer.battery_percent,
        clock_drift_s=drift_s,
        records=transfer.count,
        firmware=transfer.firmware,
    )
    note_state(meter, state, now=now)
    audit.record(
        session,
        actor,
        "meters.read_out",
        "meter",
        meter.id,
        now=now,
        detail={"records": len(sent), "new": sorted_out.new},
    )
    return Harvested(
        meter_id=meter.id,
        new=sorted_out.new,
        known=sorted_out.known,
        set_aside=sorted_out.waiting,
        kept=sorted_out.kept,
        drift_s=drift_s,
        needs_all=needs_all,
    )


def _bound(session: Session, actor: Actor, meter: Meter, *, now: datetime) -> MeterBinding:
    before = rows.open_binding(session, meter.id)
    bound = rows.bind_row(session, actor, meter, "", How.BROWSER, now=now)
    if before is None:
        audit.record(session, actor, "meters.bind", "meter", meter.id, now=now)
    return bound


def _harvest(transfer: Transfer, binding: MeterBinding) -> Harvest:
    """Join records with their contexts as a gateway does."""
    quirk = transfer.said.quirk
    harvest = Harvest(
        stored_up_to=None if transfer.is_full else binding.cursor,
        keeps_cursor=not (transfer.is_newest_only or quirk.has_moving_sequence),
        holds_for_context=quirk.has_ketone_meal,
    )
    for uuid, raw in transfer.notifications:
        if uuid == CONTEXT:
            harvest.add_context(raw)
        elif uuid == MEASUREMENT:
            harvest.add_measurement(raw)
    if transfer.has_ended:
        is_short = transfer.is_full and _is_short(transfer, harvest)
        harvest.finish(is_complete=not is_short)
    return harvest


def _circumstances(transfer: Transfer, meter: Meter, now: datetime) -> Circumstances:
    wall = None
    try:
        if len(transfer.clock) >= CURRENT_TIME_BYTES:
            wall = clock.decode_current_time(transfer.clock).at_wall.wall()
        elif transfer.clock:
            wall = clock.decode_date_time(transfer.clock).wall()
    except WireError:
        wall = None  # a clock nobody can read tells nothing, and no reading depends on it
    return Circumstances(
        meter=meter.identity,
        quirk=transfer.said.quirk,
        zone=HOME_ZONE,
        now=now - transfer.clock_age,
        meter_clock_wall=wall,
    )


def _known_keys(
    session: Session, patient_id: int, meter: Meter, sent: Sequence[Sent]
) -> frozenset[str]:
    """Keys of the records that are here already: as readings, removed ones, or set aside."""
    by_seq = {readings.seq_of(one.key): one.key for one in sent}
    of_meter = (
        ReadingSource.patient_id == patient_id,
        ReadingSource.device == meter.identity,
    )
    known: set[str] = set()
    for table in (Reading, RemovedReading):
        found = session.scalars(
            select(table.seq)
            .join(ReadingSource, ReadingSource.id == table.source_id)
            .where(*of_meter, table.seq.in_(by_seq))
        )
        known.update(by_seq[seq] for seq in found)
    known.update(
        session.scalars(
            select(MeterRecord.key).where(
                MeterRecord.patient_id == patient_id,
                MeterRecord.key.in_([one.key for one in sent]),
            )
        )
    )
    return frozenset(known)


def _is_other_memory(
    transfer: Transfer, binding: MeterBinding, sent: Sequence[Sent], known: frozenset[str]
) -> bool:
    """Whether there may be records on the meter that neither came nor are here.

    Only part of the memory came: the oldest record and those from the cursor on. All is here when
    the oldest is, and the numbers from it to the highest are as many as the meter holds. Many
    meters begin their numbers again, and new records then lie below the cursor.
    """
    cursor = binding.cursor
    if transfer.is_full or cursor is None or not transfer.has_ended:
        return False
    below = [one for one in sent if one.seq is not None and one.seq <= cursor]
    if not below or any(one.key not in known for one in below):
        return True
    if transfer.count is None or not _is_contiguous(sent, transfer.count):
        return True
    if binding.count is None:
        return False
    new = sum(one.key not in known for one in sent)
    return new < transfer.count - binding.count


def _is_contiguous(sent: Sequence[Sent], count: int) -> bool:
    numbers = {one.seq for one in sent if one.seq is not None}
    return len(numbers) >= count or max(numbers) - min(numbers) + 1 == count


def _remember_place(
    transfer: Transfer, binding: MeterBinding, harvest: Harvest, *, needs_all: bool
) -> None:
    if needs_all:
        binding.cursor = binding.count = None
        return
    if harvest.cursor is not None:
        binding.cursor = harvest.cursor
    is_whole = transfer.has_ended and not transfer.is_newest_only
    if is_whole and not (transfer.is_full and _is_short(transfer, harvest)):
        binding.count = transfer.count


def _is_short(transfer: Transfer, harvest: Harvest) -> bool:
    return transfer.count is not None and harvest.received < transfer.count
