"""What a diary should say, computed the slow way from everything that was ever kept."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.clock import local
from telehealth.glycemia.bands import ADULT, HI, LO, Ranges
from telehealth.glycemia.daily import DaySums, sums
from telehealth.glycemia.entered import tick
from telehealth.glycemia.levels import risks
from telehealth.glycemia.series import interval_min, intervals_by_day, mg_dl_per_tick, series
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import (
    BEYOND_CODES,
    COUNTS_UP_TO,
    UNIT_CODES,
    UNITS,
    Beyond,
    DaySummary,
    Reading,
    SourceKind,
    Standing,
)
from telehealth.readings.service.duplicates import Placed, Provenance, standings

Name = tuple[SourceKind, str, str, int]
"""Kind, device, way and `seq` of a reading: the same in every order of arrival."""


class Key(NamedTuple):
    """What a row of sums is about."""

    day: date
    kind: SourceKind
    unit: Unit


@dataclass(frozen=True)
class Row:
    """A row of sums; floats rounded, because the order of adding them is nobody's business."""

    sums: DaySums
    extremes: tuple[int | None, int | None]
    risk: tuple[float, ...]
    recorded_s: int


def name(entry: readings.NewReading) -> Name:
    """Which reading this is."""
    return entry.kind, entry.device, entry.via, readings.seq_of(entry.key)


def kept(batches: Iterable[Sequence[readings.NewReading]]) -> dict[Name, readings.NewReading]:
    """The first of each key, whatever came again."""
    found: dict[Name, readings.NewReading] = {}
    for batch in batches:
        for entry in batch:
            found.setdefault(name(entry), entry)
    return found


def expected_standings(
    entries: Mapping[Name, readings.NewReading],
) -> dict[Name, Standing]:
    """All readings beside all others at once."""
    sources = sorted({Provenance(e.kind, e.device, e.via) for e in entries.values()})
    history = {key: entry for key, entry in entries.items() if not entry.is_scan}
    placed = {}
    for key, entry in history.items():
        is_number = not isinstance(entry.digits, Beyond)
        one = Placed(
            sources.index(Provenance(entry.kind, entry.device, entry.via)),
            key[3],
            entry.measured_at,
            tick(entry.digits, entry.unit) if is_number else None,
            0 if is_number else BEYOND_CODES[entry.digits],
            UNIT_CODES[entry.unit],
        )
        placed[one.place] = key
        placed[one.place, "row"] = one
    crowd = [value for value in placed.values() if isinstance(value, Placed)]
    found = standings(crowd, dict(enumerate(sources)))
    standing = dict.fromkeys(entries, Standing.SCAN)
    return standing | {placed[place]: own for place, own in found.items()}


def expected_rows(
    entries: Mapping[Name, readings.NewReading], ranges: Ranges = ADULT
) -> dict[Key, Row]:
    """The sums of the readings that count."""
    standing = expected_standings(entries)
    counted = [entry for key, entry in entries.items() if standing[key] <= COUNTS_UP_TO]
    covered = _covered(entries, counted)
    grouped: dict[Key, list[readings.NewReading]] = defaultdict(list)
    for entry in counted:
        grouped[Key(local(entry.measured_at).date(), entry.kind, entry.unit)].append(entry)
    return {
        key: _row(own, key.unit, ranges, sum(covered.get(name(entry), 0) for entry in own))
        for key, own in grouped.items()
    }


def _row(entries: list[readings.NewReading], unit: Unit, ranges: Ranges, recorded_s: int) -> Row:
    ticks = np.asarray([_tick(entry) for entry in entries], dtype=np.int64)
    if len(ranges.edges[unit]) < 4:  # HI belongs to the last band there is
        ticks = ticks.copy()
    numbers = ticks[(ticks != LO) & (ticks != HI)]
    low, high = risks(numbers * mg_dl_per_tick(unit)) if len(numbers) else (numbers, numbers)
    risk = (low.sum(), high.sum(), low.max(initial=0), high.max(initial=0))
    return Row(
        sums(ticks, unit, ranges),
        (int(numbers.min()), int(numbers.max())) if len(numbers) else (None, None),
        tuple(round(float(one), 6) for one in risk),
        recorded_s,
    )


def _tick(entry: readings.NewReading) -> int:
    if isinstance(entry.digits, Beyond):
        return LO if entry.digits is Beyond.LO else HI
    return tick(entry.digits, entry.unit)


def _covered(
    entries: Mapping[Name, readings.NewReading], counted: Iterable[readings.NewReading]
) -> dict[Name, int]:
    """Seconds each sensor reading covers: to the next within one and a half intervals, else one."""
    sensor = sorted(
        (entry for entry in counted if entry.kind is SourceKind.CGM),
        key=lambda entry: entry.measured_at,
    )
    found = {}
    for place, entry in enumerate(sensor):
        interval_s = 60 * _interval_of_day(counted, entry, _interval(entries, entry))
        later = sensor[place + 1 : place + 2]
        step = (
            int(later[0].measured_at.timestamp()) - int(entry.measured_at.timestamp())
            if later
            else interval_s
        )
        found[name(entry)] = step if step <= 1.5 * interval_s else interval_s
    return found


def _interval_of_day(
    counted: Iterable[readings.NewReading], one: readings.NewReading, usual: int | None
) -> int:
    """The interval of the sensor on the day of a reading."""
    day = local(one.measured_at).date()
    moments = sorted(
        int(entry.measured_at.timestamp())
        for entry in counted
        if (entry.kind, entry.device, entry.via) == (one.kind, one.device, one.via)
        and local(entry.measured_at).date() == day
    )
    t = np.asarray(moments, dtype=np.int64)
    return int(intervals_by_day(t, t * 0, usual)[0])


def _interval(entries: Mapping[Name, readings.NewReading], one: readings.NewReading) -> int | None:
    """The middle distance of the newest hundred readings of the same sensor."""
    moments = sorted(
        int(entry.measured_at.timestamp())
        for entry in entries.values()
        if (entry.kind, entry.device, entry.via) == (one.kind, one.device, one.via)
        and not entry.is_scan
    )
    t = np.asarray(moments[-101:], dtype=np.int64)
    return interval_min(series(t, t * 0, t * 0, Unit.MG_DL))


def stored_rows(session: Session, patient: Person) -> dict[Key, Row]:
    """The sums as they are stored."""
    session.expire_all()
    rows = session.scalars(select(DaySummary).where(DaySummary.patient_id == patient.id))
    return {
        Key(row.day_on, row.kind, UNITS[row.unit]): Row(
            DaySums(
                row.n, row.very_low, row.low, row.in_range, row.high, row.very_high,
                row.total, row.squares, row.out_of_range,
            ),
            (row.lowest, row.highest),
            tuple(
                round(one, 6)
                for one in (
                    row.low_risk, row.high_risk, row.worst_low_risk, row.worst_high_risk,
                )
            ),
            row.recorded_s,
        )
        for row in rows
    }  # fmt: skip


def stored_standings(session: Session, patient: Person) -> dict[Name, Standing]:
    """The standings as they are stored."""
    sources = {source.id: source for source in readings.sources(session, patient.id)}
    rows = session.execute(
        select(Reading.source_id, Reading.seq, Reading.standing).where(
            Reading.patient_id == patient.id
        )
    )
    return {
        (sources[place].kind, sources[place].device, sources[place].via, seq): Standing(standing)
        for place, seq, standing in rows
    }


def moments_of(session: Session, patient: Person) -> list[datetime]:
    """When all stored readings were measured."""
    return list(
        session.scalars(select(Reading.measured_at).where(Reading.patient_id == patient.id))
    )
