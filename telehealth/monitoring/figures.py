"""Reasons in words and small pictures of a patient's days, for the list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import flask_babel

from telehealth.core.i18n import N_, number
from telehealth.glycemia.bands import BANDS
from telehealth.monitoring.models import Deed, Kind, Rule, Stage, WorklistEntry
from telehealth.monitoring.service import CODES, Code
from telehealth.readings.models import UNITS


def gettext(sentence: str, **values: object) -> str:
    """The sentence in the reader's language."""
    return str(flask_babel.gettext(sentence, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """The sentence in the form its number needs."""
    return str(flask_babel.ngettext(one, many, num, **values))


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


CODE_WORDS = {
    Code.ALERT: N_("Open alert"),
    Code.VERY_LOW: N_("Very low"),
    Code.LOW: N_("Low"),
    Code.VERY_HIGH: N_("Very high"),
    Code.HIGH: N_("High"),
    Code.IN_RANGE: N_("Little in range"),
    Code.DROP: N_("Getting worse"),
    Code.FASTING: N_("Fasting values rise"),
    Code.NEVER: N_("No readings ever"),
    Code.SILENT: N_("No readings lately"),
    Code.MISSED: N_("Days without readings"),
    Code.WEAR: N_("Sensor seldom worn"),
    Code.ADHERENCE: N_("Plan not kept"),
    Code.FALLING: N_("Measures less often"),
    Code.THIN: N_("Too few readings"),
    Code.NO_GOALS: N_("No goals set"),
    Code.GOOD: N_("Meets the targets"),
}
"""Names of the filters; also the order of the chips."""

TONES = {
    Code.ALERT: "danger",
    Code.VERY_LOW: "danger",
    Code.LOW: "danger",
    Code.VERY_HIGH: "warning",
    Code.HIGH: "warning",
    Code.IN_RANGE: "warning",
    Code.DROP: "warning",
    Code.FASTING: "warning",
    Code.GOOD: "success",
}

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

_LEVELS: Mapping[int, tuple[float, float]] = {0: (54, 250), 1: (3.0, 13.9)}
"""Very low below, very high above: as people read them in each unit."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One reason, as the list shows it."""

    code: Code
    text: str
    tone: str


def sentences(entry: WorklistEntry, locale: str) -> list[Sentence]:
    """The reasons of an entry in words, the worst first."""
    found = []
    for name, numbers in entry.reasons:
        code = Code(name)
        text = _WRITERS[code](_Numbers(numbers, entry, locale))
        found.append(Sentence(code, text, TONES.get(code, "")))
    return found


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbers of a reason, written for a reader."""

    numbers: Mapping[str, float]
    entry: WorklistEntry
    locale: str

    def n(self, name: str = "n") -> int:
        return int(self.numbers[name])

    def pct(self, name: str = "pct") -> str:
        """Whole percent; below ten with one decimal."""
        share = self.numbers[name]
        return number(share, self.locale, 1 if abs(share) < 10 else 0)  # noqa: PLR2004 - two digits

    def level(self, place: int) -> str:
        unit = self.entry.unit
        return f"{number(_LEVELS[unit][place], self.locale, unit)} {UNITS[unit].value}"

    @property
    def is_sensor(self) -> bool:
        return self.entry.kind is Kind.CGM


def _alert(it: _Numbers) -> str:
    return ngettext("%(num)d open alert", "%(num)d open alerts", it.n())


def _very_low(it: _Numbers) -> str:
    if "n" in it.numbers:
        return ngettext(
            "%(num)d reading below %(level)s",
            "%(num)d readings below %(level)s",
            it.n(),
            level=it.level(0),
        )
    return gettext("%(pct)s %% of time below %(level)s", pct=it.pct(), level=it.level(0))


def _very_high(it: _Numbers) -> str:
    if "n" in it.numbers:
        return ngettext(
            "%(num)d reading above %(level)s",
            "%(num)d readings above %(level)s",
            it.n(),
            level=it.level(1),
        )
    return gettext("%(pct)s %% of time above %(level)s", pct=it.pct(), level=it.level(1))


def _low(it: _Numbers) -> str:
    if it.is_sensor:
        return gettext("%(pct)s %% of time below range", pct=it.pct())
    return gettext("%(pct)s %% of readings below range", pct=it.pct())


def _high(it: _Numbers) -> str:
    if it.is_sensor:
        return gettext("%(pct)s %% of time above range", pct=it.pct())
    return gettext("%(pct)s %% of readings above range", pct=it.pct())


def _silent(it: _Numbers) -> str:
    return ngettext("no readings for %(num)d day", "no readings for %(num)d days", it.n("days"))


def _missed(it: _Numbers) -> str:
    return ngettext(
        "no readings on %(num)d of the last 7 days",
        "no readings on %(num)d of the last 7 days",
        it.n(),
    )


def _wear(it: _Numbers) -> str:
    return gettext(
        "not enough data: %(days)d of 14 days, sensor worn %(pct)s %%",
        days=it.n("days"),
        pct=it.pct(),
    )


def _adherence(it: _Numbers) -> str:
    return gettext(
        "%(done)d of %(planned)d planned measurements done",
        done=it.n("done"),
        planned=it.n("planned"),
    )


def _falling(it: _Numbers) -> str:
    return gettext(
        "measures less often: %(pct)s %% of the plan, before %(before)s %%",
        pct=it.pct(),
        before=it.pct("before"),
    )


def _thin(it: _Numbers) -> str:
    return ngettext(
        "not enough data: %(num)d reading in 14 days",
        "not enough data: %(num)d readings in 14 days",
        it.n(),
    )


_WRITERS: Mapping[Code, Callable[[_Numbers], str]] = {
    Code.ALERT: _alert,
    Code.VERY_LOW: _very_low,
    Code.LOW: _low,
    Code.VERY_HIGH: _very_high,
    Code.HIGH: _high,
    Code.IN_RANGE: lambda it: gettext("%(pct)s %% of time in range", pct=it.pct()),
    Code.DROP: lambda it: gettext(
        "time in range fell from %(before)s to %(pct)s %%", before=it.pct("before"), pct=it.pct()
    ),
    Code.FASTING: lambda it: gettext(
        "fasting values %(pct)s %% higher than two weeks before", pct=it.pct()
    ),
    Code.NEVER: lambda _: gettext("no readings yet"),
    Code.SILENT: _silent,
    Code.MISSED: _missed,
    Code.WEAR: _wear,
    Code.ADHERENCE: _adherence,
    Code.FALLING: _falling,
    Code.THIN: _thin,
    Code.NO_GOALS: lambda _: gettext("no goals set: judge by hand"),
    Code.GOOD: lambda _: gettext("meets the targets"),
}
assert set(_WRITERS) == set(CODES)  # noqa: S101 - every reason has its sentence


def change_words(entry: WorklistEntry, locale: str) -> str:
    """Share in range and how it moved, in words; empty without enough data."""
    if entry.in_range_pct is None:
        return ""
    now = number(entry.in_range_pct, locale, 0)
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
