"""What importing a file would do, and what has to be asked before."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from devices.files import tidepool
from devices.files.array import elements
from devices.files.layout import Layout
from devices.files.opening import Opened, opened
from devices.files.reading import read
from devices.files.records import (
    Answers,
    DateOrder,
    FileRecord,
    Format,
    Omission,
    Preview,
    Question,
    Reason,
    RecordKind,
    Skipped,
)
from devices.files.text import pieces
from devices.files.times import needs_order, order_shown
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

    Raises:
        FileError: the file is of no format that is read.
    """
    found = opened(stream)
    answers = Answers(date_order, unit, confirms_columns)
    questions: list[Question] = []
    if found.layout is not None:
        answers, questions = _asked(stream, found, found.layout, answers)
    elif found.format is Format.TIDEPOOL:
        made = tidepool.is_made_from_mg_dl(elements(pieces(stream)))
        answers = replace(answers, made_from_mg_dl=made)
    known = _known_unit(found.layout, answers)
    seen = Preview(found.format, known, answers.date_order, zone, tuple(questions), answers)
    if {Question.UNIT, Question.COLUMNS} & set(questions):
        return seen
    if not questions:
        return _counted(seen, read(stream, found.format, zone, answers))
    # Either order reads the same rows; which one does not matter for counting them.
    either = replace(answers, date_order=DateOrder.DMY)
    counted = _counted(seen, read(stream, found.format, zone, either))
    return replace(counted, folds=(), n_folds=0, first=None, last=None, sample=())


def _asked(
    stream: BinaryIO, found: Opened, layout: Layout, answers: Answers
) -> tuple[Answers, list[Question]]:
    """Settle what the file itself settles; the rest are questions."""
    questions = []
    if not layout.is_known and not answers.confirms_columns:
        questions.append(Question.COLUMNS)
    if None in layout.units and answers.unit is None:
        questions.append(Question.UNIT)
    shown: set[DateOrder | None] = set()
    is_open = False
    for row in found.rows(stream):
        if not isinstance(row, Skipped):
            written = row.cell(layout.time_at)
            is_open = is_open or needs_order(written)
            shown.add(order_shown(written))
    shown.discard(None)
    order = shown.pop() if len(shown) == 1 else answers.date_order if is_open else None
    if is_open and order is None:
        questions.append(Question.DATE_ORDER)
    return replace(answers, date_order=order), questions


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


def _counted(seen: Preview, records: Iterable[FileRecord | Skipped]) -> Preview:
    """Go through the records once and keep numbers only."""
    taken: Counter[RecordKind] = Counter()
    skipped: dict[Reason, _Lines] = {}
    units: set[Unit] = set()
    folds, limits = _Lines(), 0
    first: datetime | None = None
    last: datetime | None = None
    sample: list[FileRecord] = []
    for one in records:
        if isinstance(one, Skipped):
            skipped.setdefault(one.reason, _Lines()).add(one.line)
            continue
        taken[one.kind] += 1
        limits += one.limit is not None
        if one.value is not None:
            units.add(one.value.unit)
        if one.doubt is not None:
            folds.add(one.line)
        first = one.measured_at if first is None else min(first, one.measured_at)
        last = one.measured_at if last is None else max(last, one.measured_at)
        if len(sample) < SAMPLES:
            sample.append(one)
    return replace(
        seen,
        unit=units.pop() if len(units) == 1 else None if units else seen.unit,
        taken=dict(taken),
        out_of_range=limits,
        skipped={why: Omission(at.count, tuple(at.first)) for why, at in skipped.items()},
        folds=tuple(folds.first),
        n_folds=folds.count,
        first=first,
        last=last,
        sample=tuple(sample),
    )
