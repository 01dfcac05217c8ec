"""Nightscout's entries and xDrip's local service: the same fields, always in mg/dL."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from devices.files.array import Element
from devices.files.records import FileRecord, Limit, Reason, RecordKind, Skipped, key_of
from devices.files.times import EARLIEST, LATEST, instant_of
from devices.files.values import as_given, plain, read_value, sensor_limit
from devices.glucose import Glucose, Unit

SOURCE = "nightscout"
"""One for both: xDrip sends the very records that it serves."""
HIGHEST_CODE = 12
"""Up to it stand the error codes of Dexcom sensors."""
LOWEST_VALUE = 40
"""No sensor measures below: what stands between the codes and here says "below the range"."""
MOST_MMOL = Decimal("33.3")
"""A fraction up to here is a value in mmol/L, in a field that is in mg/dL by definition."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_MILLISECONDS = 253_402_300_799_999
"""The last one of the year 9999."""
_NUMBER = re.compile(r"-?\d{1,9}(?:[.,]\d{1,15})?", re.ASCII)
KINDS = {"sgv": RecordKind.CGM, "mbg": RecordKind.METER}
HINT = "units_hint"
"""xDrip writes it on the first record; it says what the phone shows, not what the numbers are."""


def records(found: Iterator[Element | Skipped]) -> Iterator[FileRecord | Skipped]:
    """Read entries; calibrations and other types are no readings."""
    for one in found:
        yield one if isinstance(one, Skipped) else _record(one)


def _record(entry: Element) -> FileRecord | Skipped:
    name = _type_of(entry)
    if name not in KINDS:
        return Skipped(entry.line, Reason.NOT_GLUCOSE if name else Reason.BAD_ROW)
    value = _value(entry.fields.get(name), KINDS[name], entry.text("device"))
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


def looks_like_mmol(found: Iterator[Element | Skipped]) -> bool:
    """Whether any value is a small fraction, which no number of mg/dL is."""
    for one in found:
        if isinstance(one, Skipped):
            continue
        number = _number(one.fields.get(_type_of(one)))
        is_small = number is not None and 1 < number <= MOST_MMOL
        if number is not None and is_small and number != number.to_integral_value():
            return True
    return False


def _type_of(entry: Element) -> str:
    return entry.text("type") or ("sgv" if "sgv" in entry.fields else "")


def _number(given: Any) -> Decimal | None:
    """Return a number that some uploaders write as text."""
    if isinstance(given, str) and _NUMBER.fullmatch(given.strip()):
        given = Decimal(given.strip().replace(",", "."))
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        return None
    number = Decimal(given)
    return number if number.is_finite() else None


def _value(given: Any, kind: RecordKind, device: str) -> Glucose | Limit | Reason:
    """Read a number; only 0 to 12 are codes of a sensor, and only whole ones."""
    number = _number(given)
    if number is None:
        word = read_value(given.strip() if isinstance(given, str) else "", Unit.MG_DL)
        return Reason.BAD_VALUE if isinstance(word, Glucose) else word
    if kind is RecordKind.CGM and 0 <= number < LOWEST_VALUE:
        if number > HIGHEST_CODE:
            return Limit.LOW
        is_whole = number == number.to_integral_value()
        return Reason.ERROR_CODE if is_whole else Reason.IMPLAUSIBLE
    value = as_given(number, Unit.MG_DL)
    if kind is RecordKind.CGM and isinstance(value, Glucose):
        return sensor_limit(value, device) or value
    return value


def _instant(entry: Element) -> datetime | None:
    """Take the epoch's milliseconds for the truth, the text where they are none or no time."""
    given = entry.fields.get("date")
    if isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given[: len(str(MAX_MILLISECONDS)) + 1])
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        given = 0
    if 0 < given <= MAX_MILLISECONDS:
        at = EPOCH + timedelta(milliseconds=int(given))
        if EARLIEST <= at < LATEST:
            return at
    written = instant_of(entry.text("dateString"))
    return written if written and EARLIEST <= written < LATEST else None


def _own_id(given: Any) -> str:
    """Return the record's own id, also where a database wrapped it."""
    if isinstance(given, dict):
        given = given.get("$oid")
    return given if isinstance(given, str) else ""
