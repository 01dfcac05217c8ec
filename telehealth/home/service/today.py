"""A patient's day: what waits, the last value, the next appointment, who looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.alerts import policy as alerts_policy
from telehealth.alerts import service as alerts
from telehealth.alerts.models import Direction, Kind
from telehealth.booking import policy as booking_policy
from telehealth.booking import service as booking
from telehealth.booking.models import Appointment, Modality
from telehealth.core.actor import Actor
from telehealth.core.clock import HOME_ZONE, local
from telehealth.home import policy
from telehealth.home.service.looked import Visit, last_look
from telehealth.identity import service as identity
from telehealth.inbox import service as inbox
from telehealth.inbox.models import InboxItem
from telehealth.mandates import policy as mandates_policy
from telehealth.meters import service as meters
from telehealth.monitoring import service as monitoring
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind
from telehealth.targets import service as targets

READINGS_SHOWN = 600
"""A sensor gives 288 values a day; two of them fit."""
GAP = timedelta(minutes=20)
"""Longer without a value of a sensor: the line breaks."""
_TREND_SPAN = timedelta(minutes=15)
_TREND_MIN = timedelta(minutes=8)
_STEADY_MG_DL_PER_MIN = Decimal(1)
_MG_DL = {Unit.MG_DL: Decimal(1), Unit.MMOL_L: Decimal("1.80156")}
"""mg/dL in one tick."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest value, where it goes, and today so far."""

    last: readings.LastReading
    age: timedelta
    trend: str
    """`rising`, `falling`, `steady`; empty where a sensor's last minutes do not say."""
    points: Sequence[tuple[float, float | None]]
    """Share of the day 0..1 and value in the unit of the last one; None where a gap is."""
    target: tuple[float, float]
    """Lowest and highest value in range, in the same unit."""
    count: int
    """Values today."""
    advice: readings.Advice | None
    """What to do about it; None: nothing, or an open alert says it already."""


@dataclass(frozen=True, slots=True)
class Today:
    """Everything on the patient's first page."""

    patient_id: int
    waiting: Sequence[InboxItem]
    """Open items, the one due first at the head."""
    ringing: Sequence[alerts.OpenAlert]
    """Open alerts that nobody has answered, the most severe first."""
    answered: Sequence[alerts.OpenAlert]
    """Open alerts that somebody has taken on."""
    ended: Sequence[alerts.OpenAlert]
    """Very low values of the last day that are over; the team has them on its list."""
    may_answer: bool
    plan: monitoring.TodaysPlan | None
    """None: no plan was agreed, or nothing is planned for today."""
    latest: Latest | None
    appointment: Appointment | None
    is_joinable: bool
    opens_at: datetime | None
    """When the next video consultation can be entered."""
    meters_waiting: Sequence[meters.Waiting]
    """Records of meters that wait for a decision, here or on the computer that reads them."""
    looked: Visit | None
    may_see_log: bool


def today(session: Session, actor: Actor, *, now: datetime) -> Today:
    """The first page of the actor's subject.

    Raises:
        NotAllowed: the actor neither is nor represents the subject.
    """
    subject_id = actor.subject_id or 0
    items = inbox.list_items(session, actor, now=now)
    upcoming = booking.upcoming(session, actor, now=now, limit=1)
    appointment = upcoming[0] if upcoming else None
    person = identity.person(session, subject_id)
    is_hidden = subject_id == actor.person_id and mandates_policy.is_child(person.birth_on, now)
    scope = None if is_hidden else policy.log_scope(actor, is_child=False)
    opened = [
        one
        for one in alerts.open_for(session, [subject_id])[subject_id]
        if alerts_policy.may_see(actor, one.kind)
    ]
    is_video = appointment is not None and appointment.modality is Modality.VIDEO
    return Today(
        patient_id=subject_id,
        waiting=[item for item in items if item.done_at is None],
        ringing=[one for one in opened if one.rings],
        answered=[one for one in opened if not one.rings],
        ended=_ended(session, subject_id, now),
        may_answer=not is_hidden,
        plan=_plan(session, actor, subject_id, now),
        latest=_latest(session, actor, subject_id, opened, now),
        appointment=appointment,
        is_joinable=appointment is not None and booking.is_joinable(appointment, now),
        opens_at=appointment.starts_at - booking_policy.JOIN_OPENS
        if appointment and is_video
        else None,
        meters_waiting=meters.waiting_of(session, subject_id),
        looked=last_look(session, actor, now=now) if scope is policy.LogScope.ALL else None,
        may_see_log=scope is not None,
    )


