"""LibreView CSV: columns stand at fixed places, in headings of many languages."""

from collections.abc import Sequence
from functools import partial

from devices.files.layout import Draft, Layout, heading
from devices.files.records import Format, Reason, RecordKind
from devices.files.table import Row
from devices.files.values import unit_in
from devices.glucose import Unit

DEVICE, SERIAL, TIME, TYPE, HISTORY, SCAN, STRIP, KETONE = 0, 1, 2, 3, 4, 5, 14, 15
WIDTH = 19
"""More headings than these are ketones of newer sensors, or columns somebody added."""
KNOWN = {
    ("device timestamp", "record type"): ("historic glucose", "scan glucose", "strip glucose"),
    ("meter timestamp", "record type"): ("historic glucose", "scan glucose", "strip glucose"),
    ("gerätezeitstempel", "aufzeichnungstyp"): (
        "glukosewert-verlauf",
        "glukose-scan",
        "glukose-teststreifen",
    ),
}
READINGS = {
    "0": (RecordKind.CGM, HISTORY),
    "1": (RecordKind.SCAN, SCAN),
    "2": (RecordKind.METER, STRIP),
}
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
    if len(names) <= HISTORY or not all("keton" in name for name in names[WIDTH:]):
        return None
    words = KNOWN.get((names[TIME], names[TYPE]))
    if words is None:
        if not _has_the_places(names):
            return None
        units = {at: unit_in(names[at]) for at in (HISTORY, SCAN, STRIP)}
    else:
        # Where somebody took columns out, only those still in their places are read: the
        # neighbour of the strips is ketones, and a ketone read as glucose is a false low.
        proven = zip((HISTORY, SCAN, STRIP), words, strict=True)
        units = {
            at: unit_in(names[at])
            for at, word in proven
            if at < len(names) and names[at].startswith(word)
        }
        if HISTORY not in units:
            return None
    return Layout(
        Format.LIBREVIEW, tuple(units.values()), TIME, partial(_draft, units), words is not None
    )


def _has_the_places(names: list[str]) -> bool:
    """Whether units stand where LibreView puts them; ketones are always in mmol/L."""
    return (
        len(names) > KETONE
        and all(unit_in(names[at]) is not None for at in (HISTORY, SCAN, STRIP))
        and unit_in(names[KETONE]) is Unit.MMOL_L
        and not any(unit_in(names[at]) for at in (DEVICE, SERIAL, TIME, TYPE))
    )


def _draft(units: dict[int, Unit | None], row: Row) -> Draft | Reason:
    kind = row.cell(TYPE)
    if kind in OTHERS:
        return OTHERS[kind]
    if kind not in READINGS:
        return Reason.BAD_ROW
    record_kind, column = READINGS[kind]
    if column not in units:
        return Reason.BAD_ROW
    return Draft(
        record_kind,
        row.cell(column),
        units[column],
        row.cell(TIME),
        row.cell(DEVICE),
        row.cell(SERIAL),
    )
