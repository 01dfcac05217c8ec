"""Believable glucose: a daily course with meals, a person's own level and spread, a slow trend.

Not a physiological model. It gives charts the shape that people know from their own meters:
a dawn rise, hills after meals, some lows, and noise with a memory of about an hour. And it has what
diaries have: HI and LO, a value that the meter sent and a hand wrote too, two values at one moment,
a sensor that is scanned.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from devices.glucose import Unit
from telehealth.core.clock import HOME_ZONE
from telehealth.glycemia.entered import Digits
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond, Meal, SourceKind

DAYS = 90
CGM_STEP_MIN = 5
_STEPS_A_DAY = 24 * 60 // CGM_STEP_MIN
_MEALS_H = (7.5, 12.75, 18.75)
_FLOOR, _CEILING = 38.0, 380.0
_SENSOR_LO = 40.0
"""A sensor shows LO below this (mg/dL)."""
_SCANNED_STEP_MIN = 15
_SCANS_MIN = (7 * 60 + 4, 12 * 60 + 11, 18 * 60 + 8, 22 * 60 + 3)
_COPIED_BY_HAND = 0.07
_HI_EVERY_DAYS = 41
_CONFLICT_EVERY_DAYS = 23


@dataclass(frozen=True, slots=True)
class Course:
    """How one person's glucose goes (mg/dL)."""

    level: float
    """Between meals."""
    rise: float
    """After a usual meal."""
    spread: float
    """Of the noise."""
    trend: float
    """Change of the level over the whole time; negative: getting better."""
    has_sensor: bool
    is_scanned: bool = False
    """The sensor keeps a value every 15 minutes, and is looked at in between."""
    unit: Unit = Unit.MMOL_L


def course_of(number: int) -> Course:
    """The course of the clinic's patient with this number; every third wears a sensor."""
    draw = np.random.default_rng(1000 + number)
    return Course(
        level=float(draw.uniform(105, 165)),
        rise=float(draw.uniform(45, 95)),
        spread=float(draw.uniform(12, 26)),
        trend=float(draw.uniform(-30, 20)),
        has_sensor=number % 3 == 1,
        is_scanned=number % 6 == 4,  # noqa: PLR2004 - every second sensor
        unit=Unit.MG_DL if number % 7 == 6 else Unit.MMOL_L,  # noqa: PLR2004 - one in seven
    )


def _trace(course: Course, number: int) -> NDArray[np.float64]:
    """mg/dL every five minutes over `DAYS` local days, shape (DAYS, 288)."""
    draw = np.random.default_rng(number)
    hours = np.arange(_STEPS_A_DAY) * CGM_STEP_MIN / 60
    shape = 14 * np.exp(-((hours - 6.5) ** 2) / 3)  # dawn
    trace = np.tile(shape, (DAYS, 1))
    for meal_h in _MEALS_H:
        starts = meal_h + draw.normal(0, 0.35, (DAYS, 1))
        heights = course.rise * draw.lognormal(0, 0.35, (DAYS, 1))
        since = np.clip(hours[None, :] - starts, 0, None)
        trace += heights * (since / 0.9) * np.exp(1 - since / 0.9)
    trace += course.level + course.trend * np.linspace(0, 1, DAYS)[:, None]
    trace += _slow_noise(draw, course.spread)
    for day in draw.choice(DAYS, size=9, replace=False):  # some nights and afternoons go low
        low_at = draw.choice([3.0, 16.5]) + draw.normal(0, 0.5)
        trace[day] -= (course.level - 48) * np.exp(-((hours - low_at) ** 2) / 0.35)
    clipped: NDArray[np.float64] = np.clip(trace, _FLOOR, _CEILING)
    return clipped


def _slow_noise(draw: np.random.Generator, spread: float) -> NDArray[np.float64]:
    memory = np.exp(-CGM_STEP_MIN / 60)
    steps = draw.normal(0, spread * np.sqrt(1 - memory**2), DAYS * _STEPS_A_DAY)
    noise = np.empty_like(steps)
    kept = 0.0
    for index, step in enumerate(steps):
        kept = memory * kept + step
        noise[index] = kept
    return noise.reshape(DAYS, _STEPS_A_DAY)


def readings_of(number: int, *, now: datetime) -> Iterator[readings.NewReading]:
    """The readings of the patient with this number until `now`, oldest first."""
    course = course_of(number)
    trace = _trace(course, number)
    first = now.astimezone(HOME_ZONE).date() - timedelta(days=DAYS - 1)
    for day in range(DAYS):
        on = first + timedelta(days=day)
        if course.has_sensor:
            yield from _sensor_day(course, number, on, trace[day], now)
        yield from _finger_day(course, number, on, trace[day], now)


