"""Pictures as SVG, for pages without scripts, for paper and for the PDF.

Shapes carry classes only; the page's style sheet or the PDF's own gives them colours. Labels are
text inside the picture where it has them.
"""

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from devices.glucose import Unit
from telehealth.reports.figures.axes import DAY_MIN, Axis, axis_of, clock, ticks_beside
from telehealth.reports.figures.charts import runs
from telehealth.reports.service.sheets import ModalDay, ProfileCurves, Strip, Targets

_WIDTH, _HEIGHT = 640, 250
_LEFT, _BOTTOM, _TOP = 40, 24, 8
_STRIP_WIDTH, _STRIP_HEIGHT = 96, 56
_SHAPES = {
    "very_low": "M-4 -3h8L0 4z",
    "low": "M-4 -3h8L0 4z",
    "in_range": "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
    "high": "M-4 3h8L0 -4z",
    "very_high": "M-4 3h8L0 -4z",
}


def profile_svg(
    found: ProfileCurves, unit: Unit, targets: Targets, label: str, locale: str
) -> Markup:
    """The glucose profile."""
    axis, curves, minutes = axis_of(unit), found["curves"], found["minutes"]
    parts = [*_frame(axis, targets, unit, locale)]
    for low, high, name in (("p5", "p95", "outer"), ("p25", "p75", "inner")):
        for run in runs(minutes, curves[low], curves[high]):
            points = [(minute, over) for minute, _, over in run]
            points += [(minute, under) for minute, under, _ in reversed(run)]
            parts.append(f'<polygon class="{name}" points="{_points(points, axis)}"/>')
    for run in runs(minutes, curves["p50"], curves["p50"]):
        points = [(minute, value) for minute, value, _ in run]
        parts.append(f'<polyline class="median" points="{_points(points, axis)}"/>')
    return _svg("profile", _WIDTH, _HEIGHT, label, parts)


def modal_svg(found: ModalDay, unit: Unit, targets: Targets, label: str, locale: str) -> Markup:
    """Every fingerstick by its time of day; shape and colour say the band."""
    axis = axis_of(unit)
    parts = [*_frame(axis, targets, unit, locale)]
    if found["hours"]:
        points = list(zip(found["hours"], found["medians"], strict=True))
        parts.append(f'<polyline class="median" points="{_points(points, axis)}"/>')
    for minute, value, band in zip(found["minutes"], found["values"], found["bands"], strict=True):
        name = band.replace("_", "-")
        filled = " filled" if band in ("very_low", "in_range", "very_high") else ""
        parts.append(
            f'<path class="mark band-{name}{filled}" d="{_SHAPES[band]}"'
            f' transform="translate({_x(minute):.1f} {_y(value, axis):.1f})"/>'
        )
    return _svg("profile", _WIDTH, _HEIGHT, label, parts)


def strip_svg(strip: Strip, unit: Unit, targets: Targets, label: str) -> Markup:
    """One day as a small curve; lows are marked."""
    axis = axis_of(unit)
    scale_x, scale_y = _STRIP_WIDTH / DAY_MIN, _STRIP_HEIGHT / (axis.top - axis.bottom)

    def place(minute: int, value: float) -> tuple[float, float]:
        return minute * scale_x, (axis.top - axis.inside(value)) * scale_y

    low, high = targets["low"], targets["high"]
    top, height = (axis.top - high) * scale_y, (high - low) * scale_y
    parts = [f'<rect class="target" width="{_STRIP_WIDTH}" y="{top:.1f}" height="{height:.1f}"/>']
    dots: list[str] = []
    for run in _lines(strip):
        places = [place(minute, value) for minute, value in run]
        parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>')
        dots.append(_dots([place(*point) for point in run if point[1] < low], "low"))
        dots.append(_dots([place(*point) for point in run if point[1] > high], "high"))
    parts += [dot for dot in dots if dot]
    return _svg("day", _STRIP_WIDTH, _STRIP_HEIGHT, label, parts)


def _dots(places: Sequence[tuple[float, float]], name: str) -> str:
    """Points of one colour: every reading out of range is one."""
    if not places:
        return ""
    path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)
    return f'<path class="dots band-{name}" d="{path}"/>'


def _lines(strip: Strip) -> list[list[tuple[int, float]]]:
    found: list[list[tuple[int, float]]] = [[]]
    for minute, value in zip(strip["minutes"], strip["values"], strict=True):
        if value is None:
            found.append([])
        else:
            found[-1].append((minute, value))
    return [line for line in found if line]


def _frame(axis: Axis, targets: Targets, unit: Unit, locale: str) -> Iterable[str]:
    """Target band, lines at the limits with their values, hours below."""
    low, high = targets["low"], targets["high"]
    y, height = _y(high, axis), _y(low, axis) - _y(high, axis)
    width = _WIDTH - _LEFT
    yield f'<rect class="target" x="{_LEFT}" width="{width}" y="{y:.1f}" height="{height:.1f}"/>'
    for tick in ticks_beside(axis, low, high):
        at = _y(tick, axis)
        text = f"{tick:g}".replace(".", "," if locale == "sl" else ".")
        yield f'<path class="line" d="M{_LEFT} {at:.1f}H{_WIDTH}"/>'
        yield f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{text}</text>'
    yield f'<text x="{_LEFT + 4}" y="{_TOP + 14}">{unit.value}</text>'
    for minute in range(0, DAY_MIN + 1, 180):
        anchor = "end" if minute == DAY_MIN else "middle" if minute else "start"
        text = clock(minute, locale)
        yield f'<text x="{_x(minute):.1f}" y="{_HEIGHT - 6}" text-anchor="{anchor}">{text}</text>'


def _x(minute: float) -> float:
    return _LEFT + minute * (_WIDTH - _LEFT) / DAY_MIN


def _y(value: float, axis: Axis) -> float:
    share = (axis.top - axis.inside(value)) / (axis.top - axis.bottom)
    return _TOP + share * (_HEIGHT - _BOTTOM - _TOP)


def _points(points: Iterable[tuple[float, float]], axis: Axis) -> str:
    return " ".join(f"{_x(minute):.1f},{_y(value, axis):.1f}" for minute, value in points)


def _svg(name: str, width: int, height: int, label: str, parts: Iterable[str]) -> Markup:
    # Every part is made above of numbers and our own names; the label is escaped.
    return Markup(  # noqa: S704
        f'<svg class="{name}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img" aria-label="{escape(label)}">'
        f"{''.join(parts)}</svg>"
    )
