"""Any other table: where its headings stand, and its rows by the columns that a person names."""

import hashlib
from dataclasses import dataclass
from itertools import islice

from devices.files.layout import Draft, Layout, heading
from devices.files.records import Columns, FileError, Format, Reason, Trouble
from devices.files.table import DELIMITERS, Row, rows
from devices.files.text import lines
from devices.files.times import is_date
from devices.files.values import unit_in, without_unit
from devices.glucose import Unit

HEAD_LINES = 60
"""Lines in which the headings and the first row are looked for."""
MAX_COLUMNS = 100
MAX_ROWS = 400_000
"""More rows than four years of a sensor have."""
SHOWN_ROWS = 5
MAX_SHOWN_CHARS = 60
MIN_COLUMNS = 2


@dataclass(frozen=True, slots=True)
class Table:
    """An unknown table as its beginning shows it."""

    delimiter: str
    heading_line: int
    """0 where the first row holds readings already."""
    headings: tuple[str, ...]
    """As written and cut short; empty texts where the table has none."""
    first_rows: tuple[tuple[str, ...], ...]
    """To show to a person; cells are cut short."""
    n_rows: int
    """In the beginning of the file."""

    @property
    def has_headings(self) -> bool:
        """Whether the columns have names."""
        return any(self.headings)

    @property
    def key(self) -> str:
        """Name the kind of table by its headings, 64 hexadecimal digits; empty without headings.

        Nothing of the rows is in it.
        """
        if not self.has_headings:
            return ""
        names = "".join(f"{len(name)}|{name}" for name in map(heading, self.headings))
        return hashlib.sha256(names.encode("utf-8", "surrogatepass")).hexdigest()


def find(head: str) -> Table | None:
    """Find the table in the beginning of a file; `None` when no row of it begins with a date.

    Raises:
        FileError: `TOO_LONG` where it has more columns than are read.
    """
    found = [table for table in (_find(head, one) for one in DELIMITERS) if table is not None]
    if not found:
        return None
    # A comma inside numbers parts a table of semicolons too: more rows of one width win.
    best = max(found, key=lambda table: (table.n_rows, len(table.headings)))
    if len(best.headings) > MAX_COLUMNS:
        raise FileError(Trouble.TOO_LONG)
    return best


def _find(head: str, delimiter: str) -> Table | None:
    """Find the longest run of rows under one heading; a preamble may have dates as well."""
    runs: list[_Run] = []
    before: Row | None = None
    for row in rows(islice(lines(iter([head])), HEAD_LINES), delimiter):
        if not isinstance(row, Row):
            continue
        fits = bool(runs) and len(_filled(row)) <= runs[-1].width
        if (
            len(row.cells) >= MIN_COLUMNS
            and _is_reading(row)
            and not (fits and not _begins_anew(before, row, runs[-1].width))
        ):
            has_names = before is not None and len(before.cells) >= len(_filled(row))
            runs.append(_Run(before if has_names else None, [row]))
        elif fits:
            runs[-1].rows.append(row)
        before = row
    if not runs:
        return None
    best = max(runs, key=lambda run: len(run.rows))
    names = best.names.cells if best.names else [""] * best.width
    line = best.names.line if best.names else best.rows[0].line - 1
    shown = tuple(_shown(row.cells, best.width) for row in best.rows[:SHOWN_ROWS])
    return Table(delimiter, line, _shown(names, best.width), shown, len(best.rows))


@dataclass(frozen=True, slots=True)
class _Run:
    """Rows of one width."""

    names: Row | None
    rows: list[Row]

    @property
    def width(self) -> int:
        return len((self.names or self.rows[0]).cells)


def _begins_anew(before: Row | None, row: Row, width: int) -> bool:
    """Whether a narrower table under headings of its own begins inside a run."""
    if before is None or len(row.cells) == width:
        return False
    return len(before.cells) == len(row.cells) and not _is_reading(before)


def _is_reading(row: Row) -> bool:
    """Whether one cell holds a date and another something else."""
    cells = [cell.strip() for cell in row.cells]
    return any(map(is_date, cells)) and any(cell and not is_date(cell) for cell in cells)


def _filled(row: Row) -> list[str]:
    """Leave out empty cells at the end: some programs end every row with a delimiter."""
    cells = list(row.cells)
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def _shown(cells: list[str], width: int) -> tuple[str, ...]:
    short = [cell.strip('\ufeff" \t')[:MAX_SHOWN_CHARS] for cell in cells[:width]]
    return tuple(short + [""] * (width - len(short)))


def layout(table: Table, columns: Columns) -> Layout:
    """Lay a table out by the columns that a person named.

    Raises:
        FileError: `WRONG_COLUMNS` where the table has no such columns.
    """
    places = (columns.time, columns.value, columns.clock, columns.unit)
    width = len(table.headings)
    if any(at is not None and at >= width for at in places):
        raise FileError(Trouble.WRONG_COLUMNS)
    named = unit_in(table.headings[columns.value])

    def draft(row: Row) -> Draft | Reason:
        return _draft(columns, named, row)

    has_row_units = columns.unit is not None or named is None
    units = () if has_row_units else (named,)
    return Layout(
        Format.TABLE,
        units,
        columns.time,
        draft,
        clock_at=columns.clock,
        has_row_units=has_row_units,
    )


def _draft(columns: Columns, named: Unit | None, row: Row) -> Draft | Reason:
    value, beside = row.cell(columns.value), row.cell(columns.unit)
    time = row.cell(columns.time)
    if not value and not time:
        return Reason.BAD_ROW
    unit = unit_in(value) or unit_in(beside)
    if unit is None and beside:
        return Reason.UNKNOWN_UNIT
    if columns.clock is not None:
        time = f"{time} {row.cell(columns.clock)}"
    return Draft(columns.kind, without_unit(value), unit or named, time, "", "")
