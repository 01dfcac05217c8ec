"""What importing a file would do, and what has to be asked before."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from devices.files import nightscout, tidepool
from devices.files.array import elements
from devices.files.layout import Layout
from devices.files.opening import opened
from devices.files.reading import read
from devices.files.records import (
    Answers,
    Columns,
    DateOrder,
    FileError,
    FileRecord,
    Format,
    Limit,
    Omission,
    Preview,
    Question,
    Reason,
    RecordKind,
    Skipped,
    Trouble,
)
from devices.files.survey import survey
from devices.files.text import pieces
from devices.glucose import Unit

LISTED_LINES = 20
SAMPLES = 3


def preview(
    stream: BinaryIO,
    zone: ZoneInfo,
    *,
    date_order: DateOrder | None = None,
    unit: Unit | None = None,
    confirms_columns: bool = False,
    columns: Columns | None = None,
    words: tuple[tuple[str, Limit | None], ...] = (),
) -> Preview:
    """Read a whole file, keep nothing, and say what is in it and what has to be asked.

    An answer is used only where the file does not say itself: a heading's unit, and a date
    such as 30-05-2021, are stronger than an answer.

    Args:
        stream: binary and seekable; it stays open.
        zone: where the device's clock is.
        date_order: answer to `Question.DATE_ORDER`.
        unit: answer to `Question.UNIT`.
        confirms_columns: answer to `Question.COLUMNS`.
        columns: answer to `Question.TABLE`.
        words: answer to `Question.WORDS`.

    Raises:
        FileError: the file is of no format that is read.
    """
    seen = ask(stream, zone, Answers(date_order, unit, confirms_columns, columns, words))
    questions, answers = seen.needs_answer, seen.answers
    if not set(questions) <= {Question.DATE_ORDER}:
        return seen
    tally = Tally()
    if not questions:
        for one in read(stream, seen.format, zone, answers):
            tally.add(one)
        return tally.result(seen)
    # Either order reads the same rows; which one does not matter for counting them.
    for one in read(stream, seen.format, zone, replace(answers, date_order=DateOrder.DMY)):
        tally.add(one)
    return replace(tally.result(seen), folds=(), n_folds=0, first=None, last=None, sample=())


def ask(stream: BinaryIO, zone: ZoneInfo, answers: Answers) -> Preview:
    """Find the format and what has to be asked; nothing is counted yet.

    Args:
        stream: binary and seekable; it stays open.
        zone: where the device's clock is.
        answers: those given so far; used only where the file does not say itself.

    Raises:
        FileError: the file is of no format that is read.
    """
    found = opened(stream, answers.columns)
    questions: tuple[Question, ...] = ()
    words: tuple[str, ...] = ()
    if found.layout is not None:
        asked = survey(found.rows(stream), found.layout, answers)
        answers, questions, words = asked.answers, asked.questions, asked.words
    elif found.table is not None:
        questions = (Question.TABLE,)
    elif found.format is Format.TIDEPOOL:
        made = tidepool.is_made_from_mg_dl(elements(pieces(stream)))
        answers = replace(answers, made_from_mg_dl=made)
    elif found.format in (Format.NIGHTSCOUT, Format.XDRIP) and nightscout.looks_like_mmol(
        elements(pieces(stream))
    ):
        raise FileError(Trouble.LOOKS_LIKE_MMOL)
    known = _known_unit(found.layout, answers)
    order = answers.date_order
    return Preview(found.format, known, order, zone, questions, answers, words=words)


def _known_unit(layout: Layout | None, answers: Answers) -> Unit | None:
    units = {unit or answers.unit for unit in layout.units} if layout else set()
    return units.pop() if len(units) == 1 else None


@dataclass
class _Lines:
    """Counts a reason and remembers where it first occurred."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, line: int) -> None:
        self.count += 1
        if len(self.first) < LISTED_LINES:
            self.first.append(line)


class Tally:
    """Counts what is read, one by one, and keeps three readings to show."""

    def __init__(self) -> None:
        self.taken: Counter[RecordKind] = Counter()
        self._skipped: dict[Reason, _Lines] = {}
        self._units: set[Unit] = set()
        self._folds = _Lines()
        self._limits = 0
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._sample: list[FileRecord] = []

    def add(self, one: FileRecord | Skipped) -> None:
        """Count a reading, or something left out."""
        if isinstance(one, Skipped):
            self._skipped.setdefault(one.reason, _Lines()).add(one.line)
            return
        self.taken[one.kind] += 1
        if one.value is None:
            self._limits += 1
        else:
            self._units.add(one.value.unit)
        if one.doubt is not None:
            self._folds.add(one.line)
        at = one.measured_at
        if self._first is None or at < self._first:
            self._first = at
        if self._last is None or at > self._last:
            self._last = at
        if len(self._sample) < SAMPLES:
            self._sample.append(one)

    def result(self, seen: Preview) -> Preview:
        """Return `seen` with the numbers."""
        units = self._units
        one_unit = next(iter(units)) if len(units) == 1 else None if units else seen.unit
        skipped = {why: Omission(at.count, tuple(at.first)) for why, at in self._skipped.items()}
        return replace(
            seen,
            unit=one_unit,
            taken=dict(self.taken),
            out_of_range=self._limits,
            skipped=skipped,
            folds=tuple(self._folds.first),
            n_folds=self._folds.count,
            first=self._first,
            last=self._last,
            sample=tuple(self._sample),
        )
