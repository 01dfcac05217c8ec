"""What the rows of a table settle by themselves, and what remains to be asked."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from devices.files.layout import Draft, Layout
from devices.files.records import (
    Answers,
    DateOrder,
    FileError,
    Format,
    Question,
    Reason,
    Skipped,
    Trouble,
)
from devices.files.table import Row
from devices.files.tables import MAX_ROWS
from devices.files.times import instant_of, needs_order, order_shown, wall_of
from devices.files.values import number_in, read_value
from devices.glucose import CEILING, Unit

MAX_WORDS = 12
"""More different words in the place of values are no words of devices."""
MAX_WORD_CHARS = 40
MAX_NUMBERS = 10_000
"""So many show whether a unit fits."""
MOST_MMOL = Decimal("33.3")
"""A fraction up to here is a value in mmol/L; so low in mg/dL nobody is awake."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A table whose rows were looked through."""

    answers: Answers
    """Those given, and the order of dates that the file shows."""
    questions: tuple[Question, ...]
    words: tuple[str, ...]
    """What stands in the place of values and is asked about."""


@dataclass(slots=True)
class _Seen:
    """What the rows show."""

    n_rows: int = 0
    orders: set[DateOrder] = field(default_factory=set)
    is_order_open: bool = False
    n_drafts: int = 0
    n_times: int = 0
    n_without_unit: int = 0
    numbers: list[Decimal] = field(default_factory=list)
    """In no unit that the file names; the first ones."""
    unread: dict[str, None] = field(default_factory=dict)
    """Texts of values that are none, once each."""


def survey(found: Iterable[Row | Skipped], layout: Layout, answers: Answers) -> Survey:
    """Look through the rows of a table.

    Args:
        found: its rows under the headings.
        layout: as the headings, or a person, lay it out.
        answers: those given so far; used only where the file does not say itself.

    Raises:
        FileError: an unknown table is too long, or holds no times or values in its columns.
    """
    is_table = layout.format is Format.TABLE
    looks_closer = is_table or layout.has_row_units or not layout.is_known or None in layout.units
    known_words = frozenset(word for word, _ in answers.words)
    seen = _Seen()
    for row in found:
        if isinstance(row, Skipped):
            continue
        seen.n_rows += 1
        written = layout.written_time(row)
        seen.is_order_open = seen.is_order_open or needs_order(written)
        shown = order_shown(written)
        if shown is not None:
            seen.orders.add(shown)
        if looks_closer:
            for draft in layout.claims(row):
                if isinstance(draft, Draft):
                    _look(seen, draft, answers.unit, known_words)
    if is_table:
        _require_readings(seen)
    return _asked(seen, layout, answers)


def _look(seen: _Seen, draft: Draft, unit: Unit | None, known_words: frozenset[str]) -> None:
    """Note what one reading shows."""
    seen.n_drafts += 1
    is_time = any(wall_of(draft.time, order) for order in DateOrder) or instant_of(draft.time)
    seen.n_times += bool(is_time)
    if draft.unit is None and draft.value:
        seen.n_without_unit += 1
        number = number_in(draft.value)
        if number is not None and len(seen.numbers) < MAX_NUMBERS:
            seen.numbers.append(number)
    unit = draft.unit or unit
    if unit is None or draft.value.casefold() in known_words:
        return
    value = read_value(draft.value, unit)
    is_unread = value in (Reason.BAD_VALUE, Reason.IMPLAUSIBLE)
    if is_unread and len(draft.value) <= MAX_WORD_CHARS and len(seen.unread) <= MAX_WORDS:
        seen.unread[draft.value.casefold()] = None


def _require_readings(seen: _Seen) -> None:
    if seen.n_rows > MAX_ROWS:
        raise FileError(Trouble.TOO_LONG)
    if seen.n_times * 2 <= seen.n_drafts or not seen.n_drafts:
        raise FileError(Trouble.WRONG_COLUMNS)


def _asked(seen: _Seen, layout: Layout, answers: Answers) -> Survey:
    questions = []
    if not layout.is_known and not answers.confirms_columns:
        questions.append(Question.COLUMNS)
    if _asks_unit(seen, layout, answers):
        questions.append(Question.UNIT)
        answers = replace(answers, unit=None)
    elif len(seen.unread) > MAX_WORDS and layout.format is Format.TABLE:
        raise FileError(Trouble.WRONG_COLUMNS)
    elif 0 < len(seen.unread) <= MAX_WORDS:
        questions.append(Question.WORDS)
    only = next(iter(seen.orders)) if len(seen.orders) == 1 else None
    order = only or (answers.date_order if seen.is_order_open else None)
    if seen.is_order_open and order is None:
        questions.append(Question.DATE_ORDER)
    words = tuple(seen.unread) if Question.WORDS in questions else ()
    return Survey(replace(answers, date_order=order), tuple(questions), words)


def _asks_unit(seen: _Seen, layout: Layout, answers: Answers) -> bool:
    """Whether nothing names the unit, or the numbers contradict the one that a person named."""
    if not (seen.n_without_unit or None in layout.units):
        return False
    if answers.unit is None:
        return True
    if answers.unit is Unit.MG_DL:
        fractions = (one for one in seen.numbers if one != one.to_integral_value())
        return any(1 < one <= MOST_MMOL for one in fractions)
    beyond = sum(one > CEILING[Unit.MMOL_L] for one in seen.numbers)
    return beyond * 2 > len(seen.numbers)
