"""The records of a file whose questions are answered."""

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO
from zoneinfo import ZoneInfo

from devices.files import nightscout, own, tidepool
from devices.files.array import elements
from devices.files.layout import Draft, Layout
from devices.files.opening import Opened, opened
from devices.files.records import (
    Answers,
    FileError,
    FileRecord,
    Format,
    Limit,
    Reason,
    RecordKind,
    Skipped,
    Trouble,
    key_of,
)
from devices.files.text import pieces
from devices.files.times import Clock, needs_order, wall_of
from devices.files.values import plain, read_value, sensor_limit
from devices.glucose import Glucose

MAX_REPEATED = 100_000
"""Rows of hours that come twice that are remembered; more are in no true file."""


def read(
    stream: BinaryIO, format_: Format, zone: ZoneInfo, answers: Answers
) -> Iterator[FileRecord | Skipped]:
    """Read a file from its beginning, row by row, in its own order.

    Args:
        stream: binary and seekable; it stays open.
        format_: what `preview` or `recognise` found.
        zone: where the device's clock is; used where a file gives no instants.
        answers: those of the preview.

    Raises:
        FileError: the file is not of this format, or something has to be asked first.
    """
    found = opened(stream)
    if found.format is not format_:
        raise FileError(Trouble.UNKNOWN)
    if found.layout is not None:
        if not found.layout.is_known and not answers.confirms_columns:
            raise FileError(Trouble.UNANSWERED)
        if None in found.layout.units and answers.unit is None:
            raise FileError(Trouble.UNANSWERED)
        return _Table(found, found.layout, zone, answers).records(stream)
    if found.columns:
        return own.rows(found.rows(stream), found.columns)
    array = elements(pieces(stream))
    if format_ is Format.OWN:
        return own.elements(array)
    if format_ is Format.TIDEPOOL:
        return tidepool.records(array, made_from_mg_dl=answers.made_from_mg_dl)
    return nightscout.records(array)


class _Table:
    """Reads the rows of one table."""

    def __init__(self, found: Opened, layout: Layout, zone: ZoneInfo, answers: Answers) -> None:
        self._found = found
        self._layout = layout
        self._answers = answers
        self._clock = Clock(zone)
        self._repeated: Counter[str] = Counter()

    def records(self, stream: BinaryIO) -> Iterator[FileRecord | Skipped]:
        for row in self._found.rows(stream):
            if isinstance(row, Skipped):
                yield row
                continue
            draft = self._layout.draft(row)
            made = self._record(row.line, draft) if isinstance(draft, Draft) else draft
            yield Skipped(row.line, made) if isinstance(made, Reason) else made

    def _record(self, line: int, draft: Draft) -> FileRecord | Reason:
        unit, order = draft.unit or self._answers.unit, self._answers.date_order
        if unit is None or (order is None and needs_order(draft.time)):
            raise FileError(Trouble.UNANSWERED)
        value = read_value(draft.value, unit)
        if isinstance(value, Reason):
            return value
        wall = wall_of(draft.time, order)
        if wall is None:
            return Reason.BAD_TIME
        device = draft.serial or draft.device
        if isinstance(value, Glucose) and draft.kind is RecordKind.CGM:
            value = sensor_limit(value, f"{self._found.format} {draft.device}") or value
        placed = self._clock.place(wall, f"{draft.kind}|{device}")
        if isinstance(placed, Reason):
            return placed
        at, doubt = placed
        key = key_of(self._found.format, device, wall.isoformat(), draft.kind, plain(value), unit)
        return FileRecord(
            line=line,
            measured_at=at,
            wall=wall,
            kind=draft.kind,
            value=value if isinstance(value, Glucose) else None,
            limit=value if isinstance(value, Limit) else None,
            device=draft.device or draft.serial,
            key=self._told_apart(key) if doubt else key,
            doubt=doubt,
            meal=draft.meal,
            note=draft.note,
            limit_unit=unit if isinstance(value, Limit) else None,
        )

    def _told_apart(self, key: str) -> str:
        """Number equal rows of an hour that comes twice: both are true."""
        if len(self._repeated) > MAX_REPEATED:
            self._repeated.clear()
        n, self._repeated[key] = self._repeated[key], self._repeated[key] + 1
        return key_of(key, str(n)) if n else key
