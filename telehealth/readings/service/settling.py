"""What readings are beside each other: the same measurement twice, a conflict, or simply a reading.

A `Standing` is a function of the stored readings alone, so any order and repetition of the same
uploads ends the same. Only neighbours matter: a chain of readings each at most 30 s from the next.

- Same value, another source, at most 30 s apart: one measurement. The more trusted source counts.
- Same second, another value: a conflict. The more trusted counts, of equals the lowest: a low is
  never hidden. Both stay.
- A meter's reading with the value of a sensor in the same second is a copy that a pump made.
- Sensors and fingersticks are otherwise never compared: people write whole minutes, as sensors do.

Sources: cgm-remote-monitor issues 7199 and 7458, Tidepool's `filterDuplicateSMBGs`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.glucose import MG_DL_PER_MMOL_L
from telehealth.readings.models import (
    COUNTS_UP_TO,
    Reading,
    ReadingSource,
    SourceKind,
    Standing,
    Via,
)
from telehealth.readings.service import statements

NEAR = timedelta(seconds=30)
_TOGETHER = timedelta(hours=6)
"""Batches denser than this are looked up as one span."""
_MG_DL_PER_TICK = (1.0, float(MG_DL_PER_MMOL_L) / 10)
_HALF_TENTH_MG_DL = 0.91
"""Half of 0.1 mmol/L: the same value, written in the other unit."""
_TRUST = {Via.DIRECT: 2, Via.FILE: 1}

Place = tuple[int, int]
"""Source and `seq`: what makes a reading the same reading."""
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, order=True)
class Provenance:
    """Where a reading came from."""

    kind: SourceKind
    device: str
    via: Via

    @property
    def trust(self) -> int:
        """Sensors and meters before files before what was written by hand."""
        return 0 if self.kind is SourceKind.MANUAL else _TRUST[self.via]


class Placed(NamedTuple):
    """A reading as far as its neighbours are concerned."""

    source_id: int
    seq: int
    at: datetime
    tick: int | None
    beyond: int
    unit: int
    standing: int = Standing.COUNTED

    @property
    def place(self) -> Place:
        """Its name."""
        return self.source_id, self.seq

    @property
    def mg_dl(self) -> float:
        """For comparing; LO below and HI above every number."""
        return self.beyond * 1e6 if self.tick is None else self.tick * _MG_DL_PER_TICK[self.unit]


def provenances(session: Session, patient_id: int) -> dict[int, Provenance]:
    """Where the readings of each source of a patient come from."""
    rows = session.execute(
        select(ReadingSource.id, ReadingSource.kind, ReadingSource.device, ReadingSource.via).where(
            ReadingSource.patient_id == patient_id
        )
    )
    return {source_id: Provenance(kind, device, via) for source_id, kind, device, via in rows}


def settle(
    session: Session,
    patient_id: int,
    moments: Iterable[datetime],
    fresh: Callable[[], Sequence[Placed]] = tuple,
) -> tuple[dict[Place, Standing], list[datetime]]:
    """Stored readings near `moments` have their right standing.

    Args:
        session: with the patient's diary locked.
        patient_id: whose readings.
        moments: where readings come, went or changed.
        fresh: those that are about to be stored, scans left out; asked only where it is crowded.

    Returns:
        The standings of crowded readings, the fresh ones among them, and the instants of stored
        readings whose standing changed.
    """
    ordered = sorted(moments)
    return _settle(session, patient_id, _spans(ordered), fresh, is_crowded=_is_crowded(ordered))


def settle_between(
    session: Session, patient_id: int, begins_at: datetime, ends_at: datetime
) -> list[datetime]:
    """All stored readings of a time have their right standing; the instants of what changed."""
    _, moved = _settle(session, patient_id, [(begins_at, ends_at)], tuple, is_crowded=False)
    return moved


def _settle(
    session: Session,
    patient_id: int,
    spans: list[Span],
    fresh: Callable[[], Sequence[Placed]],
    *,
    is_crowded: bool,
) -> tuple[dict[Place, Standing], list[datetime]]:
    nearby = _nearby(session, patient_id, spans)
    crowds = list(_crowds([*fresh(), *nearby])) if nearby or is_crowded else []
    if not crowds:
        return {}, []
    sources = provenances(session, patient_id)
    found: dict[Place, Standing] = {}
    for crowd in crowds:
        found |= standings(crowd, sources)
    changed = [one for one in nearby if found.get(one.place, one.standing) != one.standing]
    if changed:
        statements.run(
            session,
            statements.SET_STANDING,
            statements.STANDING_FIELDS,
            [(one.source_id, one.at, one.seq, found[one.place]) for one in changed],
            patient_id=patient_id,
        )
    return found, [one.at for one in changed]


def merged_into(
    session: Session, patient_id: int, source_ids: Collection[int], shown: Sequence[Any]
) -> dict[Place, tuple[Provenance, ...]]:
    """Which other sources sent the same measurement as some readings of a page.

    Args:
        session: to look with.
        patient_id: whose readings.
        source_ids: where near duplicates may be; empty: any source.
        shown: rows with `source_id`, `seq`, `measured_at`, `tick`, `beyond`, `unit`, `standing`.
    """
    moments = [row.measured_at for row in shown]
    twins = select(
        Reading.source_id, Reading.seq, Reading.measured_at,
        Reading.tick, Reading.beyond, Reading.unit,
    ).where(
        Reading.patient_id == patient_id,
        Reading.standing == Standing.MERGED,
        Reading.measured_at.between(min(moments) - NEAR, max(moments) + NEAR),
    )  # fmt: skip
    if source_ids:
        twins = twins.where(Reading.source_id.in_(source_ids))
    rows = session.execute(twins).all()
    if not rows:
        return {}
    sources = provenances(session, patient_id)
    counted = [
        Placed(r.source_id, r.seq, r.measured_at, r.tick, r.beyond, r.unit)
        for r in shown
        if r.standing <= COUNTS_UP_TO
    ]
    found: dict[Place, set[Provenance]] = {}
    for row in rows:
        twin = Placed(*row)
        own = sources[twin.source_id]
        for one in counted:
            if _is_twin(twin, one, sources) and sources[one.source_id] != own:
                found.setdefault(one.place, set()).add(own)
    return {place: tuple(sorted(others)) for place, others in found.items()}


def standings(
    crowd: Collection[Placed], sources: Mapping[int, Provenance]
) -> dict[Place, Standing]:
    """The standings of readings near each other. Pure; the order of `crowd` does not matter."""
    found: dict[Place, Standing] = {}
    counted: list[Placed] = []
    for one in sorted(crowd, key=lambda one: _precedence(one, sources[one.source_id])):
        rivals = [other for other in counted if _is_rival(one, other, sources)]
        if any(_is_twin(one, other, sources) for other in counted):
            found[one.place] = Standing.MERGED
        elif rivals:
            found[one.place] = Standing.ASIDE
            found |= {rival.place: Standing.CONFLICT for rival in rivals}
        else:
            found[one.place] = Standing.COUNTED
            counted.append(one)
    return found


def _precedence(one: Placed, source: Provenance) -> tuple[object, ...]:
    """Who is asked first. Nothing here depends on when a reading or a source came to us."""
    is_finger = source.kind is not SourceKind.CGM
    second = one.at.replace(microsecond=0)
    return is_finger, -source.trust, second, one.mg_dl, one.at, source, one.seq


def _is_twin(one: Placed, other: Placed, sources: Mapping[int, Provenance]) -> bool:
    """Whether two readings are one measurement; `other` counts already."""
    if not _is_same_value(one, other):
        return False
    if not _is_comparable(one, other, sources):
        return sources[one.source_id].kind is SourceKind.METER and _second(one) == _second(other)
    if one.source_id == other.source_id:
        return _second(one) == _second(other)
    return abs(one.at - other.at) <= NEAR


def _is_rival(one: Placed, other: Placed, sources: Mapping[int, Provenance]) -> bool:
    return _is_comparable(one, other, sources) and _second(one) == _second(other)


def _is_comparable(one: Placed, other: Placed, sources: Mapping[int, Provenance]) -> bool:
    is_sensor = [sources[reading.source_id].kind is SourceKind.CGM for reading in (one, other)]
    return is_sensor[0] == is_sensor[1]


def _is_same_value(one: Placed, other: Placed) -> bool:
    if one.tick is None or other.tick is None or one.unit == other.unit:
        return (one.beyond, one.tick) == (other.beyond, other.tick)
    return abs(one.mg_dl - other.mg_dl) < _HALF_TENTH_MG_DL


def _second(one: Placed) -> datetime:
    return one.at.replace(microsecond=0)


def _crowds(everyone: list[Placed]) -> Iterable[list[Placed]]:
    """Chains of neighbours; a reading by itself only where it was not by itself before."""
    crowd: list[Placed] = []
    for one in sorted(everyone, key=lambda one: one.at):
        if crowd and one.at - crowd[-1].at > NEAR:
            if len(crowd) > 1 or crowd[0].standing:
                yield crowd
            crowd = []
        crowd.append(one)
    if len(crowd) > 1 or (crowd and crowd[0].standing):
        yield crowd


def _is_crowded(ordered: Sequence[datetime]) -> bool:
    return any(later - at <= NEAR for at, later in pairwise(ordered))


def _spans(ordered: Sequence[datetime]) -> list[Span]:
    """Stretches without a long pause, with the neighbourhood of their ends."""
    if not ordered:
        return []
    pauses = [n for n, (at, later) in enumerate(pairwise(ordered), 1) if later - at > _TOGETHER]
    firsts, afters = [0, *pauses], [*pauses, len(ordered)]
    return [
        (ordered[first] - NEAR, ordered[after - 1] + NEAR)
        for first, after in zip(firsts, afters, strict=True)
    ]


def _merged(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for begins_at, ends_at in sorted(spans):
        if found and begins_at - found[-1][1] <= _TOGETHER:
            found[-1] = (found[-1][0], max(found[-1][1], ends_at))
        else:
            found.append((begins_at, ends_at))
    return found


def _nearby(session: Session, patient_id: int, spans: list[Span]) -> list[Placed]:
    """Stored readings in the spans, widened until no chain is cut."""
    while spans:
        rows = statements.run(
            session, statements.NEARBY, statements.SPAN_FIELDS, spans, patient_id=patient_id
        )
        nearby = [Placed(source_id, seq, _instant(at), *rest) for source_id, seq, at, *rest in rows]
        instants = [one.at for one in nearby]
        wider = _merged(_widened(span, instants) for span in spans)
        if wider == spans:
            return nearby
        spans = wider
    return []


def _widened(span: Span, instants: Sequence[datetime]) -> Span:
    begins_at, ends_at = span
    first, after = bisect_left(instants, begins_at), bisect_right(instants, ends_at)
    if first == after:
        return span
    return min(begins_at, instants[first] - NEAR), max(ends_at, instants[after - 1] + NEAR)


def _instant(found: datetime | str) -> datetime:
    """PostgreSQL gives an instant, SQLite its text."""
    if isinstance(found, str):
        return datetime.fromisoformat(found).replace(tzinfo=UTC)
    return found.astimezone(UTC)
