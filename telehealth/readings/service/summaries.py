"""Daily sums: touched days are rebuilt from the readings, never counted up.

So late, repeated, removed and restored readings all end in the same sums.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.clock import HOME_ZONE, local
from telehealth.glycemia.bands import Ranges
from telehealth.glycemia.series import LONGEST_INTERVAL_MIN
from telehealth.readings.models import DaySummary
from telehealth.readings.service import statements
from telehealth.readings.service.adding_up import DAY_FIELDS, SUM_DAYS, edges
from telehealth.targets import service as targets

REACH = timedelta(minutes=1.5 * LONGEST_INTERVAL_MIN + 1)
"""A sensor's reading may cover the time to the next one, over midnight too, but never longer."""
_HOUR_S = 3_600


def local_day(moment: datetime) -> date:
    """The day on the wall clock of the installation."""
    return local(moment).date()


def bounds(day: date) -> tuple[datetime, datetime]:
    """Begin and end of a local day in UTC; 23 and 25 hours apart when the clocks change."""
    begins_at = datetime.combine(day, time(), HOME_ZONE)
    ends_at = datetime.combine(day + timedelta(days=1), time(), HOME_ZONE)
    return begins_at.astimezone(UTC), ends_at.astimezone(UTC)


def days_touched(moments: Iterable[datetime]) -> set[date]:
    """The local days whose sums depend on a reading at one of these instants.

    Also the day before, for a reading soon after midnight: the last one of that day reaches to it.
    Told by the hour, so that thousands of instants are few; a day too many only costs time.
    """
    hours = {int(moment.timestamp()) // _HOUR_S for moment in moments}
    reach_s = int(REACH.total_seconds())
    ends = {hour * _HOUR_S - reach_s for hour in hours}
    ends |= {hour * _HOUR_S + _HOUR_S - 1 for hour in hours}
    return {local_day(datetime.fromtimestamp(at, UTC)) for at in ends}


def ranges_text(ranges: Ranges) -> str:
    """The edges of the bands in few characters: `53,69,180,250|29,38,100,139`."""
    return "|".join(",".join(map(str, ranges.edges[unit])) for unit in (Unit.MG_DL, Unit.MMOL_L))


def rebuild_days(
    session: Session, patient_id: int, days: Iterable[date], ranges: Ranges | None = None
) -> None:
    """The sums of these days say what the readings say; two statements for any number of days.

    `ranges` are the patient's, where the caller has them already.
    """
    rows = [_row(day) for day in sorted(set(days))]
    if not rows:
        return
    session.execute(
        delete(DaySummary).where(
            DaySummary.patient_id == patient_id, DaySummary.day_on.in_([row[0] for row in rows])
        )
    )
    own = ranges or targets.ranges_of(session, patient_id)
    statements.run(session, SUM_DAYS, DAY_FIELDS, rows, patient_id=patient_id, **edges(own))


def _row(day: date) -> tuple[date, datetime, datetime, datetime]:
    begins_at, ends_at = bounds(day)
    return day, begins_at, ends_at, ends_at + REACH
