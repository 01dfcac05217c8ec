"""An entry of the worklist in words, and small pictures of the patient's days."""

from collections.abc import Sequence
from dataclasses import dataclass

from telehealth.core.i18n import N_, number, share
from telehealth.glycemia.bands import BANDS
from telehealth.monitoring.figures.reasons import gettext
from telehealth.monitoring.models import Deed, Kind, Rule, Stage, WorklistEntry

_PLACES = {
    "very_high": (0, 8),
    "high": (2, 8),
    "in_range": (8, 8),
    "low": (14, 8),
    "very_low": (16, 8),
    None: (11, 2),
}
"""Top and height in a strip 24 high: a low day hangs below, a high one stands above."""
_MARKS = {"v": "very_low", "l": "low", "o": "in_range", "h": "high", "w": "very_high"}


@dataclass(frozen=True, slots=True)
class DayMark:
    """One day of the strip: its worst band, low before high; None without readings."""

    band: str | None

    @property
    def top(self) -> int:
        """Where the mark begins, from above."""
        return _PLACES[self.band][0]

    @property
    def height(self) -> int:
        """How high the mark is."""
        return _PLACES[self.band][1]


def day_strip(strip: str) -> list[DayMark]:
    """The stored days of an entry, oldest first."""
    return [DayMark(_MARKS.get(mark)) for mark in strip]


def days_with_readings(strip: str) -> int:
    """On how many days of the strip there are readings."""
    return sum(mark != "." for mark in strip)


def shares(bands: Sequence[int]) -> dict[str, float]:
    """Percent of the readings in each band; nothing without readings."""
    total = sum(bands)
    if not total:
        return {}
    return {band.value: 100 * n / total for band, n in zip(BANDS, bands, strict=True) if n}


STAGE_WORDS = {
    Stage.OPEN: N_("open"),
    Stage.ACKNOWLEDGED: N_("acknowledged"),
    Stage.CLOSED: N_("closed"),
}
KIND_WORDS = {
    Kind.CGM: N_("Sensor"),
    Kind.STICKS: N_("Fingersticks"),
    Kind.NONE: N_("No readings"),
}
DEED_WORDS = {
    Deed.OPENED: N_("Opened by a new reason"),
    Deed.SETTLED: N_("Settled by itself: the reasons are gone"),
    Deed.ACKNOWLEDGED: N_("Acknowledged"),
    Deed.CLOSED: N_("Closed"),
    Deed.REOPENED: N_("Opened again"),
    Deed.OWNED: N_("Taken over"),
    Deed.RELEASED: N_("Given back"),
    Deed.REVIEW: N_("Next review"),
    Deed.NOTED: N_("Note"),
}
RULE_WORDS = {
    Rule.CGM_VERY_LOW_PCT: (N_("Sensor: share below 3.0 mmol/L (54 mg/dL), at least"), "%"),
    Rule.STICKS_VERY_LOW_N: (N_("Fingersticks: readings below 3.0 mmol/L, at least"), ""),
    Rule.CGM_LOW_PCT: (N_("Sensor: share below range, at least"), "%"),
    Rule.STICKS_LOW_PCT: (N_("Fingersticks: share of readings below range, at least"), "%"),
    Rule.CGM_HIGH_PCT: (N_("Sensor: share above range, at least"), "%"),
    Rule.STICKS_HIGH_PCT: (N_("Fingersticks: share of readings above range, more than"), "%"),
    Rule.CGM_VERY_HIGH_PCT: (N_("Sensor: share above 13.9 mmol/L (250 mg/dL), at least"), "%"),
    Rule.STICKS_VERY_HIGH_N: (N_("Fingersticks: readings above 13.9 mmol/L, at least"), ""),
    Rule.CGM_IN_RANGE_PCT: (N_("Sensor: share in range, less than"), "%"),
    Rule.CGM_DROP_POINTS: (N_("Sensor: fall of the share in range, at least"), "%"),
    Rule.STICKS_FASTING_RISE_PCT: (N_("Fingersticks: rise of fasting values, at least"), "%"),
    Rule.CGM_WEAR_PCT: (N_("Sensor: worn less than"), "%"),
    Rule.CGM_SILENT_DAYS: (N_("Sensor: days without readings, at least"), ""),
    Rule.STICKS_MISSED_DAYS: (
        N_("Fingersticks without a plan: days of the last 7 without readings, at least"),
        "",
    ),
    Rule.ADHERENCE_PCT: (N_("Plan: measurements done, less than"), "%"),
    Rule.FALLING_POINTS: (N_("Plan: fall of the share done, at least"), "%"),
}
"""What each threshold means, with the unit it is written in."""


def change_words(entry: WorklistEntry, locale: str) -> str:
    """Share in range and how it moved, in words; empty without enough data."""
    if entry.in_range_pct is None:
        return ""
    now = share(entry.in_range_pct, locale)
    if entry.in_range_before_pct is None:
        return gettext("%(pct)s %% in range", pct=now)
    moved = round(entry.in_range_pct) - round(entry.in_range_before_pct)
    if not moved:
        return gettext("%(pct)s %% in range, as before", pct=now)
    points = number(abs(moved), locale, 0)
    if moved > 0:
        return gettext("%(pct)s %% in range, %(points)s more", pct=now, points=points)
    return gettext("%(pct)s %% in range, %(points)s less", pct=now, points=points)


DONE_WORDS = {
    Deed.ACKNOWLEDGED: N_("Acknowledged."),
    Deed.CLOSED: N_("Closed. A new reason opens the entry again."),
    Deed.REOPENED: N_("Opened again."),
    Deed.OWNED: N_("Handed over."),
    Deed.RELEASED: N_("Given back: nobody has this entry now."),
    Deed.REVIEW: N_("Day of the review saved."),
    Deed.NOTED: N_("Note saved."),
}
"""What the page says after a deed."""
