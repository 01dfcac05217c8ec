"""Readings of one person and one kind of source, in order, each instant once.

Everything is whole numbers: seconds since 1970, seconds east of UTC, ticks of one unit.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from devices.glucose import MG_DL_PER_MMOL_L, Unit
from telehealth.glycemia.bands import Flags, Ticks, is_number
from telehealth.glycemia.display import Numbers

DAY_S = 86_400
DAY_MIN = 1_440
LONGEST_INTERVAL_MIN = 45
USUAL_INTERVAL_MIN = 5
"""Of a sensor that has sent too little to tell."""
"""Readings further apart than this are no trace: nothing is interpolated between them."""

INTERVALS_MIN = tuple(m for m in range(1, LONGEST_INTERVAL_MIN + 1) if DAY_MIN % m == 0)
_COVER = 1.5
OTHER_SETTING = 3
"""A day whose middle distance is so many times as long or as short was measured otherwise."""
STEPS_OF_A_SETTING = 12
"""So many distances of a day show the interval of that day."""


class Source(StrEnum):
    """What kind of measurement it is; the two are never pooled."""

    SENSOR = "sensor"
    FINGERSTICK = "fingerstick"


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Readings in order of time; made by `series`."""

    t: Ticks
    """Seconds since 1970, strictly ascending."""
    offset: Ticks
    """Seconds east of UTC on the clock at the time of the reading."""
    ticks: Ticks
    """Whole numbers of the unit; `bands.LO` and `bands.HI` where the device said so."""
    unit: Unit
    source: Source = Source.SENSOR
    n_conflicts: int = 0
    """Instants that came with more than one value; the lowest is kept."""
    intervals_min: Ticks | None = None
    """Minutes between readings of each one's device; None where one device is all there is."""

    @property
    def weights(self) -> Numbers | None:
        """Seconds each reading stands for, where devices of different intervals are mixed.

        None for one interval: every reading then counts the same.
        """
        every = self.intervals_min
        if every is None or not len(every) or (every == every[0]).all():
            return None
        return covered_s(self, every).astype(np.float64)

    @property
    def days(self) -> Ticks:
        """Local day of each reading, counted from 1970."""
        return (self.t + self.offset) // DAY_S

    @property
    def n_days(self) -> int:
        """Local days with at least one reading."""
        days = self.days
        changes = np.flatnonzero(np.diff(days, prepend=days[:1] - 1))
        return len(np.unique(days[changes]))  # who flies west may live the end of a day twice

    @property
    def mg_dl(self) -> Numbers:
        """The values in mg/dL, unrounded, NaN for LO and HI: for formulas, never for bands."""
        return np.where(self.is_number, self.ticks * mg_dl_per_tick(self.unit), np.nan)

    @property
    def is_number(self) -> Flags:
        """Which readings have a number."""
        return is_number(self.ticks)


def mg_dl_per_tick(unit: Unit) -> float:
    """How many mg/dL one tick is."""
    return 1.0 if unit is Unit.MG_DL else float(MG_DL_PER_MMOL_L) / 10


def series(
    t: Ticks,
    offset: Ticks,
    ticks: Ticks,
    unit: Unit,
    source: Source = Source.SENSOR,
    intervals_min: Ticks | None = None,
) -> Series:
    """Readings in any order, repeated or not, as one series.

    The same instant with the same value is one reading. With other values the lowest is kept, so
    that the order of arrival never decides and a low is never hidden.
    """
    order = (offset, ticks, t) if intervals_min is None else (intervals_min, offset, ticks, t)
    rows = np.lexsort(order)
    t, offset, ticks = t[rows], offset[rows], ticks[rows]
    is_first = np.ones(len(t), dtype=bool)
    is_first[1:] = t[1:] != t[:-1]
    differs = ~is_first
    differs[1:] &= ticks[1:] != ticks[:-1]
    n_conflicts = len(np.unique(t[differs]))
    kept = rows[is_first]
    intervals = None if intervals_min is None else intervals_min[kept]
    return Series(
        t[is_first], offset[is_first], ticks[is_first], unit, source, n_conflicts, intervals
    )


def interval_min(readings: Series) -> int | None:
    """Minutes between readings of the device: the middle distance, as a divisor of a day.

    Of devices with known intervals it is the most frequent one, of two the shorter. None for fewer
    than two readings or where the middle distance is longer than 45 minutes.
    """
    if len(readings.t) < 2:  # noqa: PLR2004 - one reading has no distance
        return None
    if readings.intervals_min is not None:
        known, counts = np.unique(readings.intervals_min, return_counts=True)
        return int(known[counts.argmax()])
    # A stable sort is quick where nearly all steps are equal; choosing the middle is not.
    steps = np.sort(np.diff(readings.t), kind="stable")
    middle = float(steps[(len(steps) - 1) // 2] + steps[len(steps) // 2]) / 2 / 60
    if middle > LONGEST_INTERVAL_MIN:
        return None
    return min(INTERVALS_MIN, key=lambda minutes: abs(minutes - middle))


def intervals_by_day(t: Ticks, days: Ticks, usual_min: int | None) -> Ticks:
    """The interval of each reading of one device, whose setting may have changed: its day's own.

    Args:
        t: seconds since 1970, ascending.
        days: the local day of each reading.
        usual_min: what the device's sender says, or its newest readings show; None: unknown.

    Returns:
        Minutes. A day keeps the usual interval unless its middle distance is three times as long or
        as short: lost readings alone do not make another setting.
    """
    found = np.full(len(t), usual_min or USUAL_INTERVAL_MIN, dtype=np.int64)
    for day in np.unique(days):
        here = days == day
        steps = np.sort(np.diff(t[here]), kind="stable")
        if len(steps) < STEPS_OF_A_SETTING:
            continue
        middle_s = int(steps[(len(steps) - 1) // 2])
        usual_s = (usual_min or 0) * 60
        is_other = middle_s >= OTHER_SETTING * usual_s or OTHER_SETTING * middle_s <= usual_s
        if is_other and middle_s <= LONGEST_INTERVAL_MIN * 60:
            found[here] = min(INTERVALS_MIN, key=lambda minutes: abs(minutes * 60 - middle_s))
    return found


def covered_s(readings: Series, interval_min: int | Ticks) -> Ticks:
    """Seconds each reading covers: to the next one up to one and a half intervals, else one."""
    interval_s = np.broadcast_to(np.asarray(interval_min) * 60, readings.t.shape)
    steps = np.append(np.diff(readings.t), interval_s[-1:])
    return np.where(steps <= _COVER * interval_s, steps, interval_s)


def wear_pct(readings: Series, interval: int) -> float:
    """Percent of the elapsed minutes between first and last reading that are covered.

    Elapsed time is UTC, so the days of 23 and 25 hours are right, and readings sent twice or a
    minute apart add nothing.
    """
    own = interval if readings.intervals_min is None else readings.intervals_min
    covered = covered_s(readings, own)
    elapsed = readings.t[-1] - readings.t[0] + covered[-1]
    return float(100 * covered.sum() / elapsed)
