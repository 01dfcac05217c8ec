"""Charts as Plotly figures, built as plain dicts: the library's own classes cost half the time.

Colours are names of the page's style sheet. Times are on the wall clock of each reading.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from devices.glucose import Unit
from telehealth.core.chart_text import says
from telehealth.core.i18n import N_
from telehealth.glycemia.bands import BANDS, HI, LO, Ticks, codes, is_number
from telehealth.glycemia.display import extremes, on_axis
from telehealth.glycemia.series import LONGEST_INTERVAL_MIN
from telehealth.readings.figures import SYMBOLS, Words
from telehealth.readings.models import UNITS
from telehealth.reports.figures.axes import DAY_MIN, Axis, axis_of, clock, ticks_beside
from telehealth.reports.service import Columns, Days, Trace
from telehealth.reports.service.sheets import ModalDay, ProfileCurves, Targets

Figure = dict[str, Any]
Numbers = NDArray[np.float64]

_DAY_MS = 86_400_000
FULL_DETAIL_DAYS = 8
"""So many days and fewer are drawn whole; longer spans ask again for the part looked at."""
BUCKETS = 700
_MANY_MARKS = 1_200
"""With more readings out of range the line alone shows the highs; lows keep their marks."""
_IN_RANGE = 2
_SMALL = {"size": 13}
_CLOCKS = tuple(range(0, DAY_MIN + 1, 180))


def written(figure: Figure) -> bytes:
    """A figure as JSON."""
    return orjson.dumps(figure, option=orjson.OPT_SERIALIZE_NUMPY)


def trace_figure(trace: Trace, days: Days, words: Words) -> Figure:
    """Glucose over some days: a sensor as a line, fingersticks as marks, the target shaded."""
    axis = axis_of(trace.unit)
    drawn: list[Figure] = []
    is_sensor = np.isin(trace.columns.source, list(trace.sensors))
    for found, sensed in (
        (trace.columns.at(is_sensor), True),
        (trace.columns.at(~is_sensor), False),
    ):
        if len(found.t):
            drawn += _of_kind(found, trace, days, axis, words, is_sensor=sensed)
    begins, ends = ((day.toordinal() - 719_163) * _DAY_MS for day in (days.first, days.last))
    layout = _layout(axis, trace.unit, trace.targets)
    layout["xaxis"] = {
        "type": "date",
        "range": [begins, ends + _DAY_MS],
        "hoverformat": words.moment,
    }
    layout["shapes"] += _nights(days)
    layout["meta"] = {
        "whole": days.length <= FULL_DETAIL_DAYS,
        "whole_ms": (FULL_DETAIL_DAYS - 1) * _DAY_MS,
    }
    return {"data": drawn, "layout": layout}


def _of_kind(
    found: Columns, trace: Trace, days: Days, axis: Axis, words: Words, *, is_sensor: bool
) -> list[Figure]:
    rows = np.argsort(found.t, kind="stable")
    found = found.at(rows)
    shown, band = np.zeros(len(found.t)), np.zeros(len(found.t), dtype=np.int64)
    for place, unit in enumerate(UNITS):
        here = found.unit == place
        shown[here] = on_axis(found.tick[here], unit, trace.unit)
        band[here] = codes(found.tick[here], unit, trace.ranges)
    shown[found.tick == LO], shown[found.tick == HI] = axis.bottom, axis.top
    label = words.translate(N_("sensor")) if is_sensor else words.translate(N_("fingersticks"))
    x = (found.t + found.offset * 60) * 1000
    marks: list[Figure] = []
    if is_sensor:
        kept = kept_places(found.t, found.tick, shown, band, days.length)
        marks.append(_line(found.t, x, shown, kept, label, trace.unit))
        is_out = band != _IN_RANGE
        if is_out.sum() > _MANY_MARKS:
            is_out = band < _IN_RANGE
        chosen = np.flatnonzero(is_out)
    else:
        chosen = np.arange(len(x))
    for place in np.unique(band[chosen]).tolist():
        here = chosen[band[chosen] == place]
        marks.append(
            _marks(x[here], shown[here], axis, place, label, trace.unit, words, is_sensor=is_sensor)
        )
    return marks


def kept_places(
    t: Ticks, tick: Ticks, shown: Numbers, band: Ticks, length_days: int
) -> NDArray[np.intp]:
    """Points a line is drawn of: the extremes of each bucket, all that is out of range."""
    if length_days <= FULL_DETAIL_DAYS:
        return np.flatnonzero(is_number(tick) | (band != _IN_RANGE))
    scaled = np.round(shown * 10).astype(np.int64)
    bucket_s = max(1, length_days * 86_400 // BUCKETS)
    return np.union1d(extremes(t, scaled, bucket_s), np.flatnonzero(band != _IN_RANGE))


def _line(
    t: Ticks, x: Ticks, shown: Numbers, kept: NDArray[np.intp], label: str, unit: Unit
) -> Figure:
    """Broken where the sensor was silent, not where points were left out."""
    is_break = (np.diff(t) > LONGEST_INTERVAL_MIN * 60) | (np.diff(x) < 0)  # the clock goes back
    piece = np.append(0, np.cumsum(is_break))[kept]
    breaks = np.flatnonzero(np.diff(piece)) + 1
    places = np.insert(kept, breaks, kept[np.minimum(breaks, len(kept) - 1)])
    y: list[float | None] = shown[places].tolist()
    for number, place in enumerate(breaks.tolist()):
        y[place + number] = None
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label,
        "x": x[places].tolist(),
        "y": y,
        "line": {"color": "var(--muted)", "width": 1.5 if len(kept) == len(t) else 0.8},
        "connectgaps": False,
        "hovertemplate": f"<b>%{{y}} {unit.value}</b><br>%{{x}}<extra></extra>",
        "meta": {"says": says(unit.value, "", label)},
    }


def _marks(
    x: Ticks,
    y: Numbers,
    axis: Axis,
    place: int,
    label: str,
    unit: Unit,
    words: Words,
    *,
    is_sensor: bool,
) -> Figure:
    """Marks of one band; what lies beyond the axis stands at its end and says its value."""
    band = BANDS[place]
    word = words.band(place)
    return {
        "type": "scatter",
        "mode": "markers",
        "cliponaxis": False,
        "name": f"{label}, {word}",
        "x": x.tolist(),
        "y": np.clip(y, axis.bottom, axis.top).tolist(),
        "customdata": y.tolist(),
        "marker": {
            "symbol": SYMBOLS[band],
            "size": 4 if is_sensor else 9,
            "color": f"var(--band-{band.value.replace('_', '-')})",
            "line": {"width": 2 if SYMBOLS[band].endswith("open") and not is_sensor else 0},
        },
        "hovertemplate": (f"<b>%{{customdata}} {unit.value}</b> {word}<br>%{{x}}<extra></extra>"),
        "meta": {"says": says(unit.value, word, label)},
    }


def profile_figure(found: ProfileCurves, unit: Unit, targets: Targets, words: Words) -> Figure:
    """Percentiles by time of day: two bands and a bold median, the target shaded."""
    axis = axis_of(unit)
    minutes, curves = found["minutes"], found["curves"]
    data = [
        *_areas(minutes, curves["p5"], curves["p95"], 0.16, axis),
        *_areas(minutes, curves["p25"], curves["p75"], 0.3, axis),
    ]
    for name, width, dash in (("p5", 1, "dot"), ("p95", 1, "dot"), ("p50", 3.5, "solid")):
        label = words.translate(PERCENTILES[name])
        values = [None if value is None else axis.inside(value) for value in curves[name]]
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": label,
                "x": minutes,
                "y": values,
                "customdata": [
                    [clock(minute, words.locale), value]
                    for minute, value in zip(minutes, curves[name], strict=True)
                ],
                "connectgaps": False,
                "line": {"color": "var(--accent)", "width": width, "dash": dash},
                "hovertemplate": (
                    f"<b>%{{customdata[1]}} {unit.value}</b> %{{customdata[0]}}"
                    f"<extra>{label}</extra>"
                ),
            }
        )
    layout = _layout(axis, unit, targets)
    layout["xaxis"] = _clock_axis(words)
    return {"data": data, "layout": layout}


PERCENTILES = {
    "p5": N_("5 percent of values are lower"),
    "p25": N_("a quarter of values are lower"),
    "p50": N_("median (half are lower)"),
    "p75": N_("a quarter of values are higher"),
    "p95": N_("5 percent of values are higher"),
}
"""Names of the curves as message ids."""


def _areas(
    minutes: Sequence[int],
    low: Sequence[float | None],
    high: Sequence[float | None],
    opacity: float,
    axis: Axis,
) -> list[Figure]:
    """The area between two curves, one for each stretch without a gap."""
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "",
            "x": [minute for minute, _, _ in run] + [minute for minute, _, _ in reversed(run)],
            "y": [axis.inside(b) for _, _, b in run]
            + [axis.inside(a) for _, a, _ in reversed(run)],
            "fill": "toself",
            "fillcolor": "var(--accent)",
            "opacity": opacity,
            "line": {"width": 0},
            "hoverinfo": "skip",
        }
        for run in runs(minutes, low, high)
    ]


def runs(
    minutes: Sequence[int], low: Sequence[float | None], high: Sequence[float | None]
) -> list[list[tuple[int, float, float]]]:
    """Stretches where both curves have values."""
    found: list[list[tuple[int, float, float]]] = [[]]
    for minute, under, over in zip(minutes, low, high, strict=True):
        if under is None or over is None:
            found.append([])
        else:
            found[-1].append((minute, under, over))
    return [run for run in found if len(run) > 1]


def modal_figure(found: ModalDay, unit: Unit, targets: Targets, words: Words) -> Figure:
    """Every fingerstick by its time of day, as marks; medians once there are enough."""
    axis = axis_of(unit)
    data: list[Figure] = []
    minutes, values = np.array(found["minutes"]), np.array(found["values"])
    bands = np.array(found["bands"])
    label = words.translate(N_("fingersticks"))
    for place, band in enumerate(BANDS):
        here = bands == band.value
        if here.any():
            mark = _marks(
                minutes[here], values[here], axis, place, label, unit, words, is_sensor=False
            )
            mark["customdata"] = [
                [value, clock(minute, words.locale)]
                for value, minute in zip(values[here].tolist(), minutes[here].tolist(), strict=True)
            ]
            mark["hovertemplate"] = (
                f"<b>%{{customdata[0]}} {unit.value}</b> {words.band(place)}"
                f"<br>%{{customdata[1]}}<extra>{label}</extra>"
            )
            data.append(mark)
    if found["hours"]:
        median = words.translate(N_("median of three hours"))
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": median,
                "x": found["hours"],
                "y": found["medians"],
                "line": {"color": "var(--accent)", "width": 2.5},
                "hovertemplate": f"<b>%{{y}} {unit.value}</b><extra>{median}</extra>",
            }
        )
    layout = _layout(axis, unit, targets)
    layout["xaxis"] = _clock_axis(words)
    return {"data": data, "layout": layout}


def _layout(axis: Axis, unit: Unit, targets: Targets) -> Figure:
    low, high = targets["low"], targets["high"]
    return {
        "yaxis": {
            "title": {"text": unit.value, "font": _SMALL},
            "range": [axis.bottom, axis.top],
            "tickvals": ticks_beside(axis, low, high),
            "fixedrange": True,
        },
        "shapes": [
            {
                "type": "rect",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": low,
                "y1": high,
                "fillcolor": "var(--band-target)",
                "line": {"width": 0},
                "layer": "below",
            }
        ],
    }


def _clock_axis(words: Words) -> Figure:
    return {
        "range": [0, DAY_MIN],
        "tickvals": list(_CLOCKS),
        "ticktext": [str(minute // 60) for minute in _CLOCKS],
        "title": {"text": words.translate(N_("hour of the day")), "font": _SMALL},
        "fixedrange": True,
    }


def _nights(days: Days) -> list[Figure]:
    """Midnight to six, where days are wide enough to see it."""
    if days.length > FULL_DETAIL_DAYS:
        return []
    midnights = [(day.toordinal() - 719_163) * _DAY_MS for day in days]
    return [
        {
            "type": "rect",
            "yref": "paper",
            "x0": midnight,
            "x1": midnight + 6 * 3_600_000,
            "y0": 0,
            "y1": 1,
            "fillcolor": "var(--night)",
            "line": {"width": 0},
            "layer": "below",
        }
        for midnight in midnights
    ]
