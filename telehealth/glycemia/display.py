"""Many values for the eye: converted for the axis, thinned without losing a low or a high."""

import numpy as np
from numpy.typing import NDArray

from devices.glucose import MG_DL_PER_MMOL_L, Unit
from telehealth.glycemia.bands import Ticks

Numbers = NDArray[np.float64]


def on_axis(ticks: Ticks, unit: Unit, to: Unit) -> Numbers:
    """Ticks of one unit as numbers in another, rounded as people read them (0.1 mmol/L, 1 mg/dL).

    Only for drawing: a value is classified before, in its own unit, and never written back.
    """
    if unit is to:
        return ticks / 10 if unit is Unit.MMOL_L else ticks.astype(np.float64)
    factor = float(MG_DL_PER_MMOL_L)
    if to is Unit.MMOL_L:
        return np.round(ticks / factor, 1)
    return np.round(ticks * (factor / 10))


def extremes(t: Ticks, values: Ticks, bucket_s: int) -> NDArray[np.intp]:
    """Places of the lowest and highest value of each time bucket, in order of time.

    A low survives every zoom level; points are chosen, never averaged.

    Args:
        t: seconds since 1970, ascending.
        values: the values at those times.
        bucket_s: width of a bucket in seconds.
    """
    if not len(t):
        return np.empty(0, dtype=np.intp)
    starts = np.flatnonzero(np.diff(t // bucket_s, prepend=t[0] // bucket_s - 1))
    number = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(t))))
    order = np.lexsort((np.arange(len(t)), values, number))
    lasts = np.append(starts[1:], len(t)) - 1
    return np.unique(np.concatenate((order[starts], order[lasts])))


def gaps(t: Ticks, longest_s: int) -> NDArray[np.intp]:
    """Places before which more than `longest_s` seconds have no value: the line breaks there."""
    return np.flatnonzero(np.diff(t) > longest_s) + 1
