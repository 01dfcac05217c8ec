"""What somebody usually writes at this time of day, so that the form has it chosen already."""

from collections import Counter
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.core.clock import local
from telehealth.glycemia.slots import SLOTS, by_time
from telehealth.readings.models import MEAL_CODES, MEALS, Meal, Reading, ReadingSource, SourceKind
from telehealth.readings.service import FORM_MEALS

LOOKS_BACK = timedelta(days=45)
NEAR_MIN = 60
"""A habit holds within an hour of the usual time."""
ENOUGH = 3
MOST_ROWS = 400
_DAY_MIN = 24 * 60


def usual_meal(session: Session, patient_id: int, *, now: datetime) -> Meal:
    """The mark this person most often gave at this time of day; by the clock until there are three.

    For a caller that has checked who asks; no value is read.
    """
    minute = _minute(now)
    offered = [MEAL_CODES[meal] for meal in FORM_MEALS if meal]
    found = session.execute(
        select(Reading.measured_at, Reading.meal)
        .join(ReadingSource, ReadingSource.id == Reading.source_id)
        .where(
            Reading.patient_id == patient_id,
            ReadingSource.kind != SourceKind.CGM,
            Reading.measured_at >= now - LOOKS_BACK,
            Reading.measured_at <= now,
            Reading.meal.in_(offered),
        )
        .order_by(Reading.measured_at.desc())
        .limit(MOST_ROWS)
    )
    near = Counter(code for at, code in found if _apart(_minute(at), minute) <= NEAR_MIN)
    if near and (best := near.most_common(1)[0])[1] >= ENOUGH:
        return MEALS[best[0]]
    return Meal(SLOTS[int(by_time(np.array([minute]))[0])].value)


def _minute(moment: datetime) -> int:
    here = local(moment)
    return here.hour * 60 + here.minute


def _apart(one: int, other: int) -> int:
    """Minutes between two times of day, the short way round midnight."""
    gap = abs(one - other)
    return min(gap, _DAY_MIN - gap)
