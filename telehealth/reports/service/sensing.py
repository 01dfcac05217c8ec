"""The sensor's part of a report: figures of the engine, the profile, one small curve per day."""

from collections.abc import Iterable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from devices.glucose import MG_DL_PER_MMOL_L, Unit
from telehealth.glycemia import grid as grids
from telehealth.glycemia.bands import BANDS, HI, LO, Ticks, codes, is_number
from telehealth.glycemia.display import extremes, on_axis
from telehealth.glycemia.levels import shares_pct
from telehealth.glycemia.panel import Panel, Result, panel
from telehealth.glycemia.presets import Preset
from telehealth.glycemia.series import (
    DAY_S,
    LONGEST_INTERVAL_MIN,
    Series,
    covered_s,
    mg_dl_per_tick,
)
from telehealth.reports.service.rounding import shown
from telehealth.reports.service.sheets import (
    EpisodeLine,
    Hour,
    Measure,
    ProfileCurves,
    SensorPart,
    Strip,
)
from telehealth.reports.service.windows import Days

NEEDED_OF_DAY_PCT = 70
"""A share of a day is said where so much of it is covered."""
_SMOOTHED_MIN = 30
"""Half width of the window a drawn curve is smoothed over; tables are not."""
_DRAWN_MIN = 15
_EPOCH = date(1970, 1, 1).toordinal()
_IN_RANGE = 2
_BAND_NAMES = tuple(band.value for band in BANDS)

Numbers = NDArray[np.float64]


def sensor_part(readings: Series, preset: Preset, unit: Unit, days: Days) -> SensorPart:
    """Everything a sensor's readings of some days say."""
    found = panel(readings, preset)
    enough = found.results["tir_pct"].is_sufficient
    shares = shares_pct(readings.ticks, readings.unit, preset.ranges, readings.weights)
    return SensorPart(
        n=found.n,
        n_days=min(found.n_days, days.length),
        interval_min=found.interval_min,
        n_beyond=int((~is_number(readings.ticks)).sum()),
        n_below_meter=int((readings.ticks == LO).sum()),
        n_above_meter=int((readings.ticks == HI).sum()),
        measures=measures(found.results.items()),
        is_enough=enough,
        bands=dict(zip(_BAND_NAMES, shares.tolist(), strict=True)) if enough else None,
        gri_zone=found.gri_zone,
        episodes=_episodes(found),
        profile=_profile(readings, found.profile, preset, unit),
        strips=_strips(readings, found.interval_min, preset, unit, days),
    )


def measures(results: Iterable[tuple[str, Result]]) -> dict[str, Measure]:
    """Results of the engine as plain data."""
    return {
        name: Measure(
            value=result.value, n=result.n, reason=result.reason.value if result.reason else None
        )
        for name, result in results
    }


def _episodes(found: Panel) -> dict[str, EpisodeLine]:
    return {
        kind.value: EpisodeLine(
            count=one.count,
            n_open=one.n_open,
            n_nocturnal=one.n_nocturnal,
            per_day=one.per_recorded_day,
            mean_minutes=one.mean_minutes,
        )
        for kind, one in (found.episodes or {}).items()
    }


def _profile(
    readings: Series, found: grids.Profile | None, preset: Preset, unit: Unit
) -> ProfileCurves | None:
    if found is None:
        return None
    hours = _hours(readings, preset, unit)
    minutes = np.arange(0, 24 * 60 + 1, _DRAWN_MIN)
    factor = 1 if unit is Unit.MG_DL else 1 / float(MG_DL_PER_MMOL_L)
    curves = {}
    for percent, curve in found.curves.items():
        smooth = _smoothed(found.minutes, curve * factor, minutes)
        digits = 0 if unit is Unit.MG_DL else 2
        curves[f"p{percent}"] = [
            None if np.isnan(value) else round(value, digits) for value in smooth.tolist()
        ]
    return ProfileCurves(
        minutes=minutes.tolist(),
        curves=curves,
        hours=hours,
        lowest_hour=min(hours, key=lambda hour: hour["p5"])["hour"],
        highest_hour=max(hours, key=lambda hour: hour["p95"])["hour"],
    )


def _smoothed(minutes: Ticks, curve: Numbers, at: Ticks) -> Numbers:
    """A curve for the eye: around midnight without a jump, empty where there is nothing near."""
    apart = np.abs(at[:, None] - minutes[None, :]) % (24 * 60)
    apart = np.minimum(apart, 24 * 60 - apart)
    weights = np.clip(1 - apart / _SMOOTHED_MIN, 0, None) * np.isfinite(curve)[None, :]
    total = weights.sum(axis=1)
    sums = weights @ np.nan_to_num(curve)
    smooth = np.full(len(at), np.nan)
    np.divide(sums, total, out=smooth, where=total > 0)
    return smooth


