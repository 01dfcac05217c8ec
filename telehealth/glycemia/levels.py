"""Metrics of the readings as they are: level, spread, shares and risk. Values in mg/dL.

Formulas with their sources: docs/reference/metrics.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from devices.glucose import Unit
from telehealth.glycemia.bands import ADULT, BANDS, TIGHT, Ranges, Ticks, codes
from telehealth.glycemia.display import Numbers

RISK_FACTOR = 22.77
"""As published; 10 x 1.509^2 is another number in the fifth digit."""

_GRI_ZONES = (20, 40, 60, 80)
_GRADE_DIVISOR = 18  # the published formula divides by 18 exactly
_GRADE_CEILING = 50


def gmi_pct(mean_mg_dl: float) -> float:
    """Glucose management indicator in percent (jaeb.org/gmi)."""
    return 3.31 + 0.02392 * mean_mg_dl


def ea1c_pct(mean_mg_dl: float) -> float:
    """Estimated A1C in percent (ADAG); another number than the GMI."""
    return (mean_mg_dl + 46.7) / 28.7


def j_index(mean_mg_dl: float, sd_mg_dl: float) -> float:
    """J-index: level and spread in one number."""
    return 0.001 * (mean_mg_dl + sd_mg_dl) ** 2


def shares_pct(ticks: Ticks, unit: Unit, ranges: Ranges, weights: Numbers | None = None) -> Numbers:
    """Percent of the readings in each band of `BANDS`, each classified in its own unit.

    Args:
        ticks: whole numbers of the unit, LO and HI among them.
        unit: whose table is used.
        ranges: the bands.
        weights: seconds each reading stands for, where intervals are mixed.
    """
    counts = np.bincount(codes(ticks, unit, ranges), weights, minlength=len(BANDS))
    shares: Numbers = 100 * counts / counts.sum()
    return shares


def mean_and_sd(values: Numbers, weights: Numbers | None = None) -> tuple[float, float | None]:
    """Mean and standard deviation (n - 1); None for the spread of one value."""
    n = len(values)
    if weights is None:
        return float(values.mean()), float(values.std(ddof=1)) if n > 1 else None
    mean = np.average(values, weights=weights)
    square = np.average((values - mean) ** 2, weights=weights)
    return float(mean), float(np.sqrt(square * n / (n - 1))) if n > 1 else None


def ranges_pct(
    ticks: Ticks, unit: Unit, target: Ranges, weights: Numbers | None = None
) -> Mapping[str, float]:
    """Shares under the names of the report; `below` and `above` include the outer bands."""
    very_low, low, _, high, very_high = map(float, shares_pct(ticks, unit, ADULT, weights))
    own = shares_pct(ticks, unit, target, weights)
    return {
        "tir_pct": float(own[2]),
        "below_target_pct": float(own[0] + own[1]),
        "above_target_pct": float(own[3] + own[4]),
        "tir_tight_pct": float(shares_pct(ticks, unit, TIGHT, weights)[2]),
        "below_70_pct": very_low + low,
        "below_54_pct": very_low,
        "above_180_pct": high + very_high,
        "above_250_pct": very_high,
    }


@dataclass(frozen=True, slots=True)
class Gri:
    """Glycemia risk index (Klonoff 2022): 0 is best, 100 the ceiling."""

    hypo: float
    hyper: float

    @property
    def value(self) -> float:
        """The index, from unrounded shares."""
        return min(100.0, 3.0 * self.hypo + 1.6 * self.hyper)

    @property
    def zone(self) -> str:
        """A (best) to E."""
        return "ABCDE"[sum(self.value > edge for edge in _GRI_ZONES)]


def gri(ticks: Ticks, unit: Unit, weights: Numbers | None = None) -> Gri:
    """The index of some readings; always of the adult bands, each band without the next."""
    very_low, low, _, high, very_high = map(float, shares_pct(ticks, unit, ADULT, weights))
    return Gri(hypo=very_low + 0.8 * low, hyper=very_high + 0.5 * high)


def risks(mg_dl: Numbers) -> tuple[Numbers, Numbers]:
    """Risk of each value as low and as high (Kovatchev); one of the two is 0."""
    f = np.log(mg_dl) ** 1.084 - 5.381
    r = RISK_FACTOR * f**2
    return np.where(f < 0, r, 0.0), np.where(f > 0, r, 0.0)


def adrr(low: Numbers, high: Numbers, days: Ticks) -> float:
    """Average daily risk range: mean over local days of highest low risk plus highest high risk."""
    rows = np.argsort(days, kind="stable")  # who flies west may live a day's end twice
    starts = np.flatnonzero(np.diff(days[rows], prepend=days[rows[0]] - 1))
    worst = [np.maximum.reduceat(risk[rows], starts) for risk in (low, high)]
    return float((worst[0] + worst[1]).mean())


def grade(mg_dl: Numbers, weights: Numbers | None = None) -> float:
    """GRADE score: mean of 0 (harmless) to 50 per value."""
    inner = np.maximum(np.log10(mg_dl / _GRADE_DIVISOR), np.finfo(np.float64).tiny)
    scores = np.minimum(425 * (np.log10(inner) + 0.16) ** 2, _GRADE_CEILING)
    return float(np.average(scores, weights=weights))
