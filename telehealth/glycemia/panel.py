"""The whole panel of one person: every metric with its n, and why one is missing.

A metric asks what kind of source it gets: what needs a continuous trace is refused for
fingersticks, also when asked for with force.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from telehealth.glycemia import episodes, excursions, levels
from telehealth.glycemia import grid as grids
from telehealth.glycemia.presets import ADULTS, Preset
from telehealth.glycemia.series import (
    DAY_MIN,
    Series,
    Source,
    interval_min,
    mg_dl_per_tick,
    wear_pct,
)

NEEDED_DAYS = 14
NEEDED_WEAR_PCT = 70
NEEDED_PER_DAY = 3
"""Fingersticks a day for the ADRR."""

SUMMARY = frozenset(
    [
        "cv_pct",
        "gmi_pct",
        "ea1c_pct",
        "tir_pct",
        "tir_tight_pct",
        "below_target_pct",
        "above_target_pct",
        "below_70_pct",
        "below_54_pct",
        "above_180_pct",
        "above_250_pct",
        "gri",
        "gri_hypo",
        "gri_hyper",
        "adrr",
        "profile",
    ]
)
"""Judged values: 14 days and 70 % wear."""

OF_NUMBERS = (
    "mean", "sd", "cv_pct", "gmi_pct", "ea1c_pct", "j_index", "lbgi", "hbgi", "bgri", "adrr",
    "grade",
)  # fmt: skip
"""What LO and HI have no part in."""

FOR_FINGERSTICKS = frozenset(
    ["mean", "sd", "cv_pct", "lbgi", "hbgi", "bgri", "adrr", "j_index", "grade"]
)


class Reason(StrEnum):
    """Why a value is missing, or not to be judged by."""

    NO_READINGS = "no_readings"
    NOT_ENOUGH_DATA = "not_enough_data"
    NO_INTERVAL = "no_interval"
    """Too few readings, or too far apart, for a continuous trace."""
    TOO_FEW_VALUES = "too_few_values"
    NOT_FOR_FINGERSTICKS = "not_for_fingersticks"


@dataclass(frozen=True, slots=True)
class Result:
    """One metric: the value, from how many values, and what speaks against it."""

    value: float | None
    n: int
    reason: Reason | None = None

    @property
    def is_sufficient(self) -> bool:
        """Whether the data suffice; a forced value of too few data has a reason as well."""
        return self.reason is None


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Everything computed of one series. Glucose values in mg/dL."""

    preset: Preset
    n: int
    n_beyond: int
    """LO and HI: in the shares and episodes, never in mean, spread or risk."""
    n_days: int
    interval_min: int | None
    results: Mapping[str, Result]
    gri_zone: str | None
    episodes: Mapping[episodes.Kind, episodes.Summary] | None
    profile: grids.Profile | None


Found = Iterator[tuple[str, float | None, int]]


def panel(readings: Series, preset: Preset = ADULTS, *, is_forced: bool = False) -> Panel:
    """Compute the panel.

    Args:
        readings: of one person and one source.
        preset: whose target range `tir_pct`, `below_target_pct` and `above_target_pct` use.
        is_forced: give values also where the data do not suffice; the reason stays beside them.
    """
    step = interval_min(readings) if readings.source is Source.SENSOR else None
    trace = grids.grid(readings, step) if step else None
    wear = wear_pct(readings, step) if step else None
    enough = _is_enough(readings, wear)
    found = {name: (value, n) for name, value, n in _all(readings, trace, preset, wear)}
    results = {
        name: _judged(name, value, n, readings, trace, is_enough=enough, is_forced=is_forced)
        for name, (value, n) in found.items()
    }
    shown = results["gri"].value is not None
    return Panel(
        preset=preset,
        n=len(readings.t),
        n_beyond=int((~readings.is_number).sum()),
        n_days=readings.n_days,
        interval_min=step,
        results=results,
        gri_zone=_gri(readings).zone if shown else None,
        episodes=_episodes(readings, trace) if trace else None,
        profile=_profile(readings, trace) if trace and (enough or is_forced) else None,
    )


def _is_enough(readings: Series, wear: float | None) -> bool:
    if readings.source is Source.SENSOR:
        return readings.n_days >= NEEDED_DAYS and wear is not None and wear >= NEEDED_WEAR_PCT
    _, per_day = np.unique(readings.days, return_counts=True)
    return int((per_day >= NEEDED_PER_DAY).sum()) >= NEEDED_DAYS


