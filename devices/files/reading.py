"""The records of a file whose questions are answered."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from devices.files import librelinkup, nightscout, own, tidepool
from devices.files.array import elements
from devices.files.folds import UNKNOWN, Mark, Pass, Passes, is_doubled, passes, placed
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
from devices.files.times import instant_of, needs_order, offset_of, wall_of
from devices.files.values import plain, read_value, sensor_limit
from devices.glucose import Glucose, Unit
from devices.meaning import Doubt

_COUNTER = re.compile(r"(\d{1,15})(?:[.,]0*)?", re.ASCII)
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
    found = opened(stream, answers.columns)
    if found.format is not format_:
        raise FileError(Trouble.UNKNOWN)
    if found.table is not None and found.layout is None:
        raise FileError(Trouble.UNANSWERED)
    if found.layout is not None:
        if not found.layout.is_known and not answers.confirms_columns:
            raise FileError(Trouble.UNANSWERED)
        if None in found.layout.units and answers.unit is None:
            raise FileError(Trouble.UNANSWERED)
        return _Table(found, found.layout, zone, answers).records(stream)
    if found.columns:
        return own.rows(found.rows(stream), found.columns)
    if format_ is Format.LIBRELINKUP:
        return librelinkup.records(pieces(stream), zone)
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
        self._zone = zone
        self._passes: Passes | None = None
        self._repeated: Counter[str] = Counter()
        self._words = dict(answers.words)

    def records(self, stream: BinaryIO) -> Iterator[FileRecord | Skipped]:
        for row in self._found.rows(stream):
            if isinstance(row, Skipped):
                yield row
                continue
            for claim in self._layout.claims(row):
                made = self._record(stream, row.line, claim) if isinstance(claim, Draft) else claim
                yield Skipped(row.line, made) if isinstance(made, Reason) else made

    def _record(self, stream: BinaryIO, line: int, draft: Draft) -> FileRecord | Reason:
        unit, order = draft.unit or self._answers.unit, self._answers.date_order
        if unit is None or (order is None and needs_order(draft.time)):
            raise FileError(Trouble.UNANSWERED)
        value = self._value(draft, unit)
        if isinstance(value, Reason):
            return value
        wall = wall_of(draft.time, order)
        instant = self._instant(stream, line, draft, wall)
        if isinstance(instant, Reason):
            return instant
        at, doubt, which = instant
        key = key_of(
            self._found.format,
            draft.serial or draft.device,
            (wall or at).isoformat(),
            draft.kind,
            plain(value),
            unit,
        )
        return FileRecord(
            line=line,
            measured_at=at,
            wall=wall,
            kind=draft.kind,
            value=value if isinstance(value, Glucose) else None,
            limit=value if isinstance(value, Limit) else None,
            device=draft.device or draft.serial,
            key=self._told_apart(key, which) if doubt else key,
            doubt=doubt,
            meal=draft.meal,
            note=draft.note,
            offset_min=offset_of(draft.time) if wall is None else None,
            limit_unit=unit if isinstance(value, Limit) else None,
        )

    def _value(self, draft: Draft, unit: Unit) -> Glucose | Limit | Reason:
        value = read_value(draft.value, unit)
        if isinstance(value, Reason):
            return self._words.get(draft.value.casefold()) or value
        if isinstance(value, Glucose) and draft.kind is RecordKind.CGM:
            return sensor_limit(value, f"{self._found.format} {draft.device}") or value
        return value

    def _instant(
        self, stream: BinaryIO, line: int, draft: Draft, wall: datetime | None
    ) -> tuple[datetime, Doubt | None, Pass] | Reason:
        """Return the instant (UTC) and the doubt about it, or why there is none."""
        if wall is None:
            named = instant_of(draft.time)
            return Reason.BAD_TIME if named is None else (named, None, UNKNOWN)
        which = UNKNOWN
        if is_doubled(wall, self._zone):
            which = self._passes_in(stream).get((line, _series(draft)), UNKNOWN)
        found = placed(wall, self._zone, which)
        return found if isinstance(found, Reason) else (*found, which)

    def _passes_in(self, stream: BinaryIO) -> Passes:
        """Look through the whole file once, when its first row in a doubled hour is met."""
        if self._passes is None:
            position = stream.tell()
            self._passes = passes(self._marks(stream), self._zone)
            stream.seek(position)
        return self._passes

    def _marks(self, stream: BinaryIO) -> Iterator[Mark]:
        again = opened(stream, self._answers.columns)
        layout = again.layout or self._layout
        for row in again.rows(stream):
            if isinstance(row, Skipped):
                continue
            for draft in layout.claims(row):
                wall = None
                if isinstance(draft, Draft):
                    wall = wall_of(draft.time, self._answers.date_order)
                if isinstance(draft, Draft) and wall is not None:
                    yield Mark(
                        row.line, _series(draft), wall, _whole(draft.counter), _whole(draft.number)
                    )

    def _told_apart(self, key: str, which: Pass) -> str:
        """Name the second of two equal rows in an hour that comes twice: both are true."""
        if which.is_proven:
            return key_of(key, "1") if which.second else key
        if len(self._repeated) > MAX_REPEATED:
            self._repeated.clear()
        n, self._repeated[key] = self._repeated[key], self._repeated[key] + 1
        return key_of(key, "1") if n else key


def _series(draft: Draft) -> str:
    return f"{draft.kind}|{draft.serial or draft.device}"


def _whole(text: str) -> int | None:
    """Read a counter; exports write it as 1000, 1000.0 or 0,00000."""
    found = _COUNTER.fullmatch(text)
    return int(found[1]) if found else None
