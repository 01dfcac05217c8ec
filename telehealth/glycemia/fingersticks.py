"""What fingersticks can say: shares of readings, slots, pairs around meals, patterns.

Readings are not evenly spread over the day, so nothing here is a share of time. Values in mg/dL;
each reading was classified in its own unit, so both units may meet in one diary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from devices.glucose import Unit
from telehealth.glycemia import levels
from telehealth.glycemia.bands import ADULT, BANDS, Band, Ranges, Ticks, codes
from telehealth.glycemia.display import Numbers
from telehealth.glycemia.panel import NEEDED_DAYS, NEEDED_PER_DAY, Reason, Result
from telehealth.glycemia.series import DAY_S, mg_dl_per_tick
from telehealth.glycemia.slots import SEVEN_POINTS, SLOTS, Slot

AFTER_MEAL_MIN = (60, 180)
"""A reading "after" belongs to the one "before" the same meal so many minutes earlier."""

PROFILE_DAYS = 3
MODAL_DAY_READINGS = 30
"""With fewer readings a modal day shows points only."""

PATTERN_DAYS = 14
LOW_DAYS, HIGH_DAYS = 2, 3
"""The same slot out of target on so many of 14 days is a pattern. Our choice."""

MEALS = {
    "breakfast": (Slot.BEFORE_BREAKFAST, Slot.AFTER_BREAKFAST),
    "lunch": (Slot.BEFORE_LUNCH, Slot.AFTER_LUNCH),
    "dinner": (Slot.BEFORE_DINNER, Slot.AFTER_DINNER),
}
_SATURDAY, _THURSDAY, _WEEK = 5, 3, 7  # 1 January 1970 was a Thursday
_IN_RANGE = BANDS.index(Band.IN_RANGE)


@dataclass(frozen=True, slots=True, eq=False)
class Sticks:
    """Fingersticks of one person in order of time; made by `sticks`."""

    t: Ticks
    """Seconds since 1970, strictly ascending."""
    offset: Ticks
    """Seconds east of UTC on the clock at the time of the reading."""
    mg_dl: Numbers
    """Unrounded; NaN where the meter said HI or LO."""
    band: Ticks
    """Place in `BANDS`, by the patient's ranges."""
    adult: Ticks
    """The same by the fixed limits 54, 70, 180 and 250 mg/dL."""
    slot: Ticks
    """Place in `SLOTS`, -1 for none."""

    @property
    def days(self) -> Ticks:
        """Local day of each reading, counted from 1970."""
        return (self.t + self.offset) // DAY_S

    @property
    def minutes(self) -> Ticks:
        """Minutes after local midnight."""
        return (self.t + self.offset) % DAY_S // 60

    @property
    def is_number(self) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """Where there is a value; HI and LO have a band and no value."""
        return np.isfinite(self.mg_dl)

    def at(self, places: object) -> "Sticks":
        """Some of them."""
        return Sticks(*(getattr(self, name)[places] for name in self.__slots__))


def sticks(
    t: Ticks,
    offset: Ticks,
    ticks: Mapping[Unit, Ticks],
    slot: Ticks,
    *,
    beyond: Ticks | None = None,
    ranges: Ranges = ADULT,
) -> Sticks:
    """Readings in any order and in both units.

    The same instant counts once, with its lowest value: the order of arrival never decides and a
    low is never hidden.

    Args:
        t: seconds since 1970.
        offset: seconds east of UTC.
        ticks: for each unit the ticks of all readings, 0 where a reading is in the other unit.
        slot: places in `SLOTS`, -1 for none.
        beyond: 1 where the meter said HI, -1 for LO, else 0.
        ranges: the patient's bands.
    """
    mg_dl, band, adult = np.zeros(len(t)), np.zeros(len(t), np.int64), np.zeros(len(t), np.int64)
    for unit, own in ticks.items():
        here = own > 0
        mg_dl[here] = own[here] * mg_dl_per_tick(unit)
        band[here] = codes(own[here], unit, ranges)
        adult[here] = codes(own[here], unit, ADULT)
    for sign, end in ((-1, 0), (1, len(BANDS) - 1)):
        out = beyond == sign if beyond is not None else np.zeros(len(t), bool)
        mg_dl[out], band[out], adult[out] = sign * np.inf, end, end
    rows = np.lexsort((slot, offset, mg_dl, t))
    is_first = np.diff(t[rows], prepend=t[rows[0]] - 1) > 0 if len(t) else np.empty(0, bool)
    rows = rows[is_first]
    values = np.where(np.isfinite(mg_dl[rows]), mg_dl[rows], np.nan)
    return Sticks(t[rows], offset[rows], values, band[rows], adult[rows], slot[rows])


