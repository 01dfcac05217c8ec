"""Readings as files: CSV for spreadsheets and JSON for programs, the same columns in both."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, fields

import orjson

from telehealth.imports.service import Leaving

COLUMNS = tuple(one.name for one in fields(Leaving))
ROWS_AT_ONCE = 500
BOM = "\ufeff"
"""Tells Excel that the file is UTF-8."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_VALUE = COLUMNS.index("value")
_AT = COLUMNS.index("measured_at")


def csv_file(rows: Iterable[Leaving], *, is_slovenian: bool) -> Iterator[bytes]:
    """A table, some hundred rows at a time.

    Args:
        rows: oldest first.
        is_slovenian: semicolons and a decimal comma, as Excel set to Slovenian reads them;
            otherwise commas and a decimal point.
    """
    yield (BOM + _lines([COLUMNS], is_slovenian=is_slovenian)).encode()
    for some in _some(rows):
        cells = (_cells(row, is_slovenian=is_slovenian) for row in some)
        yield _lines(cells, is_slovenian=is_slovenian).encode()


def json_file(rows: Iterable[Leaving]) -> Iterator[bytes]:
    """An array of objects, some hundred at a time."""
    start = b"["
    for some in _some(rows):
        yield start + b",\n".join(orjson.dumps(row) for row in some)
        start = b",\n"
    yield b"]\n" if start != b"[" else b"[]\n"


def _some(rows: Iterable[Leaving]) -> Iterator[list[Leaving]]:
    waiting: list[Leaving] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == ROWS_AT_ONCE:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _cells(row: Leaving, *, is_slovenian: bool) -> list[str]:
    cells = [_guarded(cell) if isinstance(cell, str) else cell for cell in astuple(row)]
    cells[_AT] = row.measured_at.isoformat()
    if is_slovenian:
        cells[_VALUE] = row.value.replace(".", ",")
    return cells


def _guarded(cell: str) -> str:
    """Keep a spreadsheet from taking a note or a device's name for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _lines(rows: Iterable[Iterable[str]], *, is_slovenian: bool) -> str:
    target = io.StringIO()
    csv.writer(target, delimiter=";" if is_slovenian else ",", lineterminator="\r\n").writerows(
        rows
    )
    return target.getvalue()
