"""MAGE, mean amplitude of glycemic excursions, by moving averages (Fernandes 2022).

Turning points are the extremes between crossings of a short and a long moving average; swings
smaller than one standard deviation are not excursions. The result is the mean of the mean rise
and the mean fall, weighted by length where a long gap cuts the trace. Other algorithms called
MAGE give other numbers, so the name of this one always stands beside the value.
"""

import numpy as np

from telehealth.glycemia.bands import Ticks
from telehealth.glycemia.display import Numbers
from telehealth.glycemia.grid import Grid

ALGORITHM = "moving averages of 25 and 160 minutes, mean of rises and falls"
SHORT_MIN = 25
LONG_MIN = 160
CUT_MIN = 180
"""A longer gap cuts the trace: no excursion reaches across it."""


def mage(on: Grid) -> float | None:
    """Mean amplitude of the excursions in ticks; None where there is none."""
    here = np.flatnonzero(np.isfinite(on.values))
    cuts = np.flatnonzero(np.diff(here) * on.step_min > CUT_MIN) + 1
    total, weight = 0.0, 0
    for part in np.split(here, cuts):
        found = _of_part(on, int(part[0]), int(part[-1]) + 1) if len(part) else None
        if found is not None:
            total += found * len(part)
            weight += len(part)
    return total / weight if weight else None


def _of_part(on: Grid, first: int, end: int) -> float | None:
    values = on.values[first:end]
    short, long = max(round(SHORT_MIN / on.step_min), 1), round(LONG_MIN / on.step_min)
    if len(values) < long:
        return None
    apart = _moving_mean(values, short) - _moving_mean(values, long)
    is_value = np.isfinite(values) & np.isfinite(apart)
    values, apart = values[is_value], apart[is_value]
    threshold = float(values.std(ddof=1))
    if not threshold:
        return None
    rises, falls = _swings(_turning_points(values, apart), threshold)
    means = [float(np.mean(legs)) for legs in (rises, falls) if legs]
    return float(np.mean(means)) if means else None


def _moving_mean(values: Numbers, width: int) -> Numbers:
    """Mean of the last `width` slots that have a value; the first full one stands for the start."""
    known = np.isfinite(values)
    sums = np.append(0.0, np.cumsum(np.where(known, values, 0.0)))
    counts = np.append(0, np.cumsum(known))
    n = counts[width:] - counts[:-width]
    full = np.full(len(n), np.nan)
    np.divide(sums[width:] - sums[:-width], n, out=full, where=n > 0)
    return np.concatenate((np.full(width - 1, full[0]), full))


def _turning_points(values: Numbers, apart: Numbers) -> Numbers:
    """The extreme between each two crossings, looked for from the turning point before on."""
    is_above = apart > 0
    crossings: Ticks = np.flatnonzero(is_above[1:] != is_above[:-1]) + 1
    bounds = np.append(crossings, len(values) - 1)
    found, start = [], 0
    for bound in bounds:
        stretch = values[start : bound + 1]
        place = int(stretch.argmax() if is_above[bound - 1] else stretch.argmin())
        found.append(stretch[place])
        start += place
    return np.asarray(found)


def _swings(points: Numbers, threshold: float) -> tuple[list[float], list[float]]:
    """Rises and falls of at least `threshold` between turning points; smaller ones are merged."""
    rises: list[float] = []
    falls: list[float] = []
    lowest = highest = extreme = float(points[0])
    direction = 0
    for point in map(float, points[1:]):
        if direction == 0:
            lowest, highest = min(lowest, point), max(highest, point)
            if point - lowest >= threshold:
                direction, extreme = 1, point
            elif highest - point >= threshold:
                direction, extreme = -1, point
        elif (point - extreme) * direction >= 0:
            extreme = point
        elif (extreme - point) * direction >= threshold:
            (rises if direction > 0 else falls).append(
                extreme - lowest if direction > 0 else highest - extreme
            )
            if direction > 0:
                highest = extreme
            else:
                lowest = extreme
            direction, extreme = -direction, point
    if direction:
        (rises if direction > 0 else falls).append(
            extreme - lowest if direction > 0 else highest - extreme
        )
    return rises, falls