@dataclass(frozen=True, slots=True)
class Summary:
    """All readings of a window; shares are percent of readings, never of time."""

    n: int
    n_beyond: int
    """HI and LO: in the shares and counts, never in mean or SD."""
    n_days: int
    per_day: float | None
    """Readings per day with readings."""
    shares_pct: Mapping[Band, float]
    """By the patient's ranges; empty without readings."""
    counts: Mapping[str, int]
    """`below_54`, `below_70`, `above_180`, `above_250` (mg/dL, each with its end of the table)."""
    lowest: float | None
    highest: float | None
    results: Mapping[str, Result]
    """`mean`, `sd`, `cv_pct`, `lbgi`, `hbgi`, `bgri`, `adrr`."""


def summary(found: Sticks) -> Summary:
    """Level, spread, shares and risk of a window."""
    n, n_days = len(found.t), len(np.unique(found.days))
    values = found.mg_dl[found.is_number]
    shares = 100 * np.bincount(found.band, minlength=len(BANDS)) / n if n else ()
    adult = np.bincount(found.adult, minlength=len(BANDS))
    return Summary(
        n=n,
        n_beyond=n - len(values),
        n_days=n_days,
        per_day=n / n_days if n else None,
        shares_pct=dict(zip(BANDS, map(float, shares), strict=False)),
        counts={
            "below_54": int(adult[0]),
            "below_70": int(adult[:_IN_RANGE].sum()),
            "above_180": int(adult[_IN_RANGE + 1 :].sum()),
            "above_250": int(adult[-1]),
        },
        lowest=float(values.min()) if len(values) else None,
        highest=float(values.max()) if len(values) else None,
        results=_results(values, found.days[found.is_number]),
    )


def _results(values: Numbers, days: Ticks) -> Mapping[str, Result]:
    n = len(values)
    if not n:
        names = ("mean", "sd", "cv_pct", "lbgi", "hbgi", "bgri", "adrr")
        return {name: Result(None, 0, Reason.NO_READINGS) for name in names}
    mean = float(values.mean())
    sd = float(values.std(ddof=1)) if n > 1 else None
    low, high = levels.risks(values)
    lbgi, hbgi = float(low.mean()), float(high.mean())
    few = Reason.TOO_FEW_VALUES if sd is None else None
    return {
        "mean": Result(mean, n),
        "sd": Result(sd, n, few),
        "cv_pct": Result(None if sd is None else 100 * sd / mean, n, few),
        "lbgi": Result(lbgi, n),
        "hbgi": Result(hbgi, n),
        "bgri": Result(lbgi + hbgi, n),
        "adrr": _adrr(low, high, days),
    }


def _adrr(low: Numbers, high: Numbers, days: Ticks) -> Result:
    """With 14 days of at least three readings, over those days only."""
    every, back, counts = np.unique(days, return_inverse=True, return_counts=True)
    full = counts >= NEEDED_PER_DAY
    if full.sum() < NEEDED_DAYS:
        return Result(None, len(every), Reason.NOT_ENOUGH_DATA)
    kept = full[back]
    return Result(levels.adrr(low[kept], high[kept], days[kept]), int(full.sum()))


@dataclass(frozen=True, slots=True)
class AtSlot:
    """The readings of one slot."""

    n: int
    n_days: int
    median: float | None
    """None where the meter only said HI or LO."""
    lowest: float | None
    highest: float | None
    n_low: int
    """Readings under the patient's range."""
    n_high: int


