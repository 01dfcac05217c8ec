"""The command `glucometer file`: what an export of another system holds; nothing is sent."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from devices import files
from devices.columns import table_options, taken_from
from devices.console import UNREADABLE, Console, ZoneType, with_console
from devices.files import DateOrder, FileError, FileRecord, Preview
from devices.glucose import Unit
from devices.words import FILE_TROUBLES, QUESTIONS, REASONS, RECORD_KINDS, pick


@click.command("file")
@click.argument(
    "path", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--zone",
    type=ZoneType(),
    envvar="GLUCOMETER_ZONE",
    required=True,
    help="Time zone in which the device's clock was set.",
)
@click.option(
    "--date-order",
    type=click.Choice([order.value for order in DateOrder]),
    help="Day or month first, where the file does not show it.",
)
@click.option(
    "--unit",
    type=click.Choice([unit.value for unit in Unit]),
    help="Unit, where the file does not name it.",
)
@click.option(
    "--columns-are-right",
    is_flag=True,
    help="Headings in an unknown language are of the format named.",
)
@table_options
@with_console
def file_command(
    console: Console,
    path: Path,
    zone: ZoneInfo,
    date_order: str | None,
    unit: str | None,
    *,
    columns_are_right: bool,
    **about_table: Any,
) -> None:
    """Say what an exported file holds and what has to be asked; nothing is kept or sent."""
    table = taken_from(about_table)
    try:
        with path.open("rb") as stream:
            seen = files.preview(
                stream,
                zone,
                date_order=DateOrder(date_order) if date_order else None,
                unit=Unit(unit) if unit else None,
                confirms_columns=columns_are_right,
                columns=table.columns(stream),
                words=table.words,
            )
    except FileError as error:
        console.fail(error.trouble, pick(FILE_TROUBLES[error.trouble], console.lang), UNREADABLE)
    console.result(_data(seen), *_lines(console, seen))


def _data(seen: Preview) -> dict[str, Any]:
    return {
        "format": seen.format,
        "unit": seen.unit,
        "date_order": seen.date_order,
        "zone": seen.zone.key,
        "needs_answer": list(seen.needs_answer),
        "n_taken": seen.n_taken,
        "taken": dict(seen.taken),
        "out_of_range": seen.out_of_range,
        "skipped": {
            reason: {"count": one.count, "lines": list(one.lines)}
            for reason, one in seen.skipped.items()
        },
        "words": list(seen.words),
        "folds": list(seen.folds),
        "first": seen.first.isoformat() if seen.first else None,
        "last": seen.last.isoformat() if seen.last else None,
        "sample": [_record(one) for one in seen.sample],
    }


def _record(one: FileRecord) -> dict[str, Any]:
    return {
        "line": one.line,
        "measured_at": one.measured_at.isoformat(),
        "kind": one.kind,
        "value": f"{one.value.value:f}" if one.value else one.limit,
        "unit": one.value.unit if one.value else None,
    }


def _lines(console: Console, seen: Preview) -> list[str]:
    lines = [
        console.say("file_is", format=seen.format, unit=seen.unit or "?", zone=seen.zone.key),
        console.say("file_taken", n=seen.n_taken),
    ]
    lines += [f"  {pick(RECORD_KINDS[kind], console.lang)}: {n}" for kind, n in seen.taken.items()]
    if seen.out_of_range:
        lines.append(console.say("file_limits", n=seen.out_of_range))
    for reason, one in seen.skipped.items():
        why = pick(REASONS[reason], console.lang)
        lines.append(console.say("file_skipped", reason=why, n=one.count, line=one.lines[0]))
    if seen.folds:
        lines.append(console.say("file_folds", n=seen.n_folds))
    if seen.first and seen.last:
        span = (
            at.astimezone(seen.zone).strftime("%Y-%m-%d %H:%M") for at in (seen.first, seen.last)
        )
        lines.append(console.say("file_span", **dict(zip(("first", "last"), span, strict=True))))
    lines += [pick(QUESTIONS[one], console.lang) for one in seen.needs_answer]
    return lines + [f"  {word}" for word in seen.words]
