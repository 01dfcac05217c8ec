"""Figures of a report as lines of words: label, value, goal, and what is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devices.glucose import Unit
from telehealth.core.i18n import N_, number, share
from telehealth.readings.figures import Words
from telehealth.reports.figures.axes import clock
from telehealth.reports.service import shown
from telehealth.reports.service.sheets import GoalLine, Measure, SensorPart, Sheet, SticksPart

LABELS = {
    "tir_pct": N_("time in target range"),
    "below_target_pct": N_("time below target"),
    "above_target_pct": N_("time above target"),
    "below_54_pct": N_("time very low (below 3.0 mmol/L, 54 mg/dL)"),
    "above_250_pct": N_("time very high (above 13.9 mmol/L, 250 mg/dL)"),
    "tir_tight_pct": N_("time in tight range (3.9 to 7.8 mmol/L, 70 to 140 mg/dL)"),
    "mean": N_("mean glucose"),
    "sd": N_("standard deviation (SD)"),
    "cv_pct": N_("variation (CV)"),
    "gmi_pct": N_("GMI, estimate of HbA1c from the sensor"),
    "gri": N_("glycemia risk index (GRI)"),
    "wear_pct": N_("time with sensor data"),
    "lbgi": N_("low blood glucose index (LBGI)"),
    "hbgi": N_("high blood glucose index (HBGI)"),
    "adrr": N_("average daily risk range (ADRR)"),
    "modd": N_("difference between days (MODD)"),
    "conga1": N_("variation within one hour (CONGA 1 h)"),
    "mage": N_("mean excursion (MAGE, moving averages)"),
}
FOR_PATIENT = ("tir_pct", "below_target_pct", "above_target_pct", "mean", "gmi_pct")
FOR_TEAM = (*FOR_PATIENT, "cv_pct", "sd", "below_54_pct", "above_250_pct", "tir_tight_pct", "gri")
FURTHER = ("lbgi", "hbgi", "adrr", "modd", "conga1", "mage")
ON_PAPER = ("mean", "gmi_pct", "cv_pct", "gri")
OF_STICKS = ("mean", "sd", "cv_pct", "lbgi", "hbgi", "adrr")
STICK_LABELS = LABELS | {
    "sd": N_("standard deviation of the readings (SD)"),
    "cv_pct": N_("variation of the readings (CV)"),
    "mean": N_("mean of the readings"),
}

REASONS = {
    "no_readings": N_("no readings"),
    "not_enough_data": N_("not enough data"),
    "no_interval": N_("readings too far apart"),
    "too_few_values": N_("too few readings"),
    "not_for_fingersticks": N_("not for fingersticks"),
}
EPISODES = {
    "hypo_l1": N_("low (below 3.9 mmol/L, 70 mg/dL)"),
    "hypo_l2": N_("very low (below 3.0 mmol/L, 54 mg/dL), counted in low too"),
    "hypo_extended": N_("low for more than two hours"),
    "hyper_l1": N_("high (above 10.0 mmol/L, 180 mg/dL)"),
    "hyper_l2": N_("very high (above 13.9 mmol/L, 250 mg/dL), counted in high too"),
}
MEALS = {"breakfast": N_("breakfast"), "lunch": N_("lunch"), "dinner": N_("dinner")}
PRESETS = {
    "own": N_("own targets"),
    "adult": N_("adults with type 1 or type 2 diabetes"),
    "child": N_("children and adolescents"),
    "older": N_("older people or high risk"),
    "pregnancy-type1": N_("pregnancy with type 1 diabetes"),
    "pregnancy-type2": N_("pregnancy with type 2 or gestational diabetes"),
}
CV_GOAL_PCT = 36
"""A goal of everybody's; the others stand in the targets."""
ENOUGH_STICKS = 14
"""Fewer fingersticks in one of two periods are too few for a comparison: one a day of two weeks."""
ENOUGH_MINUTES = 3 * 24 * 60
"""The same of a sensor: three days."""
MOST_UNEQUAL = 4
"""A side with more than so many times the readings of the other makes a difference look sure."""
Part = SensorPart | SticksPart
_GLUCOSE = frozenset({"mean", "sd", "modd", "conga1", "mage"})
_INDICES = frozenset({"lbgi", "hbgi", "adrr", "gri"})


@dataclass(frozen=True, slots=True)
class Line:
    """One figure in words."""

    name: str
    label: str
    value: str
    """Empty: the data do not allow one, `missing` says why."""
    missing: str = ""
    goal: str = ""
    is_met: bool | None = None
    """None: there is no goal, or no value to hold against it."""


