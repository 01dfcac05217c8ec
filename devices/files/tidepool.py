"""Tidepool JSON: readings of sensors and meters among the records of pumps and uploads."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from devices.files.array import Element
from devices.files.records import FileRecord, Limit, Reason, RecordKind, Skipped, key_of
from devices.files.times import instant_of, wall_of
from devices.files.values import HIGHEST, as_given, plain, sensor_limit, unit_in
from devices.glucose import Glucose, Unit

SOURCE = "tidepool"
FACTOR = Decimal("18.01559")
"""Tidepool's own, not ours: what its numbers were made with is what recovers them."""
TOLERANCE = Decimal("0.001")
MAX_OFFSET = 14 * 60
KINDS = {"cbg": RecordKind.CGM, "smbg": RecordKind.METER}
OUT_OF_RANGE = "bg/out-of-range"


def is_made_from_mg_dl(found: Iterator[Element | Skipped]) -> bool:
    """Whether every mmol/L number is a whole number of mg/dL that was divided."""
    has_any = False
    for one in found:
        if isinstance(one, Skipped) or one.fields.get("type") not in KINDS:
            continue
        number = _number(one.fields.get("value"))
        if number is None or unit_in(one.text("units")) is not Unit.MMOL_L:
            continue
        exact = number * FACTOR
        if abs(exact - exact.to_integral_value()) > TOLERANCE:
            return False
        has_any = True
    return has_any


def records(
    found: Iterator[Element | Skipped], *, made_from_mg_dl: bool
) -> Iterator[FileRecord | Skipped]:
    """Read `cbg` and `smbg`; everything else is no reading."""
    for one in found:
        yield one if isinstance(one, Skipped) else _record(one, made_from_mg_dl=made_from_mg_dl)


def _record(event: Element, *, made_from_mg_dl: bool) -> FileRecord | Skipped:
    name = event.text("type")
    if name not in KINDS:
        return Skipped(event.line, Reason.NOT_GLUCOSE if name else Reason.BAD_ROW)
    value = _limit(event) or _value(event, made_from_mg_dl=made_from_mg_dl)
    if isinstance(value, Reason):
        return Skipped(event.line, value)
    if isinstance(value, Glucose) and name == "cbg":
        value = sensor_limit(value, event.text("deviceId")) or value
    at = instant_of(event.text("time"))
    if at is None:
        return Skipped(event.line, Reason.BAD_TIME)
    unit = Unit.MG_DL if made_from_mg_dl else unit_in(event.text("units"))
    is_manual = name == "smbg" and event.text("subType") == "manual"
    return FileRecord(
        line=event.line,
        measured_at=at,
        wall=wall_of(event.text("deviceTime"), None),
        kind=RecordKind.MANUAL if is_manual else KINDS[name],
        value=value if isinstance(value, Glucose) else None,
        limit=value if isinstance(value, Limit) else None,
        limit_unit=unit if isinstance(value, Limit) else None,
        device=event.text("deviceId"),
        key=_key(event, at, value),
        offset_min=_offset(event),
    )


def _offset(event: Element) -> int | None:
    """Return what the device's clock was ahead of UTC."""
    given = event.fields.get("timezoneOffset")
    is_offset = isinstance(given, int) and not isinstance(given, bool) and abs(given) <= MAX_OFFSET
    return given if is_offset else None


def _key(event: Element, at: datetime, value: Glucose | Limit) -> str:
    own_id = event.text("id")
    if own_id:
        return key_of(SOURCE, "id", own_id)
    written = event.text("deviceTime") or at.isoformat()
    return key_of(SOURCE, event.text("deviceId"), written, event.text("type"), plain(value))


def _limit(event: Element) -> Limit | None:
    """Find the note that a number is only the end of the device's range."""
    notes = event.fields.get("annotations")
    for note in notes if isinstance(notes, list) else ():
        if isinstance(note, dict) and note.get("code") == OUT_OF_RANGE:
            if note.get("value") == "low":
                return Limit.LOW
            if note.get("value") == "high":
                return Limit.HIGH
    return None


def _value(event: Element, *, made_from_mg_dl: bool) -> Glucose | Reason:
    if event.fields.get("value") is None or not event.text("units"):
        return Reason.NO_VALUE
    number, unit = _number(event.fields["value"]), unit_in(event.text("units"))
    if number is None or unit is None:
        return Reason.BAD_VALUE
    if unit is Unit.MMOL_L and made_from_mg_dl:
        return as_given((number * FACTOR).to_integral_value(), Unit.MG_DL)
    return as_given(number, unit)


def _number(given: Any) -> Decimal | None:
    """Return a JSON number; `None` for all else and for numbers nobody can mean."""
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        return None
    number = Decimal(given)
    return number if number.is_finite() and 0 <= number <= HIGHEST else None
