"""Episodes of low and high glucose as the consensus counts them (Battelino 2023).

On the grid: an episode starts with at least 15 minutes beyond a limit and ends with at least 15
minutes back; shorter recoveries belong to it. A gap ends it ("open end"): nobody knows more.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from devices.glucose import Unit
from telehealth.glycemia.bands import ADULT, Ticks
from telehealth.glycemia.display import Numbers
from telehealth.glycemia.grid import Grid
from telehealth.glycemia.series import DAY_MIN

START_MIN = 15
EXTENDED_MIN = 120
"""An extended low lasts longer than this without a break."""

NIGHT_END_MIN = 360
"""The night is from midnight to six."""

_BACK, _BEYOND, _EMPTY = 0, 1, 2


class Kind(StrEnum):
    """Kinds of episodes; level 2 lies inside level 1."""

    HYPO_L1 = "hypo_l1"
    HYPO_L2 = "hypo_l2"
    HYPO_EXTENDED = "hypo_extended"
    HYPER_L1 = "hyper_l1"
    HYPER_L2 = "hyper_l2"
    HYPO_L1_ONLY = "hypo_l1_only"
    """Level 1 that never reached level 2: adds up with level 2 without counting twice."""
    HYPER_L1_ONLY = "hyper_l1_only"


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """Episodes of one kind: slots [start, end) of the grid."""

    start: Ticks
    end: Ticks
    is_open: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
    """Ended by a gap or by the end of the data."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Count and size of the episodes of one kind."""

    count: int
    n_open: int
    n_nocturnal: int
    """Started between midnight and six, local time."""
    per_recorded_day: float | None
    mean_minutes: float | None
    mean_mg_dl: float | None
    """Mean over episodes of each episode's mean value; LO and HI have none."""


def find(beyond: Numbers, step_min: int, first_min: int) -> Episodes:
    """Episodes in a grid.

    Args:
        beyond: per slot 1 beyond the limit, 0 not, NaN without a value.
        step_min: minutes per slot.
        first_min: minutes beyond without a break that start an episode.
    """
    state = np.where(np.isnan(beyond), _EMPTY, beyond == _BEYOND).astype(np.int64)
    # One empty slot at the end closes what is still open there.
    state = np.append(state, _EMPTY)
    starts = np.flatnonzero(np.diff(state, prepend=-1))
    lengths = np.diff(np.append(starts, len(state)))
    kinds = state[starts]
    begins = (kinds == _BEYOND) & (lengths >= -(-first_min // step_min))
    ends = (kinds == _EMPTY) | ((kinds == _BACK) & (lengths >= -(-START_MIN // step_min)))
    events = np.flatnonzero(begins | ends)
    is_begin = begins[events]
    opening = np.flatnonzero(is_begin & ~np.append(False, is_begin[:-1]))
    endings = np.flatnonzero(~is_begin)
    closing = events[endings[np.searchsorted(endings, opening)]]
    return Episodes(starts[events[opening]], starts[closing], kinds[closing] == _EMPTY)


def all_kinds(on: Grid, unit: Unit) -> dict[Kind, Episodes]:
    """Every kind of episode in a grid, with the limits of the unit (70, 54, 180, 250 mg/dL)."""
    very_low, low, high, very_high = ADULT.edges[unit]
    missing = ~on.is_recorded
    values = np.select((on.beyond < 0, on.beyond > 0), (-np.inf, np.inf), on.values)
    first_in_range, first_low = low + 1, very_low + 1

    def kind(beyond: "np.ndarray[tuple[int], np.dtype[np.bool_]]", first_min: int) -> Episodes:
        return find(np.where(missing, np.nan, beyond), on.step_min, first_min)

    found = {
        Kind.HYPO_L1: kind(values < first_in_range, START_MIN),
        Kind.HYPO_L2: kind(values < first_low, START_MIN),
        Kind.HYPO_EXTENDED: kind(values < first_in_range, EXTENDED_MIN + 1),
        Kind.HYPER_L1: kind(values > high, START_MIN),
        Kind.HYPER_L2: kind(values > very_high, START_MIN),
    }
    found[Kind.HYPO_L1_ONLY] = _without(found[Kind.HYPO_L1], found[Kind.HYPO_L2])
    found[Kind.HYPER_L1_ONLY] = _without(found[Kind.HYPER_L1], found[Kind.HYPER_L2])
    return found


def _without(outer: Episodes, inner: Episodes) -> Episodes:
    """The outer episodes in which no inner one starts."""
    first = np.searchsorted(inner.start, outer.start, side="left")
    keep = first == np.searchsorted(inner.start, outer.end, side="left")
    return Episodes(outer.start[keep], outer.end[keep], outer.is_open[keep])


def summary(found: Episodes, on: Grid, mg_dl_per_tick: float) -> Summary:
    """Count, rate per recorded day, mean duration and mean value."""
    count, days = len(found.start), on.recorded_days
    minute = (on.t[found.start] + on.offset[found.start]) // 60 % DAY_MIN
    lengths = found.end - found.start
    known = np.isfinite(on.values)
    sums = np.append(0.0, np.cumsum(np.where(known, on.values, 0.0)))
    numbers = np.append(0, np.cumsum(known))
    totals, ns = (steps[found.end] - steps[found.start] for steps in (sums, numbers))
    means = totals[ns > 0] / ns[ns > 0]
    return Summary(
        count=count,
        n_open=int(found.is_open.sum()),
        n_nocturnal=int((minute < NIGHT_END_MIN).sum()),
        per_recorded_day=count / days if days else None,
        mean_minutes=float(lengths.mean() * on.step_min) if count else None,
        mean_mg_dl=mg_dl_per_tick * float(means.mean()) if len(means) else None,
    )
