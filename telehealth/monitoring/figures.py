"""Small pictures of a patient's days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from telehealth.glycemia.bands import BANDS
from telehealth.readings.models import DaySummary

_PLACES = {
    "very_high": (0, 8),
    "high": (2, 8),
    "in_range": (8, 8),
    "low": (14, 8),
    "very_low": (16, 8),
    None: (11, 2),
}
"""Top and height in a strip 24 high: a low day hangs below, a high one stands above."""


@dataclass(frozen=True, slots=True)
class DayMark:
    """One day of the strip: its worst band, low before high; None without readings."""

    day: date
    band: str | None

    @property
    def top(self) -> int:
        """Where the mark begins, from above."""
        return _PLACES[self.band][0]

    @property
    def height(self) -> int:
        """How high the mark is."""
        return _PLACES[self.band][1]


_WORST_FIRST = ("very_low", "low", "very_high", "high", "in_range")


def day_strip(days: Iterable[DaySummary], last: date, length_days: int = 14) -> list[DayMark]:
    """The last days, oldest first, each with the band that asks for most attention."""
    seen: dict[date, set[str]] = {}
    for row in days:
        bands = {band.value for band in BANDS if getattr(row, band.value)}
        seen.setdefault(row.day_on, set()).update(bands)
    marks = []
    for back in range(length_days - 1, -1, -1):
        day = last - timedelta(days=back)
        found = seen.get(day, set())
        marks.append(DayMark(day, next((band for band in _WORST_FIRST if band in found), None)))
    return marks
