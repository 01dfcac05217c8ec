"""A patient's meters and sensors as people see them: whose readings, how fresh, how they do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.errors import NotFound
from telehealth.meters import policy
from telehealth.meters.models import How, Meter, MeterBinding, MeterKind, MeterRecord, RecordState
from telehealth.meters.service.naming import Named
from telehealth.readings import service as readings
from telehealth.readings.models import Reading, SourceKind, Via

LOW_BATTERY_PERCENT = 20
NOTABLE_DRIFT_S = 60
"""A minute more or less changes nothing about a reading."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What arrived from one device."""

    readings: int = 0
    last_measured_at: datetime | None = None
    last_received_at: datetime | None = None
    interval_min: int | None = None

    def with_more(self, other: "Sums") -> "Sums":
        """Both together: a meter's readings may have come directly and by file."""
        return Sums(
            self.readings + other.readings,
            _latest(self.last_measured_at, other.last_measured_at),
            _latest(self.last_received_at, other.last_received_at),
            self.interval_min or other.interval_min,
        )


@dataclass(frozen=True, slots=True)
class Known:
    """A meter or sensor of a patient."""

    id: int
    identity: str
    kind: MeterKind
    given_name: str
    how: How
    bound_at: datetime
    unbound_at: datetime | None
    sums: Sums
    waiting: int
    """Records that wait for a person to look."""
    read_at: datetime | None = None
    battery_percent: int | None = None
    drift_s: int | None = None
    clock_set_at: datetime | None = None
    firmware: str | None = None
    records: int | None = None
    is_elsewhere: bool = False
    """It has come to belong to somebody else."""

    @property
    def named(self) -> Named:
        """Model and serial number."""
        return Named(self.identity)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.given_name or self.named.model

    @property
    def is_open(self) -> bool:
        """Whether it is the patient's now."""
        return self.unbound_at is None

    @property
    def synced_at(self) -> datetime | None:
        """When it was last heard of."""
        return _latest(self.sums.last_received_at, self.read_at)

    @property
    def has_low_battery(self) -> bool:
        """Whether the battery should be changed soon."""
        return self.battery_percent is not None and self.battery_percent <= LOW_BATTERY_PERCENT

    @property
    def drift_min(self) -> int:
        """Whole minutes the clock is ahead (negative: behind); 0 where it hardly is."""
        if self.drift_s is None or abs(self.drift_s) < NOTABLE_DRIFT_S or self.clock_is_set:
            return 0
        return round(abs(self.drift_s) / 60) * (1 if self.drift_s > 0 else -1)

    @property
    def clock_is_set(self) -> bool:
        """Whether the clock was set after the drift was seen."""
        return bool(self.clock_set_at and self.read_at and self.clock_set_at >= self.read_at)

    @property
    def still_sends(self) -> bool:
        """Whether readings came after it had been released."""
        received_at = self.sums.last_received_at
        return bool(self.unbound_at and received_at and received_at > self.unbound_at)


@dataclass(frozen=True, slots=True)
class Stray:
    """A device that readings name and nobody has registered: out of a file, say."""

    device: str
    kind: MeterKind
    sums: Sums

    @property
    def name(self) -> str:
        """Its model for people."""
        return Named(self.device).model


@dataclass(frozen=True, slots=True)
class Meters:
    """All meters and sensors of a patient."""

    bound: Sequence[Known]
    former: Sequence[Known]
    strays: Sequence[Stray]

    @property
    def all(self) -> Sequence[Known]:
        """Those of today and those of before."""
        return (*self.bound, *self.former)


