"""After readings came, went or changed: what stands beside what, intervals, and daily sums."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.glycemia.bands import Ranges
from telehealth.readings.models import DaySummary, SourceKind
from telehealth.readings.service import intervals
from telehealth.readings.service.settling import settle
from telehealth.readings.service.summaries import days_touched, rebuild_days


def recount(
    session: Session,
    patient_id: int,
    moments: Iterable[datetime],
    sensors: Collection[int] | None = None,
    ranges: Ranges | None = None,
) -> None:
    """The sums follow readings that came, went or changed their standing at `moments`.

    Args:
        session: with the patient's diary locked.
        patient_id: whose readings.
        moments: instants of the readings.
        sensors: sources whose interval may be another now; None: all of the patient's sensors.
        ranges: the patient's, where the caller has them already.
    """
    days = days_touched(moments)
    if (sensors is None or sensors) and intervals.learn(session, patient_id, sensors):
        days |= set(
            session.scalars(
                select(DaySummary.day_on)
                .where(DaySummary.patient_id == patient_id, DaySummary.kind == SourceKind.CGM)
                .distinct()
            )
        )
    rebuild_days(session, patient_id, days, ranges)


def resettle(session: Session, patient_id: int, moments: Collection[datetime]) -> None:
    """As `recount`, for readings that were taken out, put back or changed in the table itself.

    What stood beside them is seen anew: a near duplicate counts when its twin has gone.
    """
    _, moved = settle(session, patient_id, moments)
    recount(session, patient_id, [*moments, *moved])
