"""What a table's headings say, and what one of its rows holds before time and value are read."""

from collections.abc import Callable
from dataclasses import dataclass

from devices.files.records import Format, Reason, RecordKind
from devices.files.table import Row
from devices.glucose import Unit


@dataclass(frozen=True, slots=True)
class Draft:
    """A row that claims to be a reading."""

    kind: RecordKind
    value: str
    unit: Unit | None
    time: str
    device: str
    serial: str
    meal: str = ""
    note: str = ""
    counter: str = ""
    """Seconds on a counter of the device that no person sets."""
    number: str = ""
    """The row's own number, in the order in which the device measured."""


Claim = Draft | Reason | tuple[Draft, ...]
"""What a row claims to be: a reading, none for a reason, or several beside each other."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A format as this file's headings lay it out."""

    format: Format
    units: tuple[Unit | None, ...]
    """Of each column with glucose."""
    time_at: int
    """The column with the date; rows that are no readings show its order too."""
    draft: Callable[[Row], Claim]
    is_known: bool = True
    """Whether the headings, not only their places, are known."""
    clock_at: int | None = None
    """The column with the time of day, where it is not in that of the date."""
    has_row_units: bool = False
    """Whether rows name their unit themselves; those that do not are asked about."""

    def written_time(self, row: Row) -> str:
        """Return date and time as the row has them."""
        if self.clock_at is None:
            return row.cell(self.time_at)
        return f"{row.cell(self.time_at)} {row.cell(self.clock_at)}"

    def claims(self, row: Row) -> tuple[Draft | Reason, ...]:
        """Return what a row claims to be, one thing at a time."""
        claim = self.draft(row)
        return claim if isinstance(claim, tuple) else (claim,)


def heading(cell: str) -> str:
    """Reduce a heading to what is compared: some files quote it twice or put a mark before it."""
    return cell.strip('\ufeff" \t').casefold()
