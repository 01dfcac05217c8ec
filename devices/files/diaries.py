"""Tables of diary programs: mySugr, Glucosio and SiDiary."""

from collections.abc import Sequence
from functools import partial

from devices.files import glooko
from devices.files.layout import Claim, Draft, Layout, heading
from devices.files.records import Format, Reason, RecordKind
from devices.files.table import Row
from devices.files.values import unit_in, without_unit

MYSUGR = ("date", "time", "tags")
MYSUGR_VALUE = "blood sugar measurement"
GLUCOSIO = ("concentration", "measured", "date", "time")
SIDIARY = ("day", "time")
SIDIARY_SENSOR, SIDIARY_BLOOD = "udt_cgms", "bg_level"
MEALS = glooko.MEALS | {
    "before the meal": "before_meal",
    "after the meal": "after_meal",
    "night": "night",
}


def layout(cells: Sequence[str]) -> Layout | None:
    """Recognise the headings of one of the programs."""
    names = [heading(cell) for cell in cells]
    return _mysugr(names) or _glucosio(names) or _sidiary(names)


def _mysugr(names: list[str]) -> Layout | None:
    values = [at for at, name in enumerate(names) if name.startswith(MYSUGR_VALUE)]
    if tuple(names[: len(MYSUGR)]) != MYSUGR or len(values) != 1:
        return None
    unit, [value] = unit_in(names[values[0]]), values
    note = names.index("note") if "note" in names else None

    def draft(row: Row) -> Claim:
        if not row.cell(value):
            return Reason.NOT_GLUCOSE
        tags = (tag.strip().casefold() for tag in row.cell(2).split(","))
        meal = next((MEALS[tag] for tag in tags if tag in MEALS), "")
        time = f"{row.cell(0)} {row.cell(1)}"
        return Draft(
            RecordKind.METER, row.cell(value), unit, time, "", "", meal=meal, note=row.cell(note)
        )

    return Layout(Format.MYSUGR, (unit,), 0, draft, clock_at=1)


def _glucosio(names: list[str]) -> Layout | None:
    if tuple(names[: len(GLUCOSIO)]) != GLUCOSIO:
        return None
    return Layout(Format.GLUCOSIO, (), 2, _glucosio_draft, clock_at=3, has_row_units=True)


def _glucosio_draft(row: Row) -> Draft:
    """Read a row whose value bears its unit: 4.3mmol/L."""
    value, meal = row.cell(0), MEALS.get(row.cell(1).casefold(), "")
    return Draft(
        RecordKind.METER,
        without_unit(value),
        unit_in(value),
        f"{row.cell(2)} {row.cell(3)}",
        "",
        "",
        meal=meal,
    )


def _sidiary(names: list[str]) -> Layout | None:
    places = {
        RecordKind.CGM: _place(names, SIDIARY_SENSOR),
        RecordKind.METER: _place(names, SIDIARY_BLOOD),
    }
    if tuple(names[: len(SIDIARY)]) != SIDIARY or not any(places.values()):
        return None
    draft = partial(_sidiary_drafts, places, _place(names, "remark"))
    return Layout(Format.SIDIARY, (None,), 0, draft, clock_at=1)


def _sidiary_drafts(places: dict[RecordKind, int | None], note_at: int | None, row: Row) -> Claim:
    """Read the sensor's value and that of the meter: a row may have both."""
    time, note = f"{row.cell(0)} {row.cell(1)}", row.cell(note_at)
    found = tuple(
        Draft(kind, row.cell(at), None, time, "", "", note=note)
        for kind, at in places.items()
        if row.cell(at)
    )
    return found or Reason.NOT_GLUCOSE


def _place(names: list[str], name: str) -> int | None:
    return names.index(name) if name in names else None
