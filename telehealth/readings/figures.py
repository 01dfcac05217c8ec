"""Pictures of readings: a Plotly figure as compact JSON, shares and a line for pages without it.

Figures are plain dictionaries in Plotly's schema: building them as `graph_objects` would validate
every value again on each request, which takes as long as the query. The tests do that instead.

Pure: columns of `service.columns` in, words given by the caller. Colours are names of the page's
style sheet. Times are milliseconds on the wall clock of the installation, as the axis says.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from devices.glucose import Unit
from telehealth.core.chart_text import plain_text, says
from telehealth.core.clock import HOME_ZONE
from telehealth.core.i18n import DEFAULT_LOCALE, N_
from telehealth.glycemia.bands import ADULT, BANDS, Band, Ranges, Ticks, codes
from telehealth.glycemia.display import extremes, gaps, on_axis
from telehealth.readings.models import UNITS, DaySummary, SourceKind
from telehealth.readings.service import (
    BAND_WORDS,
    SOURCE_WORDS,
    Columns,
    Period,
    Source,
    device_name,
)

LONGEST_GAP_S = 45 * 60
FULL_DETAIL = timedelta(days=7)
BUCKETS = 700
"""Of a long period each bucket shows its lowest and highest; what is out of range always shows."""

WORD_APART_S = 12 * 3600
"""HI and LO of one stretch are marked each and written once."""

Trace = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Axis:
    """The glucose axis in one unit: its ends (more if a value lies beyond), target, lines."""

    bottom: float
    top: float
    low: float
    high: float
    lines: tuple[float, ...]


_AXES = {
    Unit.MMOL_L: Axis(2, 22, 3.9, 10, (3.9, 10, 13.9, 18, 22)),
    Unit.MG_DL: Axis(40, 400, 70, 180, (70, 180, 250, 320, 400)),
}


def axis_of(unit: Unit, ranges: Ranges = ADULT) -> Axis:
    """The same axis on every chart of one unit, so that charts can be compared; with own target."""
    axis = _AXES[unit]
    low, high = (tick / _TICKS_PER[unit] for tick in ranges.target(unit))
    if (low, high) == (axis.low, axis.high):
        return axis
    return replace(axis, low=low, high=high, lines=(low, high, *axis.lines[2:]))


_TICKS_PER = {Unit.MMOL_L: 10, Unit.MG_DL: 1}

SYMBOLS = {
    Band.VERY_LOW: "triangle-down",
    Band.LOW: "triangle-down-open",
    Band.IN_RANGE: "circle",
    Band.HIGH: "triangle-up-open",
    Band.VERY_HIGH: "triangle-up",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What the picture says, in the reader's language."""

    translate: Callable[[str], str]
    locale: str

    def band(self, place: int) -> str:
        """The word of a band."""
        return self.translate(BAND_WORDS[BANDS[place]])

    def source(self, source: Source) -> str:
        """`meter · Contour Next`; plain text, to be escaped where it enters a figure."""
        kind, device = self.translate(SOURCE_WORDS[source.kind]), device_name(source.device)
        return f"{kind} · {device}" if device else kind

    @property
    def beyond(self) -> Mapping[int, str]:
        """What a meter's LO (-1) and HI (1) mean."""
        return {
            -1: self.translate(N_("LO: lower than the meter can show")),
            1: self.translate(N_("HI: higher than the meter can show")),
        }

    @property
    def not_counted(self) -> str:
        """Why a value is shown beside the others."""
        return self.translate(N_("shown, not counted"))

    @property
    def moment(self) -> str:
        """How d3 writes a moment for this reader."""
        return "%-d. %-m. %Y ob %-H.%M" if self.locale == DEFAULT_LOCALE else "%-d %b %Y, %H:%M"


