"""Records that were set aside: looking at them, taking one into the diary, dismissing one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.glucose import Kind
from devices.meaning import Doubt
from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, NotFound
from telehealth.core.i18n import N_
from telehealth.glycemia.entered import Digits
from telehealth.meters import policy
from telehealth.meters.models import MeterRecord, RecordState
from telehealth.meters.service.sorting import BEYOND, digits_of
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond, Meal, SourceKind

MOST_SHOWN = 200
NOT_A_VALUE = frozenset({Doubt.IMPLAUSIBLE, Doubt.CONTRADICTION, Doubt.UNREADABLE})
"""Whatever a person says, there is no value in these."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A record that was set aside, as a page shows it."""

    row: MeterRecord

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why, as words of `Doubt`; empty for what is merely kept."""
        return tuple(self.row.doubts.split(",")) if self.row.doubts else ()

    @property
    def corrected_at(self) -> datetime | None:
        """When it was measured if the meter's clock was as wrong then as when it was read."""
        if self.row.measured_at is None or self.row.drift_s is None:
            return None
        return self.row.measured_at - timedelta(seconds=self.row.drift_s)

    @property
    def is_waiting(self) -> bool:
        """Whether somebody still has to look."""
        return self.row.state is RecordState.WAITING

    @property
    def may_be_taken(self) -> bool:
        """Whether the diary could hold it."""
        return self.reading(corrected=False) is not None

    @property
    def may_be_corrected(self) -> bool:
        """Whether a corrected time can be offered."""
        has_doubt = Doubt.CLOCK_OFF in self.doubts or Doubt.FUTURE in self.doubts
        return has_doubt and self.reading(corrected=True) is not None

    def reading(self, *, corrected: bool) -> readings.NewReading | None:
        """The reading it would be; `None` when there is no value or no time in it."""
        row = self.row
        at = self.corrected_at if corrected else row.measured_at
        if at is None or row.unit is None or not NOT_A_VALUE.isdisjoint(self.doubts):
            return None
        digits: Digits | Beyond | None = BEYOND.get(row.kind)
        if digits is None and row.kind is Kind.GLUCOSE:
            digits = digits_of(_number(row.value), row.unit)
        if digits is None:
            return None
        offset = local(at).utcoffset()
        return readings.NewReading(
            row=0,
            key=row.key,
            measured_at=at,
            offset_min=int(offset.total_seconds() // 60) if offset else 0,
            digits=digits,
            unit=row.unit,
            kind=SourceKind.METER,
            device=row.meter.identity,
            meal=Meal(row.meal),
        )


def set_aside(
    session: Session, actor: Actor, patient_id: int, meter_id: int, *, now: datetime
) -> Sequence[Aside]:
    """What a meter sent that is no reading by itself, newest first.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not see meters.
    """
    policy.require_keeping(actor, patient_id)
    audit.record(session, actor, "meters.list_set_aside", "meter", meter_id, now=now)
    found = session.scalars(
        select(MeterRecord)
        .where(MeterRecord.patient_id == patient_id, MeterRecord.meter_id == meter_id)
        .order_by(MeterRecord.id.desc())
        .limit(MOST_SHOWN)
    )
    return [Aside(row) for row in found]


def take(
    session: Session,
    actor: Actor,
    patient_id: int,
    record_id: int,
    *,
    corrected: bool,
    now: datetime,
) -> int:
    """A record that waited is a reading of the diary; returns its meter.

    Args:
        session: of the unit of work.
        actor: who looked at it.
        patient_id: whose it is.
        record_id: which.
        corrected: with the time corrected by what the meter's clock was off, not the meter's own.
        now: the time of the deed.

    Raises:
        NotFound: not the patient's, or the actor acts for somebody else.
        NotAllowed: the actor may not decide.
        Conflict: somebody decided already, or there is no value or time in it.
    """
    row = _waiting(session, actor, patient_id, record_id)
    reading = Aside(row).reading(corrected=corrected)
    if reading is None:
        raise Conflict(N_("This record has no value or no time that the diary could hold."))
    outcome = readings.record(
        session, actor, readings.Batch(patient_id, (reading,)), now=now
    )  # fmt: skip
    if outcome.rejected:
        raise Conflict(N_("The diary cannot hold this time. Nothing was changed."))
    _decide(session, actor, row, RecordState.TAKEN, now=now)
    return row.meter_id


def dismiss(
    session: Session, actor: Actor, patient_id: int, record_id: int, *, now: datetime
) -> int:
    """A record that waited is no reading; it stays here and on the meter. Returns its meter.

    Raises:
        NotFound: not the patient's, or the actor acts for somebody else.
        NotAllowed: the actor may not decide.
        Conflict: somebody decided already.
    """
    row = _waiting(session, actor, patient_id, record_id)
    _decide(session, actor, row, RecordState.DISMISSED, now=now)
    return row.meter_id


def wait_again(
    session: Session, actor: Actor, patient_id: int, record_id: int, *, now: datetime
) -> int:
    """A record that was dismissed waits again. Returns its meter.

    Raises:
        NotFound: not the patient's, or the actor acts for somebody else.
        NotAllowed: the actor may not decide.
        Conflict: it was not dismissed.
    """
    row = _one(session, actor, patient_id, record_id)
    if row.state is not RecordState.DISMISSED:
        raise Conflict(N_("Somebody has decided about this record already."))
    row.state, row.decided_by_id, row.decided_at = RecordState.WAITING, None, None
    audit.record(session, actor, "meters.decide", "meter_record", row.id, now=now)
    return row.meter_id


def _one(session: Session, actor: Actor, patient_id: int, record_id: int) -> MeterRecord:
    policy.require_keeping(actor, patient_id)
    row = session.scalar(
        select(MeterRecord)
        .where(MeterRecord.id == record_id, MeterRecord.patient_id == patient_id)
        .with_for_update(of=MeterRecord)
    )
    if row is None:
        raise NotFound
    return row


def _waiting(session: Session, actor: Actor, patient_id: int, record_id: int) -> MeterRecord:
    row = _one(session, actor, patient_id, record_id)
    if row.state is not RecordState.WAITING:
        raise Conflict(N_("Somebody has decided about this record already."))
    return row


def _decide(
    session: Session, actor: Actor, row: MeterRecord, state: RecordState, *, now: datetime
) -> None:
    row.state, row.decided_by_id, row.decided_at = state, actor.person_id, now
    audit.record(session, actor, "meters.decide", "meter_record", row.id, now=now)


def _number(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None
