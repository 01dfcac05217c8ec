"""Sums of one day that add up to any window: mean, SD and shares without the single values.

Whole numbers in each unit's own ticks, so that day sums and raw values agree to the last digit;
units meet only in the mean, where conversion is exact decimal arithmetic.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Self

import numpy as np

from devices.glucose import MG_DL_PER_MMOL_L, Unit
from telehealth.glycemia.bands import ADULT, BANDS, Band, Ranges, Ticks, codes, is_number

MG_DL_PER_TICK = {Unit.MG_DL: Decimal(1), Unit.MMOL_L: MG_DL_PER_MMOL_L / 10}


@dataclass(frozen=True, slots=True)
class DaySums:
    """Number of values, how many in each band, sum and sum of squares of their ticks."""

    n: int = 0
    very_low: int = 0
    low: int = 0
    in_range: int = 0
    high: int = 0
    very_high: int = 0
    total: int = 0
    squares: int = 0
    out_of_range: int = 0
    """LO and HI: counted in `n` and the bands, not in `total` and `squares`."""

    @property
    def n_numbers(self) -> int:
        """How many values the sums are of."""
        return self.n - self.out_of_range

    def __add__(self, other: Self) -> "DaySums":
        """Both days (of the same unit) together."""
        names = [field.name for field in fields(self)]
        return DaySums(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def share(self, band: Band) -> Decimal | None:
        """Percent of the values in a band; None without values. Of readings, never of time."""
        return Decimal(100 * getattr(self, band.value)) / self.n if self.n else None


def sums(ticks: Ticks, unit: Unit, ranges: Ranges = ADULT) -> DaySums:
    """The sums of some values of one unit."""
    counts = np.bincount(codes(ticks, unit, ranges), minlength=len(BANDS))
    very_low, low, in_range, high, very_high = (int(count) for count in counts)
    numbers = ticks[is_number(ticks)]
    return DaySums(
        n=len(ticks),
        very_low=very_low,
        low=low,
        in_range=in_range,
        high=high,
        very_high=very_high,
        total=int(numbers.sum()),
        squares=int((numbers * numbers).sum()),
        out_of_range=len(ticks) - len(numbers),
    )


def mean_mg_dl(parts: Iterable[tuple[Unit, DaySums]]) -> Decimal | None:
    """Mean in mg/dL of values in both units, unrounded; None without values."""
    total, n = Decimal(0), 0
    for unit, part in parts:
        total += part.total * MG_DL_PER_TICK[unit]
        n += part.n_numbers
    return total / n if n else None


def sd_mg_dl(parts: Iterable[tuple[Unit, DaySums]]) -> Decimal | None:
    """Standard deviation (n - 1) in mg/dL, unrounded; None with fewer than two values."""
    total, squares, n = Decimal(0), Decimal(0), 0
    for unit, part in parts:
        total += part.total * MG_DL_PER_TICK[unit]
        squares += part.squares * MG_DL_PER_TICK[unit] ** 2
        n += part.n_numbers
    if n < 2:  # noqa: PLR2004 - one value has no spread
        return None
    return max((squares - total * total / n) / (n - 1), Decimal(0)).sqrt()
