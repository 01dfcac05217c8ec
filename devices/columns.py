"""Options by which commands name the columns of an unknown table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar

import click

from devices import files
from devices.files import Columns, Limit, RecordKind
from devices.files.layout import heading

Command = TypeVar("Command", bound=Callable[..., Any])
KINDS = (RecordKind.METER.value, RecordKind.CGM.value)


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What was given at the command line about an unknown table."""

    time: str | None
    clock: str | None
    value: str | None
    unit: str | None
    kind: str | None
    low: tuple[str, ...]
    high: tuple[str, ...]
    no_reading: tuple[str, ...]

    def columns(self, stream: BinaryIO) -> Columns | None:
        """Find the named columns in a file; `None` where none were named or it is no such table.

        Raises:
            click.UsageError: a column is missing, unknown or named twice.
        """
        table = files.table_in(stream)
        if table is None or not (self.time or self.value):
            return None
        if not (self.time and self.value and self.kind):
            raise click.UsageError("Name --time-column, --value-column and --kind together.")
        time, clock, value, unit = (
            _place(name, table.headings) for name in (self.time, self.clock, self.value, self.unit)
        )
        try:
            return Columns(time or 0, value or 0, RecordKind(self.kind), clock, unit)
        except ValueError as error:
            raise click.UsageError("Each column holds one thing.") from error

    @property
    def words(self) -> tuple[tuple[str, Limit | None], ...]:
        """What words in the place of values mean."""
        named = ((self.low, Limit.LOW), (self.high, Limit.HIGH), (self.no_reading, None))
        return tuple((word.casefold(), limit) for words, limit in named for word in words)


def _place(name: str | None, headings: Sequence[str]) -> int | None:
    """Find a column by its heading or by its number from 1."""
    if name is None:
        return None
    names = [heading(one) for one in headings]
    if names.count(heading(name)) == 1:
        return names.index(heading(name))
    if name.isascii() and name.isdigit() and 1 <= int(name) <= len(names):
        return int(name) - 1
    raise click.UsageError("There is no such column. Give its heading or its number from 1.")


def table_options(command: Command) -> Command:
    """Give a command the options that `TableOptions` takes."""
    options = (
        click.option("--time-column", help="Of an unknown table: heading or number of the column."),
        click.option("--clock-column", help="Where the time of day has a column of its own."),
        click.option("--value-column", help="The column with glucose."),
        click.option("--unit-column", help="Where each row names its unit."),
        click.option("--kind", type=click.Choice(KINDS), help="What measured: meter or sensor."),
        _word_option("--low", "A word or code that means below the range."),
        _word_option("--high", "A word or code that means above the range."),
        _word_option("--no-reading", "A word or code that is no reading."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _word_option(name: str, meaning: str) -> Callable[[Command], Command]:
    return click.option(name, multiple=True, metavar="WORD", help=meaning)


def taken_from(given: dict[str, Any]) -> TableOptions:
    """Take the options of `table_options` out of what a command was given."""
    columns = (given.pop(f"{name}_column") for name in ("time", "clock", "value", "unit"))
    rest = (given.pop(name) for name in ("kind", "low", "high", "no_reading"))
    return TableOptions(*columns, *rest)