def _judged(
    name: str,
    value: float | None,
    n: int,
    readings: Series,
    trace: grids.Grid | None,
    *,
    is_enough: bool,
    is_forced: bool,
) -> Result:
    """The result of one metric: whether its source, its data and its n allow it."""
    if not len(readings.t):
        return Result(None, 0, Reason.NO_READINGS)
    if readings.source is Source.FINGERSTICK and not (
        name in FOR_FINGERSTICKS or name.startswith("readings_")
    ):
        return Result(None, n, Reason.NOT_FOR_FINGERSTICKS)
    # The spread of fingersticks is "of readings": only the ADRR asks for days of them.
    if name in SUMMARY and not is_enough and (readings.source is Source.SENSOR or name == "adrr"):
        return Result(value if is_forced else None, n, Reason.NOT_ENOUGH_DATA)
    if value is None:
        return Result(None, n, Reason.TOO_FEW_VALUES if trace or n else Reason.NO_INTERVAL)
    return Result(value, n)


def _all(readings: Series, trace: grids.Grid | None, preset: Preset, wear: float | None) -> Found:
    n = len(readings.t)
    yield "wear_pct", wear, n if wear is not None else 0
    if n:
        yield from _of_levels(readings)
        yield from _of_shares(readings, preset)
    else:
        yield from ((name, None, 0) for name in sorted(SUMMARY | FOR_FINGERSTICKS))
    yield from _of_trace(trace, mg_dl_per_tick(readings.unit))
    # The curves stand in `Panel.profile`; the value here is the width of a slot in minutes.
    yield "profile", *((None, 0) if trace is None else (float(trace.step_min), n))


def _of_levels(readings: Series) -> Found:
    is_number, factor = readings.is_number, mg_dl_per_tick(readings.unit)
    ticks, days = readings.ticks[is_number], readings.days[is_number]
    mg_dl = readings.mg_dl[is_number]
    n = len(ticks)
    if not n:
        yield from ((name, None, 0) for name in OF_NUMBERS)
        return
    weights = None if readings.weights is None else readings.weights[is_number]
    middle, spread = levels.mean_and_sd(ticks.astype(np.float64), weights)
    mean, sd = middle * factor, _times(spread, factor)
    low, high = levels.risks(mg_dl)
    lbgi, hbgi = (float(np.average(risk, weights=weights)) for risk in (low, high))
    yield "mean", mean, n
    yield "sd", sd, n
    yield "cv_pct", None if sd is None else 100 * sd / mean, n
    yield "gmi_pct", levels.gmi_pct(mean), n
    yield "ea1c_pct", levels.ea1c_pct(mean), n
    yield "j_index", None if sd is None else levels.j_index(mean, sd), n
    yield "lbgi", lbgi, n
    yield "hbgi", hbgi, n
    yield "bgri", lbgi + hbgi, n
    yield "adrr", levels.adrr(low, high, days), readings.n_days
    yield "grade", levels.grade(mg_dl, weights), n


def _of_shares(readings: Series, preset: Preset) -> Found:
    n = len(readings.t)
    shares = levels.ranges_pct(readings.ticks, readings.unit, preset.ranges, readings.weights)
    index = _gri(readings)
    for name, value in shares.items():
        yield name, value, n
        if readings.source is Source.FINGERSTICK:
            # Never "time": people measure when they feel unwell.
            yield f"readings_{name.replace('tir_', 'in_range_')}", value, n
    yield "gri", index.value, n
    yield "gri_hypo", index.hypo, n
    yield "gri_hyper", index.hyper, n


def _gri(readings: Series) -> levels.Gri:
    return levels.gri(readings.ticks, readings.unit, readings.weights)


def _of_trace(trace: grids.Grid | None, factor: float) -> Found:
    if trace is None:
        for name in ("modd", "conga24", "conga1", "mag", "mage", "gvp_pct", "rate_sd"):
            yield name, None, 0
        return
    day, step = grids.differences(trace, DAY_MIN), grids.differences(trace, trace.step_min)
    hour = grids.differences(trace, 60)
    yield "modd", _times(grids.modd(day), factor), len(day)
    yield "conga24", _times(grids.conga(day), factor), len(day)
    yield "conga1", None if 60 % trace.step_min else _times(grids.conga(hour), factor), len(hour)
    yield "mag", _times(grids.mag(step, trace.step_min), factor), len(step)
    yield "mage", _times(excursions.mage(trace), factor), int(np.isfinite(trace.values).sum())
    yield "gvp_pct", grids.gvp_pct(step * factor, trace.step_min), len(step)
    yield "rate_sd", _times(grids.rate_sd(trace), factor), len(step)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _episodes(readings: Series, trace: grids.Grid) -> Mapping[episodes.Kind, episodes.Summary]:
    factor = mg_dl_per_tick(readings.unit)
    return {
        kind: episodes.summary(found, trace, factor)
        for kind, found in episodes.all_kinds(trace, readings.unit).items()
    }


def _profile(readings: Series, trace: grids.Grid) -> grids.Profile:
    factor, found = mg_dl_per_tick(readings.unit), grids.profile(trace)
    curves = {percent: curve * factor for percent, curve in found.curves.items()}
    return grids.Profile(found.minutes, curves)
