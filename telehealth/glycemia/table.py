"""A table of readings as text: columns `subject`, `time`, `value`, local times, one unit."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from devices.glucose import Unit
from telehealth.glycemia.bands import HI, LO
from telehealth.glycemia.entered import Digits, is_believable, parse, tick
from telehealth.glycemia.local import place
from telehealth.glycemia.series import Series, series

COLUMNS = ("subject", "time", "value")
ALSO_CALLED = {"id": "subject", "gl": "value"}
"""Names that the programs of researchers write."""

WORDS = {"low": LO, "lo": LO, "high": HI, "hi": HI}
"""What sensors and meters write instead of a number beyond their range."""

YEARS = range(1980, 2100)


class BadTable(ValueError):
    """The file cannot be read; the sentence names the line."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(f"Line {line}: {sentence}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Subject:
    """The readings of one person in a table."""

    readings: Series
    n_repeated: int
    """Rows that said the same as another one, or contradicted it."""
    n_uncertain: int
    """Times that never were, or were twice, on a day when the clock changed."""


@dataclass(slots=True)
class _Column:
    wall_s: list[int] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)


def read(lines: Iterable[str], unit: Unit, where: ZoneInfo) -> dict[str, Subject]:
    """Read a whole table, subjects in the order they first appear.

    The first row may name the columns, in any order; without names they are subject, time, value.

    Raises:
        BadTable: a row is not of this form, or a value is none a sensor shows in this unit.
    """
    places = tuple(range(len(COLUMNS)))
    found: dict[str, _Column] = {}
    is_first = True
    rows = csv.reader(lines, strict=True)
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if is_first:
                is_first = False
                named = _header(row, rows.line_num)
                if named is not None:
                    places = named
                    continue
            _add(found, row, places, unit, rows.line_num)
    except csv.Error as error:
        raise BadTable(rows.line_num, f"no CSV ({error}).") from error
    return {name: _placed(column, unit, where) for name, column in found.items()}


def _header(row: list[str], line: int) -> tuple[int, ...] | None:
    """The places of the columns, or None where the first row is already a reading."""
    cells = [cell.strip().lstrip("\ufeff").lower() for cell in row]
    names = [ALSO_CALLED.get(cell, cell) for cell in cells]
    if not set(names) & set(COLUMNS):
        return None
    if any(names.count(name) != 1 for name in COLUMNS):
        raise BadTable(line, f"the columns must be subject, time and value, not {', '.join(row)}.")
    return tuple(names.index(name) for name in COLUMNS)


def _add(
    found: dict[str, _Column], row: list[str], places: tuple[int, ...], unit: Unit, line: int
) -> None:
    if len(row) <= max(places):
        raise BadTable(line, f"{len(row)} columns; subject, time and value are needed.")
    subject, time, value = (row[place].strip() for place in places)
    subject = subject.lstrip("\ufeff")
    if not subject:
        raise BadTable(line, "no subject.")
    column = found.setdefault(subject, _Column())
    column.wall_s.append(_wall(time, line))
    column.ticks.append(_tick(value, unit, line))


def _wall(text: str, line: int) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or ":" not in text or at.year not in YEARS:
        raise BadTable(line, f"{text or 'an empty cell'} is no time like 2026-03-29 07:30:00.")
    if at.tzinfo is not None:
        raise BadTable(line, f"{text} has an offset; local times without one are expected.")
    return int(at.replace(tzinfo=UTC).timestamp())


def _tick(text: str, unit: Unit, line: int) -> int:
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    digits = parse(text)
    if not isinstance(digits, Digits):
        raise BadTable(line, f"{text or 'an empty cell'} is no value in {unit}.")
    if not is_believable(digits, unit):
        raise BadTable(line, f"no sensor shows {text} {unit}. Is the unit right?")
    return tick(digits, unit)


def _placed(column: _Column, unit: Unit, where: ZoneInfo) -> Subject:
    placed = place(np.array(column.wall_s, dtype=np.int64), where)
    readings = series(placed.t, placed.offset, np.array(column.ticks, dtype=np.int64), unit)
    return Subject(readings, len(column.ticks) - len(readings.t), placed.n_uncertain)
