"""What the PDF page prints: a sheet with its words in one language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date

from devices.glucose import Unit
from telehealth.core.i18n import N_, number
from telehealth.core.i18n import share as share_text
from telehealth.glycemia.bands import BANDS
from telehealth.readings.figures import Words
from telehealth.readings.models import Meal
from telehealth.readings.service import MEAL_WORDS
from telehealth.reports.figures.drawings import modal_svg, profile_svg, strip_svg
from telehealth.reports.figures.lines import (
    FOR_TEAM,
    PRESETS,
    Line,
    profile_sentences,
    sensor_lines,
    signed,
    stick_lines,
)
from telehealth.reports.service import ShownRemark
from telehealth.reports.service.sheets import SensorPart, Sheet, SticksPart, Strip

_STYLE = (
    "<style>.target{fill:#dcebe3}.line{stroke:#c9cfce;stroke-width:.7;fill:none}"
    "text{font-family:'Libertinus Serif';font-size:12px;fill:#51606b}"
    ".outer{fill:#0a6b6e;opacity:.18}.inner{fill:#0a6b6e;opacity:.32}"
    ".median{fill:none;stroke:#085457;stroke-width:3;stroke-linejoin:round}"
    "polyline{fill:none;stroke:#51606b;stroke-width:1.1;stroke-linejoin:round}"
    ".dots{fill:none;stroke-width:2.4;stroke-linecap:round}"
    ".mark{fill:none;stroke-width:1.4}"
    ".band-very-low{stroke:#8e1b4b}.band-low{stroke:#c93c62}.band-in-range{stroke:#2f7d5b}"
    ".band-high{stroke:#b27c00}.band-very-high{stroke:#a85508}"
    ".band-very-low.filled{fill:#8e1b4b}.band-in-range.filled{fill:#2f7d5b}"
    ".band-very-high.filled{fill:#a85508}</style>"
)
_STRIPS = 14
_REMARKS = 4
_REMARK_CHARS = 160
_PROFILE_MM, _PROFILE_ALONE_MM, _MODAL_MM = 66, 72, 72
_MEAL_OF_POINT = {
    "after_breakfast": "breakfast",
    "after_lunch": "lunch",
    "after_dinner": "dinner",
}


@dataclass(frozen=True, slots=True)
class Head:
    """Whose page it is, and who made it when."""

    patient_name: str
    birth_on: date
    made: str
    """`23. 11. 2026 ob 10.00, dr. Miha Kovač`."""
    organisation: str
    remarks: Sequence[ShownRemark] = ()


def page_data(sheet: Sheet, head: Head, words: Words) -> dict[str, Any]:
    """Everything the template prints."""
    say = words.translate
    first, last = date.fromisoformat(sheet["first_on"]), date.fromisoformat(sheet["last_on"])
    sensor, sticks = sheet["sensor"], sheet["sticks"]
    return {
        "language": words.locale,
        "title": say(N_("Glucose report")),
        "organisation": head.organisation,
        "clinic": head.organisation,
        "patient": head.patient_name,
        "born": say(N_("born")) + " " + plain_day(head.birth_on, words.locale),
        "period": f"{plain_day(first, words.locale)} \u2013 {plain_day(last, words.locale)}"
        f" ({days_text(sheet['n_days'], words)})",
        "targets": targets_text(sheet, words),
        "made": head.made,
        "footer": say(NO_ADVICE),
        "figure_heads": ["", "", ""],
        "sensor": _sensor(sheet, sensor, words, is_alone=not sticks) if sensor else None,
        "sticks": _sticks(sheet, sticks, words, is_alone=not sensor) if sticks else None,
        "empty": "" if sensor or sticks else say(N_("No readings in this period.")),
        "remarks_title": say(N_("Remarks of the care team")),
        "remarks": [_remark(one, words) for one in head.remarks[:_REMARKS]],
    }


def _remark(one: ShownRemark, words: Words) -> dict[str, str]:
    text = " ".join(one.text.split())
    short = text if len(text) <= _REMARK_CHARS else text[: _REMARK_CHARS - 1] + "\u2026"
    when = plain_day(one.day, words.locale) + (f" {one.clock}" if one.clock else "")
    return {"when": when, "text": short, "author": one.author}


def _sensor(sheet: Sheet, sensor: SensorPart, words: Words, *, is_alone: bool) -> dict[str, Any]:
    say, unit = words.translate, Unit(sheet["unit"])
    profile, targets = sensor["profile"], sheet["targets"]
    sentences = " ".join(profile_sentences(sheet, words))
    drawn = profile_svg(profile, unit, targets, "", words.locale) if profile else ""
    strips = sensor["strips"][-_STRIPS:]
    title = N_("Days (the last 14)") if len(sensor["strips"]) > _STRIPS else N_("Days")
    names = [name for name in FOR_TEAM if name != "tir_tight_pct"]
    return {
        "title": say(N_("Sensor")),
        "sentence": sensor_sentence(sheet, words),
        "missing": missing_sentence(sheet, words),
        "bar": _bar(sensor["bands"], words),
        "figures": [_figure(line) for line in sensor_lines(sheet, names, words)],
        "profile_title": say(N_("Glucose profile")),
        "profile": _on_paper(drawn) if drawn else "",
        "profile_words": say(N_("Glucose profile")) + ". " + sentences,
        "profile_mm": _PROFILE_ALONE_MM if is_alone else _PROFILE_MM,
        "legend": say(LEGEND) + " " + sentences,
        "days_title": say(title),
        "days": [_strip(strip, sheet, words) for strip in strips],
    }


LEGEND = N_(
    "Bold line: median. Darker band: half of the values. Lighter band: 90 percent of the values"
    " (5th to 95th percentile). Shaded: target range."
)


def _figure(line: Line) -> dict[str, str]:
    return {"label": line.label, "value": line.value or line.missing, "goal": line.goal}


def _strip(strip: Strip, sheet: Sheet, words: Words) -> dict[str, str]:
    svg = strip_svg(strip, Unit(sheet["unit"]), sheet["targets"], "")
    share = strip["in_range_pct"]
    return {
        "label": short_day(date.fromisoformat(strip["on"]), words.locale),
        "share": "" if share is None else f"{share_text(share, words.locale)} %",
        "svg": _on_paper(svg),
        "words": strip_sentence(strip, sheet, words),
    }


def _sticks(sheet: Sheet, found: SticksPart, words: Words, *, is_alone: bool) -> dict[str, Any]:
    say, unit = words.translate, Unit(sheet["unit"])
    digits = 1 if unit is Unit.MMOL_L else 0
    deltas = {one["meal"]: one for one in found["pairs"]}
    points = []
    for point in found["points"]:
        pair = deltas.get(_MEAL_OF_POINT.get(point["slot"], ""))
        points.append(
            {
                "slot": say(MEAL_WORDS[Meal(point["slot"])]),
                "mean": _or_dash(point["mean"], words.locale, digits),
                "n": str(point["n"]),
                "delta": "" if pair is None else signed(pair["delta"], words.locale, digits),
            }
        )
    modal = modal_svg(found["modal"], unit, sheet["targets"], "", words.locale) if is_alone else ""
    return {
        "title": say(N_("Fingersticks")),
        "sentence": sticks_sentence(sheet, words),
        "note": say(NOT_EVEN),
        "bar": _bar(found["bands"], words),
        "points": points,
        "points_title": say(N_("Seven-point profile")),
        "mean_title": say(N_("mean (%(unit)s)")) % {"unit": unit.value},
        "count_title": say(N_("readings")),
        "pairs_title": say(N_("change after the meal")),
        "figures": [_figure(line) for line in stick_lines(sheet, ("mean", "sd", "cv_pct"), words)],
        "modal": _on_paper(modal) if modal else "",
        "modal_title": say(N_("All fingersticks by time of day")),
        "modal_words": say(N_("All fingersticks by time of day")),
        "modal_mm": _MODAL_MM,
    }


def _or_dash(value: float | None, locale: str, digits: int) -> str:
    return "\u2013" if value is None else number(value, locale, digits)


NO_ADVICE = N_("These figures describe readings. They are no diagnosis and no dosing advice.")
NOT_EVEN = N_("Percent of readings, not of time: fingersticks are not evenly spread over the day.")


def _bar(bands: dict[str, float] | None, words: Words) -> list[dict[str, Any]]:
    return [
        {
            "band": band.value,
            "percent": bands[band.value],
            "text": share_text(bands[band.value], words.locale),
            "word": words.band(place),
        }
        for place, band in enumerate(BANDS)
        if bands is not None
    ]


def _on_paper(svg: str) -> str:
    """An SVG with colours of its own: the page's style sheet is not there."""
    head, end, rest = svg.partition(">")
    return str(head) + str(end) + _STYLE + str(rest)


