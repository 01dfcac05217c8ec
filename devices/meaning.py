"""What a record of a meter means: which kind it is, which value, and when it was measured.

Parse strictly, lose nothing: a record that cannot be trusted is still a `Reading`, with its
bytes and the doubts that keep it from being used. Nothing is clamped, guessed or corrected.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from devices.gatt.glucose import Context, Measurement, Status
from devices.gatt.sfloat import Special
from devices.glucose import Kind, Unit, is_believable, record_key
from devices.harvest import Arrival
from devices.quirks import Quirk

CONTROL_TYPE = 10
CONTROL_LOCATION = 4
KETONE_MEAL = 6
KETONE_SCALE = -1
"""A ketone is sent as if it were mg/dL; a tenth of that number is its mmol/L."""
FUTURE = timedelta(minutes=10)
DRIFT = timedelta(minutes=5)
FIRST_YEAR, LAST_YEAR = 1, 9999

FAULTS = (
    Status.MALFUNCTION
    | Status.SAMPLE_INSUFFICIENT
    | Status.STRIP_INSERTION
    | Status.WRONG_STRIP
    | Status.TOO_WARM
    | Status.TOO_COLD
    | Status.READ_INTERRUPTED
    | Status.GENERAL_FAULT
)
"""The meter itself says that the measurement went wrong; a low battery alone does not."""

LIMITS = frozenset({Kind.HIGH, Kind.LOW})
"""Kinds that have a unit but no number: the meter's scale ended before the value."""

MEALS = {1: "before_meal", 2: "after_meal", 3: "fasting", 4: "other", 5: "bedtime"}
"""Meal of the context to the words of the readings door."""


class Doubt(StrEnum):
    """Why a record waits for a person instead of becoming a reading."""

    UNREADABLE = "unreadable"
    IMPLAUSIBLE = "implausible"
    CONTRADICTION = "contradiction"
    """High and low at once."""
    METER_FAULT = "meter_fault"
    CONTEXT_MISSING = "context_missing"
    """It may be a ketone: the meter marks those only in a context that never came."""
    NO_SUCH_DATE = "no_such_date"
    CLOCK_GAP = "clock_gap"
    """The hour that is left out in spring."""
    CLOCK_FOLD = "clock_fold"
    """The hour that comes twice in autumn."""
    FUTURE = "future"
    CLOCK_OFF = "clock_off"
    """The meter's clock differed from the computer's by more than five minutes."""
    TIME_FAULT = "time_fault"
    """The meter says that its clock is not to be trusted."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What was known when the records were transferred."""

    meter: str
    """Identity: manufacturer | model | serial."""
    quirk: Quirk
    zone: ZoneInfo
    now: datetime
    """The computer's clock, UTC."""
    meter_clock_wall: datetime | None
    """What the meter's clock showed at `now`; `None` when it has none to read."""

    drift: timedelta | None = field(init=False)
    """How far the meter's clock is ahead of the zone's."""

    def __post_init__(self) -> None:
        """Compare the two clocks once, for all records."""
        wall = self.now.astimezone(self.zone).replace(tzinfo=None)
        drift = None if self.meter_clock_wall is None else self.meter_clock_wall - wall
        object.__setattr__(self, "drift", drift)


@dataclass(frozen=True, slots=True)
class Reading:
    """One record of a meter and everything that can be said about it."""

    key: str
    kind: Kind
    doubts: tuple[Doubt, ...]
    seq: int | None
    value: Decimal | None
    unit: Unit | None
    base: str
    """Base time as sent."""
    offset_min: int
    measured_at: datetime | None
    """Aware, in the zone; `None` when the wall clock names no instant."""
    meal: str | None
    raw: bytes
    raw_context: bytes | None


def reading_of(arrival: Arrival, around: Circumstances) -> Reading:
    """Say what a record is; total: every arrival becomes exactly one reading."""
    record = arrival.measurement
    if record is None:
        return _unreadable(arrival, around)
    kind, value, doubts = _kind(record, arrival.context, around.quirk)
    measured_at, time_doubts = when(record, around)
    meal = arrival.context.meal if arrival.context else None
    return Reading(
        key=key_of(record, around.meter, around.quirk),
        kind=kind,
        doubts=(*doubts, *time_doubts),
        seq=record.seq,
        value=value,
        unit=_unit(kind, record) if value is not None or kind in LIMITS else None,
        base=str(record.base),
        offset_min=record.offset_min or 0,
        measured_at=measured_at,
        meal=None if meal is None else MEALS.get(meal),
        raw=arrival.raw,
        raw_context=arrival.raw_context,
    )


