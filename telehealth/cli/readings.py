"""`readings`: files into a patient's diary and out of it, by whoever runs the installation."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import click

from devices.columns import table_options, taken_from
from devices.files import DateOrder
from devices.glucose import Unit
from telehealth.cli.root import Operator, answering, database_of, require_schema, root
from telehealth.core import clock
from telehealth.core.actor import Actor, system
from telehealth.core.clock import HOME_ZONE
from telehealth.identity.models import Person
from telehealth.imports import jobs
from telehealth.imports import service as imports
from telehealth.imports.figures import csv_file, json_file
from telehealth.imports.gateways import shelf_of
from telehealth.imports.models import State

CAUSE = "cli"
"""How the trail names the operator."""
WAIT_S = 0.1


@root.group("readings")
def readings_group() -> None:
    """Readings of a patient, in and out as files."""


@readings_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--patient", "patient_id", type=int, required=True, help="Number of the person.")
@click.option(
    "--unit",
    type=click.Choice([unit.value for unit in Unit]),
    help="Where the file does not name it; never guessed.",
)
@click.option(
    "--dates",
    type=click.Choice([order.value for order in DateOrder]),
    help="Day or month first, where the file does not show it; never guessed.",
)
@click.option("--zone", default=HOME_ZONE.key, show_default=True, help="Of the device's clock.")
@click.option("--columns-are-right", is_flag=True, help="The format named is right.")
@click.option("--preview", "is_preview", is_flag=True, help="Only say what is in it.")
@click.option("--yes", "is_sure", is_flag=True, help="Add without asking.")
@table_options
@answering
def import_file(
    operator: Operator,
    *,
    file: Path,
    patient_id: int,
    unit: str | None,
    dates: str | None,
    zone: str,
    columns_are_right: bool,
    is_preview: bool,
    is_sure: bool,
    **about_table: Any,
) -> None:
    """Add the readings of FILE, an export of another system, to a patient's diary.

    First says what is in the file: format, unit, how many readings are new; then asks.
    The import can be taken back on the patient's page.
    """
    table = taken_from(about_table)
    with _bench(operator, patient_id) as (bench, actor), file.open("rb") as stream:
        said = imports.Answer(
            None,
            DateOrder(dates) if dates else None,
            Unit(unit) if unit else None,
            columns_are_right or None,
            table.columns(stream),
            words=table.words,
        )
        stream.seek(0)
        import_id = _receive(bench, actor, stream, zone)
        found = _looked(operator, bench, actor, import_id, said)
        if is_preview:
            _discard(bench, actor, found)
            operator.say(_told(found), **_data(found))
            return
        operator.note(_told(found))
        if not _is_sure(operator, found, is_sure=is_sure):
            _discard(bench, actor, found)
            operator.fail("Nothing was imported.", "not_confirmed")
        done = _added(bench, actor, import_id)
    operator.say(
        f"{done.n_added} added, {done.n_duplicate} were there already, import {done.id}.",
        **_data(done),
    )


@readings_group.command("export")
@click.option("--patient", "patient_id", type=int, required=True, help="Number of the person.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "excel", "json"]),
    default="csv",
    show_default=True,
    help="excel: semicolons and a decimal comma, as Excel set to Slovenian reads them.",
)
@click.option("--days", type=click.IntRange(1), help="Only the newest days.")
@click.option(
    "--to", "target", type=click.File("wb"), default="-", help="Default: standard output."
)
@answering
def export_file(
    operator: Operator, *, patient_id: int, kind: str, days: int | None, target: BinaryIO
) -> None:
    """Write every reading of a patient as CSV or JSON; columns: docs/how-to/import.md."""
    with _bench(operator, patient_id) as (bench, actor):
        now = bench.clock()
        begins_at = now - timedelta(days=days) if days else None
        wish = imports.Wish(patient_id, begins_at, now)
        with bench.database.unit_of_work() as session:
            origins = imports.begin(session, actor, wish, kind, now=now)
        rows = imports.readings_of(bench.database.reading, wish, origins)
        is_slovenian = kind == "excel"
        written = json_file(rows) if kind == "json" else csv_file(rows, is_slovenian=is_slovenian)
        target.writelines(written)
        target.flush()


@contextmanager
def _bench(operator: Operator, patient_id: int) -> Iterator[tuple[jobs.Bench, Actor]]:
    """The worker's bench of this installation, and the operator acting for a patient."""
    with database_of(operator) as (settings, database):
        require_schema(operator, database)
        with database.reading() as session:
            if session.get(Person, patient_id) is None:
                operator.fail(f"There is no person {patient_id}.", "no_person")
        yield jobs.Bench(database, shelf_of(settings), clock.real), system(CAUSE, patient_id)


