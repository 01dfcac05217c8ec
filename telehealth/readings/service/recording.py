"""Adding readings: one transaction, one statement per table, harmless when repeated."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import TooLarge
from telehealth.core.i18n import N_
from telehealth.glycemia.entered import tick
from telehealth.readings import policy
from telehealth.readings.models import (
    MEAL_CODES,
    UNIT_CODES,
    Diary,
    ReadingSource,
    SourceKind,
    Upload,
)
from telehealth.readings.service import statements
from telehealth.readings.service.batch import (
    MAX_BATCH,
    Batch,
    Code,
    NewReading,
    Outcome,
    Reference,
    Rejection,
)
from telehealth.readings.service.summaries import local_day, rebuild_days

FUTURE_TOLERANCE = timedelta(minutes=10)
"""A phone's clock may be a little ahead of ours."""
MAX_AGE = timedelta(days=5 * 366)
"""An older time is a meter's reset clock; old diaries come in by import."""

Place = tuple[int, int]
"""Source and `seq`: what makes a reading the same reading."""


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
    timely, rejected = _timely(batch.readings, now)
    rejected = sorted([*batch.rejected, *rejected], key=lambda rejection: rejection.row)
    upload_id: int | None = None
    new: list[Reference] = []
    if timely:
        lock_diary(session, batch.patient_id, _unit_by_hand(timely), now=now)
        source_ids = _lock_sources(session, batch.patient_id, timely, now=now)
        if fresh := _unknown(session, timely, source_ids):
            upload_id, new = _store(session, actor, batch.patient_id, fresh, now=now)
    duplicate = len(timely) - len(new)
    outcome = Outcome(len(new), duplicate, tuple(rejected), upload_id, tuple(new))
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
    """63 bits of the digest of a sender's key: it fits a BIGINT and never wraps like a counter."""
    digest = sha256(key.encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def lock_diary(session: Session, patient_id: int, unit: Unit | None, *, now: datetime) -> None:
    """Writers of this diary wait for each other; `unit` is remembered when a hand wrote it."""
    new = _insert(session)(Diary).values(
        patient_id=patient_id, unit=unit or Unit.MMOL_L, changed_at=now
    )
    changes: dict[str, object] = {"changed_at": now} | ({"unit": unit} if unit else {})
    session.execute(new.on_conflict_do_update(index_elements=["patient_id"], set_=changes))


def _insert(session: Session) -> type[sqlite.Insert] | type[postgresql.Insert]:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.Insert if is_sqlite else postgresql.Insert


def _timely(
    readings: Iterable[NewReading], now: datetime
) -> tuple[list[NewReading], list[Rejection]]:
    latest, earliest = now + FUTURE_TOLERANCE, now - MAX_AGE
    timely, rejected = [], []
    for reading in readings:
        if earliest <= reading.measured_at <= latest:
            timely.append(reading)
        else:
            code = Code.FUTURE if reading.measured_at > latest else Code.TOO_OLD
            rejected.append(Rejection(reading.row, "measured_at", code))
    return timely, rejected


def _unit_by_hand(readings: Sequence[NewReading]) -> Unit | None:
    units = [reading.unit for reading in readings if reading.kind is SourceKind.MANUAL]
    return units[-1] if units else None


def _lock_sources(
    session: Session, patient_id: int, readings: Iterable[NewReading], *, now: datetime
) -> Mapping[tuple[SourceKind, str], int]:
    """Ids of the batch's sources, made where they are new, locked until the transaction ends."""
    named = sorted({(reading.kind, reading.device) for reading in readings})
    new = _insert(session)(ReadingSource).values(
        [
            {"patient_id": patient_id, "kind": kind, "device": device, "last_received_at": now}
            for kind, device in named
        ]
    )
    locked = new.on_conflict_do_update(
        index_elements=["patient_id", "kind", "device", "via"],
        set_={"last_received_at": now},
    ).returning(ReadingSource.kind, ReadingSource.device, ReadingSource.id)
    return {(kind, device): source_id for kind, device, source_id in session.execute(locked)}


def _unknown(
    session: Session,
    readings: Iterable[NewReading],
    source_ids: Mapping[tuple[SourceKind, str], int],
) -> dict[Place, NewReading]:
    """The readings whose key is new to their source.

    A meter whose clock was set sends old records with new times: the first time stays.
    """
    first: dict[Place, NewReading] = {}
    for reading in readings:
        place = (source_ids[reading.kind, reading.device], seq_of(reading.key))
        first.setdefault(place, reading)
    known = statements.run(session, statements.KNOWN_KEYS, statements.KEY_FIELDS, sorted(first))
    for source_id, seq in known:
        first.pop((source_id, seq), None)
    return first


def _store(
    session: Session,
    actor: Actor,
    patient_id: int,
    fresh: Mapping[Place, NewReading],
    *,
    now: datetime,
) -> tuple[int, list[Reference]]:
    upload_id = _add_upload(session, actor, patient_id, now=now)
    rows = [_row(place, reading) for place, reading in fresh.items()]
    rows.sort(key=lambda row: row[:3])
    inserted = statements.run(
        session,
        statements.INSERT_READINGS,
        statements.READING_FIELDS,
        rows,
        patient_id=patient_id,
        upload_id=upload_id,
    ).all()
    _add_notes(session, patient_id, fresh)
    rebuild_days(
        session, patient_id, {local_day(reading.measured_at) for reading in fresh.values()}
    )
    outbox.put(
        session, "readings.recorded", {"patient_id": patient_id, "upload_id": upload_id}, now=now
    )
    return upload_id, [Reference(source_id, seq) for source_id, seq in inserted]


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


def _row(
    place: Place, reading: NewReading
) -> tuple[int, datetime, int, int, int, int, int, int, int]:
    return (
        place[0],
        reading.measured_at,
        place[1],
        reading.digits.mantissa,
        reading.digits.scale,
        UNIT_CODES[reading.unit],
        tick(reading.digits, reading.unit),
        MEAL_CODES[reading.meal],
        reading.offset_min,
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
