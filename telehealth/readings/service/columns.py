"""The diary for charts: arrays that the database writes as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Text,
    cast,
    extract,
    func,
    select,
)
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.glycemia.bands import Ranges
from telehealth.readings import policy
from telehealth.readings.models import COUNTS_UP_TO
from telehealth.readings.service.newest import newest, place_after
from telehealth.readings.service.overview import Source, sources
from telehealth.readings.service.periods import MAX_COLUMNS, Window
from telehealth.readings.service.values import classified_column
from telehealth.targets import service as targets

_EMPTY = (
    '{"t":[],"value":[],"unit":[],"source":[],'
    '"out_of_range":{"t":[],"side":[],"unit":[],"source":[]},'
    '"aside":{"t":[],"value":[],"unit":[],"source":[],"standing":[]}}'
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings for a chart: JSON arrays made by the database, newest first."""

    json: str
    """`{"t": [epoch seconds], "value": [ticks], "unit": [codes], "source": [ids]}` of what counts,
    beside it `out_of_range` (LO and HI that count: `side` -1 or 1) and `aside` (scans and the less
    trusted values of conflicts: shown, never summed)."""
    n: int
    """How many readings, in all three."""
    sources: Sequence[Source]
    next_cursor: str | None
    ranges: Ranges
    """The patient's own: what the chart is read against."""


def columns(
    session: Session,
    actor: Actor,
    patient_id: int,
    window: Window,
    *,
    now: datetime,
) -> Columns:
    """The same readings as arrays, for charts; the database writes the JSON.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not read the diary.
        Invalid: the cursor is not one of ours.
    """
    policy.require_reading(actor, patient_id)
    audit.record(session, actor, "readings.read", "columns", patient_id, now=now)
    return columns_of(session, patient_id, window)


def columns_of(session: Session, patient_id: int, window: Window) -> Columns:
    """The same for a caller that has checked who asks and writes the audit event."""
    limit = min(window.limit, MAX_COLUMNS)
    known, ranges = sources(session, patient_id), targets.ranges_of(session, patient_id)
    found = newest(patient_id, [source.id for source in known], replace(window, limit=limit))
    if found is None:
        return Columns(_EMPTY, 0, known, None, ranges)
    written, n = session.execute(_arrays(session, found, ranges)).one()
    next_cursor = None
    if n == limit:
        last = session.execute(select(found).offset(limit - 1)).one()
        next_cursor = place_after(last.measured_at, last.source_id, last.seq)
    return Columns(written, n, known, next_cursor, ranges)


def _arrays(session: Session, found: Subquery, ranges: Ranges) -> Select[str, int]:
    """The database's own JSON of the columns, with their length; empty arrays, never null."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    t: ColumnElement[int]
    if is_sqlite:
        t = cast(func.strftime("%s", found.c.measured_at), Integer)
    else:
        t = cast(func.floor(extract("epoch", found.c.measured_at)), BigInteger)
    where = {"t": t, "unit": found.c.unit, "source": found.c.source_id}
    values = {**where, "value": classified_column(found.name, ranges)}
    counts = found.c.standing <= COUNTS_UP_TO
    has_number = found.c.beyond == 0
    make = _sqlite_object if is_sqlite else _postgresql_object
    written = make(
        values,
        counts & has_number,
        {
            "out_of_range": make({**where, "side": found.c.beyond}, counts & ~has_number),
            "aside": make({**values, "standing": found.c.standing}, ~counts & has_number),
        },
    )
    return select(cast(written, Text), func.count())


Named = Mapping[str, ColumnElement[Any]]


def _sqlite_object(
    named: Named, chosen: ColumnElement[bool], others: Named | None = None
) -> ColumnElement[Any]:
    pairs: list[Any] = []
    for name, column in named.items():
        pairs += [name, func.json_group_array(column).filter(chosen)]
    for name, other in (others or {}).items():
        pairs += [name, func.json(other)]
    return func.json_object(*pairs)


def _postgresql_object(
    named: Named, chosen: ColumnElement[bool], others: Named | None = None
) -> ColumnElement[Any]:
    pairs: list[Any] = []
    for name, column in named.items():
        array = func.array_to_json(func.array_agg(column).filter(chosen))
        pairs += [name, func.coalesce(array, func.json_build_array())]
    for name, other in (others or {}).items():
        pairs += [name, other]
    return func.json_build_object(*pairs)