def sensor_sentence(sheet: Sheet, words: Words) -> str:
    """On how many days and how much of the time there are data."""
    sensor = sheet["sensor"]
    if sensor is None:
        return ""
    wear = sensor["measures"]["wear_pct"]["value"]
    said = {
        "days": sensor["n_days"],
        "all": sheet["n_days"],
        "wear": share_text(wear or 0, words.locale),
        "step": sensor["interval_min"],
    }
    if sheet["n_days"] == 1:
        return words.translate(N_("Readings of the sensor: %(n)s.")) % {"n": sensor["n"]}
    if wear is None:
        return words.translate(N_("There are data on %(days)s of %(all)s days.")) % said
    return (
        words.translate(
            N_(
                "There are data on %(days)s of %(all)s days, for %(wear)s %% of the time;"
                " the sensor measures every %(step)s minutes."
            )
        )
        % said
    )


def missing_sentence(sheet: Sheet, words: Words) -> str:
    """Why no shares and no profile are given; empty where they are."""
    sensor = sheet["sensor"]
    if sensor is None or sensor["is_enough"]:
        return ""
    return words.translate(
        N_(
            "Not enough data for shares and a profile:"
            " they need 14 days with 70 percent of the time."
        )
    )


def sticks_sentence(sheet: Sheet, words: Words) -> str:
    """How many readings on how many days, and the two ends."""
    found = sheet["sticks"]
    if found is None:
        return ""
    unit = Unit(sheet["unit"])
    digits = 1 if unit is Unit.MMOL_L else 0
    said = {
        "n": found["n"],
        "days": found["n_days"],
        "all": sheet["n_days"],
        "per_day": number(found["per_day"] or 0, words.locale, 1),
        "lowest": number(found["lowest"] or 0, words.locale, digits),
        "highest": number(found["highest"] or 0, words.locale, digits),
        "unit": unit.value,
    }
    told = N_("Readings: %(n)s, on %(days)s of %(all)s days (%(per_day)s on a day with readings).")
    if sheet["n_days"] == 1:
        told = N_("Readings: %(n)s.")
    sentence = words.translate(told) % said
    if found["lowest"] is not None:
        ends = N_("Lowest %(lowest)s, highest %(highest)s %(unit)s.")
        sentence += " " + words.translate(ends) % said
    if found["n_beyond"]:
        beyond = N_("The meter said LO or HI without a number %(n)s times.")
        sentence += " " + words.translate(beyond) % {"n": found["n_beyond"]}
    return sentence


