"""Which format a file is, from its first 64 kilobytes."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from devices.files import (
    carelink,
    clarity,
    diaries,
    glooko,
    librelinkup,
    libreview,
    nightscout,
    own,
    tables,
)
from devices.files.array import Element, elements
from devices.files.layout import Layout, heading
from devices.files.likeness import nearest
from devices.files.marks import MARK_BYTES, trouble_of
from devices.files.records import Columns, FileError, Format, Skipped, Trouble
from devices.files.table import DELIMITERS, Row, rows, split
from devices.files.tables import Table
from devices.files.text import CHUNK_BYTES, lines, pieces

HEAD_BYTES = CHUNK_BYTES
"""As much of a file as `recognise` looks at."""
HEADING_LINES = 5
"""The headings stand in one of the first lines, under title rows or none."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose format is known."""

    format: Format
    layout: Layout | None = None
    """Of a table; `None` for JSON."""
    delimiter: str = ","
    heading_line: int = 0
    columns: tuple[str, ...] = ()
    """Of our own table."""
    table: Table | None = None
    """Of an unknown table."""

    def rows(self, stream: BinaryIO) -> Iterator[Row | Skipped]:
        """Read the rows under the headings."""
        numbered = lines(pieces(stream))
        below = (one for one in numbered if one[0] > self.heading_line)
        return rows(below, self.delimiter)


def recognise(head: bytes) -> Format | None:
    """Name the format of a file by its beginning; `None` when it is none that is known."""
    try:
        found = opened(io.BytesIO(head[:HEAD_BYTES])).format
    except FileError:
        return None
    return None if found is Format.TABLE else found


def table_in(stream: BinaryIO) -> Table | None:
    """Return the beginning of an unknown table, to show to a person; `None` for other files."""
    try:
        return opened(stream).table
    except FileError:
        return None


def opened(stream: BinaryIO, columns: Columns | None = None) -> Opened:
    """Find out what a file is.

    Args:
        stream: binary and seekable; it stays open.
        columns: what a person says about an unknown table.

    Raises:
        FileError: no text at all, `CARELINK` in an unknown language, `WRONG_COLUMNS`, `UNKNOWN`.
    """
    stream.seek(0)
    trouble = trouble_of(stream.read(MARK_BYTES))
    if trouble is not None:
        raise FileError(trouble)
    head = next(pieces(stream), "")
    if head.lstrip().startswith(("[", "{")):
        return _array(head)
    return _table(head, columns)


_LAYOUTS = (clarity.layout, glooko.layout, libreview.layout, diaries.layout)


def _table(head: str, columns: Columns | None) -> Opened:
    texts = [text for _, text in islice(lines(iter([head])), HEADING_LINES) if text is not None]
    for number, text in enumerate(texts, 1):
        for delimiter in DELIMITERS:
            cells = split(text, delimiter) or []
            for layout_of in _LAYOUTS:
                layout = layout_of(cells)
                if layout is not None:
                    return Opened(layout.format, layout, delimiter, number)
            names = own.columns(cells)
            if names:
                return Opened(Format.OWN, None, delimiter, number, names)
    sections = carelink.layout(head)
    if sections is not None:
        return Opened(Format.CARELINK, *sections)
    trouble = _trouble(head)
    table = tables.find(head) if trouble is Trouble.UNKNOWN else None
    if table is None:
        raise FileError(trouble, nearest(head))
    layout = tables.layout(table, columns) if columns else None
    return Opened(Format.TABLE, layout, table.delimiter, table.heading_line, table=table)


def _array(head: str) -> Opened:
    if librelinkup.MARK in head:
        return Opened(Format.LIBRELINKUP)
    for one in elements(iter([head])):
        if not isinstance(one, Element):
            continue
        names = one.fields.keys()
        if names >= own.NEEDED:
            return Opened(Format.OWN)
        if "type" in names and {"deviceTime", "uploadId"} & names:
            return Opened(Format.TIDEPOOL)
        if {"sgv", "mbg"} & names and {"date", "dateString"} & names:
            return Opened(Format.XDRIP if nightscout.HINT in names else Format.NIGHTSCOUT)
    raise FileError(Trouble.UNKNOWN, nearest(head))


def _trouble(head: str) -> Trouble:
    """Tell a CareLink export from what nobody knows."""
    for line in head.splitlines():
        for delimiter in DELIMITERS:
            if carelink.MARK in (heading(cell) for cell in line.split(delimiter)):
                return Trouble.CARELINK
    return Trouble.UNKNOWN