def _ended(session: Session, subject_id: int, now: datetime) -> list[alerts.OpenAlert]:
    """The very low values since this time yesterday that the team has still to close."""
    waiting = alerts.to_review_for(session, [subject_id])[subject_id]
    return [
        one
        for one in waiting
        if one.kind is Kind.URGENT_LOW and now - one.last_beyond_at < timedelta(days=1)
    ]


def _plan(
    session: Session, actor: Actor, subject_id: int, now: datetime
) -> monitoring.TodaysPlan | None:
    found = monitoring.todays_plan(session, actor, subject_id, now=now)
    return found if found.today else None


def _latest(
    session: Session,
    actor: Actor,
    subject_id: int,
    opened: Sequence[alerts.OpenAlert],
    now: datetime,
) -> Latest | None:
    midnight = datetime.combine(local(now).date(), time(), HOME_ZONE).astimezone(UTC)
    window = readings.Window(begins_at=midnight, limit=READINGS_SHOWN)
    entries = readings.page(session, actor, subject_id, window, now=now).items[::-1]
    last = readings.last_readings(session, [subject_id], now=now).get(subject_id)
    if last is None:
        return None
    tomorrow = datetime.combine(local(now).date() + timedelta(days=1), time(), HOME_ZONE)
    day = tomorrow.astimezone(UTC) - midnight
    low, high = targets.ranges_of(session, subject_id).target(last.unit)
    per_tick = 10 if last.unit is Unit.MMOL_L else 1
    is_said = any(one.direction is Direction.LOW and one.rings for one in opened)
    return Latest(
        last=last,
        age=max(now - last.measured_at, timedelta(0)),
        trend=_trend(entries, now),
        points=_points(entries, midnight, day, last.unit),
        target=(low / per_tick, high / per_tick),
        count=sum(entry.counts for entry in entries),
        advice=None if is_said else readings.advice_for(last, now=now),
    )


def _points(
    entries: Sequence[readings.Entry], midnight: datetime, day: timedelta, unit: Unit
) -> list[tuple[float, float | None]]:
    points: list[tuple[float, float | None]] = []
    before: readings.Entry | None = None
    for entry in entries:
        if entry.tick is None or not entry.counts:
            continue
        at = (entry.measured_at - midnight) / day
        is_gap = before is not None and entry.measured_at - before.measured_at > GAP
        if is_gap and SourceKind.CGM in (entry.kind, before.kind if before else None):
            points.append((at, None))
        factor = _MG_DL[entry.unit] / _MG_DL[unit]
        value = float(entry.tick * factor) / (10 if unit is Unit.MMOL_L else 1)
        points.append((at, round(value, 1)))
        before = entry
    return points


def _trend(entries: Sequence[readings.Entry], now: datetime) -> str:
    """Slope over the last quarter of an hour of a sensor; fingersticks say nothing about it."""
    recent = [
        entry
        for entry in entries
        if entry.kind is SourceKind.CGM
        and entry.counts
        and now - entry.measured_at <= 2 * _TREND_SPAN
    ]
    if not recent or now - recent[-1].measured_at > _TREND_SPAN:
        return ""
    last = recent[-1]
    first = next(e for e in recent if last.measured_at - e.measured_at <= _TREND_SPAN)
    span = last.measured_at - first.measured_at
    if span < _TREND_MIN or last.tick is None or first.tick is None:
        return ""
    change = last.tick * _MG_DL[last.unit] - first.tick * _MG_DL[first.unit]
    slope = change / Decimal(span.total_seconds() / 60)
    if abs(slope) < _STEADY_MG_DL_PER_MIN:
        return "steady"
    return "rising" if slope > 0 else "falling"