def key_of(record: Measurement, meter: str, quirk: Quirk) -> str:
    """Name a record by what its meter sent."""
    value = b""
    if record.concentration is not None:
        sample = (record.type or 0) | (record.location or 0) << 4
        value = record.concentration.to_bytes() + bytes((sample,))
    return record_key(
        meter,
        sequence=None if quirk.has_moving_sequence else record.seq,
        base=record.base.to_bytes(),
        unit_bit=record.unit is Unit.MMOL_L,
        value_bytes=value,
    )


def _unreadable(arrival: Arrival, around: Circumstances) -> Reading:
    """Keep bytes nobody can read; the same bytes again are the same record."""
    key = record_key(around.meter, sequence=None, base=b"", unit_bit=False, value_bytes=arrival.raw)
    return Reading(
        key=key,
        kind=Kind.UNREADABLE,
        doubts=(Doubt.UNREADABLE,),
        seq=arrival.seq,
        value=None,
        unit=None,
        base="",
        offset_min=0,
        measured_at=None,
        meal=None,
        raw=arrival.raw,
        raw_context=arrival.raw_context,
    )


def _unit(kind: Kind, record: Measurement) -> Unit:
    return Unit.MMOL_L if kind is Kind.KETONE else record.unit


Verdict = tuple[Kind, Decimal | None, tuple[Doubt, ...]]


def _kind(record: Measurement, context: Context | None, quirk: Quirk) -> Verdict:
    """Tell the kinds apart; the order of the questions matters."""
    value, status = record.value, record.status or 0
    special = record.concentration.special if record.concentration else None
    too_high = special is Special.PLUS_INF or bool(status & Status.TOO_HIGH)
    too_low = special is Special.MINUS_INF or bool(status & Status.TOO_LOW)
    if record.type == CONTROL_TYPE or record.location == CONTROL_LOCATION:
        return Kind.CONTROL, value, ()
    if quirk.has_ketone_meal and context is None:
        kind = Kind.GLUCOSE if value is not None else Kind.NO_VALUE
        return kind, value, (Doubt.CONTEXT_MISSING,)
    if quirk.has_ketone_meal and context is not None and context.meal == KETONE_MEAL:
        return Kind.KETONE, None if value is None else value.scaleb(KETONE_SCALE), ()
    if too_high and too_low:
        return Kind.IMPLAUSIBLE, value, (Doubt.CONTRADICTION,)
    if too_high or too_low:
        return (Kind.HIGH if too_high else Kind.LOW), None, ()
    return _number(value, record.unit, status)


def _number(value: Decimal | None, unit: Unit, status: int) -> Verdict:
    if value is None:
        return Kind.NO_VALUE, None, ()
    if not is_believable(value, unit):
        return Kind.IMPLAUSIBLE, value, (Doubt.IMPLAUSIBLE,)
    return Kind.GLUCOSE, value, (Doubt.METER_FAULT,) if status & FAULTS else ()


def when(record: Measurement, around: Circumstances) -> tuple[datetime | None, tuple[Doubt, ...]]:
    """Turn a wall clock without a zone into an instant, and say why it may be wrong.

    Returns:
        The instant in the zone, or `None`, and the doubts about it.
    """
    doubts = []
    if (record.status or 0) & Status.TIME_FAULT:
        doubts.append(Doubt.TIME_FAULT)
    wall = record.base.wall(record.offset_min or 0)
    if wall is None:
        return None, (*doubts, Doubt.NO_SUCH_DATE)
    at, uncertain = in_zone(wall, around.zone)
    if uncertain:
        doubts.append(uncertain)
    if at is not None and at - around.now > FUTURE:
        doubts.append(Doubt.FUTURE)
    if around.drift is not None and abs(around.drift) > DRIFT:
        doubts.append(Doubt.CLOCK_OFF)
    return at, tuple(doubts)


def in_zone(wall: datetime, zone: ZoneInfo) -> tuple[datetime | None, Doubt | None]:
    """Place a wall clock time in a zone: no instant in the gap, the first one in the fold."""
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    if not FIRST_YEAR < wall.year < LAST_YEAR:  # its first and last day are no instant elsewhere
        return None, Doubt.NO_SUCH_DATE
    if first.utcoffset() == second.utcoffset():
        return first, None
    there_and_back = first.astimezone(UTC).astimezone(zone)
    is_skipped = there_and_back.replace(tzinfo=None) != wall
    return (None, Doubt.CLOCK_GAP) if is_skipped else (first, Doubt.CLOCK_FOLD)
