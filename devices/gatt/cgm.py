"""Continuous glucose monitoring service 0x181F, reading only, with its checksum."""

from dataclasses import dataclass

from devices.gatt.clock import WireTime, take_time
from devices.gatt.sfloat import Sfloat, take_sfloat
from devices.gatt.wire import Fault, Wire, WireError

CRC_SIZE = 2
SMALLEST_RECORD = 6
FEATURE_HAS_CRC = 1 << 12

LEVEL_ANSWERS = frozenset({9, 12, 15, 18, 21, 24})
LEVEL_SETS = frozenset({7, 10, 13, 16, 19, 22})
INTERVAL_ANSWER = 3
ANSWER = 28
OPERAND_SIZE = (
    {1: 1, 3: 1, 4: 10, 5: 2, 6: 10, 28: 2}
    | dict.fromkeys((2, 8, 11, 14, 17, 20, 23, 25, 26, 27), 0)
    | dict.fromkeys(LEVEL_ANSWERS | LEVEL_SETS, 2)
)
"""Bytes after the opcode of the specific operations control point."""


def crc16(raw: bytes) -> int:
    """Compute the E2E-CRC: CRC-16/MCRF4XX (polynomial 0x8408 reflected, start 0xFFFF)."""
    crc = 0xFFFF
    for byte in raw:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8408 if crc & 1 else crc >> 1
    return crc


def _checked(raw: bytes, size: int) -> tuple[Wire, int | None]:
    """Split off a checksum that follows `size` bytes, when there is one, and verify it."""
    if len(raw) < size:
        raise WireError(Fault.TRUNCATED)
    if len(raw) == size:
        return Wire(raw), None
    if len(raw) != size + CRC_SIZE:
        raise WireError(Fault.BAD_SIZE)
    crc = int.from_bytes(raw[size:], "little")
    if crc != crc16(raw[:size]):
        raise WireError(Fault.CRC)
    return Wire(raw[:size]), crc


@dataclass(frozen=True, slots=True)
class CgmRecord:
    """One record of 0x2AA7."""

    flags: int
    glucose: Sfloat
    """mg/dL."""
    time_offset_min: int
    annunciation: int
    """24 bits; only the octets named by the flags were sent."""
    trend: Sfloat | None
    """mg/dL per minute."""
    quality: Sfloat | None
    """Percent."""
    has_crc: bool


@dataclass(frozen=True, slots=True)
class CgmFeature:
    """0x2AA8; `crc` is 0xFFFF when the sensor has no checksum."""

    feature: int
    type: int
    location: int
    crc: int


@dataclass(frozen=True, slots=True)
class CgmStatus:
    """0x2AA9."""

    time_offset_min: int
    annunciation: int
    crc: int | None


@dataclass(frozen=True, slots=True)
class SessionStart:
    """0x2AAA; zone in quarter hours (-128 unknown), DST in quarter hours (255 unknown)."""

    base: WireTime
    tz_quarters: int
    dst: int
    crc: int | None


@dataclass(frozen=True, slots=True)
class SessionRun:
    """0x2AAB."""

    hours: int
    crc: int | None


@dataclass(frozen=True, slots=True)
class Operation:
    """A message of the specific operations control point 0x2AAC."""

    op: int
    operand: bytes
    crc: int | None

    @property
    def level(self) -> Sfloat | None:
        """The alert level of a set or an answer."""
        return take_sfloat(Wire(self.operand)) if self.op in LEVEL_ANSWERS | LEVEL_SETS else None


def _needed(flags: int) -> int:
    octets = sum(flags >> bit & 1 for bit in (5, 6, 7))
    return SMALLEST_RECORD + octets + 2 * (flags & 1) + 2 * (flags >> 1 & 1)


def _decode_record(raw: bytes) -> CgmRecord:
    flags = raw[1]
    if len(raw) not in (_needed(flags), _needed(flags) + CRC_SIZE):
        raise WireError(Fault.BAD_SIZE)
    wire, crc = _checked(raw, _needed(flags))
    wire.take(2)
    glucose, minutes = take_sfloat(wire), wire.u16()
    annunciation = 0
    for bit, shift in ((7, 0), (6, 8), (5, 16)):  # low octet first
        if flags >> bit & 1:
            annunciation |= wire.u8() << shift
    return CgmRecord(
        flags=flags,
        glucose=glucose,
        time_offset_min=minutes,
        annunciation=annunciation,
        trend=take_sfloat(wire) if flags & 1 else None,
        quality=take_sfloat(wire) if flags & 2 else None,
        has_crc=crc is not None,
    )


def decode_cgm_measurement(raw: bytes) -> tuple[CgmRecord, ...]:
    """Read 0x2AA7: one or more records in one notification.

    Raises:
        WireError: no record, a size its flags contradict, or a wrong checksum.
    """
    wire, records = Wire(raw), []
    if not raw:
        raise WireError(Fault.TRUNCATED)
    while wire.left:
        size = raw[wire.at]
        if not SMALLEST_RECORD <= size <= wire.left:
            raise WireError(Fault.BAD_SIZE)
        records.append(_decode_record(wire.take(size)))
    return tuple(records)


def decode_cgm_feature(raw: bytes) -> CgmFeature:
    """Read 0x2AA8.

    Raises:
        WireError: not six bytes, or a wrong checksum where the sensor says it has one.
    """
    if len(raw) > SMALLEST_RECORD:
        raise WireError(Fault.BAD_SIZE)
    wire = Wire(raw)
    feature, sample, crc = wire.u24(), wire.u8(), wire.u16()
    if feature & FEATURE_HAS_CRC and crc != crc16(raw[:4]):
        raise WireError(Fault.CRC)
    return CgmFeature(feature, sample & 0xF, sample >> 4, crc)


def decode_cgm_status(raw: bytes) -> CgmStatus:
    """Read 0x2AA9.

    Raises:
        WireError: a wrong length or checksum.
    """
    wire, crc = _checked(raw, 5)
    return CgmStatus(wire.u16(), wire.u24(), crc)


def decode_session_start(raw: bytes) -> SessionStart:
    """Read 0x2AAA.

    Raises:
        WireError: a wrong length or checksum.
    """
    wire, crc = _checked(raw, 9)
    return SessionStart(take_time(wire), wire.s8(), wire.u8(), crc)


def decode_session_run(raw: bytes) -> SessionRun:
    """Read 0x2AAB.

    Raises:
        WireError: a wrong length or checksum.
    """
    wire, crc = _checked(raw, 2)
    return SessionRun(wire.u16(), crc)


def decode_operation(raw: bytes) -> Operation:
    """Read 0x2AAC, both directions.

    Raises:
        WireError: an unknown operation, a wrong length or checksum.
    """
    op = Wire(raw).u8()
    if op not in OPERAND_SIZE:
        raise WireError(Fault.INVALID)
    wire, crc = _checked(raw, 1 + OPERAND_SIZE[op])
    return Operation(wire.u8(), wire.take(wire.left), crc)
