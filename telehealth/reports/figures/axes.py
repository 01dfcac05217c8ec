"""The axes all pictures of reports share, so that any two of them can be compared."""

from dataclasses import dataclass

from devices.glucose import Unit

DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class Axis:
    """Glucose in one unit."""

    bottom: float
    top: float
    ticks: tuple[float, ...]
    very_low: float
    """Lowest value that is not very low."""
    very_high: float
    """Highest value that is not very high."""

    def inside(self, value: float) -> float:
        """A value at the nearest end where it lies outside."""
        return min(max(value, self.bottom), self.top)


_AXES = {
    Unit.MMOL_L: Axis(2, 22, (3, 3.9, 10, 13.9, 18, 22), 3.0, 13.9),
    Unit.MG_DL: Axis(40, 400, (54, 70, 180, 250, 320, 400), 54, 250),
}


def axis_of(unit: Unit) -> Axis:
    """The axis of a unit: 2 to 22 mmol/L, 40 to 400 mg/dL; what lies beyond is marked."""
    return _AXES[unit]


def ticks_beside(axis: Axis, low: float, high: float) -> list[float]:
    """The labels of an axis with the patient's own target in place of the usual one."""
    middle = (low, high)
    room = (axis.top - axis.bottom) / 20
    others = [tick for tick in (axis.ticks[0], *axis.ticks[3:]) if tick not in middle]
    far = [tick for tick in others if all(abs(tick - own) >= room for own in middle)]
    return sorted([*far, *middle])


def clock(minute: int, locale: str) -> str:
    """Minutes after midnight as people write them: `7.40`, `07:40`."""
    hour, rest = divmod(minute, 60)
    return f"{hour}.{rest:02}" if locale == "sl" else f"{hour:02}:{rest:02}"