def strip_sentence(strip: Strip, sheet: Sheet, words: Words) -> str:
    """One day of a sensor in words."""
    day = short_day(date.fromisoformat(strip["on"]), words.locale)
    if strip["lowest"] is None or strip["highest"] is None:
        return f"{day}: {words.translate(N_('no data'))}"
    digits = 1 if sheet["unit"] == Unit.MMOL_L.value else 0
    said = {
        "day": day,
        "low": number(strip["lowest"], words.locale, digits),
        "high": number(strip["highest"], words.locale, digits),
        "unit": sheet["unit"],
        "share": share_text(strip["in_range_pct"] or 0, words.locale),
        "covered": strip["covered_pct"],
    }
    if strip["in_range_pct"] is None:
        short = N_("%(day)s: %(low)s to %(high)s %(unit)s, data for %(covered)s %% of the day")
        return words.translate(short) % said
    return (
        words.translate(N_("%(day)s: %(low)s to %(high)s %(unit)s, %(share)s %% in target range"))
        % said
    )


def targets_text(sheet: Sheet, words: Words) -> str:
    """`Target range 3.9-10.0 mmol/L (adults with ...)`."""
    targets = sheet["targets"]
    digits = 1 if sheet["unit"] == Unit.MMOL_L.value else 0
    preset = PRESETS.get(targets["preset"], PRESETS["own"])
    said = {
        "low": number(targets["low"], words.locale, digits),
        "high": number(targets["high"], words.locale, digits),
        "unit": sheet["unit"],
        "whose": words.translate(preset),
    }
    return words.translate(N_("Target range %(low)s to %(high)s %(unit)s (%(whose)s)")) % said


def days_text(length: int, words: Words) -> str:
    """`14 days`; today is said so."""
    if length == 1:
        return words.translate(N_("one day"))
    return words.translate(N_("%(days)s days")) % {"days": length}


def short_day(day: date, locale: str) -> str:
    """`pon. 23. 11.`, `Mon 23 Nov`."""
    return format_date(day, "EEE d. M." if locale == "sl" else "EEE d MMM", locale=locale)


def tiny_day(day: date, locale: str) -> str:
    """`pon. 23.`, `Mon 23`: where the month is said nearby."""
    return format_date(day, "EEE d." if locale == "sl" else "EEE d", locale=locale)


def plain_day(day: date, locale: str) -> str:
    """`23. 11. 2026`, `23 November 2026`."""
    return format_date(day, "d. M. y" if locale == "sl" else "d MMMM y", locale=locale)
