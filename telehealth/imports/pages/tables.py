"""Forms about an unknown table: which columns hold what, and what words among its values mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask_babel import gettext

from devices import files
from devices.files import Columns, Limit, Table
from devices.glucose import Unit
from telehealth.core.errors import FieldError
from telehealth.core.i18n import N_
from telehealth.imports import service as imports
from telehealth.imports.service import Answer, Choice, Import, Remembered, Sight

COLUMN = "column-"
"""Before the number of a column that names the unit of each row."""
MEANINGS: Mapping[str, Limit | None] = {"low": Limit.LOW, "high": Limit.HIGH, "none": None}
Options = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TableForm:
    """What the page shows of a table, and what it offers to choose."""

    table: Table
    before: Remembered | None
    """Chosen for a table with the same headings; offered while nothing is chosen for this one."""
    chosen: Mapping[str, str]
    """Value of each field as it is offered."""

    @property
    def columns(self) -> Options:
        """The columns by number and heading, under a first one that is none."""
        return [("", gettext("no column")), *self._named("")]

    @property
    def units(self) -> Options:
        """Where the unit comes from."""
        whole = [(one.value, gettext("%(unit)s in all rows", unit=one.value)) for one in Unit]
        return [("", gettext("the table says it")), *whole, *self._named(COLUMN)]

    @property
    def labels(self) -> list[str]:
        """A heading for each column to be shown."""
        return [label for _, label in self._named("")]

    def _named(self, prefix: str) -> Options:
        return [
            (f"{prefix}{at}", f"{at + 1}: {name}" if name else gettext("column %(n)d", n=at + 1))
            for at, name in enumerate(self.table.headings)
        ]


def table_form(path: Path, found: Import, before: Remembered | None) -> TableForm | None:
    """Read the beginning of the file; None where it is gone or is no unknown table."""
    try:
        with path.open("rb") as stream:
            table = files.table_in(stream)
    except FileNotFoundError:
        return None
    if table is None:
        return None
    is_new = found.choice.columns is None
    offered = before.choice if before and is_new else found.choice
    unit = before.unit if before and is_new else found.unit
    return TableForm(table, before if is_new else None, _fields(offered, unit))


def _fields(choice: Choice, unit: str) -> Mapping[str, str]:
    at = choice.columns
    if at is None:
        return {}
    written = {"time": at.time, "clock": at.clock, "value": at.value}
    fields = {name: "" if place is None else str(place) for name, place in written.items()}
    unit_from = unit if at.unit is None else f"{COLUMN}{at.unit}"
    return {**fields, "unit_from": unit_from, "kind": at.kind.value}


def about_table(given: Mapping[str, str]) -> Answer:
    """Read the form about the columns.

    Raises:
        Invalid: something is missing, or one column is chosen for two things.
    """
    unit_from = given.get("unit_from", "")
    unit = {unit.value: unit for unit in Unit}.get(unit_from)
    unit_at = _place(unit_from.removeprefix(COLUMN)) if unit_from.startswith(COLUMN) else None
    columns: Columns = imports.columns_of(
        _place(given.get("time", "")),
        _place(given.get("clock", "")),
        _place(given.get("value", "")),
        unit_at,
        given.get("kind", ""),
    )
    return Answer(given.get("zone"), None, unit, None, columns, unit_is_in_table=unit is None)


def _place(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= len("100")
    return int(text) if is_number else None


def words_of(
    asked: Sight, given: Mapping[str, str]
) -> tuple[tuple[tuple[str, Limit | None], ...], list[FieldError]]:
    """Read what the words among the values mean, and what is missing."""
    wrong, words = [], []
    for number, word in enumerate(asked.words):
        meaning = given.get(f"word-{number}", "")
        if meaning in MEANINGS:
            words.append((word, MEANINGS[meaning]))
        else:
            sentence = N_("Say what this means.")
            wrong.append(FieldError(f"#/word-{number}", sentence, "missing"))
    return tuple(words), wrong
