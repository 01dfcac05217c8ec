"""Counting all days of a patient again, in chunks: after a change of targets or of the schema."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.core import outbox
from telehealth.readings.models import DaySummary, Diary
from telehealth.readings.service import intervals
from telehealth.readings.service.settling import settle_between
from telehealth.readings.service.summaries import bounds, days_touched, ranges_text, rebuild_days
from telehealth.targets import service as targets

CHUNK_DAYS = 30
"""Counted in one transaction; uploads to the diary wait that long at most."""


def is_recomputing(session: Session, patient_id: int) -> bool:
    """Whether some daily sums still say what earlier targets said: "being recomputed"."""
    found = session.execute(
        select(Diary.sums_ranges, Diary.rebuilding_ranges).where(Diary.patient_id == patient_id)
    ).one_or_none()
    if found is None:
        return False
    wanted = ranges_text(targets.ranges_of(session, patient_id))
    return found.rebuilding_ranges is not None or found.sums_ranges != wanted


def rebuild_some(session: Session, patient_id: int, *, now: datetime) -> bool:
    """The newest days that are still to be counted are counted; harmless when repeated.

    Returns:
        Whether more are left: call again, in a unit of work of its own.
    """
    diary = session.scalar(select(Diary).where(Diary.patient_id == patient_id).with_for_update())
    if diary is None:
        return False
    ranges = targets.ranges_of(session, patient_id)
    wanted = ranges_text(ranges)
    if diary.sums_ranges == wanted and diary.rebuilding_ranges is None:
        return False
    if diary.rebuilding_ranges != wanted:  # begun just now, or the targets changed under way
        diary.rebuilding_ranges, diary.rebuild_before = wanted, None
        intervals.learn(session, patient_id)
    days_left = select(DaySummary.day_on).where(DaySummary.patient_id == patient_id).distinct()
    if diary.rebuild_before is not None:
        days_left = days_left.where(DaySummary.day_on < diary.rebuild_before)
    days = session.scalars(days_left.order_by(DaySummary.day_on.desc()).limit(CHUNK_DAYS)).all()
    if days:
        begins_at, ends_at = bounds(days[-1])[0], bounds(days[0])[1]
        moved = settle_between(session, patient_id, begins_at, ends_at)
        rebuild_days(session, patient_id, {*days, *days_touched(moved)}, ranges)
        diary.rebuild_before = days[-1]
    if len(days) == CHUNK_DAYS:
        return True
    diary.sums_ranges, diary.rebuilding_ranges, diary.rebuild_before = wanted, None, None
    outbox.put(session, "readings.changed", {"patient_id": patient_id}, now=now)
    return False