def sensor_lines(sheet: Sheet, names: Sequence[str], words: Words) -> list[Line]:
    """Figures of the sensor; none of them says anything where the data do not suffice."""
    sensor = sheet["sensor"]
    if sensor is None:
        return []
    goals = sheet["targets"]["goals"]
    return [
        _sensor_line(name, sensor, goals.get(name), Unit(sheet["unit"]), words) for name in names
    ]


def _sensor_line(
    name: str, sensor: SensorPart, goal: GoalLine | None, unit: Unit, words: Words
) -> Line:
    measure, label = sensor["measures"][name], words.translate(LABELS[name])
    if measure["value"] is None:
        return Line(name, label, "", _missing(measure, words))
    if name == "cv_pct":
        goal = GoalLine(limit=CV_GOAL_PCT, is_minimum=False)
    value = _with_beyond(
        name, figure_text(name, measure["value"], unit, words.locale), sensor, words
    )
    if name == "gri" and sensor["gri_zone"]:
        value += f" ({words.translate(N_('zone'))} {sensor['gri_zone']})"
    if goal is None:
        return Line(name, label, value)
    limit, is_minimum = goal["limit"], goal["is_minimum"]
    met = measure["value"] > limit if is_minimum else measure["value"] < limit
    return Line(name, label, value, "", goal_text(goal, words), met)


def stick_lines(sheet: Sheet, names: Sequence[str], words: Words) -> list[Line]:
    """Figures of fingersticks: of readings, never of time, and without goals."""
    found = sheet["sticks"]
    if found is None:
        return []
    unit, lines = Unit(sheet["unit"]), []
    for name in names:
        measure, label = found["measures"][name], words.translate(STICK_LABELS[name])
        value = measure["value"]
        if value is None:
            lines.append(Line(name, label, "", _missing(measure, words)))
        else:
            text = figure_text(name, value, unit, words.locale)
            lines.append(Line(name, label, _with_beyond(name, text, found, words)))
    return lines


def _missing(measure: Measure, words: Words) -> str:
    return words.translate(REASONS[measure["reason"] or "too_few_values"])


def goal_text(goal: GoalLine, words: Words) -> str:
    """`goal: over 70 %`."""
    sentence = (
        N_("goal: over %(limit)s %%") if goal["is_minimum"] else N_("goal: under %(limit)s %%")
    )
    return words.translate(sentence) % {"limit": number(goal["limit"], words.locale)}


def figure_text(name: str, value: float, unit: Unit, locale: str) -> str:
    """A figure with its unit; a share as `core.i18n.share` prints every share."""
    if name in _GLUCOSE:
        digits = 1 if unit is Unit.MMOL_L else 0
        return f"{number(shown(value, unit), locale, digits)} {unit.value}"
    if name in _INDICES:
        return number(value, locale, 1)
    if name == "gmi_pct":
        return f"{number(value, locale, 1)} %"
    if name == "cv_pct":
        return f"{number(value, locale, 0)} %"
    return f"{share(value, locale)} %"


def beyond_text(part: Part, words: Words) -> str:
    """What a mean leaves out, to stand beside it; empty where it leaves nothing out."""
    if not part["n_beyond"]:
        return ""
    low, high = part.get("n_below_meter"), part.get("n_above_meter")
    if low is None or high is None:
        sentence = N_("without %(n)s values LO or HI")
    elif low and high:
        sentence = N_("without %(low)s values below and %(high)s above the meter's range")
    elif low:
        sentence = N_("without %(low)s values below the meter's range")
    else:
        sentence = N_("without %(high)s values above the meter's range")
    return words.translate(sentence) % {"n": part["n_beyond"], "low": low, "high": high}


def _with_beyond(name: str, text: str, part: Part | None, words: Words) -> str:
    beyond = beyond_text(part, words) if part is not None and name == "mean" else ""
    return f"{text}, {beyond}" if beyond else text


@dataclass(frozen=True, slots=True)
class Difference:
    """The same figure in two periods."""

    label: str
    before: str
    after: str
    change: str
    """Empty where one of the two has no value."""
    note: str = ""
    """Why the change says little: too few values, or very unequal numbers of them."""


def differences(after: Sheet, before: Sheet, words: Words) -> list[Difference]:
    """The sensor's figures of two periods, then those of fingersticks."""
    found = []
    unit = Unit(after["unit"])
    for kind, names, labels in (("sensor", FOR_TEAM, LABELS), ("sticks", OF_STICKS, STICK_LABELS)):
        if _part(after, kind) is None and _part(before, kind) is None:
            continue
        parts = (_part(before, kind), _part(after, kind))
        found += [
            _difference(words.translate(labels[name]), name, parts, unit, words) for name in names
        ]
    return found


def _part(sheet: Sheet, kind: str) -> Part | None:
    return sheet["sensor"] if kind == "sensor" else sheet["sticks"]


