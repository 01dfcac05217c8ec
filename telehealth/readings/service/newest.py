"""The newest readings of a patient over all sources, page by page."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Subquery, or_, select, tuple_, union_all

from telehealth.core import paging
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.readings.models import Reading, Standing
from telehealth.readings.service.periods import Window


def newest(patient_id: int, source_ids: Iterable[int], window: Window) -> Subquery | None:
    """The newest readings over all sources: the newest of each, merged; each by the key's index.

    Near duplicates are not among them: the reading they merged into is.
    """
    shown = Reading.standing != Standing.MERGED
    conditions = [shown, *_within(window), *_after(window.cursor)]
    order = (Reading.measured_at.desc(), Reading.source_id.desc(), Reading.seq.desc())
    parts = [
        select(
            select(Reading.__table__)
            .where(Reading.patient_id == patient_id, Reading.source_id == source_id, *conditions)
            .order_by(*order)
            .limit(window.limit)
            .subquery()
        )
        for source_id in source_ids
    ]
    if not parts:
        return None
    merged = union_all(*parts).subquery()
    order_of_all = (merged.c.measured_at.desc(), merged.c.source_id.desc(), merged.c.seq.desc())
    return select(merged).order_by(*order_of_all).limit(window.limit).subquery("newest")


def the_one(patient_id: int, source_id: int, seq: int) -> Subquery:
    """One reading, by its name."""
    return (
        select(Reading.__table__)
        .where(Reading.patient_id == patient_id, Reading.source_id == source_id, Reading.seq == seq)
        .subquery()
    )


def _within(window: Window) -> list[ColumnElement[bool]]:
    conditions = []
    if window.begins_at is not None:
        conditions.append(Reading.measured_at >= window.begins_at)
    if window.ends_at is not None:
        conditions.append(Reading.measured_at < window.ends_at)
    return conditions


def _after(cursor: str | None) -> list[ColumnElement[bool]]:
    if cursor is None:
        return []
    at, source_id, seq = paging.decode(cursor, 3)
    try:
        moment = datetime.fromisoformat(str(at)).astimezone(UTC)
        place = int(source_id), int(seq)
    except (ValueError, OverflowError) as error:
        wrong = FieldError("#/cursor", N_("This page cannot be found."), "bad_cursor")
        raise Invalid(errors=(wrong,)) from error
    return [
        Reading.measured_at <= moment,
        or_(
            Reading.measured_at < moment,
            tuple_(Reading.source_id, Reading.seq) < place,
        ),
    ]


def place_after(measured_at: datetime, source_id: int, seq: int) -> str:
    """The cursor of what follows this reading."""
    return paging.encode(measured_at.isoformat(), source_id, seq)
