"""Daily sums: touched days are rebuilt from the readings, never counted up.

So late, repeated, removed and restored readings all end in the same sums.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from telehealth.core.clock import HOME_ZONE, local
from telehealth.readings.models import DaySummary
from telehealth.readings.service import statements


def local_day(moment: datetime) -> date:
    """The day on the wall clock of the installation."""
    return local(moment).date()


def bounds(day: date) -> tuple[datetime, datetime]:
    """Begin and end of a local day in UTC; 23 and 25 hours apart when the clocks change."""
    begins_at = datetime.combine(day, time(), HOME_ZONE)
    ends_at = datetime.combine(day + timedelta(days=1), time(), HOME_ZONE)
    return begins_at.astimezone(UTC), ends_at.astimezone(UTC)


def rebuild_days(session: Session, patient_id: int, days: Iterable[date]) -> None:
    """The sums of these days say what the readings say; two statements for any number of days."""
    rows = [(day, *bounds(day)) for day in sorted(set(days))]
    if not rows:
        return
    session.execute(
        delete(DaySummary).where(
            DaySummary.patient_id == patient_id, DaySummary.day_on.in_([row[0] for row in rows])
        )
    )
    statements.run(session, statements.SUM_DAYS, statements.DAY_FIELDS, rows, patient_id=patient_id)