def _difference(
    label: str,
    name: str,
    parts: tuple[Part | None, Part | None],
    unit: Unit,
    words: Words,
) -> Difference:
    """The figure before and after; `parts` in that order."""
    texts, values = [], []
    for part in parts:
        measures = {} if part is None else part["measures"]
        measure = measures.get(name) or Measure(value=None, n=0, reason="no_readings")
        values.append(measure["value"])
        text = (
            _missing(measure, words)
            if measure["value"] is None
            else figure_text(name, measure["value"], unit, words.locale)
        )
        texts.append(text if measure["value"] is None else _with_beyond(name, text, part, words))
    change, note = "", ""
    if values[0] is not None and values[1] is not None:
        delta = _change(name, values[0], values[1], unit)
        # One decimal more than the two values have: 32 and 31 may be 1.8 apart.
        digits = 0 if name in _GLUCOSE and unit is Unit.MG_DL else 1
        change = signed(delta, words.locale, digits)
        note = comparison_note(parts[0], parts[1], words)
    return Difference(label, texts[0], texts[1], change, note)


def _amount(part: Part) -> int:
    """Minutes that a sensor's readings stand for, or how many fingersticks there are."""
    minutes = part.get("interval_min")
    return part["n"] * minutes if isinstance(minutes, int) else part["n"]


def comparison_note(before: Part | None, after: Part | None, words: Words) -> str:
    """`4 readings against 96: too few to compare`; empty where both sides are alike enough.

    A sensor's readings weigh by their interval: one that measures more often says no more.
    """
    if before is None or after is None:
        return ""
    is_sensor = "interval_min" in before
    amounts = [_amount(part) for part in (before, after)]
    if min(amounts) < (ENOUGH_MINUTES if is_sensor else ENOUGH_STICKS):
        sentence = N_("%(before)s readings against %(after)s: too few to compare")
    elif max(amounts) > MOST_UNEQUAL * min(amounts):
        sentence = N_("%(before)s readings against %(after)s: too unequal to compare")
    else:
        return ""
    return words.translate(sentence) % {"before": before["n"], "after": after["n"]}


def _change(name: str, before: float, after: float, unit: Unit) -> float:
    if name in _GLUCOSE:
        return round(shown(after, unit) - shown(before, unit), 1)
    return after - before


def signed(value: float, locale: str, digits: int) -> str:
    """A change with its sign; none where it rounds to nothing."""
    value = round(value, digits)
    sign = "+" if value > 0 else "\u2212" if value < 0 else ""
    return sign + number(abs(value), locale, digits)


def profile_sentences(sheet: Sheet, words: Words) -> list[str]:
    """What the glucose profile says, for those who do not see it."""
    sensor = sheet["sensor"]
    profile = sensor["profile"] if sensor is not None else None
    if profile is None:
        return []
    hours = {hour["hour"]: hour for hour in profile["hours"]}
    lowest, highest = hours[profile["lowest_hour"]], hours[profile["highest_hour"]]
    unit = Unit(sheet["unit"])
    digits = 1 if unit is Unit.MMOL_L else 0
    sentences = [
        words.translate(
            N_("Lowest at %(hours)s: 5 %% of values there are under %(value)s %(unit)s.")
        )
        % {
            "hours": hours_text([lowest["hour"]], words.locale),
            "value": number(lowest["p5"], words.locale, digits),
            "unit": unit.value,
        },
        words.translate(
            N_("Highest at %(hours)s: 5 %% of values there are over %(value)s %(unit)s.")
        )
        % {
            "hours": hours_text([highest["hour"]], words.locale),
            "value": number(highest["p95"], words.locale, digits),
            "unit": unit.value,
        },
    ]
    above = [hour["hour"] for hour in profile["hours"] if hour["place"] > 0]
    below = [hour["hour"] for hour in profile["hours"] if hour["place"] < 0]
    for out, sentence in (
        (above, N_("The median is above the target range at %(hours)s.")),
        (below, N_("The median is below the target range at %(hours)s.")),
    ):
        if out:
            sentences.append(words.translate(sentence) % {"hours": hours_text(out, words.locale)})
    if not above and not below:
        sentences.append(words.translate(N_("The median is in the target range all day.")))
    return sentences


def hours_text(hours: Iterable[int], locale: str) -> str:
    """Hours as spans, joined where they touch: from 3.00 to 5.00, from 14.00 to 15.00."""
    spans: list[list[int]] = []
    for hour in hours:
        if spans and spans[-1][1] == hour:
            spans[-1][1] = hour + 1
        else:
            spans.append([hour, hour + 1])
    return ", ".join(
        f"{clock(begins * 60, locale)}\u2013{clock(ends * 60, locale)}" for begins, ends in spans
    )
