"""What a local day adds to any window: sums, risk, extremes and recorded time.

A window of whole days is answered from these rows alone. They depend only on the readings of the
day and the interval of the device, so the order of uploads never shows.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from telehealth.glycemia.bands import ADULT, Ranges, Ticks, is_number
from telehealth.glycemia.daily import DaySums, sums
from telehealth.glycemia.levels import risks
from telehealth.glycemia.series import Series, covered_s


@dataclass(frozen=True, slots=True)
class Day:
    """One local day of one source. Extremes in ticks of its unit."""

    sums: DaySums
    low_risk: float
    """Sum over the readings, as `high_risk`."""
    high_risk: float
    worst_low_risk: float
    worst_high_risk: float
    lowest: int | None
    """None where the day has only LO and HI; as `highest`."""
    highest: int | None
    recorded_s: int
    """Seconds that readings of this day cover; the last one may reach into the next day."""


def by_day(readings: Series, interval_min: int | Ticks, ranges: Ranges = ADULT) -> dict[int, Day]:
    """The rows of all days with readings, by days since 1970 on the local calendar.

    Args:
        readings: of one source.
        interval_min: of the device, or of each reading's device.
        ranges: the patient's bands.
    """
    is_value = is_number(readings.ticks)
    low, high = np.zeros(len(is_value)), np.zeros(len(is_value))
    low[is_value], high[is_value] = risks(readings.mg_dl[is_value])
    covered = covered_s(readings, interval_min)
    days = readings.days
    found = {}
    for day in np.unique(days):
        here = days == day
        ticks = readings.ticks[here]
        numbers = ticks[is_value[here]]
        found[int(day)] = Day(
            sums=sums(ticks, readings.unit, ranges),
            low_risk=float(low[here].sum()),
            high_risk=float(high[here].sum()),
            worst_low_risk=float(low[here].max()),
            worst_high_risk=float(high[here].max()),
            lowest=int(numbers.min()) if len(numbers) else None,
            highest=int(numbers.max()) if len(numbers) else None,
            recorded_s=int(covered[here].sum()),
        )
    return found


@dataclass(frozen=True, slots=True)
class Window:
    """The risk indices of some days."""

    lbgi: float
    hbgi: float
    adrr: float


def window(days: Collection[Day]) -> Window | None:
    """The risk indices of some days together; None without a number on any of them."""
    days = [day for day in days if day.sums.n_numbers]
    if not days:
        return None
    n = sum(day.sums.n_numbers for day in days)
    return Window(
        lbgi=sum(day.low_risk for day in days) / n,
        hbgi=sum(day.high_risk for day in days) / n,
        adrr=sum(day.worst_low_risk + day.worst_high_risk for day in days) / len(days),
    )