def by_slot(found: Sticks) -> dict[Slot, AtSlot]:
    """Each slot that has readings, in the order of the day."""
    slots = {}
    for place in np.unique(found.slot[found.slot >= 0]):
        here = found.at(found.slot == place)
        values = here.mg_dl[here.is_number]
        slots[SLOTS[place]] = AtSlot(
            n=len(here.t),
            n_days=len(np.unique(here.days)),
            median=float(np.median(values)) if len(values) else None,
            lowest=float(values.min()) if len(values) else None,
            highest=float(values.max()) if len(values) else None,
            n_low=int((here.band < _IN_RANGE).sum()),
            n_high=int((here.band > _IN_RANGE).sum()),
        )
    return slots


@dataclass(frozen=True, slots=True)
class Pairs:
    """Readings before and after the same meal, mg/dL."""

    n: int
    median_before: float
    median_after: float
    median_delta: float
    """Median of after - before of each pair; not the difference of the two medians."""


def pairs(found: Sticks) -> dict[str, Pairs]:
    """For `breakfast`, `lunch` and `dinner` the pairs one to three hours apart, if any."""
    meals = {}
    shortest, longest = (60 * minutes for minutes in AFTER_MEAL_MIN)
    is_number = found.is_number
    for meal, (before_slot, after_slot) in MEALS.items():
        before = found.at((found.slot == SLOTS.index(before_slot)) & is_number)
        after = found.at((found.slot == SLOTS.index(after_slot)) & is_number)
        if not len(before.t):
            continue
        # The last reading before the meal that is old enough, and the first after it that fits.
        partner = np.searchsorted(before.t, after.t - shortest, side="right") - 1
        fits = (partner >= 0) & (after.t - before.t[partner.clip(0)] <= longest)
        _, firsts = np.unique(partner[fits], return_index=True)
        chosen = np.flatnonzero(fits)[firsts]
        if len(chosen):
            first, second = before.mg_dl[partner[chosen]], after.mg_dl[chosen]
            meals[meal] = Pairs(
                n=len(chosen),
                median_before=float(np.median(first)),
                median_after=float(np.median(second)),
                median_delta=float(np.median(second - first)),
            )
    return meals


@dataclass(frozen=True, slots=True)
class Point:
    """One of the seven points: the mean in mg/dL, or why there is none."""

    slot: Slot
    mean: Result
    n_days: int


def seven_points(found: Sticks) -> Sequence[Point]:
    """Mean before and after each meal and at bedtime, each over at least three days."""
    points = []
    for place, slot in enumerate(SEVEN_POINTS):
        here = (found.slot == place) & found.is_number
        n, n_days = int(here.sum()), len(np.unique(found.days[here]))
        if n_days >= PROFILE_DAYS:
            result = Result(float(found.mg_dl[here].mean()), n)
        else:
            result = Result(None, n, Reason.NOT_ENOUGH_DATA if n else Reason.NO_READINGS)
        points.append(Point(slot, result, n_days))
    return points


def fasting_mean(found: Sticks) -> Result:
    """Mean of the readings before breakfast."""
    return seven_points(found)[0].mean


def weekdays_and_weekends(found: Sticks) -> tuple[Summary, Summary]:
    """Monday to Friday, and Saturday with Sunday."""
    is_weekend = (found.days + _THURSDAY) % _WEEK >= _SATURDAY
    return summary(found.at(~is_weekend)), summary(found.at(is_weekend))


@dataclass(frozen=True, slots=True)
class Pattern:
    """The same slot on the same side of the range on several days."""

    slot: Slot
    is_low: bool
    days: Sequence[int]
    """Local days since 1970, oldest first."""
    places: Sequence[int]
    """Which readings stand behind it."""


def patterns(found: Sticks, last_day: int) -> Sequence[Pattern]:
    """Slots low on at least two, or high on at least three, of the 14 days ending with `last_day`.

    Lows first, then in the order of the day.
    """
    recent = (found.days > last_day - PATTERN_DAYS) & (found.days <= last_day)
    seen = []
    for is_low, needed in ((True, LOW_DAYS), (False, HIGH_DAYS)):
        out = found.band < _IN_RANGE if is_low else found.band > _IN_RANGE
        for place, slot in enumerate(SLOTS):
            places = np.flatnonzero(recent & out & (found.slot == place))
            days = np.unique(found.days[places])
            if len(days) >= needed:
                seen.append(Pattern(slot, is_low, days.tolist(), places.tolist()))
    return seen
