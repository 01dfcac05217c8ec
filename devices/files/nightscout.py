"""Nightscout's entries and xDrip's local service: the same fields, always in mg/dL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from devices.files.array import Element
from devices.files.records import FileRecord, Limit, Reason, RecordKind, Skipped, key_of
from devices.files.times import instant_of
from devices.files.values import as_given, plain, read_value
from devices.glucose import Glucose, Unit

SOURCE = "nightscout"
"""One for both: xDrip sends the very records that it serves."""
LOWEST_VALUE = 39
"""Below it stand the error codes of Dexcom sensors."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_MILLISECONDS = 253_402_300_799_999
"""The last one of the year 9999."""
KINDS = {"sgv": RecordKind.CGM, "mbg": RecordKind.METER}
HINT = "units_hint"
"""xDrip writes it on the first record; it says what the phone shows, not what the numbers are."""


def records(found: Iterator[Element | Skipped]) -> Iterator[FileRecord | Skipped]:
    """Read entries; calibrations and other types are no readings."""
    for one in found:
        yield one if isinstance(one, Skipped) else _record(one)


def _record(entry: Element) -> FileRecord | Skipped:
    name = entry.text("type") or ("sgv" if "sgv" in entry.fields else "")
    if name not in KINDS:
        return Skipped(entry.line, Reason.NOT_GLUCOSE if name else Reason.BAD_ROW)
    value = _value(entry.fields.get(name))
    if isinstance(value, Reason):
        return Skipped(entry.line, value)
    at = _instant(entry)
    if at is None:
        return Skipped(entry.line, Reason.BAD_TIME)
    device = entry.text("device")
    own_id = _own_id(entry.fields.get("_id"))
    parts = ("id", own_id) if own_id else (device, at.isoformat(), name, plain(value))
    return FileRecord(
        line=entry.line,
        measured_at=at,
        wall=None,
        kind=KINDS[name],
        value=value if isinstance(value, Glucose) else None,
        limit=value if isinstance(value, Limit) else None,
        limit_unit=Unit.MG_DL if isinstance(value, Limit) else None,
        device=device,
        key=key_of(SOURCE, *parts),
    )


def _value(given: Any) -> Glucose | Limit | Reason:
    """Read a number that some uploaders write as text."""
    if isinstance(given, int | Decimal) and not isinstance(given, bool):
        return _believed(Decimal(given))
    text = given.strip() if isinstance(given, str) else ""
    value = read_value(text, Unit.MG_DL)
    if value is Reason.IMPLAUSIBLE or isinstance(value, Glucose):
        return _believed(Decimal(text.replace(",", ".")))
    return value


def _believed(number: Decimal) -> Glucose | Reason:
    if not number.is_finite() or number < LOWEST_VALUE:
        return Reason.ERROR_CODE
    return as_given(number, Unit.MG_DL)


def _instant(entry: Element) -> datetime | None:
    """Take the epoch's milliseconds for the truth, the text only where there are none."""
    given = entry.fields.get("date")
    if isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given[: len(str(MAX_MILLISECONDS)) + 1])
    if isinstance(given, int | Decimal) and not isinstance(given, bool):
        if not 0 < given <= MAX_MILLISECONDS:
            return None
        return EPOCH + timedelta(milliseconds=int(given))
    return instant_of(entry.text("dateString"))


def _own_id(given: Any) -> str:
    """Return the record's own id, also where a database wrapped it."""
    if isinstance(given, dict):
        given = given.get("$oid")
    return given if isinstance(given, str) else ""
