"""A week of a paper diary as a form: seven days by seven slots, each cell read by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta

from marshmallow import ValidationError

from devices.glucose import Unit
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.core.text import is_storable
from telehealth.diary.models import MAX_KEY_CHARS, MAX_SOURCE_CHARS
from telehealth.diary.schemas.amounts import Value, glucose_of, is_questionable
from telehealth.diary.schemas.moments import TimeOfDay, instant
from telehealth.glycemia.slots import SEVEN_POINTS
from telehealth.readings import service as readings
from telehealth.readings.models import Meal, SourceKind

DAYS = 7
SLOTS = tuple(Meal(slot.value) for slot in SEVEN_POINTS)
USUAL_TIMES = dict(
    zip(SLOTS, ("07:00", "09:00", "12:00", "14:00", "18:30", "20:30", "22:00"), strict=True)
)
"""Where the paper says no time."""
_NOTHING = frozenset({"", "-", "/", "\N{EN DASH}"})
"""How people leave a cell of a paper diary empty."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One filled cell."""

    name: str
    day: date
    meal: Meal
    value: Value
    reading: readings.NewReading


@dataclass(frozen=True, slots=True)
class TypedSheet:
    """The grid, read."""

    key: str
    source: str
    unit: Unit
    cells: tuple[Cell, ...]
    sure: str

    @property
    def question(self) -> str:
        """A token that names every value worth asking about; empty: none."""
        asked = [f"{cell.name}={cell.value}" for cell in self.doubtful]
        return "; ".join([*asked, self.unit.value]) if asked else ""

    @property
    def doubtful(self) -> tuple[Cell, ...]:
        """Cells whose value is possible and seldom."""
        return tuple(cell for cell in self.cells if is_questionable(cell.value, self.unit))


def cell_name(day_number: int, meal: Meal) -> str:
    """Name of a cell's field: `c0-before_breakfast` is Monday's first."""
    return f"c{day_number}-{meal.value}"


def time_name(meal: Meal) -> str:
    """Name of the field with a column's time."""
    return f"t-{meal.value}"


def read_sheet(given: Mapping[str, str], monday: date) -> TypedSheet:
    """The posted grid of the week that begins on `monday`.

    Raises:
        Invalid: one error for every cell and field that is wrong.
    """
    wrong: list[FieldError] = []
    key, source = given.get("key", ""), given.get("source", "").strip()
    if not 8 <= len(key) <= MAX_KEY_CHARS - 4 or not is_storable(key):  # noqa: PLR2004 - as elsewhere
        wrong.append(FieldError("#/key", N_("Please fill this in."), "key"))
    if len(source) > MAX_SOURCE_CHARS or not is_storable(source):
        wrong.append(FieldError("#/source", N_("This text is too long."), "too_long"))
    unit = _unit(given, wrong)
    times = {meal: _time(given, meal, wrong) for meal in SLOTS}
    cells = [
        cell
        for number in range(DAYS)
        for meal in SLOTS
        if (cell := _cell(given, (monday, number, meal), times[meal], (key, unit), wrong))
    ]
    if not wrong and not cells:
        wrong.append(FieldError("", N_("Copy at least one value."), "empty"))
    if wrong:
        raise Invalid(errors=tuple(wrong))
    return TypedSheet(key, source, unit, tuple(cells), given.get("sure", ""))


def _unit(given: Mapping[str, str], wrong: list[FieldError]) -> Unit:
    try:
        return Unit(given.get("unit", ""))
    except ValueError:
        wrong.append(FieldError("#/unit", N_("The unit is mmol/L or mg/dL."), "unit"))
        return Unit.MMOL_L


def _time(given: Mapping[str, str], meal: Meal, wrong: list[FieldError]) -> time:
    try:
        return TimeOfDay().deserialize(given.get(time_name(meal), "") or USUAL_TIMES[meal])
    except ValidationError as error:
        wrong.append(FieldError(f"#/{time_name(meal)}", str(error.messages[0]), "time"))
        return time(12)


def _cell(
    given: Mapping[str, str],
    place: tuple[date, int, Meal],
    at: time,
    sheet: tuple[str, Unit],
    wrong: list[FieldError],
) -> Cell | None:
    (monday, number, meal), (key, unit) = place, sheet
    name = cell_name(number, meal)
    text = given.get(name, "").strip()
    if text in _NOTHING:
        return None
    day = monday + timedelta(days=number)
    try:
        value = glucose_of(text, unit)
        measured_at, offset_min = instant(day, at)
    except Invalid as refusal:
        wrong += [FieldError(f"#/{name}", one.detail, one.code) for one in refusal.errors]
        return None
    reading = readings.NewReading(
        row=number * len(SLOTS) + SLOTS.index(meal),
        key=f"{key}-{number}{SLOTS.index(meal)}",
        measured_at=measured_at,
        offset_min=offset_min,
        digits=value,
        unit=unit,
        kind=SourceKind.MANUAL,
        meal=meal,
    )
    return Cell(name, day, meal, value, reading)
