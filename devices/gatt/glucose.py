"""Glucose Measurement 0x2A18, its Context 0x2A34 and the Feature 0x2A51."""

from dataclasses import dataclass
from decimal import Decimal
from struct import Struct
from typing import Final

from devices.gatt.clock import WireTime
from devices.gatt.sfloat import Sfloat, take_sfloat
from devices.gatt.wire import Wire
from devices.glucose import Unit

GLUCOSE_SERVICE = "00001808-0000-1000-8000-00805f9b34fb"
MEASUREMENT = "00002a18-0000-1000-8000-00805f9b34fb"
CONTEXT = "00002a34-0000-1000-8000-00805f9b34fb"
FEATURE = "00002a51-0000-1000-8000-00805f9b34fb"

HEAD = Struct("<BHH5B")
"""Flags, sequence, base time: what every measurement begins with."""

SHIFT = {Unit.MG_DL: 5, Unit.MMOL_L: 3}
"""Powers of ten from the wire's kg/L to mg/dL and from its mol/L to mmol/L."""


class Status:
    """Sensor status annunciation of a measurement (bits as in the service specification)."""

    BATTERY_LOW: Final = 1 << 0
    MALFUNCTION: Final = 1 << 1
    SAMPLE_INSUFFICIENT: Final = 1 << 2
    STRIP_INSERTION: Final = 1 << 3
    WRONG_STRIP: Final = 1 << 4
    TOO_HIGH: Final = 1 << 5
    TOO_LOW: Final = 1 << 6
    TOO_WARM: Final = 1 << 7
    TOO_COLD: Final = 1 << 8
    READ_INTERRUPTED: Final = 1 << 9
    GENERAL_FAULT: Final = 1 << 10
    TIME_FAULT: Final = 1 << 11


class Flag:
    """Bits of the first byte of a measurement; plain numbers, they are looked at all the time."""

    OFFSET: Final = 1
    VALUE: Final = 2
    MOL_PER_L: Final = 4
    STATUS: Final = 8
    CONTEXT: Final = 16


@dataclass(frozen=True, slots=True)
class Measurement:
    """One glucose record as sent; whether it is a reading is decided elsewhere."""

    flags: int
    seq: int
    base: WireTime
    """The meter's clock when the user last set it moved the offset: not a UTC time."""
    offset_min: int | None
    concentration: Sfloat | None
    type: int | None
    """Sample type, low nibble: 1 capillary whole blood ... 10 control solution."""
    location: int | None
    """Sample location, high nibble: 1 finger ... 4 control solution, 15 not available."""
    status: int | None
    surplus: int = 0
    """Bytes after the announced fields."""

    @property
    def unit(self) -> Unit:
        """The unit on the wire, after scaling; says nothing about the meter's display."""
        return Unit.MMOL_L if self.flags & Flag.MOL_PER_L else Unit.MG_DL

    @property
    def value(self) -> Decimal | None:
        """The number in `unit`, exactly; `None` without one or for a special word."""
        if self.concentration is None:
            return None
        return self.concentration.number(shift=SHIFT[self.unit])

    @property
    def context_follows(self) -> bool:
        """Whether the meter says that a context with this sequence number exists."""
        return bool(self.flags & Flag.CONTEXT)


def decode_measurement(raw: bytes) -> Measurement:
    """Read 0x2A18. Reserved flag bits are ignored, surplus bytes counted.

    Raises:
        WireError: shorter than its flags announce (truncated).
    """
    wire = Wire(raw)
    flags, seq, *base = HEAD.unpack(wire.take(HEAD.size))
    offset = wire.s16() if flags & Flag.OFFSET else None
    concentration = sample = status = None
    if flags & Flag.VALUE:
        concentration, sample = take_sfloat(wire), wire.u8()
    if flags & Flag.STATUS:
        status = wire.u16()
    return Measurement(
        flags=flags,
        seq=seq,
        base=WireTime(*base),
        offset_min=offset,
        concentration=concentration,
        type=None if sample is None else sample & 0xF,
        location=None if sample is None else sample >> 4,
        status=status,
        surplus=wire.left,
    )


def encode_measurement(record: Measurement) -> bytes:
    """Build the bytes of 0x2A18 (simulated meters and tests)."""
    parts = [bytes((record.flags,)), record.seq.to_bytes(2, "little"), record.base.to_bytes()]
    if record.flags & Flag.OFFSET:
        parts.append((record.offset_min or 0).to_bytes(2, "little", signed=True))
    if record.flags & Flag.VALUE and record.concentration is not None:
        sample = (record.type or 0) | (record.location or 0) << 4
        parts.append(record.concentration.to_bytes() + bytes((sample,)))
    if record.flags & Flag.STATUS:
        parts.append((record.status or 0).to_bytes(2, "little"))
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Context:
    """What the user told the meter about one measurement; absent fields are `None`."""

    flags: int
    seq: int
    ext: int | None = None
    carb_id: int | None = None
    carb: Sfloat | None = None
    """Carbohydrate in kilograms."""
    meal: int | None = None
    tester: int | None = None
    health: int | None = None
    exercise_s: int | None = None
    exercise_pct: int | None = None
    med_id: int | None = None
    med: Sfloat | None = None
    """Kilograms or litres, see `med_unit`."""
    hba1c_pct: Sfloat | None = None
    surplus: int = 0

    @property
    def med_unit(self) -> str | None:
        """Unit of the medication; bit 5 is no field of its own."""
        if self.med is None:
            return None
        return "L" if self.flags & 0x20 else "kg"


def decode_context(raw: bytes) -> Context:
    """Read 0x2A34.

    Raises:
        WireError: shorter than its flags announce (truncated).
    """
    wire = Wire(raw)
    flags, seq = wire.u8(), wire.u16()

    ext = wire.u8() if flags & 0x80 else None  # directly after the sequence number
    carb_id, carb = (wire.u8(), take_sfloat(wire)) if flags & 0x01 else (None, None)
    meal = wire.u8() if flags & 0x02 else None
    who = wire.u8() if flags & 0x04 else None
    exercise_s, exercise_pct = (wire.u16(), wire.u8()) if flags & 0x08 else (None, None)
    med_id, med = (wire.u8(), take_sfloat(wire)) if flags & 0x10 else (None, None)
    hba1c = take_sfloat(wire) if flags & 0x40 else None
    return Context(
        flags=flags,
        seq=seq,
        ext=ext,
        carb_id=carb_id,
        carb=carb,
        meal=meal,
        tester=None if who is None else who & 0xF,
        health=None if who is None else who >> 4,
        exercise_s=exercise_s,
        exercise_pct=exercise_pct,
        med_id=med_id,
        med=med,
        hba1c_pct=hba1c,
        surplus=wire.left,
    )


def encode_meal(seq: int, meal: int) -> bytes:
    """Build a context that carries only a meal (simulated meters and tests)."""
    return bytes((2,)) + seq.to_bytes(2, "little") + bytes((meal,))


def decode_feature(raw: bytes) -> int:
    """Read 0x2A51: bit 0 low battery detection ... bit 10 multiple bonds.

    Raises:
        WireError: fewer than two bytes.
    """
    return Wire(raw).u16()