@dataclass(frozen=True, slots=True)
class Points:
    """Readings as arrays, oldest first."""

    t: Ticks
    """Seconds since 1970, UTC."""
    shown: NDArray[np.float64]
    """On the axis' unit."""
    code: NDArray[np.intp]
    """Place of the band, classified in the reading's own unit."""
    source: Ticks

    def at(self, places: Any) -> "Points":
        """Some of them."""
        return Points(self.t[places], self.shown[places], self.code[places], self.source[places])


def points(found: Columns, unit: Unit) -> Points:
    """Columns as arrays for an axis of `unit`; each value classified before it is converted."""
    return _points(orjson.loads(found.json), unit, found.ranges)


def _points(given: Mapping[str, Any], unit: Unit, ranges: Ranges) -> Points:
    arrays = {
        name: np.asarray(given[name], dtype=np.int64)[::-1]
        for name in ("t", "value", "unit", "source")
    }
    tick, units = arrays["value"], arrays["unit"]
    shown = np.zeros(len(tick))
    code = np.zeros(len(tick), dtype=np.intp)
    for place, own in enumerate(UNITS):
        chosen = units == place
        shown[chosen] = on_axis(tick[chosen], own, unit)
        code[chosen] = codes(tick[chosen], own, ranges)
    return Points(arrays["t"], shown, code, arrays["source"])


def glucose_figure(found: Columns, period: Period, unit: Unit, words: Words) -> bytes:
    """The figure as Plotly's JSON: sensor as a line, fingersticks as marks, target band shaded."""
    given = orjson.loads(found.json)
    every = _points(given, unit, found.ranges)
    traces: list[Trace] = []
    kinds = {source.id: source.kind for source in found.sources}
    labels = {source.id: words.source(source) for source in found.sources}
    for source_id in np.unique(every.source):
        own = every.at(every.source == source_id)
        label, is_sensor = labels[int(source_id)], kinds[int(source_id)] is SourceKind.CGM
        if is_sensor:
            traces.append(_line(own, period, label, unit))
            own = own.at(own.code != BANDS.index(Band.IN_RANGE))
        traces += _marks(own, label, unit, words, size=4 if is_sensor else 9)
    axis = axis_of(unit, found.ranges)
    traces += _beyond(given["out_of_range"], axis, labels, unit, words)
    traces += _aside(_points(given["aside"], unit, found.ranges), labels, unit, words)
    figure = {"data": traces, "layout": _layout(every, period, axis, unit, words)}
    return orjson.dumps(figure, option=orjson.OPT_SERIALIZE_NUMPY)


def _is_whole(period: Period) -> bool:
    """Whether every reading is drawn; otherwise looking closer asks for more."""
    return period.ends_at - period.begins_at <= FULL_DETAIL


