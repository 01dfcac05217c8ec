"""How long a file takes from its arrival to the diary, beside the bare batches of the same rows."""

import io
from collections.abc import Iterator, Sequence
from datetime import timedelta

from bench.ground import Ground
from bench.table import Line, seconds
from telehealth.identity.models import Person
from telehealth.imports import jobs
from telehealth.imports import service as imports
from telehealth.imports.gateways import Shelf
from telehealth.imports.models import FileImport, State
from telehealth.readings import service as readings
from tests import make
from tests.make.imports import CLARITY, ZONE
from tests.make.readings import own_actor, sensor_days

ROWS = 100_000
LIMIT_S = 10
STEP_MIN = 5


def run(ground: Ground) -> Sequence[Line]:
    """A sensor's year of 100,000 rows: looked at, added, taken back."""
    bench = jobs.Bench(ground.database, Shelf(ground.folder / "imports"), lambda: make.NOW)
    content = "".join(_file()).encode()
    with ground.database.unit_of_work() as session:
        patient, other = make.patient(session), make.patient(session, "Eva", "Rus")
    import_id = _receive(bench, patient, content)
    look_s = seconds(lambda: jobs.look(bench, import_id))
    add_s = seconds(lambda: _add(bench, patient, import_id))
    _require(bench, import_id)
    bare_s = seconds(lambda: _bare(ground, other))
    back_s = seconds(lambda: _take_back(bench, patient, import_id))
    total_s = look_s + add_s
    return [
        Line(
            f"import of {ROWS:,} rows, {ground.name}",
            f"{total_s:.1f} s: {look_s:.1f} s to look, {add_s:.1f} s to add",
            f"limit {LIMIT_S} s; the same readings as bare batches {bare_s:.1f} s,"
            f" ratio {bare_s / total_s:.2f}; taken back in {back_s:.1f} s",
        )
    ]


def _file() -> Iterator[str]:
    yield CLARITY.format(unit="mmol/L", given="Ana", family="Novak")
    # Before the other measurements' days, and all in the past.
    first = make.NOW.replace(tzinfo=None) - timedelta(minutes=STEP_MIN * (ROWS + 1))
    for n in range(ROWS):
        at = first + timedelta(minutes=STEP_MIN * n)
        value = 3.4 + n * 7 % 93 / 10
        yield f"{n + 3},{at:%Y-%m-%d %H:%M:%S},EGV,,,,Dexcom G6,{value:.1f},8ABCDE\n"


def _receive(bench: jobs.Bench, patient: Person, content: bytes) -> int:
    sent = imports.Sent(bench.shelf.copy(io.BytesIO(content)), len(content), ZONE)
    with bench.database.unit_of_work() as session:
        actor = own_actor(patient)
        return imports.receive(session, actor, patient.id, sent, now=make.NOW).id


def _add(bench: jobs.Bench, patient: Person, import_id: int) -> None:
    with bench.database.unit_of_work() as session:
        imports.confirm(session, own_actor(patient), patient.id, import_id, now=make.NOW)
    _until_over(bench, import_id)


def _take_back(bench: jobs.Bench, patient: Person, import_id: int) -> None:
    with bench.database.unit_of_work() as session:
        imports.undo(session, own_actor(patient), patient.id, import_id, now=make.NOW)
    _until_over(bench, import_id)


def _until_over(bench: jobs.Bench, import_id: int) -> None:
    """Work slice by slice, as the worker does."""
    while True:
        with bench.database.reading() as session:
            state = session.get_one(FileImport, import_id).state
        if state is State.ADDING:
            jobs.add(bench, import_id)
        elif state is State.UNDOING:
            jobs.take_back(bench, import_id)
        else:
            return


def _require(bench: jobs.Bench, import_id: int) -> None:
    with bench.database.reading() as session:
        row = session.get_one(FileImport, import_id)
    if row.n_added < ROWS * 0.99:  # some fall into the hour that is left out in spring
        raise RuntimeError(f"{row.n_added} of {ROWS} rows were added")


def _bare(ground: Ground, patient: Person) -> None:
    days = ROWS * STEP_MIN // (24 * 60) + 1
    wave = sensor_days(make.NOW - timedelta(days=days), days)[:ROWS]
    for begin in range(0, ROWS, readings.MAX_BATCH):
        batch = readings.Batch(patient.id, tuple(wave[begin : begin + readings.MAX_BATCH]))
        with ground.database.unit_of_work() as session:
            readings.record(session, own_actor(patient), batch, now=make.NOW)