def _receive(bench: jobs.Bench, actor: Actor, stream: BinaryIO, zone: str) -> int:
    token = bench.shelf.copy(stream)
    try:
        sent = imports.Sent(token, bench.shelf.size(token), zone)
        with bench.database.unit_of_work() as session:
            whom = actor.subject_id or 0
            return imports.receive(session, actor, whom, sent, now=bench.clock()).id
    except BaseException:
        bench.shelf.forget(token)
        raise


def _looked(
    operator: Operator, bench: jobs.Bench, actor: Actor, import_id: int, said: imports.Answer
) -> imports.Import:
    """Look at the file, answer what was given on the command line, end where that is not all."""
    found = _until(bench, actor, import_id, State.LOOKING, jobs.look)
    if found.state is State.ASKING and said != imports.Answer():
        with bench.database.unit_of_work() as session:
            imports.answer(session, actor, found.patient_id, import_id, said, now=bench.clock())
        found = _until(bench, actor, import_id, State.LOOKING, jobs.look)
    if found.state is State.ASKING:
        _discard(bench, actor, found)
        sentences = [_QUESTIONS[one] for one in found.sight.questions]
        sentences += [f"“{word}”" for word in found.sight.words]
        operator.fail(
            " ".join(sentences),
            "unanswered",
            questions=list(found.sight.questions),
            words=list(found.sight.words),
        )
    if found.state is State.REFUSED:
        nearest = " or ".join(imports.FORMAT_WORDS[one] for one in found.sight.nearest)
        words = imports.TROUBLE_WORDS[found.sight.trouble]
        operator.fail(
            f"{words} Most like it: {nearest}." if nearest else words,
            found.sight.trouble,
            nearest=list(found.sight.nearest),
        )
    return found


_QUESTIONS = {
    "date_order": "The file does not show whether day or month comes first: --dates dmy or mdy.",
    "unit": 'The file does not name its unit: --unit "mmol/L" or --unit "mg/dL".',
    "columns": "The headings are in an unknown language: --columns-are-right if the format is.",
    "table": "This table is not known: --time-column, --value-column and --kind name its columns.",
    "words": "Say what these mean in the place of values, with --low, --high or --no-reading:",
}


def _until(
    bench: jobs.Bench,
    actor: Actor,
    import_id: int,
    state: State,
    deed: Callable[[jobs.Bench, int], None],
) -> imports.Import:
    """Work on an import until it leaves a state; a worker beside us may be at it already."""
    while True:
        deed(bench, import_id)
        with bench.database.unit_of_work() as session:
            whom = actor.subject_id or 0
            found = imports.one(session, actor, whom, import_id, now=bench.clock())
        if found.state is not state:
            return found
        time.sleep(WAIT_S)


def _is_sure(operator: Operator, found: imports.Import, *, is_sure: bool) -> bool:
    if is_sure:
        return True
    if operator.as_json or not sys.stdin.isatty():
        return False
    return click.confirm(f"Add {found.sight.n_new} readings?")


def _added(bench: jobs.Bench, actor: Actor, import_id: int) -> imports.Import:
    with bench.database.unit_of_work() as session:
        whom = actor.subject_id or 0
        imports.confirm(session, actor, whom, import_id, now=bench.clock())
    return _until(bench, actor, import_id, State.ADDING, jobs.add)


def _discard(bench: jobs.Bench, actor: Actor, found: imports.Import) -> None:
    with bench.database.unit_of_work() as session:
        imports.discard(session, actor, found.patient_id, found.id, now=bench.clock())
    bench.shelf.forget(found.token)


def _data(found: imports.Import) -> dict[str, Any]:
    sight = found.sight
    return {
        "import": found.id,
        "state": found.state.value,
        "format": sight.format,
        "unit": sight.unit,
        "dates": sight.date_order,
        "zone": found.zone,
        "first": sight.first_at.isoformat() if sight.first_at else None,
        "last": sight.last_at.isoformat() if sight.last_at else None,
        "taken": dict(sight.taken or {}),
        "new": sight.n_new,
        "duplicate": sight.n_duplicate,
        "skipped": {
            one.reason: {"count": one.count, "lines": list(one.lines)} for one in sight.skipped
        },
        "added": found.n_added,
        "rejected": found.n_rejected,
    }


def _told(found: imports.Import) -> str:
    sight = found.sight
    unit = sight.unit or "both units"
    lines = [
        f"{imports.FORMAT_WORDS[sight.format]}, {unit}, times of {found.zone}",
        f"  from {sight.first_at:%Y-%m-%d %H:%M} to {sight.last_at:%Y-%m-%d %H:%M} UTC",
        f"  {sight.n_new} new, {sight.n_duplicate} there already, {sight.n_skipped} left out",
    ]
    for one in sight.skipped:
        words = imports.REASON_WORDS[one.reason]
        lines.append(f"    {one.count} x {words} (line {one.lines[0]} first)")
    return "\n".join(lines)
