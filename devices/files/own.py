"""The files this program exports: every column back as it was, so that nothing comes in twice."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from devices.files.array import Element
from devices.files.layout import heading
from devices.files.records import MEALS, FileRecord, Limit, Reason, RecordKind, Skipped, key_of
from devices.files.table import Row
from devices.files.times import instant_of, offset_of
from devices.files.values import plain, unit_in
from devices.glucose import Glucose, Unit

NEEDED = frozenset({"id", "measured_at", "value", "unit", "kind"})
"""Columns that make a table, and keys that make an object, one of ours."""
LIMITS = MappingProxyType({"HI": Limit.HIGH, "LO": Limit.LOW})
FORMULA = ("'=", "'+", "'-", "'@")
"""Beginnings that an export guards, so that no spreadsheet takes a note for a formula."""
_ID = re.compile(r"r[0-7][0-9a-f]{15}")
_NUMBER = re.compile(r"\d{1,4}(?:[.,]\d{1,3})?", re.ASCII)


def columns(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns; none when the table is not ours."""
    names = tuple(heading(cell) for cell in cells)
    return names if set(names) >= NEEDED else ()


def rows(found: Iterable[Row | Skipped], names: Sequence[str]) -> Iterator[FileRecord | Skipped]:
    """Read a table."""
    for one in found:
        if isinstance(one, Skipped):
            yield one
            continue
        cells = {name: _unguarded(one.cell(at)) for at, name in enumerate(names)}
        yield _record(one.line, cells)


def elements(found: Iterable[Element | Skipped]) -> Iterator[FileRecord | Skipped]:
    """Read an array."""
    for one in found:
        yield one if isinstance(one, Skipped) else _record(one.line, one.fields)


def _record(line: int, given: Mapping[str, Any]) -> FileRecord | Skipped:
    made = _made(line, {name: str(value or "") for name, value in given.items()})
    return Skipped(line, made) if isinstance(made, Reason) else made


def _made(line: int, given: Mapping[str, str]) -> FileRecord | Reason:
    unit, at = unit_in(given.get("unit", "")), instant_of(given.get("measured_at", ""))
    kinds = {kind.value: kind for kind in RecordKind}
    kind = kinds.get(given.get("kind", ""))
    if kind is None:
        return Reason.BAD_ROW
    if at is None:
        return Reason.BAD_TIME
    value = _value(given.get("value", ""), unit)
    if isinstance(value, Reason):
        return value
    meal = given.get("meal", "")
    own_id = given.get("id", "")
    parts = (given.get("device", ""), at.isoformat(), kind, plain(value), str(unit))
    return FileRecord(
        line=line,
        measured_at=at,
        wall=None,
        kind=kind,
        value=value if isinstance(value, Glucose) else None,
        limit=value if isinstance(value, Limit) else None,
        device=given.get("device", ""),
        key=own_id if _ID.fullmatch(own_id) else key_of("telehealth", *parts),
        meal=meal if meal in MEALS else "",
        note=given.get("note", ""),
        offset_min=offset_of(given["measured_at"]),
        limit_unit=unit if isinstance(value, Limit) else None,
    )


def _value(text: str, unit: Unit | None) -> Glucose | Limit | Reason:
    if not text:
        return Reason.NO_VALUE
    if unit is None:
        return Reason.BAD_VALUE
    if text in LIMITS:
        return LIMITS[text]
    if not _NUMBER.fullmatch(text):
        return Reason.BAD_VALUE
    try:
        return Glucose(Decimal(text.replace(",", ".")), unit)  # the literal, not rounded
    except (InvalidOperation, ValueError):
        return Reason.IMPLAUSIBLE


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith(FORMULA) else cell