def _thinned(own: Points, period: Period) -> NDArray[np.intp]:
    """Places of the points to draw the line through."""
    if _is_whole(period) or len(own.t) <= 2 * BUCKETS:
        return np.arange(len(own.t))
    length_s = int((period.ends_at - period.begins_at).total_seconds())
    scaled = np.round(own.shown * 10).astype(np.int64)
    kept = extremes(own.t, scaled, max(1, length_s // BUCKETS))
    far = np.flatnonzero((own.code == 0) | (own.code == len(BANDS) - 1))
    return np.union1d(kept, far)


def _line(own: Points, period: Period, label: str, unit: Unit) -> Trace:
    """The sensor's line; broken where the sensor was silent, not where points were left out."""
    piece = np.zeros(len(own.t), dtype=np.int64)
    piece[gaps(own.t, LONGEST_GAP_S)] = 1
    # In the doubled hour of autumn the wall clock goes back: a line would run backwards there.
    piece[np.flatnonzero(np.diff(wall_ms(own.t)) < 0) + 1] = 1
    kept = _thinned(own, period)
    breaks = np.flatnonzero(np.diff(np.cumsum(piece)[kept])) + 1
    drawn = own.at(kept)
    x = np.insert(wall_ms(drawn.t).astype(np.float64), breaks, np.nan)
    y = np.insert(drawn.shown, breaks, np.nan)
    return {
        "type": "scatter",
        "x": _plain(x),
        "y": _plain(y),
        "mode": "lines",
        "name": plain_text(label),
        "line": {"color": "var(--muted)", "width": 1.5 if len(kept) == len(own.t) else 0.8},
        "connectgaps": False,
        "hovertemplate": f"<b>%{{y}} {unit.value}</b><br>%{{x}}<extra></extra>",
        "meta": {"says": says(unit.value, "", label)},
    }


def _marks(own: Points, label: str, unit: Unit, words: Words, *, size: int) -> Iterable[Trace]:
    """Readings as marks, one trace per band: its shape says the band as well as its colour."""
    for place, band in enumerate(BANDS):
        chosen = own.at(own.code == place)
        if not len(chosen.t):
            continue
        yield {
            "type": "scatter",
            "x": wall_ms(chosen.t),
            "y": chosen.shown,
            "mode": "markers",
            "cliponaxis": False,
            "name": plain_text(f"{label}, {words.band(place)}"),
            "marker": {
                "symbol": SYMBOLS[band],
                "size": size,
                "color": f"var(--band-{band.value.replace('_', '-')})",
                "line": {"width": 2 if SYMBOLS[band].endswith("open") else 0},
            },
            "hovertemplate": (
                f"<b>%{{y}} {unit.value}</b> {words.band(place)}<br>%{{x}}<extra></extra>"
            ),
            "meta": {"says": says(unit.value, words.band(place), label)},
        }


def _beyond(
    given: Mapping[str, Any], axis: Axis, labels: Mapping[int, str], unit: Unit, words: Words
) -> Iterable[Trace]:
    """HI and LO at the edges of the chart, as the words they are: they have no number."""
    t, side, source = (np.asarray(given[name], dtype=np.int64) for name in ("t", "side", "source"))
    for sign, text, at in ((-1, "LO", axis.bottom), (1, "HI", axis.top)):
        for source_id in np.unique(source[side == sign]):
            own = np.sort(t[(side == sign) & (source == source_id)])
            apart = np.diff(own, prepend=own[0] - WORD_APART_S - 1) > WORD_APART_S
            x = wall_ms(own)
            label = labels[int(source_id)]
            yield {
                "type": "scatter",
                "x": x,
                "y": [at] * len(x),
                "mode": "markers+text",
                "text": np.where(apart, text, "").tolist(),
                "textposition": "top center" if sign < 0 else "bottom center",
                "textfont": {"color": "var(--ink)"},
                "cliponaxis": False,
                "name": plain_text(f"{label}, {text}"),
                "marker": {
                    "symbol": SYMBOLS[Band.VERY_LOW if sign < 0 else Band.VERY_HIGH],
                    "size": 9,
                    "color": f"var(--band-very-{'low' if sign < 0 else 'high'})",
                },
                "hovertemplate": f"<b>{words.beyond[sign]}</b><br>%{{x}}<extra></extra>",
                "meta": {"says": says(unit.value, "", label, words.beyond[sign])},
            }


def _aside(found: Points, labels: Mapping[int, str], unit: Unit, words: Words) -> Iterable[Trace]:
    """What is shown and not counted: scans of a sensor, the less trusted value of two."""
    for source_id in np.unique(found.source):
        own, label = found.at(found.source == source_id), labels[int(source_id)]
        yield {
            "type": "scatter",
            "x": wall_ms(own.t),
            "y": own.shown,
            "mode": "markers",
            "cliponaxis": False,
            "name": plain_text(f"{label}, {words.not_counted}"),
            "marker": {"symbol": "x-thin-open", "size": 7, "color": "var(--muted)"},
            "hovertemplate": (
                f"<b>%{{y}} {unit.value}</b> {words.not_counted}<br>%{{x}}<extra></extra>"
            ),
            "meta": {"says": says(unit.value, words.not_counted, label)},
        }


def _plain(values: NDArray[np.float64]) -> list[int | float | None]:
    """Numbers with None for a break; whole ones without a decimal point, which halves the JSON."""
    return [
        None if value != value else int(value) if value == int(value) else value  # noqa: PLR0124 - NaN
        for value in values.tolist()
    ]


def _layout(every: Points, period: Period, axis: Axis, unit: Unit, words: Words) -> dict[str, Any]:
    lowest, highest = axis.bottom, axis.top
    if len(every.shown):
        lowest = min(lowest, float(every.shown.min()) * 0.8)
        highest = max(highest, float(every.shown.max()) * 1.05)
    begins, ends = (int(moment.timestamp()) for moment in (period.begins_at, period.ends_at))
    x_range = wall_ms(np.asarray([begins, ends])).tolist()
    return {
        "xaxis": {"type": "date", "range": x_range, "hoverformat": words.moment},
        "yaxis": {
            "title": {"text": unit.value},
            "range": [lowest, highest],
            "tickvals": axis.lines,
            "fixedrange": True,
        },
        "shapes": [_band_shape(axis), *_nights(period)],
        "meta": {"whole": _is_whole(period), "whole_ms": int(FULL_DETAIL.total_seconds()) * 1000},
    }


def _band_shape(axis: Axis) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": axis.low,
        "y1": axis.high,
        "fillcolor": "var(--band-target)",
        "line": {"width": 0},
        "layer": "below",
    }


def _nights(period: Period) -> list[dict[str, Any]]:
    """Midnight to six, shaded, where days are wide enough to see it."""
    if period.ends_at - period.begins_at > FULL_DETAIL:
        return []
    first = period.begins_at.astimezone(HOME_ZONE).date()
    shapes = []
    for n in range((period.ends_at - period.begins_at).days + 2):
        midnight = datetime.combine(first + timedelta(days=n), datetime.min.time(), UTC)
        begins = int(midnight.timestamp()) * 1000
        shapes.append(
            {
                "type": "rect",
                "yref": "paper",
                "x0": begins,
                "x1": begins + 6 * 3_600_000,
                "y0": 0,
                "y1": 1,
                "fillcolor": "var(--night)",
                "line": {"width": 0},
                "layer": "below",
            }
        )
    return shapes


def wall_ms(t: Ticks) -> Ticks:
    """Milliseconds on the wall clock of the installation: the zone is asked once per hour."""
    hours, place = np.unique(t // 3600, return_inverse=True)
    offsets = [
        int(
            (
                datetime.fromtimestamp(int(hour) * 3600, HOME_ZONE).utcoffset() or timedelta()
            ).total_seconds()
        )
        for hour in hours
    ]
    shifted: Ticks = (t + np.asarray(offsets, dtype=np.int64)[place]) * 1000 if len(t) else t
    return shifted


def sparkline(
    found: Columns, period: Period, unit: Unit, width: int = 150
) -> list[tuple[float, float | None]]:
    """A line for pages without scripts: (share of the width, value), None where data is missing."""
    every = points(found, unit)
    length = (period.ends_at - period.begins_at).total_seconds()
    scaled = np.round(every.shown * 10).astype(np.int64)
    kept = every.at(extremes(every.t, scaled, max(1, int(length) // width)))
    begins = period.begins_at.timestamp()
    return [
        (float((t - begins) / length), float(value))
        for t, value in zip(kept.t.tolist(), kept.shown.tolist(), strict=True)
    ]


def shares(days: Iterable[DaySummary]) -> dict[str, float]:
    """Percent of the readings in each band, unrounded; empty without readings."""
    counts = dict.fromkeys(BANDS, 0)
    for day in days:
        for band in counts:
            counts[band] += getattr(day, band.value)
    total = sum(counts.values())
    if not total:
        return {}
    return {band.value: 100 * count / total for band, count in counts.items()}
