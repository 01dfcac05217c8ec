"""The trace on even steps: one grid per person, shared by every metric that needs it.

Steps are whole intervals of the device in elapsed (UTC) time, so a step is a step on the nights
when the clock changes. Between readings the value is interpolated; inside a gap there is none.
"""

from dataclasses import dataclass

import numpy as np

from telehealth.glycemia.bands import HI, LO, Flags, Ticks
from telehealth.glycemia.display import Numbers
from telehealth.glycemia.series import DAY_MIN, LONGEST_INTERVAL_MIN, Series

PERCENTILES = (5, 25, 50, 75, 95)
_RATE_MIN = 15
_EXACT = 9  # decimals: 68 and 72 meet at exactly 70


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Values at even steps, in ticks of the readings' unit; NaN inside gaps and at LO and HI."""

    t: Ticks
    offset: Ticks
    values: Numbers
    step_min: int
    beyond: Ticks
    """-1 where the device said LO, 1 for HI, else 0."""

    @property
    def is_recorded(self) -> Flags:
        """Which slots have a value, or LO or HI."""
        found: Flags = np.isfinite(self.values) | (self.beyond != 0)
        return found

    @property
    def recorded_days(self) -> float:
        """Days with a value: the denominator of rates per day."""
        return float(self.is_recorded.sum() * self.step_min / DAY_MIN)


def grid(readings: Series, step_min: int) -> Grid:
    """Lay readings on even steps; a slot inside more than 45 minutes without reading is empty.

    Beside LO or HI nothing can be interpolated: such a slot is what the nearer reading is.
    """
    step = step_min * 60
    t = readings.t
    slots = np.arange(-(-t[0] // step), t[-1] // step + 1, dtype=np.int64) * step
    before = np.searchsorted(t, slots, side="right") - 1
    after = np.minimum(before + 1, len(t) - 1)
    values = np.round(np.interp(slots, t, readings.ticks), _EXACT)
    beyond = np.zeros(len(slots), dtype=np.int64)
    if not readings.is_number.all():
        values, beyond = _beside_words(readings, slots, values, before, after)
    is_gap = (t[after] - t[before] > LONGEST_INTERVAL_MIN * 60) & (t[before] != slots)
    values, beyond = np.where(is_gap, np.nan, values), np.where(is_gap, 0, beyond)
    return Grid(slots, readings.offset[before], values, step_min, beyond)


def _beside_words(
    readings: Series, slots: Ticks, values: Numbers, before: Ticks, after: Ticks
) -> tuple[Numbers, Ticks]:
    """Values and LO/HI marks with the nearer reading in every slot that touches a word."""
    t, ticks = readings.t, readings.ticks
    words = ~readings.is_number
    touches = words[before] | (words[after] & (t[before] != slots))
    nearer = np.where(slots - t[before] <= t[after] - slots, before, after)
    chosen = np.where(touches, ticks[nearer], LO + 1)
    marks = (chosen == HI).astype(np.int64) - (chosen == LO)
    return np.where(touches, np.where(marks == 0, chosen, np.nan), values), marks


def differences(on: Grid, minutes: int) -> Numbers:
    """Value minus the value so many minutes before, where both exist."""
    lag = minutes // on.step_min
    found = on.values[lag:] - on.values[:-lag] if 0 < lag < len(on.values) else np.empty(0)
    return found[np.isfinite(found)]


def modd(day_apart: Numbers) -> float | None:
    """Mean of daily differences: mean distance to the value 24 hours before, in ticks."""
    return float(np.abs(day_apart).mean()) if len(day_apart) else None


def conga(apart: Numbers) -> float | None:
    """Standard deviation (n - 1) of differences some hours apart; the hours must be named."""
    return float(apart.std(ddof=1)) if len(apart) > 1 else None


def mag(steps: Numbers, step_min: int) -> float | None:
    """Mean absolute change per hour, from step to step of the grid."""
    return float(np.abs(steps).sum() / (len(steps) * step_min / 60)) if len(steps) else None


def gvp_pct(steps_mg_dl: Numbers, step_min: int) -> float | None:
    """Glycemic variability percentage: how much longer than a straight line the trace is."""
    if not len(steps_mg_dl):
        return None
    return float((np.hypot(step_min, steps_mg_dl).mean() / step_min - 1) * 100)


def rate_sd(on: Grid) -> float | None:
    """Standard deviation of the change per minute over 15 minutes, in ticks."""
    if _RATE_MIN % on.step_min:
        return None
    found = conga(differences(on, _RATE_MIN))
    return None if found is None else found / _RATE_MIN


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Percentiles by local time of day; NaN where a slot has no value."""

    minutes: Ticks
    """Minutes after midnight of each slot; the last is 24:00, midnight."""
    curves: dict[int, Numbers]
    """By percentile, in ticks."""


def profile(on: Grid) -> Profile:
    """Percentiles (type 7) over the days of each slot of the local day, unsmoothed."""
    n_slots = DAY_MIN // on.step_min
    here = np.isfinite(on.values)
    local_min = (on.t[here] + on.offset[here]) // 60
    slot = ((local_min - 1) // on.step_min) % n_slots
    # Sorted inside each slot: the hour that exists twice in autumn simply gives two values.
    values = on.values[here][np.lexsort((on.values[here], slot))]
    counts = np.bincount(slot, minlength=n_slots)
    starts = np.cumsum(counts) - counts
    minutes = np.arange(1, n_slots + 1) * on.step_min
    return Profile(minutes, {q: _quantile(values, starts, counts, q) for q in PERCENTILES})


def _quantile(values: Numbers, starts: Ticks, counts: Ticks, percent: int) -> Numbers:
    curve = np.full(len(counts), np.nan)
    filled = counts > 0
    place = (counts[filled] - 1) * percent / 100
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, counts[filled] - 1)
    first = starts[filled]
    below, above = values[first + low], values[first + high]
    curve[filled] = below + (place - low) * (above - below)
    return curve
