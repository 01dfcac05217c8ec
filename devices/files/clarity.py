"""Dexcom Clarity CSV: a preamble of persons, devices and alert settings above the readings."""

from collections.abc import Sequence
from functools import partial

from devices.files.layout import Draft, Layout, heading
from devices.files.records import Format, Reason, RecordKind
from devices.files.table import Row
from devices.files.values import unit_in
from devices.glucose import Unit

TIME, TYPE, VALUE = "timestamp (yyyy-mm-ddthh:mm:ss)", "event type", "glucose value"
SOURCE, TRANSMITTER = "source device id", "transmitter id"
READINGS = {"egv": RecordKind.CGM, "calibration": RecordKind.MANUAL}
OTHERS = {
    "firstname": Reason.PERSONAL,
    "lastname": Reason.PERSONAL,
    "patientidentifier": Reason.PERSONAL,
    "dateofbirth": Reason.PERSONAL,
    "device": Reason.DEVICE,
    "alert": Reason.ALERT,
}


def layout(cells: Sequence[str]) -> Layout | None:
    """Recognise the headings."""
    names = [heading(cell) for cell in cells]
    values = [at for at, name in enumerate(names) if name.startswith(VALUE)]
    if TIME not in names or TYPE not in names or len(values) != 1:
        return None
    unit = unit_in(names[values[0]])
    places = {
        name: names.index(name) for name in (TIME, TYPE, SOURCE, TRANSMITTER) if name in names
    }
    return Layout(Format.CLARITY, (unit,), places[TIME], partial(_draft, places, values[0], unit))


def _draft(places: dict[str, int], value: int, unit: Unit | None, row: Row) -> Draft | Reason:
    kind = row.cell(places[TYPE]).casefold()
    if not kind:
        return Reason.BAD_ROW
    if kind not in READINGS:
        return OTHERS.get(kind, Reason.NOT_GLUCOSE)
    return Draft(
        READINGS[kind],
        row.cell(value),
        unit,
        row.cell(places[TIME]),
        row.cell(places.get(SOURCE)),
        row.cell(places.get(TRANSMITTER)),
    )
