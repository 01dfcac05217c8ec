"""The room's set of pages and what several of them share."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, cast

from flask import Response, current_app, flash, request, url_for

from devices.glucose import Unit
from telehealth.core.errors import NotFound
from telehealth.core.web.pages import Pages
from telehealth.core.web.platform import now
from telehealth.glycemia.slots import Slot
from telehealth.readings.models import Meal
from telehealth.readings.service import MEAL_WORDS
from telehealth.reports import service as reports
from telehealth.reports.figures.axes import clock
from telehealth.reports.figures.charts import (
    modal_figure,
    profile_figure,
    trace_figure,
    written,
)
from telehealth.reports.figures.document import words
from telehealth.reports.figures.lines import EPISODES, MEALS, signed
from telehealth.reports.figures.view import view_of
from telehealth.targets.service import SLOT_WORDS

pages = Pages("reports", "telehealth.reports")

CLOSER_DAYS = 8
"""Seven days that begin within a day touch eight."""
TRACE, PROFILE, MODAL = "potek", "profil", "dan"
"""Names of the charts in addresses."""


def asked_days(last: str = "do") -> reports.Days:
    """The days the address asks for (`dni`, and `do` the last one); the usual for other words."""
    typed = request.args.get("dni", "")
    length = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else None  # noqa: PLR2004 - three digits
    return reports.days_of(length, _day(request.args.get(last, "")), now())


def _looked_at() -> reports.Days | None:
    """The days of the part a chart looks closer at: `zacetek` to `konec` on the wall clock."""
    begins, ends = (_day(request.args.get(name, "")[:10]) for name in ("zacetek", "konec"))
    if begins is None or ends is None or begins > ends:
        return None
    length = min((ends - begins).days + 1, CLOSER_DAYS)
    return reports.days_of(length, begins + timedelta(days=length - 1), now())


def asked_other(days: reports.Days) -> reports.Days:
    """The days to compare with: as many, ending with `s`; directly before by default."""
    last = _day(request.args.get("s", ""))
    return reports.days_of(days.length, last, now()) if last else days.before


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def shown(sheet: reports.Sheet, *, for_team: bool) -> dict[str, Any]:
    """What the templates of a sheet need."""
    return {
        "view": view_of(sheet, words(), for_team=for_team),
        "sheet": sheet,
        "meal_word": _meal_word,
        "meals": MEALS,
        "episode_words": EPISODES,
        "signed": _signed,
        "as_day": date.fromisoformat,
        "clock_text": clock_text,
        "minute_text": _minute_text,
        "slot_word": _slot_word,
        "link": _link,
        "for_team": for_team,
    }


def figure(
    name: str, look: Callable[[reports.Days], reports.Trace], read: Callable[[], reports.Report]
) -> Response:
    """A chart by its name; an empty one where there is nothing to draw.

    Raises:
        NotFound: no chart has this name.
    """
    if name == TRACE:
        days = _looked_at() or asked_days()
        trace = look(days)
        return _json(trace_figure(trace, days, words()))
    sheet = read().sheet
    unit, targets = Unit(sheet["unit"]), sheet["targets"]
    sensor, sticks = sheet["sensor"], sheet["sticks"]
    if name == PROFILE:
        profile = sensor["profile"] if sensor else None
        return _json(profile_figure(profile, unit, targets, words()) if profile else {"data": []})
    if name == MODAL:
        return _json(
            modal_figure(sticks["modal"], unit, targets, words()) if sticks else {"data": []}
        )
    raise NotFound


def places(days: reports.Days, here: str, chart: str, target: dict[str, Any]) -> dict[str, Any]:
    """Where the links of a report lead: the page itself, its charts, the days before and after."""
    today = reports.days_of(days.length, None, now()).last
    after = days.last + timedelta(days=days.length)
    return {
        "here": here,
        "chart": chart,
        "target": target,
        "lengths": reports.LENGTHS,
        "older": days.before.last,
        "newer": None if days.last >= today else min(after, today),
        "is_newest": days.last >= today,
    }


def flash_with_undo(text: str, undo: str) -> None:
    """A message with the way back; the frame shows both."""
    flash(cast("Any", {"text": text, "undo": undo}), "success")


def _json(figure: dict[str, Any]) -> Response:
    return Response(written(figure), mimetype="application/json")


def _meal_word(slot: str) -> str:
    return words().translate(MEAL_WORDS[Meal(slot)])


def clock_text(typed: str) -> str:
    """`07:40` as the reader writes it."""
    hour, minute = map(int, typed.split(":"))
    return clock(hour * 60 + minute, words().locale)


def _minute_text(minute: int) -> str:
    return clock(minute, words().locale)


def _slot_word(slot: Slot) -> str:
    return words().translate(SLOT_WORDS[slot])


def _signed(value: float, digits: int) -> str:
    return signed(value, words().locale, digits)


def _link(endpoint: str, **values: Any) -> str:
    """The address of a page of another room; empty where there is no such room."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""
