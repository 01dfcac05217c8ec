"""Rows of a table in a text file, read strictly enough that one broken row spoils no other."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from devices.files.records import Reason, Skipped

DELIMITERS = (",", ";", "\t")
MAX_ROW_LINES = 20
"""A quoted note may have line breaks; more than this is a quotation mark nobody closed."""
_UNCLOSED = "unexpected end of data"


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one row and the line it begins on."""

    line: int
    cells: list[str]

    def cell(self, at: int | None) -> str:
        """Return a cell without blanks around it; empty where the row has none."""
        return "" if at is None or at >= len(self.cells) else self.cells[at].strip()


def rows(numbered: Iterator[tuple[int, str | None]], delimiter: str) -> Iterator[Row | Skipped]:
    """Split lines into cells; rows without any content are passed over.

    A quotation mark that is never closed costs its own line, not the ones after it.
    """
    waiting: deque[tuple[int, str | None]] = deque()
    while (one := _take(waiting, numbered)) is not None:
        held, cells = [one], _cells([one], delimiter)
        while cells is None and held[-1][1] is not None and len(held) < MAX_ROW_LINES:
            more = _take(waiting, numbered)
            if more is None:
                break
            held.append(more)
            cells = _cells(held, delimiter)
        if cells is None:
            waiting.extendleft(reversed(held[1:]))
            yield Skipped(one[0], Reason.BAD_ROW)
        elif any(cell.strip() for cell in cells):
            yield Row(one[0], cells)


def _take(
    waiting: deque[tuple[int, str | None]], numbered: Iterator[tuple[int, str | None]]
) -> tuple[int, str | None] | None:
    return waiting.popleft() if waiting else next(numbered, None)


def _cells(held: list[tuple[int, str | None]], delimiter: str) -> list[str] | None:
    texts = [text for _, text in held if text is not None]
    return split("\n".join(texts), delimiter) if len(texts) == len(held) else None


def split(text: str, delimiter: str) -> list[str] | None:
    """Split one row; `None` when a quotation mark is still open at its end."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        if str(error) == _UNCLOSED:
            return None
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return text.split(delimiter)
