"""What the worker does: look at files, add their readings, take them back, give up old ones.

Adding and taking back run in slices of a few seconds and then ask for the next slice behind
whatever else waits: a large file does not hold up an alert.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from telehealth.core.clock import Clock
from telehealth.core.db import Database
from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.sockets import emit, patient_room
from telehealth.core.web.platform import Platform
from telehealth.imports import service as imports
from telehealth.imports.gateways import Shelf, shelf_of
from telehealth.imports.models import State
from telehealth.readings import service as readings

EVENT = "imports:changed"
SLICE_S = 5.0
TELL_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Bench:
    """What the worker works with."""

    database: Database
    shelf: Shelf
    clock: Clock
    tell: Callable[[int, int], None] = lambda _patient_id, _import_id: None
    """Told the patient and the import after each step somebody may be watching."""
    slice_s: float = SLICE_S


def bench_of(platform: Platform) -> Bench:
    """The bench of the running application: open pages hear of each step."""

    def tell(patient_id: int, import_id: int) -> None:
        payload = {"patient": patient_id, "import": import_id}
        emit(EVENT, payload, patient_room(patient_id))

    return Bench(platform.database, shelf_of(platform.settings), platform.clock, tell)


def register(queue: Queue, platform: Platform) -> None:
    """Listen to this room's own events and to the clock."""
    bench = bench_of(platform)
    for topic, deed in ((imports.LOOK, look), (imports.ADD, add), (imports.TAKE_BACK, take_back)):
        queue.on(topic, _handler(bench, deed), lane=Lane.BULK)
    queue.every_minute(lambda: tidy(bench), lane=Lane.BULK)


def _handler(
    bench: Bench, deed: Callable[[Bench, int], None]
) -> Callable[[Mapping[str, Any]], None]:
    return lambda payload: deed(bench, payload["import_id"])


def look(bench: Bench, import_id: int) -> None:
    """A sent file is looked at; harmless when repeated."""
    with bench.database.unit_of_work() as session:
        row = imports.hold(session, import_id, State.LOOKING, now=bench.clock())
        task = imports.Task.of(row) if row else None
    if task is None:
        return
    try:
        looked = imports.look(task, bench.shelf, _watch(bench, task), now=bench.clock())
        sight = _counted(bench, task, looked)
    except _Unwanted:
        return
    except FileNotFoundError:
        sight, looked = imports.Sight(trouble=imports.GONE), imports.Looked(imports.Sight())
    except BaseException:
        _release(bench, import_id)
        raise
    with bench.database.unit_of_work() as session:
        state = imports.keep_sight(session, import_id, sight, looked.parts)
    if state in (None, State.REFUSED):
        bench.shelf.forget(task.token)
    bench.tell(task.patient_id, import_id)


class _Unwanted(Exception):
    """The import was discarded while its file was read."""


def _watch(bench: Bench, task: imports.Task) -> Callable[[int], None]:
    """Keep the import held and its progress told while its file is read."""
    last = [monotonic()]

    def watch(n_bytes: int) -> None:
        if monotonic() - last[0] < TELL_EVERY_S:
            return
        last[0] = monotonic()
        now = bench.clock()
        with bench.database.unit_of_work() as session:
            # A table is read twice: once for the order of its dates, once for its rows.
            wanted = imports.progress(session, task.import_id, n_bytes // 2, now=now)
        if not wanted:
            raise _Unwanted
        bench.tell(task.patient_id, task.import_id)

    return watch


def _counted(bench: Bench, task: imports.Task, looked: imports.Looked) -> imports.Sight:
    """Say how many of the readings are new to the diary."""
    if not looked.parts:
        return looked.sight
    n_known = 0
    with bench.database.reading() as session:
        for source, seqs in looked.names():
            n_known += len(readings.known(session, task.patient_id, seqs, source))
    n_new = sum(map(len, looked.keys.values())) + len(looked.own_keys) - n_known
    return replace(looked.sight, n_new=n_new, n_duplicate=looked.sight.n_taken - n_new)


def add(bench: Bench, import_id: int) -> None:
    """The parts of a confirmed import come into the diary, one transaction each."""

    def step(stage: imports.Stage, task: imports.Task) -> None:
        try:
            rows = _rows(bench, task, stage)
        except FileNotFoundError:  # lost with its disk: what is in stays in and can be taken back
            with bench.database.unit_of_work() as session:
                imports.break_off(session, import_id)
            return
        with bench.database.unit_of_work() as session:
            imports.add_part(session, import_id, stage, rows, now=bench.clock())

    task = _in_slices(bench, import_id, State.ADDING, step)
    if task is not None:
        with bench.database.unit_of_work() as session:
            imports.finish_adding(session, import_id, now=bench.clock())
        bench.shelf.forget(task.token)
        bench.tell(task.patient_id, import_id)


def _rows(
    bench: Bench, task: imports.Task, stage: imports.Stage
) -> tuple[readings.NewReading, ...]:
    with bench.shelf.prepared(task.token).open("rb") as file:
        file.seek(stage.offset)
        return imports.read_line(file.readline())


def take_back(bench: Bench, import_id: int) -> None:
    """What an import added goes out of the diary, part by part, the newest first."""

    def step(stage: imports.Stage, _task: imports.Task) -> None:
        with bench.database.unit_of_work() as session:
            imports.take_back_part(session, import_id, stage, now=bench.clock())

    task = _in_slices(bench, import_id, State.UNDOING, step)
    if task is not None:
        with bench.database.unit_of_work() as session:
            imports.finish_taking_back(session, import_id, now=bench.clock())
        bench.tell(task.patient_id, import_id)


_NEXT = {State.ADDING: imports.next_to_add, State.UNDOING: imports.next_to_take_back}


def _in_slices(
    bench: Bench,
    import_id: int,
    state: State,
    step: Callable[[imports.Stage, imports.Task], None],
) -> imports.Task | None:
    """Work through the parts until the slice is over; the task when all are through, else None."""
    with bench.database.unit_of_work() as session:
        row = imports.hold(session, import_id, state, now=bench.clock())
        task = imports.Task.of(row) if row else None
    if task is None:
        return None
    ends_at = monotonic() + bench.slice_s
    try:
        while True:
            with bench.database.unit_of_work() as session:
                stage = _NEXT[state](session, import_id)
            if stage is None:
                return task
            if monotonic() > ends_at:
                _release(bench, import_id, goes_on=True)
                return None
            step(stage, task)
            bench.tell(task.patient_id, import_id)
    except BaseException:
        _release(bench, import_id)
        raise


def _release(bench: Bench, import_id: int, *, goes_on: bool = False) -> None:
    with bench.database.unit_of_work() as session:
        imports.release(session, import_id, now=bench.clock(), goes_on=goes_on)


def tidy(bench: Bench) -> None:
    """Files nobody answered for a day go; imports that a dead worker left go on."""
    now = bench.clock()
    with bench.database.unit_of_work() as session:
        tokens = imports.expire(session, now=now)
        imports.resume(session, now=now)
    for token in tokens:
        bench.shelf.forget(token)
    # Whatever a stopped server left half-way; a day more, so that no file in use is among it.
    bench.shelf.sweep(now - 2 * imports.KEPT)
