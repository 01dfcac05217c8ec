"""Adding readings: one transaction, one statement per table, harmless when repeated."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import TooLarge
from telehealth.core.i18n import N_
from telehealth.glycemia.bands import Ranges
from telehealth.glycemia.entered import tick
from telehealth.readings import policy
from telehealth.readings.models import (
    BEYOND_CODES,
    MEAL_CODES,
    UNIT_CODES,
    USUAL_UNIT,
    Beyond,
    Diary,
    ReadingSource,
    SourceKind,
    Standing,
    Upload,
    Via,
)
from telehealth.readings.service import intervals, statements
from telehealth.readings.service.batch import (
    MAX_BATCH,
    Batch,
    Code,
    NewReading,
    Outcome,
    Rejection,
)
from telehealth.readings.service.duplicates import Placed
from telehealth.readings.service.recounting import recount
from telehealth.readings.service.settling import settle
from telehealth.readings.service.summaries import ranges_text
from telehealth.targets import service as targets

FUTURE_TOLERANCE = timedelta(minutes=10)
"""A phone's clock may be a little ahead of ours."""
MAX_AGE = timedelta(days=5 * 366)
"""An older time is a meter's reset clock; old diaries come in by import."""

_OWN_KEY = re.compile(r"r[0-7][0-9a-f]{15}", re.ASCII)
"""The name a reading has in our own export: it is its `seq`, in every installation."""

_NEW = "new"
"""A diary without a day yet."""

Place = tuple[int, int]
"""Source and `seq`: what makes a reading the same reading."""
Named = tuple[SourceKind, str, Via]
"""A source as its sender names it."""


def record(session: Session, actor: Actor, batch: Batch, *, now: datetime) -> Outcome:
    """The new readings of the batch are in the diary, and the sums of their days include them.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not add readings.
        TooLarge: more than 5,000 readings.
    """
    policy.require_adding(actor, batch.patient_id)
    if len(batch.readings) + len(batch.rejected) > MAX_BATCH:
        raise TooLarge(N_("At most %(n)d readings at once."), n=MAX_BATCH)
    timely, rejected = _timely(batch, now)
    rejected = sorted([*batch.rejected, *rejected], key=lambda rejection: rejection.row)
    upload_id: int | None = None
    fresh: Mapping[Place, NewReading] = {}
    if timely:
        ranges = lock_diary(session, batch.patient_id, now=now)
        source_ids = _lock_sources(session, batch.patient_id, timely, now=now)
        if fresh := _unknown(session, timely, source_ids):
            upload_id = _store(session, actor, batch, fresh, ranges, now=now)
    duplicate = len(timely) - len(fresh)
    outcome = Outcome(len(fresh), duplicate, tuple(rejected), upload_id, tuple(fresh))
    audit.record(
        session,
        actor,
        "readings.record",
        "upload",
        upload_id or "",
        now=now,
        detail={
            "accepted": outcome.accepted,
            "duplicate": outcome.duplicate,
            "rejected": len(outcome.rejected),
        },
    )
    return outcome


