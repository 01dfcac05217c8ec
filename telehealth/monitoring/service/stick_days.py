"""Days of fingersticks: which planned slots were measured, and the fasting values.

The only part of the worklist that looks at readings; it runs when a diary or a plan changes, so
that the list itself reads sums.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from devices.glucose import MG_DL_PER_MMOL_L, Unit
from telehealth.core.clock import HOME_ZONE, local
from telehealth.glycemia.adherence import Taken, Window, done
from telehealth.monitoring.models import StickDay
from telehealth.readings.models import (
    COUNTS_UP_TO,
    MEALS,
    UNITS,
    Meal,
    Reading,
    ReadingSource,
    SourceKind,
)
from telehealth.targets import service as targets
from telehealth.targets.service import Plan

KEPT_DAYS = 92
"""A change of readings renews this many days back; older ones stay as they were counted."""
_FASTING = {Meal.FASTING, Meal.BEFORE_BREAKFAST}
_MG_DL_PER_TICK = {Unit.MG_DL: 1.0, Unit.MMOL_L: float(MG_DL_PER_MMOL_L) / 10}
_AROUND = timedelta(hours=3)
"""A window with its tolerance may reach over midnight."""


def rebuild(session: Session, patient_id: int, *, now: datetime) -> None:
    """The patient's last days say what readings and plan say."""
    today = local(now).date()
    first = today - timedelta(days=KEPT_DAYS - 1)
    plans = targets.plans_of(session, [patient_id]).get(patient_id, [])
    sticks = sticks_of(session, patient_id, first, today)
    fasting = _fasting(sticks)
    kept = slots_of(plans, [stick[0] for stick in sticks], first, today)
    session.execute(
        delete(StickDay).where(StickDay.patient_id == patient_id, StickDay.day_on >= first)
    )
    for day in sorted(kept.keys() | fasting.keys()):
        found = kept.get(day, ())
        values = fasting.get(day, ())
        row = StickDay(
            patient_id=patient_id,
            day_on=day,
            planned=len(found),
            done=sum(taken is not None for _, taken in found),
            fasting_n=len(values),
            fasting_total=sum(values),
        )
        session.add(row)
    session.flush()


Stick = tuple[Taken, float | None]
"""A fingerstick and its value in mg/dL; None for HI and LO."""
Kept = Sequence[tuple[Window, Taken | None]]
"""The planned slots of a day, each with the reading that did it."""


def sticks_of(session: Session, patient_id: int, first: date, last: date) -> list[Stick]:
    """The fingersticks that count, oldest first, of some days and the hours around them."""
    begins_at = datetime.combine(first, time(), HOME_ZONE) - _AROUND
    ends_at = datetime.combine(last + timedelta(days=1), time(), HOME_ZONE) + _AROUND
    rows = session.execute(
        select(Reading.measured_at, Reading.meal, Reading.unit, Reading.tick)
        .join(ReadingSource, ReadingSource.id == Reading.source_id)
        .where(
            Reading.patient_id == patient_id,
            ReadingSource.patient_id == patient_id,
            ReadingSource.kind.in_((SourceKind.MANUAL, SourceKind.METER)),
            Reading.standing <= COUNTS_UP_TO,
            Reading.measured_at >= begins_at,
            Reading.measured_at < ends_at,
        )
        .order_by(Reading.measured_at)
    )
    return [
        (
            Taken(row.measured_at, MEALS[row.meal].value),
            None if row.tick is None else row.tick * _MG_DL_PER_TICK[UNITS[row.unit]],
        )
        for row in rows
    ]


def slots_of(
    plans: Sequence[Plan], taken: Sequence[Taken], first: date, last: date
) -> dict[date, Kept]:
    """Planned slots of each day and what did them; a reading does one slot, the earlier day's."""
    found: dict[date, Kept] = {}
    used: set[int] = set()
    day = first
    while day <= last:
        plan = targets.plan_on(plans, day)
        planned = plan.windows_on(day) if plan else []
        if planned:
            opens = min(window.opens_at for window in planned)
            closes = max(window.closes_at for window in planned)
            near = [
                place
                for place, one in enumerate(taken)
                if place not in used and opens <= one.at <= closes
            ]
            by = done(planned, [taken[place] for place in near])
            used.update(near[place] for place in by if place is not None)
            found[day] = [
                (window, None if place is None else taken[near[place]])
                for window, place in zip(planned, by, strict=True)
            ]
        day += timedelta(days=1)
    return found


def fill(
    session: Session, patient_ids: Collection[int], first: date, last: date
) -> dict[int, dict[date, StickDay]]:
    """The stored days of some patients; days planned and not stored yet are stored as not done.

    Reads no reading: a day without an event has none.
    """
    rows = session.scalars(
        select(StickDay).where(
            StickDay.patient_id.in_(patient_ids), StickDay.day_on >= first, StickDay.day_on <= last
        )
    )
    found: dict[int, dict[date, StickDay]] = {}
    for row in rows:
        found.setdefault(row.patient_id, {})[row.day_on] = row
    for patient_id, plans in targets.plans_of(session, patient_ids).items():
        known = found.setdefault(patient_id, {})
        for back in range((last - first).days + 1):
            day = first + timedelta(days=back)
            plan = targets.plan_on(plans, day)
            planned = sum(slot.is_on(day) for slot in plan.slots) if plan else 0
            if planned and day not in known:
                known[day] = StickDay(
                    patient_id=patient_id,
                    day_on=day,
                    planned=planned,
                    done=0,
                    fasting_n=0,
                    fasting_total=0.0,
                )
                session.add(known[day])
    return found


def _fasting(sticks: Sequence[Stick]) -> dict[date, list[float]]:
    found: dict[date, list[float]] = {}
    for taken, mg_dl in sticks:
        if mg_dl is not None and taken.mark in _FASTING:
            found.setdefault(local(taken.at).date(), []).append(mg_dl)
    return found
