"""Keeping the standing of stored readings: a function of them alone, whatever order they came in.

The rule itself stands in `duplicates`. Here only as much of a diary is read as a change may touch:
chains of neighbours, each at most 30 s from the next or in the minute of a fingerstick.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.readings.models import COUNTS_UP_TO, Reading, ReadingSource, Standing
from telehealth.readings.service import statements
from telehealth.readings.service.duplicates import (
    MINUTE,
    NEAR,
    Place,
    Placed,
    Provenance,
    crowds,
    is_twin,
    minute_of,
    standings,
)

_TOGETHER = timedelta(hours=6)
"""Batches denser than this are looked up as one span."""
_REST_OF_MINUTE = MINUTE - timedelta(microseconds=1)

Span = tuple[datetime, datetime]


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
    if not (nearby or is_crowded):
        return {}, []
    sources = provenances(session, patient_id)
    found: dict[Place, Standing] = {}
    for crowd in crowds([*fresh(), *nearby], sources):
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
        Reading.measured_at.between(_reach(min(moments))[0], _reach(max(moments))[1]),
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
            if is_twin(twin, one, sources) and sources[one.source_id] != own:
                found.setdefault(one.place, set()).add(own)
    return {place: tuple(sorted(others)) for place, others in found.items()}


def _is_crowded(ordered: Sequence[datetime]) -> bool:
    return any(later <= _reach(at)[1] for at, later in pairwise(ordered))


def _reach(at: datetime) -> Span:
    """Where readings may stand that are neighbours of one at this instant."""
    minute = minute_of(at)
    return min(at - NEAR, minute), max(at + NEAR, minute + _REST_OF_MINUTE)


def _spans(ordered: Sequence[datetime]) -> list[Span]:
    """Stretches without a long pause, with the neighbourhood of their ends."""
    if not ordered:
        return []
    pauses = [n for n, (at, later) in enumerate(pairwise(ordered), 1) if later - at > _TOGETHER]
    firsts, afters = [0, *pauses], [*pauses, len(ordered)]
    return [
        (_reach(ordered[first])[0], _reach(ordered[after - 1])[1])
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
    return (
        min(begins_at, _reach(instants[first])[0]),
        max(ends_at, _reach(instants[after - 1])[1]),
    )


def _instant(found: datetime | str) -> datetime:
    """PostgreSQL gives an instant, SQLite its text."""
    if isinstance(found, str):
        return datetime.fromisoformat(found).replace(tzinfo=UTC)
    return found.astimezone(UTC)