def _hours(readings: Series, preset: Preset, unit: Unit) -> list[Hour]:
    """Percentiles (type 7) of the readings of each hour of the local day; HI and LO are ends."""
    hour_of = (readings.t + readings.offset) % DAY_S // 3600
    low, high = preset.ranges.target(readings.unit)
    found = []
    for hour in range(24):
        ticks = readings.ticks[(hour_of == hour) & is_number(readings.ticks)]
        if not len(ticks):
            continue
        quantiles = np.percentile(ticks, grids.PERCENTILES)
        on_unit = [_of_tick(value, readings.unit, unit) for value in quantiles.tolist()]
        place = int(quantiles[2] > high) - int(quantiles[2] < low)
        p5, p25, p50, p75, p95 = on_unit
        found.append(
            Hour(hour=hour, n=len(ticks), p5=p5, p25=p25, p50=p50, p75=p75, p95=p95, place=place)
        )
    return found


def _of_tick(tick: float, unit: Unit, to: Unit) -> float:
    """A statistic in ticks as a number on the axis, with the decimals people read."""
    return shown(tick * mg_dl_per_tick(unit), to)


def _strips(
    readings: Series, interval: int | None, preset: Preset, unit: Unit, days: Days
) -> list[Strip]:
    local = readings.t + readings.offset
    day_of = local // DAY_S
    own = interval if readings.intervals_min is None else readings.intervals_min
    covered = covered_s(readings, own) if own is not None else np.zeros(len(local), dtype=np.int64)
    band = codes(readings.ticks, readings.unit, preset.ranges)
    # Each day's rows are together: the readings are in order and the offset moves by an hour.
    found = []
    for day in days:
        here = np.flatnonzero(day_of == day.toordinal() - _EPOCH)
        minutes_long = _length_min(days, day)
        pct = min(round(covered[here].sum() / 60 / minutes_long * 100), 100)
        found.append(_strip(readings, band, here, unit, day, pct))
    return found


def _length_min(days: Days, day: date) -> int:
    """Elapsed minutes of a local day: 1380 and 1500 when the clock changes."""
    one = type(days)(day, day)
    return int((one.ends_at - one.begins_at).total_seconds() // 60)


def _strip(
    readings: Series, band: NDArray[np.intp], here: Ticks, unit: Unit, day: date, covered_pct: int
) -> Strip:
    ticks = readings.ticks[here]
    numbers = ticks[is_number(ticks)]
    ends = (
        on_axis(np.array([numbers.min(), numbers.max()]), readings.unit, unit)
        if len(numbers)
        else None
    )
    is_enough = len(here) > 0 and covered_pct >= NEEDED_OF_DAY_PCT
    minutes, values = _curve(readings, band, here, unit)
    return Strip(
        on=day.isoformat(),
        n=len(here),
        covered_pct=int(covered_pct),
        in_range_pct=100 * float((band[here] == _IN_RANGE).mean()) if is_enough else None,
        lowest=float(ends[0]) if ends is not None else None,
        highest=float(ends[1]) if ends is not None else None,
        n_low=int((band[here] < _IN_RANGE).sum()),
        minutes=minutes,
        values=values,
    )


def _curve(
    readings: Series, band: NDArray[np.intp], here: Ticks, unit: Unit
) -> tuple[list[int], list[float | None]]:
    """A day's line: the extremes of each half hour, every reading out of range, gaps as gaps."""
    here = here[is_number(readings.ticks[here])]
    if not len(here):
        return [], []
    t, ticks = readings.t[here], readings.ticks[here]
    kept = np.union1d(extremes(t, ticks, 1800), np.flatnonzero(band[here] != _IN_RANGE))
    minute = ((t + readings.offset[here]) % DAY_S // 60)[kept]
    drawn = on_axis(ticks[kept], readings.unit, unit)
    # The hour that comes twice in autumn goes back on the wall clock: the line is broken there.
    silent = np.diff(t) > LONGEST_INTERVAL_MIN * 60
    piece = np.append(0, np.cumsum(silent))[kept]
    breaks = np.flatnonzero((np.diff(piece) > 0) | (np.diff(minute) < 0)) + 1
    minutes = np.insert(minute, breaks, minute[np.minimum(breaks, len(minute) - 1)])
    values = np.insert(drawn, breaks, np.nan)
    return minutes.tolist(), [None if np.isnan(value) else value for value in values.tolist()]
