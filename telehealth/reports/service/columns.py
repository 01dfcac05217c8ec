"""The readings of a span as arrays: one query, the database writes the JSON, no objects."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, Integer, Text, case, cast, extract, func, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.glycemia.bands import ADULT, HI, LO, TIGHT, Ranges, Ticks, codes, is_number
from telehealth.glycemia.series import (
    DAY_S,
    Series,
    Source,
    intervals_by_day,
    mg_dl_per_tick,
    series,
)
from telehealth.readings import service as readings
from telehealth.readings.models import COUNTS_UP_TO, UNITS, Reading

_NAMES = ("t", "tick", "unit", "meal", "offset", "source")


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Readings in no order, one array per column."""

    t: Ticks
    """Seconds since 1970."""
    tick: Ticks
    unit: Ticks
    """Places in `UNITS`."""
    meal: Ticks
    """Places in `MEALS`."""
    offset: Ticks
    """Minutes the sender's clock was ahead of UTC."""
    source: Ticks

    def at(self, places: Any) -> "Columns":
        """Some of them."""
        return Columns(*(getattr(self, name)[places] for name in _NAMES))

    def of_sources(self, source_ids: Collection[int]) -> "Columns":
        """Those of some sources."""
        return self.at(np.isin(self.source, list(source_ids)))

    def between(self, begins_at: datetime, ends_at: datetime) -> "Columns":
        """Those of a part of the span."""
        begins, ends = begins_at.timestamp(), ends_at.timestamp()
        return self.at((self.t >= begins) & (self.t < ends))


def columns(
    session: Session,
    patient_id: int,
    source_ids: Collection[int],
    begins_at: datetime,
    ends_at: datetime,
    ranges: Ranges = ADULT,
) -> Columns:
    """The readings of some sources that count; for a caller that has checked who asks.

    Near duplicates, less trusted values of a conflict and scans are left out, as in daily sums.
    """
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    t: ColumnElement[int]
    if is_sqlite:
        t = cast(func.strftime("%s", Reading.measured_at), Integer)
    else:
        t = cast(func.floor(extract("epoch", Reading.measured_at)), BigInteger)
    # HI and LO have no number: they travel as the engine's own ticks for them.
    tick = func.coalesce(
        readings.classified_column("reading", ranges), case((Reading.beyond > 0, HI), else_=LO)
    )
    values = (t, tick, Reading.unit, Reading.meal, Reading.offset_min, Reading.source_id)
    pairs: list[Any] = []
    for name, column in zip(_NAMES, values, strict=True):
        array = func.json_group_array(column) if is_sqlite else func.json_agg(column)
        pairs += [name, array]
    written = func.json_object(*pairs) if is_sqlite else func.json_build_object(*pairs)
    found = session.scalar(
        select(cast(written, Text)).where(
            Reading.patient_id == patient_id,
            Reading.source_id.in_(source_ids),
            Reading.measured_at >= begins_at,
            Reading.measured_at < ends_at,
            Reading.standing <= COUNTS_UP_TO,
        )
    )
    arrays = orjson.loads(found or "{}")
    return Columns(*(np.array(arrays.get(name) or [], dtype=np.int64) for name in _NAMES))


def sensor_series(
    found: Columns, ranges: Ranges, intervals_min: Mapping[int, int | None]
) -> Series:
    """A sensor's readings as one series in one unit; each value keeps its own unit's bands.

    Where a diary holds both units the rest is written in mg/dL. A value that would round into
    another band (7.8 mmol/L is 140.5 mg/dL) stays at the edge of its own. Where readings have
    different intervals (of sources, or of one whose setting was changed), shares and means weigh
    by covered minutes.
    """
    used = [UNITS[place] for place in np.unique(found.unit)]
    unit = used[0] if len(used) == 1 else Unit.MG_DL
    ticks = found.tick if len(used) < len(UNITS) else _in_mg_dl(found, ranges)
    each = _intervals(found, intervals_min)
    return series(found.t, found.offset * 60, ticks, unit, Source.SENSOR, each)


def _intervals(found: Columns, intervals_min: Mapping[int, int | None]) -> Ticks | None:
    """The interval of each reading in its source and on its day; None where all are the same."""
    each = np.zeros(len(found.t), dtype=np.int64)
    days = (found.t + found.offset * 60) // DAY_S
    has_unknown = False
    for source in np.unique(found.source).tolist():
        usual = intervals_min.get(source)
        here = np.flatnonzero(found.source == source)
        here = here[np.argsort(found.t[here], kind="stable")]
        each[here] = intervals_by_day(found.t[here], days[here], usual)
        has_unknown |= usual is None
    return each if len(np.unique(each)) > 1 and not has_unknown else None


def _in_mg_dl(found: Columns, ranges: Ranges) -> Ticks:
    foreign = found.unit == UNITS.index(Unit.MMOL_L)
    own = found.tick[foreign]
    written = np.rint(own * mg_dl_per_tick(Unit.MMOL_L)).astype(np.int64)
    for table in (ADULT, TIGHT, ranges):
        edges: NDArray[np.int64] = np.array([0, *table.edges[Unit.MG_DL], HI])
        place = codes(own, Unit.MMOL_L, table)
        written = np.clip(written, edges[place] + 1, edges[place + 1])
    ticks = found.tick.copy()
    ticks[foreign] = np.where(is_number(own), written, own)
    return ticks
