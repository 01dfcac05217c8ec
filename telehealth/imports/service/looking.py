"""Reading a sent file: what is in it, what has to be asked, its readings prepared for adding."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import FileIO
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

import numpy as np

from devices import files
from devices.files import (
    DateOrder,
    FileError,
    FileRecord,
    Format,
    Preview,
    Question,
    Skipped,
    Trouble,
)
from devices.glucose import Unit
from telehealth.imports.gateways import Shelf
from telehealth.imports.models import FileImport
from telehealth.imports.service import drafts
from telehealth.imports.service.columns import Choice
from telehealth.imports.service.sights import NOTHING, Sight, refused, sight_of
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind, Via

PART = readings.MAX_BATCH
Watch = Callable[[int], None]
"""Hears how many bytes have been read, a 64th of a megabyte at a time."""


@dataclass(frozen=True, slots=True)
class Task:
    """What the worker needs to know of an import, without its row."""

    import_id: int
    patient_id: int
    token: str
    zone: ZoneInfo
    answers: files.Answers

    @classmethod
    def of(cls, row: FileImport) -> "Task":
        """Take from a row what looking needs."""
        choice = Choice.from_json(row.chosen_columns)
        answers = files.Answers(
            DateOrder(row.chosen_order) if row.chosen_order else None,
            Unit(row.chosen_unit) if row.chosen_unit else None,
            row.confirms_columns,
            choice.columns,
            choice.words,
        )
        return cls(row.id, row.patient_id, row.token, ZoneInfo(row.zone), answers)


@dataclass(frozen=True, slots=True)
class Part:
    """Where a part stands in the prepared file."""

    offset: int
    n: int
    first_at: datetime
    last_at: datetime


@dataclass(slots=True)
class Looked:
    """A file looked at."""

    sight: Sight
    parts: list[Part] = field(default_factory=list)
    keys: dict[tuple[SourceKind, str], "array[int]"] = field(default_factory=dict)
    """Names of the readings by source, sorted, each once; 8 bytes apiece."""
    own_keys: "array[int]" = field(default_factory=lambda: array("q"))
    """Names that our own export gave: known in any source of the patient."""

    def names(self) -> Iterator[tuple[tuple[SourceKind, str, Via] | None, Sequence[int]]]:
        """The names some thousand at a time, so that comparing them takes no memory either.

        Each with the source to look in; None: any source of the patient.
        """
        for (kind, device), found in self.keys.items():
            for chunk in _chunks(found):
                yield (kind, device, Via.FILE), chunk
        for chunk in _chunks(self.own_keys):
            yield None, chunk


def _chunks(found: "array[int]") -> Iterator[Sequence[int]]:
    return (found[begin : begin + PART] for begin in range(0, len(found), PART))


class _Watched(FileIO):
    """A file that tells how far it has been read."""

    def __init__(self, path: str, watch: Watch) -> None:
        super().__init__(path, "rb")
        self._watch = watch
        self._read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size) or b""
        self._read += len(piece)
        self._watch(self._read)
        return piece


def look(task: Task, shelf: Shelf, watch: Watch, *, now: datetime) -> Looked:
    """Read the file; where nothing is in question, its readings are prepared too.

    Raises:
        FileNotFoundError: the file is gone.
    """
    with _Watched(str(shelf.sent(task.token)), watch) as opened:
        stream = cast("BinaryIO", opened)
        try:
            looked = _looked(task, shelf, stream, now)
        except FileError as error:
            return Looked(refused(error))
        if looked.sight.format == Format.TABLE:
            table = files.table_in(stream)
            looked.sight = replace(looked.sight, table_key=table.key if table else "")
        return looked


def _looked(task: Task, shelf: Shelf, stream: BinaryIO, now: datetime) -> Looked:
    try:
        seen = files.ask(stream, task.zone, task.answers)
    except FileError as error:
        if error.trouble is not Trouble.WRONG_COLUMNS:
            raise
        seen = files.ask(stream, task.zone, replace(task.answers, columns=None))
        return Looked(replace(sight_of(seen), has_wrong_columns=True))
    if seen.needs_answer:
        sight = _asking(stream, seen)
        return Looked(replace(sight, has_wrong_unit=_contradicts(task, seen)))
    return _prepared(task, shelf, stream, seen, now)


def _contradicts(task: Task, seen: Preview) -> bool:
    """Whether the unit was said and is asked again, because the numbers speak against it."""
    return task.answers.unit is not None and Question.UNIT in seen.needs_answer


def _asking(stream: BinaryIO, seen: Preview) -> Sight:
    """Count what can be counted while only the order of dates is open."""
    if not set(seen.needs_answer) <= {Question.DATE_ORDER}:
        return sight_of(seen)
    answers = seen.answers
    counted = files.preview(
        stream,
        seen.zone,
        unit=answers.unit,
        confirms_columns=answers.confirms_columns,
        columns=answers.columns,
        words=answers.words,
    )
    return sight_of(counted)


def _prepared(task: Task, shelf: Shelf, stream: BinaryIO, seen: Preview, now: datetime) -> Looked:
    tally = files.Tally()
    unit = seen.unit or Unit.MG_DL
    keys: dict[tuple[SourceKind, str], array[int]] = defaultdict(lambda: array("q"))
    own = array("q")
    parts: list[Part] = []

    def taken() -> Iterator[readings.NewReading]:
        for one in files.read(stream, seen.format, task.zone, seen.answers):
            if isinstance(one, Skipped):
                tally.add(one)
                continue
            made = drafts.draft(one, task.zone, unit=unit, now=now)
            if not isinstance(made, readings.NewReading):
                tally.add(Skipped(one.line, made))
                continue
            tally.add(one)
            _note_key(made, one, keys, own)
            yield made

    with shelf.prepare(task.token) as target:
        for part in _in_parts(taken()):
            parts.append(Part(target.tell(), len(part), *drafts.span(part)))
            target.write(drafts.line_of(part))
    sight = sight_of(tally.result(seen))
    if not parts:
        sight = replace(sight, trouble=NOTHING)
    sorted_keys = {source: _each_once(found) for source, found in keys.items()}
    return Looked(sight, parts, sorted_keys, _each_once(own))


def _note_key(
    made: readings.NewReading,
    record: FileRecord,
    keys: dict[tuple[SourceKind, str], "array[int]"],
    own: "array[int]",
) -> None:
    seq = readings.seq_of(record.key)
    if is_own_key(record.key):
        own.append(seq)
    else:
        keys[made.kind, made.device].append(seq)


OWN_KEY_CHARS = 17


def is_own_key(key: str) -> bool:
    """Whether a key is the id that our own export gave a reading."""
    return len(key) == OWN_KEY_CHARS and key[0] == "r"


def _each_once(found: "array[int]") -> "array[int]":
    return array("q", np.unique(np.frombuffer(found, np.int64)).tobytes() if found else b"")


def _in_parts(found: Iterator[readings.NewReading]) -> Iterator[list[readings.NewReading]]:
    part: list[readings.NewReading] = []
    for one in found:
        part.append(one)
        if len(part) == PART:
            yield part
            part = []
    if part:
        yield part