def of_patient(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> Meters:
    """The patient's meters and sensors, those in use first.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not see meters.
    """
    policy.require_keeping(actor, patient_id)
    audit.record(session, actor, "meters.list", "meter", now=now)
    return known_of(session, patient_id)


def one(session: Session, actor: Actor, patient_id: int, meter_id: int, *, now: datetime) -> Known:
    """One meter or sensor of the patient.

    Raises:
        NotFound: the actor acts for somebody else, or the meter was never the patient's.
        NotAllowed: the actor may not see meters.
    """
    policy.require_keeping(actor, patient_id)
    audit.record(session, actor, "meters.open", "meter", meter_id, now=now)
    for known in known_of(session, patient_id).all:
        if known.id == meter_id:
            return known
    raise NotFound


def known_of(session: Session, patient_id: int) -> Meters:
    """The same for a caller that has checked who asks and writes the audit event."""
    bindings = _newest_bindings(session, patient_id)
    sums = _sums(session, patient_id)
    waiting = _waiting(session, patient_id)
    ids = [binding.meter_id for binding in bindings]
    elsewhere = _elsewhere(session, patient_id, ids)
    known = [
        _known(
            binding,
            sums.get(binding.meter.identity, (binding.meter.kind, Sums()))[1],
            waiting.get(binding.meter_id, 0),
            is_elsewhere=binding.meter_id in elsewhere,
        )
        for binding in bindings
    ]
    registered = {one.identity for one in known}
    strays = [
        Stray(device, kind, found)
        for device, (kind, found) in sums.items()
        if device not in registered
    ]
    return Meters(
        [one for one in known if one.is_open],
        [one for one in known if not one.is_open],
        strays,
    )


def _newest_bindings(session: Session, patient_id: int) -> Sequence[MeterBinding]:
    newest = (
        select(func.max(MeterBinding.id))
        .where(MeterBinding.patient_id == patient_id)
        .group_by(MeterBinding.meter_id)
    )
    return session.scalars(
        select(MeterBinding).where(MeterBinding.id.in_(newest)).order_by(MeterBinding.id)
    ).all()


def _sums(session: Session, patient_id: int) -> dict[str, tuple[MeterKind, Sums]]:
    """What arrived, by the device that readings name."""
    named = [
        source
        for source in readings.sources(session, patient_id)
        if source.device and source.kind is not SourceKind.MANUAL
    ]
    rows = session.execute(
        select(Reading.source_id, func.count(), func.max(Reading.measured_at))
        .where(
            Reading.patient_id == patient_id,
            Reading.source_id.in_([source.id for source in named]),
        )
        .group_by(Reading.source_id)
    )
    counted = {source_id: (n, at) for source_id, n, at in rows}
    found: dict[str, tuple[MeterKind, Sums]] = {}
    for source in named:
        n, measured_at = counted.get(source.id, (0, None))
        received_at = source.last_received_at if source.via is Via.DIRECT else None
        sums = Sums(n, measured_at, received_at, source.interval_min)
        kind, before = found.get(source.device, (MeterKind(source.kind.value), Sums()))
        found[source.device] = (kind, before.with_more(sums))
    return found


def _waiting(session: Session, patient_id: int) -> dict[int, int]:
    rows = session.execute(
        select(MeterRecord.meter_id, func.count())
        .where(MeterRecord.patient_id == patient_id, MeterRecord.state == RecordState.WAITING)
        .group_by(MeterRecord.meter_id)
    )
    return {row[0]: row[1] for row in rows}


def _elsewhere(session: Session, patient_id: int, meter_ids: Collection[int]) -> frozenset[int]:
    """Those of the meters that belong to somebody else now."""
    rows = session.scalars(
        select(MeterBinding.meter_id).where(
            MeterBinding.meter_id.in_(meter_ids),
            MeterBinding.unbound_at.is_(None),
            MeterBinding.patient_id != patient_id,
        )
    )
    return frozenset(rows)


def _known(binding: MeterBinding, sums: Sums, waiting: int, *, is_elsewhere: bool) -> Known:
    meter = binding.meter
    known = Known(
        id=meter.id,
        identity=meter.identity,
        kind=meter.kind,
        given_name=binding.name,
        how=binding.how,
        bound_at=binding.bound_at,
        unbound_at=binding.unbound_at,
        sums=sums,
        waiting=waiting,
        is_elsewhere=is_elsewhere,
    )
    return known if binding.unbound_at is not None else _with_state(known, meter)


def _with_state(known: Known, meter: Meter) -> Known:
    """How the meter does; not for somebody who has released it: it may be in other hands."""
    return replace(
        known,
        read_at=meter.read_at,
        battery_percent=meter.battery_percent,
        drift_s=meter.clock_drift_s,
        clock_set_at=meter.clock_set_at,
        firmware=meter.firmware,
        records=meter.records,
    )


def _latest(first: datetime | None, second: datetime | None) -> datetime | None:
    if first is None or second is None:
        return first or second
    return max(first, second)
