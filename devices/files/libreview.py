"""Files of LibreView and of the FreeStyle Libre desktop program.

Columns stand at fixed places, in headings of many languages; the desktop program has one column
fewer before them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from devices.files.layout import Draft, Layout, heading
from devices.files.records import Format, Reason, RecordKind
from devices.files.table import Row
from devices.files.values import unit_in
from devices.glucose import Unit


@dataclass(frozen=True, slots=True)
class _Places:
    """Where one of the two programs puts its columns, from 0."""

    format: Format
    time: int
    type: int
    history: int
    scan: int
    strip: int
    ketone: int
    width: int
    """More headings than these are ketones, other times, or columns somebody added."""
    device: int | None = None
    serial: int | None = None
    number: int | None = None

    @property
    def glucose(self) -> tuple[int, int, int]:
        return self.history, self.scan, self.strip


WEB = _Places(Format.LIBREVIEW, 2, 3, 4, 5, 14, 15, 19, device=0, serial=1)
DESKTOP = _Places(Format.LIBRE_DESKTOP, 1, 2, 3, 4, 13, 14, 18, number=0)
OTHER_TIMES = 2
"""The desktop program ends its rows with the times before and after the clock was set."""
_ENGLISH = ("historic glucose", "scan glucose", "strip glucose")
KNOWN = {
    ("device timestamp", "record type"): _ENGLISH,
    ("meter timestamp", "record type"): _ENGLISH,
    ("time", "record type"): _ENGLISH,
    ("gerätezeitstempel", "aufzeichnungstyp"): (
        "glukosewert-verlauf",
        "glukose-scan",
        "glukose-teststreifen",
    ),
}
KINDS = (("0", RecordKind.CGM), ("1", RecordKind.SCAN), ("2", RecordKind.METER))
OTHERS = {
    "3": Reason.KETONE,  # in mmol/L also in a file of mg/dL
    "4": Reason.NOT_GLUCOSE,
    "5": Reason.NOT_GLUCOSE,
    "6": Reason.NOT_GLUCOSE,
}


def layout(cells: Sequence[str]) -> Layout | None:
    """Recognise the headings, by their words or else by what stands at which place."""
    names = [heading(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return _layout(names, WEB) or _layout(names, DESKTOP)


def _layout(names: list[str], at: _Places) -> Layout | None:
    if len(names) <= at.history or not _has_width(names, at):
        return None
    words = KNOWN.get((names[at.time], names[at.type]))
    if words is None:
        if not _has_the_places(names, at):
            return None
        units = {place: unit_in(names[place]) for place in at.glucose}
    else:
        # Where somebody took columns out, only those still in their places are read: the
        # neighbour of the strips is ketones, and a ketone read as glucose is a false low.
        proven = zip(at.glucose, words, strict=True)
        units = {
            place: unit_in(names[place])
            for place, word in proven
            if place < len(names) and names[place].startswith(word)
        }
        if at.history not in units:
            return None
    draft = partial(_draft, at, units)
    return Layout(at.format, tuple(units.values()), at.time, draft, words is not None)


def _has_width(names: list[str], at: _Places) -> bool:
    more = names[at.width :]
    if at is DESKTOP:
        return len(more) <= OTHER_TIMES
    return all("keton" in name for name in more)


def _has_the_places(names: list[str], at: _Places) -> bool:
    """Whether units stand where the program puts them; ketones are always in mmol/L."""
    return (
        len(names) > at.ketone
        and all(unit_in(names[place]) is not None for place in at.glucose)
        and unit_in(names[at.ketone]) is Unit.MMOL_L
        and not any(unit_in(name) for name in names[: at.history])
    )


def _draft(at: _Places, units: dict[int, Unit | None], row: Row) -> Draft | Reason:
    kind = row.cell(at.type)
    if kind in OTHERS:
        return OTHERS[kind]
    for (name, record_kind), column in zip(KINDS, at.glucose, strict=True):
        if name == kind and column in units:
            return Draft(
                record_kind,
                row.cell(column),
                units[column],
                row.cell(at.time),
                row.cell(at.device),
                row.cell(at.serial),
                number=row.cell(at.number),
            )
    return Reason.BAD_ROW
