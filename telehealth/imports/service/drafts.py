"""From a record of a file to a reading of the diary, and through the file of prepared ones.

A prepared file has one line per part, a JSON array of rows; it is written while looking and read
part by part while adding, so adding never reads the sent file again.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from devices.files import FileRecord, Limit, Reason, RecordKind
from devices.glucose import Glucose, Unit
from telehealth.core.text import is_storable
from telehealth.glycemia.entered import Digits, Flaw, is_believable, parse
from telehealth.readings import service as readings
from telehealth.readings.models import (
    MAX_DEVICE_CHARS,
    MAX_NOTE_CHARS,
    Beyond,
    Meal,
    SourceKind,
    Via,
)

KINDS = {
    RecordKind.CGM: SourceKind.CGM,
    RecordKind.SCAN: SourceKind.CGM,
    RecordKind.METER: SourceKind.METER,
    RecordKind.MANUAL: SourceKind.MANUAL,
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before this no device of any format existed: its clock was never set."""
FUTURE_TOLERANCE = timedelta(minutes=10)
_MICROSECOND, _MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
_BEYOND: dict[Limit | None, Beyond] = {Limit.HIGH: Beyond.HI, Limit.LOW: Beyond.LO}


def draft(
    record: FileRecord, zone: ZoneInfo, *, unit: Unit, now: datetime
) -> readings.NewReading | Reason:
    """A reading as the diary takes it, or why it does not.

    Args:
        record: as the file has it.
        zone: where the device's clock is; for the time on the wall that people remember.
        unit: of the file, for HI and LO that name none.
        now: nothing is measured later.
    """
    if record.measured_at > now + FUTURE_TOLERANCE:
        return Reason.FUTURE
    if record.measured_at < EARLIEST:
        return Reason.BAD_TIME
    value = record.value
    digits = _digits(value) if value else _BEYOND.get(record.limit, Reason.NO_VALUE)
    if isinstance(digits, Reason):
        return digits
    return readings.NewReading(
        row=record.line,
        key=record.key,
        measured_at=record.measured_at,
        offset_min=_offset_min(record, zone),
        digits=digits,
        unit=value.unit if value else record.limit_unit or unit,
        kind=KINDS[record.kind],
        device=_text(record.device, MAX_DEVICE_CHARS),
        meal=Meal(record.meal),
        note=_text(record.note, MAX_NOTE_CHARS),
        via=Via.FILE,
        is_scan=record.kind is RecordKind.SCAN,
    )


@lru_cache(maxsize=4096)  # a file has many rows and few values
def _digits(value: Glucose) -> Digits | Reason:
    digits = parse(f"{value.value:f}")
    if isinstance(digits, Flaw):
        return Reason.BAD_VALUE
    return digits if is_believable(digits, value.unit) else Reason.IMPLAUSIBLE


def _offset_min(record: FileRecord, zone: ZoneInfo) -> int:
    if record.offset_min is not None:
        return record.offset_min
    if record.wall is not None:
        offset = record.wall - record.measured_at.replace(tzinfo=None)
    else:
        offset = record.measured_at.astimezone(zone).utcoffset() or timedelta()
    return offset // _MINUTE


def _text(text: str, longest: int) -> str:
    if not text:
        return text
    if not is_storable(text):
        text = text.encode("utf-8", "replace").decode().replace("\0", " ")
    return text[:longest]


def line_of(part: Sequence[readings.NewReading]) -> bytes:
    """One part as a line of the prepared file."""
    return orjson.dumps([_row(reading) for reading in part]) + b"\n"


def _row(one: readings.NewReading) -> tuple[Any, ...]:
    value = str(one.digits) if isinstance(one.digits, Beyond) else tuple(one.digits)
    at = (one.measured_at - EPOCH) // _MICROSECOND
    return (
        one.row, one.key, at, one.offset_min, value, one.unit, one.kind, one.device, one.meal,
        one.note, one.is_scan,
    )  # fmt: skip


def read_line(line: bytes) -> tuple[readings.NewReading, ...]:
    """A part back from its line."""
    return tuple(_reading(row) for row in orjson.loads(line))


def _reading(row: Sequence[Any]) -> readings.NewReading:
    at, offset_min, value, unit, kind, device, meal, note, is_scan = row[2:]
    return readings.NewReading(
        row=row[0],
        key=row[1],
        measured_at=EPOCH + at * _MICROSECOND,
        offset_min=offset_min,
        digits=Beyond(value) if isinstance(value, str) else Digits(*value),
        unit=Unit(unit),
        kind=SourceKind(kind),
        device=device,
        meal=Meal(meal),
        note=note,
        via=Via.FILE,
        is_scan=is_scan,
    )


def span(part: Iterable[readings.NewReading]) -> tuple[datetime, datetime]:
    """When the first and the last of some readings were measured."""
    times = [one.measured_at for one in part]
    return min(times), max(times)
