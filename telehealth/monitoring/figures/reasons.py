"""The reasons of an entry in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import flask_babel
import numpy as np

from telehealth.core.clock import local
from telehealth.core.i18n import DEFAULT_LOCALE, N_, clock_time, number, share
from telehealth.core.web.platform import now
from telehealth.glycemia.display import on_axis
from telehealth.monitoring.models import Kind, WorklistEntry
from telehealth.monitoring.service import CODES, Code
from telehealth.readings.models import UNITS


def gettext(sentence: str, **values: object) -> str:
    """The sentence in the reader's language."""
    return str(flask_babel.gettext(sentence, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """The sentence in the form its number needs."""
    return str(flask_babel.ngettext(one, many, num, **values))


CODE_WORDS = {
    Code.ALERT_VERY_LOW: N_("Alert: very low"),
    Code.ALERT_ANSWER: N_("Alert: answer"),
    Code.EPISODE: N_("Very low, to be closed"),
    Code.SEEN_LATE: N_("Very low, seen late"),
    Code.ALERT_LOW: N_("Alert: low"),
    Code.HI: N_("HI or LO, to be closed"),
    Code.ALERT_VERY_HIGH: N_("Alert: very high"),
    Code.ALERT_HIGH: N_("Alert: high"),
    Code.ALERT_NO_DATA: N_("Alert: no readings"),
    Code.UNACKNOWLEDGED: N_("Ended, to be closed"),
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
    Code.SOME_VERY_LOW: N_("Very low values, closed"),
    Code.GOOD: N_("Meets the targets"),
}
"""Names of the filters; also the order of the chips."""

TONES = {
    Code.ALERT_VERY_LOW: "danger",
    Code.ALERT_ANSWER: "danger",
    Code.EPISODE: "danger",
    Code.SEEN_LATE: "danger",
    Code.ALERT_LOW: "danger",
    Code.HI: "danger",
    Code.ALERT_VERY_HIGH: "warning",
    Code.ALERT_HIGH: "warning",
    Code.UNACKNOWLEDGED: "warning",
    Code.NO_GOALS: "warning",
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

_HOUR_MIN, _DAY_MIN = 60, 24 * 60
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
        """A share, as every page prints it; a rise as a number of its own."""
        percent = self.numbers[name]
        if 0 <= percent <= 100:  # noqa: PLR2004 - percent
            return share(percent, self.locale)
        return number(percent, self.locale, 0)

    def level(self, place: int) -> str:
        unit = self.entry.unit
        return f"{number(_LEVELS[unit][place], self.locale, unit)} {UNITS[unit].value}"

    @property
    def is_sensor(self) -> bool:
        return self.entry.kind is Kind.CGM

    def alert_value(self) -> str:
        """The worst value of an alert in the unit of the entry; HI, LO, or empty without one."""
        if "unit" not in self.numbers:
            return ""
        if "tick" not in self.numbers:
            return "LO" if self.numbers["low"] else "HI"
        own, unit = UNITS[int(self.numbers["unit"])], UNITS[self.entry.unit]
        tick = np.asarray([int(self.numbers["tick"])])
        return number(float(on_axis(tick, own, unit)[0]), self.locale, self.entry.unit)

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.numbers["at"], UTC)

    def ago(self) -> str:
        """How long ago the last such value was measured: `29 min ago`, `3 h ago`."""
        minutes = max(0, int((now() - self.at).total_seconds() // 60))
        if minutes < 2 * _HOUR_MIN:
            return gettext("%(n)d min ago", n=minutes)
        if minutes < 2 * _DAY_MIN:
            return gettext("%(n)d h ago", n=minutes // _HOUR_MIN)
        return gettext("%(n)d d ago", n=minutes // _DAY_MIN)

    def moment(self) -> str:
        """`23. 11. ob 2.10`."""
        at = local(self.at)
        if self.locale == DEFAULT_LOCALE:
            return f"{at.day}. {at.month}. ob {clock_time(self.at, self.locale)}"
        return f"{at.day} {at:%b}, {clock_time(self.at, self.locale)}"


def _alert(it: _Numbers) -> str:
    return ngettext("%(num)d open alert", "%(num)d open alerts", it.n())


def _open_alert(words: str) -> Callable[[_Numbers], str]:
    """`Very low 2.7, 29 min ago, not acknowledged`."""

    def write(it: _Numbers) -> str:
        answered = N_("not acknowledged") if it.numbers["rings"] else N_("acknowledged")
        named = " ".join(part for part in (gettext(words), it.alert_value()) if part)
        return f"{named}, {it.ago()}, {gettext(answered)}"

    return write


def _ended(one: str, many: str) -> Callable[[_Numbers], str]:
    """`very low 2.4 on 23 Nov at 2.10, to be closed`."""

    def write(it: _Numbers) -> str:
        value, at = it.alert_value(), it.moment()
        return gettext(one if it.n() == 1 else many, n=it.n(), value=value, at=at)

    return write


def _very_high_days(it: _Numbers) -> str:
    return ngettext(
        "above %(level)s on %(num)d day",
        "above %(level)s on %(num)d days",
        it.n("days"),
        level=it.level(1),
    )


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
    if "days" in it.numbers:
        return _very_high_days(it)
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
    if "sensor" in it.numbers:
        return ngettext(
            "sensor silent for %(num)d day, fingersticks go on",
            "sensor silent for %(num)d days, fingersticks go on",
            it.n("days"),
        )
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
    Code.ALERT_VERY_LOW: _open_alert(N_("Very low")),
    Code.ALERT_ANSWER: _open_alert(N_("An answer needs a look")),
    Code.ALERT_LOW: _open_alert(N_("Low")),
    Code.ALERT_VERY_HIGH: _open_alert(N_("Very high")),
    Code.ALERT_HIGH: _open_alert(N_("High")),
    Code.ALERT_NO_DATA: _open_alert(N_("No readings")),
    Code.EPISODE: _ended(
        N_("very low %(value)s on %(at)s: close it"),
        N_("%(n)d times very low, last %(value)s on %(at)s: close them"),
    ),
    Code.SEEN_LATE: _ended(
        N_("very low %(value)s on %(at)s, seen late: close it"),
        N_("%(n)d times very low, seen late, last %(value)s on %(at)s: close them"),
    ),
    Code.HI: _ended(
        N_("%(value)s on %(at)s: close it"),
        N_("%(n)d times HI or LO, last on %(at)s: close them"),
    ),
    Code.UNACKNOWLEDGED: _ended(
        N_("alert of %(at)s (%(value)s) ended: close it"),
        N_("%(n)d alerts ended, last of %(at)s (%(value)s): close them"),
    ),
    Code.SOME_VERY_LOW: lambda it: ngettext(
        "%(num)d very low value in 14 days, closed",
        "%(num)d very low values in 14 days, closed",
        it.n(),
    ),
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
    Code.NO_GOALS: lambda _: gettext("no goals set: set them"),
    Code.GOOD: lambda _: gettext("meets the targets"),
}
assert set(_WRITERS) == set(CODES)  # noqa: S101 - every reason has its sentence
