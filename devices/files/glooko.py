"""Glooko's bg_data and cgm_data: tables under a row with a name and a range of dates."""

from collections.abc import Sequence
from functools import partial

from devices.files.layout import Draft, Layout, heading
from devices.files.records import Format, RecordKind
from devices.files.table import Row
from devices.files.values import unit_in
from devices.glucose import Unit

TIME, VALUE = 0, 1
TIMES = ("timestamp", "zeitstempel")
VALUES = ("glucose value", "glukosewert")
SENSOR_MARKS = {"trend arrow", "transmitter id"}
METER_MARKS = {"device", "notes", "meter"}
MEALS = {
    "fasting": "fasting",
    "before breakfast": "before_breakfast",
    "after breakfast": "after_breakfast",
    "before lunch": "before_lunch",
    "after lunch": "after_lunch",
    "before dinner": "before_dinner",
    "after dinner": "after_dinner",
    "bedtime": "bedtime",
}
"""Meals stand in the column of notes; every other text there is a note."""
SERIALS = ("transmitter id", "serial number", "seriennummer")


def layout(cells: Sequence[str]) -> Layout | None:
    """Recognise the headings; a table that may be of a meter or of a sensor is neither."""
    names = [heading(cell) for cell in cells]
    if len(names) <= VALUE or names[TIME] not in TIMES:
        return None
    is_sensor = names[VALUE].startswith("cgm") or bool(SENSOR_MARKS & set(names))
    value = names[VALUE].removeprefix("cgm").lstrip(" -")
    if not value.startswith(VALUES):
        return None
    if not is_sensor and not METER_MARKS & set(names):
        return None
    kind = RecordKind.CGM if is_sensor else RecordKind.METER
    unit = unit_in(names[VALUE])
    device = names.index("device") if "device" in names else None
    note = names.index("notes") if "notes" in names else None
    serial = next((names.index(name) for name in SERIALS if name in names), None)
    return Layout(
        Format.GLOOKO_CGM if is_sensor else Format.GLOOKO_BG,
        (unit,),
        TIME,
        partial(_draft, kind, unit, (device, serial, note)),
    )


def _draft(
    kind: RecordKind, unit: Unit | None, places: tuple[int | None, int | None, int | None], row: Row
) -> Draft:
    device, serial, note = (row.cell(at) for at in places)
    meal = MEALS.get(note.casefold(), "")
    value, time = row.cell(VALUE), row.cell(TIME)
    return Draft(kind, value, unit, time, device, serial, meal, "" if meal else note)
