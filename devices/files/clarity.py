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
INDEX, SECONDS = "index", "transmitter time (long integer)"
READINGS = {"egv": RecordKind.CGM, "calibration": RecordKind.MANUAL}
OTHERS = {
    "firstname": Reason.PERSONAL,
    "lastname": Reason.PERSONAL,
    "patientidentifier": Reason.PERSONAL,
    "dateofbirth": Reason.PERSONAL,
    "device": Reason.DEVICE,
    "alert": Reason.ALERT,
}


PLACES = {INDEX: 0, TIME: 1, TYPE: 2, SOURCE: 6, SECONDS: 12, TRANSMITTER: 13}
VALUE_PLACE, AMOUNTS, RATE, WIDTH = 7, (8, 9, 10), 11, 14
"""Where Clarity puts its columns in every language."""
CLOCK_PATTERN = "thh:mm:ss)"
CALIBRATIONS = ("calib", "kalib")


def layout(cells: Sequence[str]) -> Layout | None:
    """Recognise the headings, by their words or else by what stands at which place."""
    names = [heading(cell) for cell in cells]
    return _known(names) or _placed(names)


def _placed(names: list[str]) -> Layout | None:
    """Recognise the fourteen columns in a language that is not read; a person confirms them."""
    if len(names) != WIDTH or not names[PLACES[TIME]].endswith(CLOCK_PATTERN):
        return None
    unit, rate = unit_in(names[VALUE_PLACE]), unit_in(names[RATE])
    if unit is None or unit is not rate:
        return None
    return Layout(
        Format.CLARITY, (unit,), PLACES[TIME], partial(_draft_by_place, unit), is_known=False
    )


def _draft_by_place(unit: Unit, row: Row) -> Draft | Reason:
    """Tell readings from the rest without its words: only measured rows bear a time."""
    value = row.cell(VALUE_PLACE)
    if not row.cell(PLACES[TIME]):
        return Reason.ALERT if value else Reason.PERSONAL
    event = row.cell(PLACES[TYPE]).casefold()
    if not value and event not in READINGS:
        return Reason.NOT_GLUCOSE
    if any(row.cell(at) for at in AMOUNTS):
        return Reason.BAD_ROW
    is_calibration = event.startswith(CALIBRATIONS)
    return Draft(
        RecordKind.MANUAL if is_calibration else RecordKind.CGM,
        value,
        unit,
        row.cell(PLACES[TIME]),
        row.cell(PLACES[SOURCE]),
        row.cell(PLACES[TRANSMITTER]),
        counter=row.cell(PLACES[SECONDS]),
        number=row.cell(PLACES[INDEX]),
    )


def _known(names: list[str]) -> Layout | None:
    values = [at for at, name in enumerate(names) if name.startswith(VALUE)]
    if TIME not in names or TYPE not in names or len(values) != 1:
        return None
    unit = unit_in(names[values[0]])
    places = {name: names.index(name) for name in PLACES if name in names}
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
        counter=row.cell(places.get(SECONDS)),
        number=row.cell(places.get(INDEX)),
    )
