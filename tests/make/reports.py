"""Sensors and fingersticks for reports: whole days on the clock at home, in words."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import HOME_ZONE
from telehealth.glycemia.entered import Digits
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import Meal, SourceKind
from telehealth.reports import service as reports
from telehealth.reports.models import Audience
from tests.make.people import NOW
from tests.make.readings import diary, reading

LAST = NOW.astimezone(HOME_ZONE).date()
WAVE = (62, 74, 98, 131, 88, 57, 36, 66, 104, 149, 118, 27)
"""Tenths of mmol/L: all five bands within an hour of five-minute readings."""

Course = Callable[[int], int]
"""Tick of the n-th reading."""


def wave(n: int) -> int:
    """Up and down through all bands."""
    return WAVE[n % len(WAVE)]


def at_home(day: date, minute: int = 0, *, fold: int = 0) -> datetime:
    """A moment on the wall clock at home."""
    wall = time(minute // 60, minute % 60, fold=fold)
    return datetime.combine(day, wall, HOME_ZONE)


def sensed(
    begins_at: datetime,
    ends_at: datetime,
    course: Course = wave,
    *,
    step_min: int = 5,
    unit: Unit = Unit.MMOL_L,
    device: str = "Sensor",
) -> list[readings.NewReading]:
    """A sensor from one moment to before another, every `step_min` elapsed minutes."""
    found = []
    seconds = range(int(begins_at.timestamp()), int(ends_at.timestamp()), step_min * 60)
    for n, second in enumerate(seconds):
        at = datetime.fromtimestamp(second, HOME_ZONE)
        offset = at.utcoffset() or timedelta()
        tick = course(n)
        words = f"{tick // 10}.{tick % 10}" if unit is Unit.MMOL_L else str(tick)
        new = reading(
            f"{words} {unit.value}",
            at.astimezone(UTC),
            key=f"{device}-{second}",
            kind=SourceKind.CGM,
            device=device,
        )
        found.append(new._replace(offset_min=int(offset.total_seconds()) // 60))
    return found


def tick_of(one: readings.NewReading) -> int:
    """The number of a reading as `sensed` wrote it."""
    assert isinstance(one.digits, Digits)
    return one.digits.mantissa


def sensor(
    session: Session,
    patient: Person,
    days: int = 14,
    *,
    last: date = LAST,
    course: Course = wave,
    now: datetime = NOW,
) -> list[readings.NewReading]:
    """A patient wore a sensor on the last days, until `now` at most."""
    ends_at = min(at_home(last + timedelta(days=1)), now)
    found = sensed(at_home(last - timedelta(days=days - 1)), ends_at, course)
    for begin in range(0, len(found), readings.MAX_BATCH):
        diary(session, patient, found[begin : begin + readings.MAX_BATCH], now=now)
    return found


def pricked(
    session: Session, patient: Person, entries: Iterable[tuple[int, str, str, Meal]]
) -> None:
    """Fingersticks: days ago, time of day, value with unit, meal."""
    new = []
    for days_ago, clock, words, meal in entries:
        hour, minute = map(int, clock.split(":"))
        at = at_home(LAST - timedelta(days=days_ago), hour * 60 + minute)
        offset = at.utcoffset() or timedelta()
        one = reading(words, at.astimezone(UTC), meal=meal, kind=SourceKind.METER, device="Meter")
        new.append(one._replace(offset_min=int(offset.total_seconds()) // 60))
    diary(session, patient, new)


def furnished(session: Session, patient: Person, worker: Person) -> dict[str, int]:
    """A doctor's remark on the patient's day, and a report they shared."""
    actor = Actor(worker.id, patient.id, Basis.CARE_TEAM, frozenset({Role.DOCTOR}))
    new = reports.NewRemark(LAST, 460, "Po zajtrku visoko.", Audience.PATIENT)
    days = reports.days_ending(LAST, 14)
    return {
        "report_remark": reports.add_remark(session, actor, patient.id, new, now=NOW).id,
        "shared_report": reports.share(session, actor, patient.id, days, "", now=NOW).id,
    }
