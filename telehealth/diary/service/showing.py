"""The diary as people read it: glucose and entries together, a week at a time, newest first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.clock import HOME_ZONE
from telehealth.diary import policy
from telehealth.diary.models import DiaryEntry, Transcript
from telehealth.diary.service import rows
from telehealth.readings import service as readings
from telehealth.readings.models import Reading, ReadingSource, SourceKind

WEEK = 7
ENOUGH = 40
"""Items after which a page ends with the day it is in: a phone scrolls only so far."""
MOST_ROWS = 1_000
_AHEAD = timedelta(hours=1)
"""Room for a clock that is a little ahead."""


class Topic(StrEnum):
    """What the diary can be narrowed to."""

    ALL = ""
    GLUCOSE = "glucose"
    MEALS = "meals"
    INSULIN = "insulin"
    ACTIVITY = "activity"
    WELLBEING = "wellbeing"
    NOTES = "notes"


@dataclass(frozen=True, slots=True)
class View:
    """Which part of the diary: what about, and before which day (None: up to now)."""

    topic: Topic = Topic.ALL
    before: date | None = None


Item = readings.Entry | rows.Written


@dataclass(frozen=True, slots=True)
class Day:
    """One local day, newest item first."""

    day_on: date
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Shown:
    """A week of the diary."""

    days: Sequence[Day]
    copied: dict[str, rows.Copied]
    """Where readings were copied from, by `Entry.id`."""
    older: date | None
    """Show what lies before this day next; None: this was the beginning."""


def show(session: Session, actor: Actor, patient_id: int, view: View, *, now: datetime) -> Shown:
    """The newest week that has anything of the topic, before the day asked for.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not read the diary.
    """
    policy.require_reading(actor, patient_id)
    limit = now + _AHEAD if view.before is None else _begin(view.before)
    newest = _newest(session, patient_id, view.topic, limit)
    last = readings.local_day(newest or limit - _AHEAD)
    begins_at = _begin(last - timedelta(days=WEEK - 1))
    glucose = _glucose(session, actor, patient_id, view.topic, (begins_at, limit), now=now)
    entries = _entries(session, actor, patient_id, view.topic, (begins_at, limit))
    if entries:
        audit.record(session, actor, "diary.read", "diary", patient_id, now=now)
    every = _by_day([*glucose, *entries])
    days = _first_of(every)
    oldest = days[-1].day_on if len(days) < len(every) else readings.local_day(begins_at)
    has_older = len(days) < len(every) or _newest(session, patient_id, view.topic, begins_at)
    copied = _copied(session, actor, patient_id, glucose)
    return Shown(days, copied, oldest if has_older else None)


def moment_of(item: Item) -> datetime:
    """When it was measured or happened."""
    return item.at if isinstance(item, rows.Written) else item.measured_at


def entries_between(
    session: Session,
    actor: Actor,
    patient_id: int,
    begins_at: datetime,
    ends_at: datetime,
    *,
    now: datetime,
    limit: int = MOST_ROWS,
) -> list[rows.Written]:
    """Entries of a span, newest first: for the API and for reports.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not read the diary.
    """
    policy.require_reading(actor, patient_id)
    audit.record(session, actor, "diary.read", "diary", patient_id, now=now)
    return _entries(session, actor, patient_id, Topic.ALL, (begins_at, ends_at), limit)


def _glucose(
    session: Session,
    actor: Actor,
    patient_id: int,
    topic: Topic,
    span: tuple[datetime, datetime],
    *,
    now: datetime,
) -> list[readings.Entry]:
    if topic not in (Topic.ALL, Topic.GLUCOSE, Topic.NOTES):
        return []
    window = readings.Window(span[0], span[1], limit=MOST_ROWS, with_sensor=False)
    page = readings.page(session, actor, patient_id, window, now=now)
    return [item for item in page.items if topic is not Topic.NOTES or item.note]


def _entries(
    session: Session,
    actor: Actor,
    patient_id: int,
    topic: Topic,
    span: tuple[datetime, datetime],
    limit: int = MOST_ROWS,
) -> list[rows.Written]:
    if topic is Topic.GLUCOSE:
        return []
    found = session.scalars(
        select(DiaryEntry)
        .where(
            DiaryEntry.patient_id == patient_id,
            DiaryEntry.removed_at.is_(None),
            DiaryEntry.at >= span[0],
            DiaryEntry.at < span[1],
            _about(topic),
        )
        .order_by(DiaryEntry.at.desc(), DiaryEntry.id.desc())
        .limit(limit)
    ).all()
    return rows.shown(session, actor, found)


def _about(topic: Topic) -> ColumnElement[bool]:
    """The condition that an entry is about a topic."""
    row = DiaryEntry
    conditions = {
        Topic.MEALS: or_(row.carbs_g.is_not(None), row.photo_id.is_not(None)),
        Topic.INSULIN: or_(
            row.rapid_hundredths.is_not(None),
            row.long_hundredths.is_not(None),
            row.mixed_hundredths.is_not(None),
            row.other_hundredths.is_not(None),
        ),
        Topic.ACTIVITY: row.activity.is_not(None),
        Topic.WELLBEING: or_(row.illness.is_not(None), row.stress.is_not(None)),
        Topic.NOTES: row.note != "",
    }
    return conditions.get(topic, row.id.is_not(None))


def _newest(session: Session, patient_id: int, topic: Topic, limit: datetime) -> datetime | None:
    """The newest moment of the topic before a limit."""
    found: list[datetime] = []
    if topic in (Topic.ALL, Topic.GLUCOSE, Topic.NOTES):
        reading = session.scalar(
            select(func.max(Reading.measured_at))
            .join(ReadingSource, ReadingSource.id == Reading.source_id)
            .where(
                Reading.patient_id == patient_id,
                Reading.measured_at < limit,
                ReadingSource.kind != SourceKind.CGM,
            )
        )
        found += [reading] if reading else []
    if topic is not Topic.GLUCOSE:
        entry = session.scalar(
            select(func.max(DiaryEntry.at)).where(
                DiaryEntry.patient_id == patient_id,
                DiaryEntry.removed_at.is_(None),
                DiaryEntry.at < limit,
                _about(topic),
            )
        )
        found += [entry] if entry else []
    return max(found, default=None)


def _copied(
    session: Session, actor: Actor, patient_id: int, glucose: Collection[readings.Entry]
) -> dict[str, rows.Copied]:
    """Which of these readings a worker copied, from what."""
    if not glucose:
        return {}
    moments = [entry.measured_at for entry in glucose]
    found = session.execute(
        select(Reading.source_id, Reading.seq, Transcript)
        .join(Transcript, Transcript.upload_id == Reading.upload_id)
        .where(
            Transcript.patient_id == patient_id,
            Reading.patient_id == patient_id,
            Reading.measured_at >= min(moments),
            Reading.measured_at <= max(moments),
        )
    ).all()
    known = rows.copied_of(
        session, actor, {row.Transcript.id: row.Transcript for row in found}.values()
    )
    return {f"{row.source_id}-{row.seq}": known[row.Transcript.id] for row in found}


def _first_of(days: list[Day]) -> list[Day]:
    """The newest days up to the one that makes it enough."""
    n = 0
    for place, day in enumerate(days, start=1):
        n += len(day.items)
        if n >= ENOUGH:
            return days[:place]
    return days


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), HOME_ZONE).astimezone(UTC)


def _by_day(items: Sequence[Item]) -> list[Day]:
    """Newest minute first, as it is printed; in a minute the reading that is the last one."""
    newest_first = sorted(items, key=_in_minute)
    newest_first.sort(key=lambda item: readings.minute_of(moment_of(item)), reverse=True)
    days = groupby(newest_first, key=lambda item: readings.local_day(moment_of(item)))
    return [Day(day_on, list(group)) for day_on, group in days]


def _in_minute(item: Item) -> tuple[bool, float, float]:
    """The lowest reading on top, then the newer one; what is no reading follows."""
    later_first = -moment_of(item).timestamp()
    if isinstance(item, readings.Entry):
        return False, item.mg_dl, later_first
    return True, 0.0, later_first
