"""The fingersticks' part of a report: readings by slot, the logbook, the modal day."""

from datetime import date

import numpy as np

from devices.glucose import Unit
from telehealth.glycemia import fingersticks
from telehealth.glycemia.bands import BANDS, HI, LO, Ticks
from telehealth.glycemia.fingersticks import Sticks
from telehealth.glycemia.presets import Preset
from telehealth.glycemia.series import DAY_S
from telehealth.glycemia.slots import NO_SLOT, SLOTS, by_time, slot_of
from telehealth.readings.models import MEALS, UNITS
from telehealth.reports.service.columns import Columns
from telehealth.reports.service.rounding import maybe_shown, shown
from telehealth.reports.service.sensing import measures
from telehealth.reports.service.sheets import (
    Cell,
    LogRow,
    ModalDay,
    PairLine,
    PatternLine,
    PointLine,
    SlotLine,
    SticksPart,
)
from telehealth.reports.service.windows import Days

_EPOCH = date(1970, 1, 1).toordinal()
MEDIAN_WINDOW_H = 3
"""Width of the windows of a modal day's median."""
_NEEDED_IN_WINDOW = 5


def sticks_of(found: Columns, preset: Preset) -> Sticks:
    """Readings of meters and hands for the engine."""
    minutes = (found.t + found.offset * 60) % DAY_S // 60
    marked = {
        (code, minute): slot_of(MEALS[code].value, minute)
        for code, minute in {*zip(found.meal.tolist(), minutes.tolist(), strict=True)}
    }
    pairs = zip(found.meal.tolist(), minutes.tolist(), strict=True)
    slot = np.array([marked[pair] for pair in pairs], dtype=np.int64)
    beyond = np.where(found.tick == LO, -1, np.where(found.tick == HI, 1, 0))
    numbers = np.where(beyond == 0, found.tick, 0)
    ticks = {unit: np.where(found.unit == place, numbers, 0) for place, unit in enumerate(UNITS)}
    return fingersticks.sticks(
        found.t, found.offset * 60, ticks, slot, beyond=beyond, ranges=preset.ranges
    )


def sticks_part(found: Columns, preset: Preset, unit: Unit, days: Days) -> SticksPart:
    """Everything fingersticks of some days say."""
    pricks = sticks_of(found, preset)
    told = fingersticks.summary(pricks)
    weekdays, weekends = fingersticks.weekdays_and_weekends(pricks)
    return SticksPart(
        n=told.n,
        n_beyond=told.n_beyond,
        n_below_meter=int((found.tick == LO).sum()),
        n_above_meter=int((found.tick == HI).sum()),
        n_days=told.n_days,
        per_day=told.per_day,
        bands={band.value: share for band, share in told.shares_pct.items()},
        counts=dict(told.counts),
        lowest=maybe_shown(told.lowest, unit),
        highest=maybe_shown(told.highest, unit),
        measures=measures(told.results.items()),
        slots=_slots(pricks, unit),
        pairs=_pairs(pricks, unit),
        points=_points(pricks, unit),
        patterns=_patterns(pricks, days),
        weekday_mean=maybe_shown(weekdays.results["mean"].value, unit),
        weekend_mean=maybe_shown(weekends.results["mean"].value, unit),
        modal=_modal(pricks, unit),
        log=_log(pricks, unit),
    )


def _slots(pricks: Sticks, unit: Unit) -> list[SlotLine]:
    return [
        SlotLine(
            slot=slot.value,
            n=one.n,
            n_days=one.n_days,
            median=maybe_shown(one.median, unit),
            lowest=maybe_shown(one.lowest, unit),
            highest=maybe_shown(one.highest, unit),
            n_low=one.n_low,
            n_high=one.n_high,
        )
        for slot, one in fingersticks.by_slot(pricks).items()
    ]


def _pairs(pricks: Sticks, unit: Unit) -> list[PairLine]:
    return [
        PairLine(
            meal=meal,
            n=one.n,
            before=shown(one.median_before, unit),
            after=shown(one.median_after, unit),
            delta=shown(one.median_delta, unit),
        )
        for meal, one in fingersticks.pairs(pricks).items()
    ]


def _points(pricks: Sticks, unit: Unit) -> list[PointLine]:
    return [
        PointLine(
            slot=one.slot.value,
            mean=maybe_shown(one.mean.value, unit),
            n=one.mean.n,
            n_days=one.n_days,
        )
        for one in fingersticks.seven_points(pricks)
    ]


def _patterns(pricks: Sticks, days: Days) -> list[PatternLine]:
    return [
        PatternLine(slot=one.slot.value, is_low=one.is_low, days=[_day(day) for day in one.days])
        for one in fingersticks.patterns(pricks, days.last.toordinal() - _EPOCH)
    ]


def _modal(pricks: Sticks, unit: Unit) -> ModalDay:
    numbers = pricks.at(pricks.is_number)
    values = [shown(value, unit) for value in numbers.mg_dl.tolist()]
    hours: list[int] = []
    medians: list[float] = []
    if len(numbers.t) >= fingersticks.MODAL_DAY_READINGS:
        for hour in range(0, 24, MEDIAN_WINDOW_H):
            begins, ends = hour * 60, (hour + MEDIAN_WINDOW_H) * 60
            here = (numbers.minutes >= begins) & (numbers.minutes < ends)
            if here.sum() >= _NEEDED_IN_WINDOW:
                hours.append((begins + ends) // 2)
                medians.append(shown(float(np.median(numbers.mg_dl[here])), unit))
    return ModalDay(
        minutes=numbers.minutes.tolist(),
        values=values,
        bands=[BANDS[place].value for place in numbers.band.tolist()],
        hours=hours,
        medians=medians,
    )


def _log(pricks: Sticks, unit: Unit) -> list[LogRow]:
    """Days with readings, newest first; what nobody marked stands in the slot of its time."""
    is_by_time = pricks.slot == NO_SLOT
    place: Ticks = np.where(is_by_time, by_time(pricks.minutes), pricks.slot)
    rows: dict[int, LogRow] = {}
    columns = zip(
        pricks.days.tolist(),
        place.tolist(),
        pricks.minutes.tolist(),
        pricks.mg_dl.tolist(),
        pricks.band.tolist(),
        is_by_time.tolist(),
        strict=True,
    )
    for day, slot, minute, mg_dl, band, by_clock in columns:
        row = rows.setdefault(day, LogRow(on=_day(day), cells={}))
        cell = Cell(
            at=f"{minute // 60:02}:{minute % 60:02}",
            value=None if np.isnan(mg_dl) else shown(mg_dl, unit),
            band=BANDS[band].value,
            is_by_time=by_clock,
        )
        row["cells"].setdefault(SLOTS[slot].value, []).append(cell)
    return [rows[day] for day in sorted(rows, reverse=True)]


def _day(number: int) -> str:
    return date.fromordinal(number + _EPOCH).isoformat()
