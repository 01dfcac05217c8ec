"""CareLink CSV of pumps: semicolons or commas, a preamble and several sections.

Each section stands under a row of dashes that names the device, and has headings of its own.
Read are the sensor's glucose and blood glucose; the value of a calibration stands elsewhere in
the file as blood glucose and would count twice. In a language that is not read the columns show by
their neighbours: the sensor's glucose stands before its ISIG, which has that name everywhere.
"""

from collections.abc import Sequence
from itertools import islice

from devices.files.layout import Claim, Draft, Layout, heading
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
NUMBER_PLACE, DATE_PLACE, TIME_PLACE = 0, 1, 2
"""In every language."""
ISIG = "isig"
SENSOR, BLOOD, METER = "sensor glucose (", "bg reading (", "linked bg meter id"


def layout(head: str) -> tuple[Layout, str] | None:
    """Recognise the headings of the first section; the layout and what parts its cells."""
    for _, text in islice(lines(iter([head])), HEAD_LINES):
        for delimiter in DELIMITERS:
            found = _columns(split(text or "", delimiter) or [])
            if found is not None:
                draft = _Sections().draft
                known = Layout(
                    Format.CARELINK,
                    (found.unit,),
                    found.date,
                    draft,
                    found.is_known,
                    clock_at=found.time,
                )
                return known, delimiter
    return None


class _Columns:
    """Where the headings of one section put what is read."""

    def __init__(self, names: Sequence[str]) -> None:
        self.is_known = {DATE, TIME} <= set(names)
        self.date, self.time, self.number = DATE_PLACE, TIME_PLACE, NUMBER_PLACE
        if self.is_known:
            self.date, self.time = names.index(DATE), names.index(TIME)
            self.sensor = _starting(names, SENSOR)
            self.blood = _starting(names, BLOOD)
            self.meter = _starting(names, METER)
        else:
            self.sensor, self.blood = _placed(names)
            self.meter = None if self.blood is None else self.blood + 1
        found = self.sensor if self.sensor is not None else self.blood
        self.unit: Unit | None = None if found is None else unit_in(names[found])
        self._units = {at: unit_in(names[at]) for at in (self.sensor, self.blood) if at is not None}

    def unit_of(self, column: int | None) -> Unit | None:
        return None if column is None else self._units[column]


def _columns(cells: Sequence[str]) -> _Columns | None:
    names = [heading(cell) for cell in cells]
    found = _Columns(names)
    return None if found.sensor is None and found.blood is None else found


def _placed(names: Sequence[str]) -> tuple[int | None, int | None]:
    """Find the sensor's column beside its ISIG, and the meter's: the first beside its number."""
    isig = _starting(names, ISIG)
    if isig is None or isig <= TIME_PLACE + 1 or unit_in(names[isig - 1]) is None:
        return None, None
    glucose = [
        at
        for at, name in enumerate(names[: isig - 1])
        if at > TIME_PLACE and unit_in(name) and name.endswith(("mg/dl)", "mmol/l)"))
    ]
    return isig - 1, glucose[0] if glucose else None


def _starting(names: Sequence[str], beginning: str) -> int | None:
    return next((at for at, name in enumerate(names) if name.startswith(beginning)), None)


class _Sections:
    """Remembers, row by row, in which section a row stands."""

    def __init__(self) -> None:
        self._columns: _Columns | None = None
        self._device = self._serial = ""

    def draft(self, row: Row) -> Claim:
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
        return self._readings(row, self._columns)

    def _readings(self, row: Row, at: _Columns) -> Claim:
        """Return both values of a row that has both: neither may hide the other."""
        columns = ((at.sensor, RecordKind.CGM), (at.blood, RecordKind.METER))
        found = tuple(
            self._reading(row, at, column, kind)
            for column, kind in columns
            if column is not None and row.cell(column)
        )
        return found or Reason.NOT_GLUCOSE

    def _reading(self, row: Row, at: _Columns, column: int, kind: RecordKind) -> Draft:
        meter = row.cell(at.meter) if kind is RecordKind.METER else ""
        return Draft(
            kind,
            _without_zeros(row.cell(column)),
            at.unit_of(column),
            f"{row.cell(at.date)} {row.cell(at.time)}",
            self._device,
            meter or self._serial,
            number=row.cell(at.number),
        )


def _without_zeros(value: str) -> str:
    """Shorten 7,30000 to 7,3."""
    return value.rstrip("0").rstrip(",.") if "," in value or "." in value else value