def _sensor_day(
    course: Course, number: int, on: date, values: NDArray[np.float64], now: datetime
) -> Iterator[readings.NewReading]:
    draw = np.random.default_rng([number, on.toordinal()])
    gap_from = draw.integers(0, _STEPS_A_DAY)
    gap_steps = int(draw.choice([0, 0, 0, 6, 24]))
    device = "Demo Scan 15" if course.is_scanned else "Demo CGM 5"
    stride = _SCANNED_STEP_MIN // CGM_STEP_MIN if course.is_scanned else 1
    for step in range(0, _STEPS_A_DAY, stride):
        if gap_from <= step < gap_from + gap_steps:
            continue
        at = _instant(on, step * CGM_STEP_MIN)
        if at > now:
            return
        value = float(values[step])
        one = _reading(course, at, value, f"s{on:%y%m%d}{step}", SourceKind.CGM, device)
        yield one._replace(digits=Beyond.LO) if value < _SENSOR_LO else one
    if course.is_scanned:
        yield from _scans(course, on, values, now, device)


def _scans(
    course: Course, on: date, values: NDArray[np.float64], now: datetime, device: str
) -> Iterator[readings.NewReading]:
    for minute in _SCANS_MIN:
        at = _instant(on, minute)
        if at > now:
            return
        value = max(float(values[minute // CGM_STEP_MIN]), _SENSOR_LO)
        key = f"l{on:%y%m%d}{minute}"
        yield _reading(course, at, value, key, SourceKind.CGM, device)._replace(is_scan=True)


def _finger_day(
    course: Course, number: int, on: date, values: NDArray[np.float64], now: datetime
) -> Iterator[readings.NewReading]:
    draw = np.random.default_rng([number, on.toordinal(), 7])
    slots = (
        (Meal.BEFORE_BREAKFAST, 7 * 60), (Meal.AFTER_BREAKFAST, 9 * 60 + 30),
        (Meal.BEFORE_LUNCH, 12 * 60 + 20), (Meal.BEFORE_DINNER, 18 * 60 + 20),
        (Meal.BEDTIME, 21 * 60 + 45),
    )  # fmt: skip
    kept = 0.25 if course.has_sensor else 0.78
    for meal, minute in slots:
        if draw.random() > kept:
            continue
        at_min = int(minute + draw.normal(0, 14))
        at = _instant(on, at_min)
        if at > now:
            return
        value = float(values[min(at_min // CGM_STEP_MIN, _STEPS_A_DAY - 1)]) + draw.normal(0, 5)
        by_meter = number % 2 == 0
        kind = SourceKind.METER if by_meter else SourceKind.MANUAL
        device = "Accu-Chek Guide · 8472" if by_meter else ""
        one = _reading(course, at, value, f"f{on:%y%m%d}{meal}", kind, device, meal)
        if by_meter:
            yield from _as_diaries_are(one, number, on)
        else:
            yield one


def _as_diaries_are(
    one: readings.NewReading, number: int, on: date
) -> Iterator[readings.NewReading]:
    """A meter's reading; now and then HI, or written down by hand too, rightly or wrongly."""
    draw = np.random.default_rng([number, on.toordinal(), int(one.measured_at.timestamp())])
    day = on.toordinal() + number
    if one.meal is Meal.AFTER_BREAKFAST and day % _HI_EVERY_DAYS == 0:
        yield one._replace(digits=Beyond.HI)
        return
    yield one
    by_hand = one._replace(key=f"{one.key}-hand", kind=SourceKind.MANUAL, device="")
    if one.meal is Meal.BEFORE_DINNER and day % _CONFLICT_EVERY_DAYS == 0:
        yield by_hand._replace(digits=Digits(66, 1), unit=Unit.MMOL_L)
    elif draw.random() < _COPIED_BY_HAND:
        yield by_hand._replace(measured_at=one.measured_at + timedelta(seconds=20))


def _instant(on: date, minute: int) -> datetime:
    wall = datetime.combine(on, time(), HOME_ZONE) + timedelta(minutes=minute)
    return wall.astimezone(HOME_ZONE)


def _reading(
    course: Course,
    at: datetime,
    mg_dl: float,
    key: str,
    kind: SourceKind,
    device: str,
    meal: Meal = Meal.NONE,
) -> readings.NewReading:
    if course.unit is Unit.MG_DL:
        digits = Digits(round(mg_dl), 0)
    else:
        digits = Digits(round(mg_dl / 1.80156), 1)
    offset = at.utcoffset() or timedelta()
    return readings.NewReading(
        row=0,
        key=f"demo-{key}",
        measured_at=at,
        offset_min=int(offset.total_seconds() // 60),
        digits=digits,
        unit=course.unit,
        kind=kind,
        device=device,
        meal=meal,
    )
