"""Answers of LibreLinkUp's server, saved as a file: half a day of a sensor, in mg/dL.

A reading stands at any depth: the newest beside the sensor, the others in a list, and the same
one in two places. `FactoryTimestamp` is UTC; `Timestamp` is the wall clock of the phone.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from devices.files.folds import placed
from devices.files.records import (
    DateOrder,
    FileRecord,
    Limit,
    Reason,
    RecordKind,
    Skipped,
    key_of,
)
from devices.files.times import wall_of
from devices.files.values import as_given, plain
from devices.glucose import Glucose, Unit
from devices.meaning import Doubt

SOURCE = "librelinkup"
MARK = '"ValueInMgPerDl"'
VALUE, AT, WALL = "ValueInMgPerDl", "FactoryTimestamp", "Timestamp"
TOO_LOW, TOO_HIGH = "isLow", "isHigh"
LOWEST, HIGHEST = Decimal(40), Decimal(400)
"""mg/dL; the ends of the narrowest range of these sensors, in which a flag says nothing."""
MAX_CHARS = 4 << 20
"""An answer has half a day, some thirty thousand characters; this much is read at once."""
_KINDS = re.compile(re.escape(MARK))


def records(texts: Iterator[str], zone: ZoneInfo) -> Iterator[FileRecord | Skipped]:
    """Read every object that has a value, in the order of the file."""
    text = ""
    for piece in texts:
        text += piece
        if len(text) > MAX_CHARS:
            yield Skipped(1, Reason.CUT_OFF)
            return
    try:
        answer = json.loads(text, parse_float=Decimal, parse_constant=lambda _: None)
    except (ValueError, RecursionError, ArithmeticError):
        yield Skipped(1, Reason.CUT_OFF)
        return
    lines = [text.count("\n", 0, found.start()) + 1 for found in _KINDS.finditer(text)]
    for place, fields in enumerate(_readings(answer)):
        line = lines[place] if place < len(lines) else 1
        made = _record(line, fields, zone)
        yield Skipped(line, made) if isinstance(made, Reason) else made


def _readings(given: Any) -> Iterator[dict[str, Any]]:
    waiting = [given]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if VALUE in one:
                yield one
            waiting.extend(reversed(one.values()))
        elif isinstance(one, list):
            waiting.extend(reversed(one))


def _record(line: int, fields: dict[str, Any], zone: ZoneInfo) -> FileRecord | Reason:
    value = _value(fields)
    if isinstance(value, Reason):
        return value
    wall = wall_of(_text(fields, WALL), DateOrder.MDY)
    instant = _instant(wall_of(_text(fields, AT), DateOrder.MDY), wall, zone)
    if isinstance(instant, Reason):
        return instant
    at, doubt = instant
    return FileRecord(
        line=line,
        measured_at=at,
        wall=wall,
        kind=RecordKind.CGM,
        value=value if isinstance(value, Glucose) else None,
        limit=value if isinstance(value, Limit) else None,
        limit_unit=Unit.MG_DL if isinstance(value, Limit) else None,
        device="",
        key=key_of(SOURCE, at.isoformat(), plain(value)),
        doubt=doubt,
    )


def _instant(
    utc: datetime | None, wall: datetime | None, zone: ZoneInfo
) -> tuple[datetime, Doubt | None] | Reason:
    """Return the instant, from the wall clock only where the file gives no UTC."""
    if utc is not None:
        return utc.replace(tzinfo=UTC), None
    return Reason.BAD_TIME if wall is None else placed(wall, zone)


def _value(fields: dict[str, Any]) -> Glucose | Limit | Reason:
    number = fields[VALUE]
    if number is None:
        return Reason.NO_VALUE
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        return Reason.BAD_VALUE
    if fields.get(TOO_LOW) is True and number <= LOWEST:
        return Limit.LOW
    if fields.get(TOO_HIGH) is True and number >= HIGHEST:
        return Limit.HIGH
    return as_given(Decimal(number), Unit.MG_DL)


def _text(fields: dict[str, Any], name: str) -> str:
    found = fields.get(name)
    return found if isinstance(found, str) else ""
