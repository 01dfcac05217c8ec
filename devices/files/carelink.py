"""CareLink CSV of pumps: semicolons or commas, a preamble and several sections.

Each section stands under a row of dashes that names the device, and has headings of its own.
Read are the sensor's glucose and blood glucose; the value of a calibration stands elsewhere in
the file as blood glucose and would count twice.
"""

from collections.abc import Sequence
from itertools import islice

from devices.files.layout import Draft, Layout, heading
from devices.files.records import Format, Reason, RecordKind
from devices.files.table import Row, split
from devices.files.text import lines
from devices.files.values import unit_in
from devices.glucose import Unit

MARK = "new device time"
"""The heading that no other format has."""
DELIMITERS = (";", ",")
HEAD_LINES = 40
RULE = "-------"
DEVICE, SERIAL = 1, 3
"""Places in a row of dashes."""
DATE, TIME = "date", "time"
SENSOR, BLOOD, METER = "sensor glucose (", "bg reading (", "linked bg meter id"


def layout(head: str) -> tuple[Layout, str] | None:
    """Recognise the headings of the first section; the layout and what parts its cells."""
    for _, text in islice(lines(iter([head])), HEAD_LINES):
        for delimiter in DELIMITERS:
            found = _columns(split(text or "", delimiter) or [])
            if found is not None:
                draft = _Sections().draft
                units = (found.unit,)
                known = Layout(Format.CARELINK, units, found.date, draft, clock_at=found.time)
                return known, delimiter
    return None


class _Columns:
    """Where the headings of one section put what is read."""

    def __init__(self, names: Sequence[str]) -> None:
        self.date, self.time = names.index(DATE), names.index(TIME)
        self.sensor = _starting(names, SENSOR)
        self.blood = _starting(names, BLOOD)
        self.meter = _starting(names, METER)
        found = self.sensor if self.sensor is not None else self.blood
        self.unit: Unit | None = None if found is None else unit_in(names[found])
        self._units = {at: unit_in(names[at]) for at in (self.sensor, self.blood) if at is not None}

    def unit_of(self, column: int | None) -> Unit | None:
        return None if column is None else self._units[column]


def _columns(cells: Sequence[str]) -> _Columns | None:
    names = [heading(cell) for cell in cells]
    if not {DATE, TIME} <= set(names):
        return None
    found = _Columns(names)
    return None if found.sensor is None and found.blood is None else found


def _starting(names: Sequence[str], beginning: str) -> int | None:
    return next((at for at, name in enumerate(names) if name.startswith(beginning)), None)


class _Sections:
    """Remembers, row by row, in which section a row stands."""

    def __init__(self) -> None:
        self._columns: _Columns | None = None
        self._device = self._serial = ""

    def draft(self, row: Row) -> Draft | Reason:
        """Return what a row claims to be; rows above the first section tell of persons."""
        if row.cell(0).startswith(RULE):
            self._device, self._serial = row.cell(DEVICE), row.cell(SERIAL)
            return Reason.DEVICE
        columns = _columns(row.cells)
        if columns is not None:
            self._columns = columns
            return Reason.DEVICE
        if self._columns is None:
            return Reason.PERSONAL
        return self._reading(row, self._columns)

    def _reading(self, row: Row, at: _Columns) -> Draft | Reason:
        sensor, blood = row.cell(at.sensor), row.cell(at.blood)
        if sensor and blood:
            return Reason.BAD_ROW
        if not sensor and not blood:
            return Reason.NOT_GLUCOSE
        column, kind = (at.sensor, RecordKind.CGM) if sensor else (at.blood, RecordKind.METER)
        return Draft(
            kind,
            _without_zeros(sensor or blood),
            at.unit_of(column),
            f"{row.cell(at.date)} {row.cell(at.time)}",
            self._device,
            self._serial if sensor else row.cell(at.meter) or self._serial,
        )


def _without_zeros(value: str) -> str:
    """Shorten 7,30000 to 7,3."""
    return value.rstrip("0").rstrip(",.") if "," in value or "." in value else value