def seq_of(key: str) -> int:
    """63 bits of the digest of a sender's key: it fits a BIGINT and never wraps like a counter.

    The name of a reading in our own export (`r` and 16 hexadecimal digits) is that number itself.
    """
    if key.startswith("r") and _OWN_KEY.fullmatch(key):
        return int(key[1:], 16)
    digest = sha256(key.encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def lock_diary(session: Session, patient_id: int, *, now: datetime) -> Ranges:
    """Writers of this diary wait for each other; its unit stays what its owner chose.

    Returns:
        The patient's ranges, for the sums of what is about to change.
    """
    new = _insert(session)(Diary).values(
        patient_id=patient_id, unit=USUAL_UNIT, changed_at=now, sums_ranges=_NEW
    )
    changed = {"changed_at": now}
    locked = new.on_conflict_do_update(index_elements=["patient_id"], set_=changed)
    counted_with = session.scalar(locked.returning(Diary.sums_ranges))
    ranges = targets.ranges_of(session, patient_id)
    written = ranges_text(ranges)
    if counted_with != written and counted_with:
        # Other targets since: until the rebuild has been, the days are counted with either.
        all_days = written if counted_with == _NEW else ""
        session.execute(
            update(Diary).where(Diary.patient_id == patient_id).values(sums_ranges=all_days)
        )
    return ranges


def _insert(session: Session) -> type[sqlite.Insert] | type[postgresql.Insert]:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.Insert if is_sqlite else postgresql.Insert


def _timely(batch: Batch, now: datetime) -> tuple[list[NewReading], list[Rejection]]:
    latest, earliest = now + FUTURE_TOLERANCE, batch.oldest or now - MAX_AGE
    timely, rejected = [], []
    for reading in batch.readings:
        if earliest <= reading.measured_at <= latest:
            timely.append(reading)
        else:
            code = Code.FUTURE if reading.measured_at > latest else Code.TOO_OLD
            rejected.append(Rejection(reading.row, "measured_at", code))
    return timely, rejected


def _lock_sources(
    session: Session, patient_id: int, readings: Iterable[NewReading], *, now: datetime
) -> Mapping[Named, int]:
    """Ids of the batch's sources, made where they are new, locked until the transaction ends."""
    named = sorted({(reading.kind, reading.device, reading.via) for reading in readings})
    new = _insert(session)(ReadingSource).values(
        [
            {
                "patient_id": patient_id,
                "kind": kind,
                "device": device,
                "via": via,
                "last_received_at": now,
            }
            for kind, device, via in named
        ]
    )
    locked = new.on_conflict_do_update(
        index_elements=["patient_id", "kind", "device", "via"], set_={"last_received_at": now}
    ).returning(ReadingSource.kind, ReadingSource.device, ReadingSource.via, ReadingSource.id)
    return {
        (kind, device, via): source_id for kind, device, via, source_id in session.execute(locked)
    }


def _unknown(
    session: Session, readings: Iterable[NewReading], source_ids: Mapping[Named, int]
) -> dict[Place, NewReading]:
    """The readings whose key is new to their source.

    A meter whose clock was set sends old records with new times: the first time stays.
    """
    first: dict[Place, NewReading] = {}
    named, source_id = None, 0
    for reading in readings:
        if named != (reading.kind, reading.device, reading.via):  # quicker than asking each time
            named = (reading.kind, reading.device, reading.via)
            source_id = source_ids[named]
        first.setdefault((source_id, seq_of(reading.key)), reading)
    known = statements.run(session, statements.KNOWN_KEYS, statements.KEY_FIELDS, sorted(first))
    for source_id, seq in known:
        first.pop((source_id, seq), None)
    return first


Row = tuple[
    int, datetime, int, int | None, int | None, int, int | None, int, int, int, int
]  # as `statements.READING_COLUMNS`


def _store(
    session: Session,
    actor: Actor,
    batch: Batch,
    fresh: Mapping[Place, NewReading],
    ranges: Ranges,
    *,
    now: datetime,
) -> int:
    patient_id = batch.patient_id
    upload_id = _add_upload(session, actor, patient_id, now=now)
    rows = sorted((_row(place, reading) for place, reading in fresh.items()), key=_in_key_order)
    moments = [row[1] for row in rows if row[-1] is not Standing.SCAN]
    standing, moved = settle(session, patient_id, moments, lambda: _history(rows))
    if standing:
        rows = [(*row[:-1], standing.get((row[0], row[2]), row[-1])) for row in rows]
    statements.run(
        session,
        statements.INSERT_READINGS,
        statements.READING_FIELDS,
        rows,
        patient_id=patient_id,
        upload_id=upload_id,
    )
    _add_notes(session, patient_id, fresh)
    sensors = {place[0] for place, one in fresh.items() if one.kind is SourceKind.CGM}
    if sensors and batch.interval_min:
        intervals.give(session, sensors, batch.interval_min)
    recount(session, patient_id, [*(row[1] for row in rows), *moved], sensors, ranges)
    earliest = min(row[1] for row in rows)
    payload = {
        "patient_id": patient_id, "upload_id": upload_id, "since": earliest.isoformat()
    }  # fmt: skip
    outbox.put(session, "readings.recorded", payload, now=now)
    return upload_id


def _in_key_order(row: Row) -> tuple[int, datetime, int]:
    return row[:3]


def _history(rows: Iterable[Row]) -> list[Placed]:
    """The rows as neighbours of others; a scan stands beside nothing."""
    return [
        Placed(source_id, seq, at, tick=tick, beyond=beyond, unit=unit)
        for source_id, at, seq, _, _, unit, tick, _, _, beyond, standing in rows
        if standing is not Standing.SCAN
    ]


def _add_upload(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> int:
    upload_id: int = session.execute(
        insert(Upload)
        .values(
            patient_id=patient_id,
            by_id=actor.person_id,
            basis=actor.basis,
            representation_id=actor.representation_id,
            received_at=now,
        )
        .returning(Upload.id)
    ).scalar_one()
    return upload_id


def _row(place: Place, reading: NewReading) -> Row:
    digits = reading.digits
    number: tuple[int, int, int] | tuple[None, None, None] = (None, None, None)
    beyond = 0
    if isinstance(digits, Beyond):
        beyond = BEYOND_CODES[digits]
    else:
        number = (digits.mantissa, digits.scale, tick(digits, reading.unit))
    return (
        place[0],
        reading.measured_at,
        place[1],
        number[0],
        number[1],
        UNIT_CODES[reading.unit],
        number[2],
        MEAL_CODES[reading.meal],
        reading.offset_min,
        beyond,
        Standing.SCAN if reading.is_scan else Standing.COUNTED,
    )


def _add_notes(session: Session, patient_id: int, fresh: Mapping[Place, NewReading]) -> None:
    rows = [
        (source_id, reading.measured_at, seq, reading.note)
        for (source_id, seq), reading in fresh.items()
        if reading.note
    ]
    if rows:
        statements.run(
            session,
            statements.INSERT_NOTES,
            statements.NOTE_FIELDS,
            rows,
            patient_id=patient_id,
        )
