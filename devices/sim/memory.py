"""Believable records for a simulated meter, the same ones for the same seed."""

import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from devices.gatt.clock import WireTime
from devices.gatt.glucose import Flag, Measurement, encode_meal, encode_measurement
from devices.gatt.sfloat import Sfloat, encode_sfloat

KG_PER_L_EXPONENT = -5
"""mg/dL as kg/L."""
CAPILLARY_WHOLE, CONTROL = 1, 10
FINGER, CONTROL_LOCATION = 1, 4
LOWEST, HIGHEST = 52, 320
LAST_NUMBER = 0xFFFF

DAY_PLAN = (
    (time(22, 40), 5, 132, 26),
    (time(18, 20), 1, 116, 24),
    (time(14, 30), 2, 158, 34),
    (time(11, 50), 1, 108, 20),
    (time(9, 10), 2, 164, 36),
    (time(7, 5), 3, 118, 16),
)
"""Latest first: clock time, meal of the context, usual value and its spread in mg/dL."""
SKIPPED = 0.3
"""People do not measure every time."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One record in a meter's memory, as the bytes it will send."""

    seq: int
    measurement: bytes
    context: bytes | None = None


def record(
    seq: int,
    at_wall: datetime,
    value: int | Sfloat | None,
    *,
    meal: int | None = None,
    sample: tuple[int, int] = (CAPILLARY_WHOLE, FINGER),
    status: int | None = None,
    offset_min: int = 0,
    has_context: bool | None = None,
) -> Stored:
    """Make one record.

    Args:
        seq: its place in the meter's life; sent as a number from 0 to 65,535.
        at_wall: what the meter's clock showed.
        value: mg/dL, a ready SFLOAT in kg/L, or `None` for a record without a value.
        meal: code of the context, which is then sent.
        sample: type and location.
        status: sensor status bits.
        offset_min: how much of `at_wall` is sent as offset instead of base time.
        has_context: what the flag says, when it should differ from the truth.
    """
    word = encode_sfloat(value, KG_PER_L_EXPONENT) if isinstance(value, int) else value
    announced = meal is not None if has_context is None else has_context
    flags = Flag.OFFSET | Flag.VALUE * (word is not None)
    flags |= Flag.STATUS * (status is not None) | Flag.CONTEXT * announced
    sent = Measurement(
        flags=flags,
        seq=seq & LAST_NUMBER,
        base=WireTime.of(at_wall - timedelta(minutes=offset_min)),
        offset_min=offset_min,
        concentration=word,
        type=sample[0],
        location=sample[1],
        status=status,
    )
    context = None if meal is None else encode_meal(seq & LAST_NUMBER, meal)
    return Stored(seq, encode_measurement(sent), context)


def believable(count: int, *, seed: int, now_wall: datetime, first_seq: int = 1) -> list[Stored]:
    """Invent the newest records of somebody who measures around meals, oldest first."""
    chance = random.Random(seed)  # noqa: S311 - invented readings, repeatable on purpose
    moments: list[tuple[datetime, int, int]] = []
    day = now_wall.date()
    while len(moments) < count:
        for at, meal, usual, spread in DAY_PLAN:
            when = datetime.combine(day, at) + timedelta(
                minutes=chance.randint(-25, 25), seconds=chance.randint(0, 59)
            )
            value = round(min(max(chance.gauss(usual, spread), LOWEST), HIGHEST))
            if chance.random() > SKIPPED and when < now_wall:
                moments.append((when, meal, value))
        day -= timedelta(days=1)
    oldest_first = reversed(moments[:count])
    return [
        record(first_seq + place, when, value, meal=meal)
        for place, (when, meal, value) in enumerate(oldest_first)
    ]


SEQUENCE_BYTES = slice(1, 3)
BASE_BYTES = slice(3, 10)


def numbered(stored: Stored, seq: int) -> Stored:
    """Return a record under another number, its context with it."""
    if stored.seq == seq:
        return stored
    context = None if stored.context is None else _with_number(stored.context, seq)
    return Stored(seq, _with_number(stored.measurement, seq), context)


def _with_number(raw: bytes, seq: int) -> bytes:
    changed = bytearray(raw)
    changed[SEQUENCE_BYTES] = seq.to_bytes(2, "little")
    return bytes(changed)


def redated(some: list[Stored], first_wall: datetime) -> list[Stored]:
    """Return records as a clock that was reset would have dated them, an hour apart."""
    dated = []
    for place, one in enumerate(some):
        changed = bytearray(one.measurement)
        changed[BASE_BYTES] = WireTime.of(first_wall + timedelta(hours=place)).to_bytes()
        dated.append(Stored(one.seq, bytes(changed), one.context))
    return dated
