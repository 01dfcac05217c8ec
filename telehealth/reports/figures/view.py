"""A sheet as a page shows it: lines of figures, pictures and their sentences, made once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from devices.glucose import Unit
from telehealth.core.i18n import N_
from telehealth.glycemia.slots import SLOTS
from telehealth.readings.figures import Words
from telehealth.readings.models import Meal
from telehealth.readings.service import MEAL_WORDS
from telehealth.reports.figures import paper
from telehealth.reports.figures.drawings import modal_svg, profile_svg, strip_svg
from telehealth.reports.figures.lines import (
    FOR_PATIENT,
    FOR_TEAM,
    FURTHER,
    OF_STICKS,
    Line,
    profile_sentences,
    sensor_lines,
    stick_lines,
)
from telehealth.reports.service.sheets import Cell, Sheet, SticksPart


@dataclass(frozen=True, slots=True)
class DayPicture:
    """One day of a sensor."""

    day: str
    svg: Markup
    words: str
    in_range_pct: float | None
    has_low: bool
    is_empty: bool


@dataclass(frozen=True, slots=True)
class View:
    """Everything of a sheet that a template prints."""

    sheet: Sheet
    targets: str
    sensor_sentence: str
    missing: str
    lines: Sequence[Line]
    further: Sequence[Line]
    bands: dict[str, float]
    profile: Markup | None
    profile_sentences: Sequence[str]
    legend: str
    not_even: str
    days: Sequence[DayPicture]
    sticks_sentence: str
    stick_lines: Sequence[Line]
    modal: Markup | None
    has_placed: bool
    """Whether the logbook holds readings that stand in a slot by their time only."""
    slots: Sequence[tuple[str, str]]
    """Codes and words of the slots the logbook shows, in the order of the day."""

    @property
    def is_empty(self) -> bool:
        """Whether there is no reading in these days."""
        return self.sheet["sensor"] is None and self.sheet["sticks"] is None

    @property
    def digits(self) -> int:
        """Decimals of a value on the sheet's unit."""
        return 1 if self.sheet["unit"] == Unit.MMOL_L.value else 0


def view_of(sheet: Sheet, words: Words, *, for_team: bool) -> View:
    """A sheet as the patient's or the care team's page shows it."""
    sensor, sticks = sheet["sensor"], sheet["sticks"]
    return View(
        sheet=sheet,
        targets=paper.targets_text(sheet, words),
        sensor_sentence=paper.sensor_sentence(sheet, words),
        missing=paper.missing_sentence(sheet, words),
        lines=sensor_lines(sheet, FOR_TEAM if for_team else FOR_PATIENT, words),
        further=sensor_lines(sheet, FURTHER, words) if for_team else (),
        bands=(sensor["bands"] or {}) if sensor else {},
        profile=_profile(sheet, words),
        profile_sentences=profile_sentences(sheet, words),
        legend=words.translate(paper.LEGEND),
        not_even=words.translate(paper.NOT_EVEN),
        days=_days(sheet, words),
        sticks_sentence=paper.sticks_sentence(sheet, words),
        stick_lines=stick_lines(sheet, OF_STICKS if for_team else ("mean",), words),
        modal=_modal(sheet, words),
        has_placed=any(cell["is_by_time"] for cell in _cells(sticks)),
        slots=_slots(sticks, words),
    )


def _profile(sheet: Sheet, words: Words) -> Markup | None:
    profile = sheet["sensor"]["profile"] if sheet["sensor"] else None
    if profile is None:
        return None
    label, unit = words.translate(N_("Glucose profile")), Unit(sheet["unit"])
    return profile_svg(profile, unit, sheet["targets"], label, words.locale)


def _modal(sheet: Sheet, words: Words) -> Markup | None:
    if sheet["sticks"] is None:
        return None
    label = words.translate(N_("All fingersticks by time of day"))
    found, unit = sheet["sticks"]["modal"], Unit(sheet["unit"])
    return modal_svg(found, unit, sheet["targets"], label, words.locale)


def _cells(sticks: SticksPart | None) -> Iterator[Cell]:
    for row in sticks["log"] if sticks else ():
        for cells in row["cells"].values():
            yield from cells


def _slots(sticks: SticksPart | None, words: Words) -> list[tuple[str, str]]:
    used = {slot for row in sticks["log"] for slot in row["cells"]} if sticks else set()
    return [
        (slot.value, words.translate(MEAL_WORDS[Meal(slot.value)]))
        for slot in SLOTS
        if slot.value in used
    ]


def _days(sheet: Sheet, words: Words) -> list[DayPicture]:
    sensor = sheet["sensor"]
    if sensor is None:
        return []
    unit = Unit(sheet["unit"])
    found = []
    for strip in sensor["strips"]:
        sentence = paper.strip_sentence(strip, sheet, words)
        found.append(
            DayPicture(
                day=paper.tiny_day(date.fromisoformat(strip["on"]), words.locale),
                svg=strip_svg(strip, unit, sheet["targets"], sentence),
                words=sentence,
                in_range_pct=strip["in_range_pct"],
                has_low=strip["n_low"] > 0,
                is_empty=strip["n"] == 0,
            )
        )
    return found
