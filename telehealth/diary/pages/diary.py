"""The diary: what the period says, its chart, then glucose and everything else day by day."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from devices.glucose import Unit
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.core.web.access import Access, access
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.core.web.words import locale
from telehealth.diary import service as diary_service
from telehealth.diary.pages.door import pages, show
from telehealth.diary.service import Topic
from telehealth.readings import service as readings
from telehealth.readings.figures import Words, axis_of, glucose_figure, shares, sparkline
from telehealth.readings.models import SourceKind

TOPICS = {
    Topic.ALL: N_("All"),
    Topic.GLUCOSE: N_("Glucose"),
    Topic.MEALS: N_("Meals"),
    Topic.INSULIN: N_("Insulin"),
    Topic.ACTIVITY: N_("Activity"),
    Topic.WELLBEING: N_("Illness and stress"),
    Topic.NOTES: N_("Notes"),
}


@pages.for_patient("/dnevnik")
@access(Access.SIGNED_IN)
def diary() -> str:
    """The diary: what the period says in one sentence, its chart, the entries day by day."""
    period, view = chosen_period(), chosen_view()
    with unit_of_work() as opened:
        actor = current_actor(opened)
        patient_id = actor.subject_id or 0
        shown = diary_service.show(opened, actor, patient_id, view, now=now())
        overview = readings.overview(opened, actor, patient_id, period, now=now())
        advice = readings.advice_of(opened, patient_id, now=now())
    return show(
        "diary",
        now_advice=advice,
        patient_id=patient_id,
        owner=None,
        units=[(unit.value, unit.value) for unit in Unit],
        period=period,
        overview=overview,
        **list_values(view, shown),
        **overview_values(overview, period),
    )


@pages.for_patient("/dnevnik/enota", methods=("POST",))
@access(Access.SIGNED_IN)
def choose_unit() -> AnyResponse:
    """The form and the charts use the chosen unit; the entries stay as they were written."""
    try:
        unit = Unit(request.form.get("unit", ""))
    except ValueError as error:
        wrong = FieldError("#/unit", N_("The unit is mmol/L or mg/dL."), "unit")
        raise Invalid(errors=(wrong,)) from error
    with unit_of_work() as opened:
        actor = current_actor(opened)
        readings.choose_unit(opened, actor, actor.subject_id or 0, unit, now=now())
    flash(gettext("The form and the charts now use %(unit)s.", unit=unit.value), "success")
    return redirect(url_for("diary.diary"), 303)


@pages.for_patient("/dnevnik/graf.json")
@access(Access.SIGNED_IN)
def figure() -> Response:
    """The diary's chart as a Plotly figure."""
    period = chosen_period()
    with unit_of_work() as opened:
        actor = current_actor(opened)
        patient_id = actor.subject_id or 0
        unit = readings.preferred_unit(opened, patient_id)
        found = readings.columns(opened, actor, patient_id, period.window, now=now())
    return figure_response(glucose_figure(found, period, unit, Words(gettext, locale())))


def list_values(view: diary_service.View, shown: diary_service.Shown) -> dict[str, Any]:
    """What the list of days needs."""
    return {
        "shown": shown,
        "view": view,
        "is_first": view.before is None,
        "topics": [(topic.value, gettext(word)) for topic, word in TOPICS.items()],
    }


def overview_values(overview: readings.Overview, period: readings.Period) -> dict[str, Any]:
    """What the head of a period needs."""
    return {
        "periods": readings.PERIODS,
        "shares": shares(overview.days),
        "spark": sparkline(overview.columns, period, overview.unit),
        "axis": axis_of(overview.unit, overview.columns.ranges),
        "has_sensor": has_sensor(overview),
    }


def chosen_view() -> diary_service.View:
    """The part of the diary the address asks for; all of it, up to now, for any other word."""
    asked = request.args.get("kaj", "")
    topic = Topic(asked) if asked in {topic.value for topic in Topic} else Topic.ALL
    try:
        before = date.fromisoformat(request.args.get("pred", ""))
    except ValueError:
        return diary_service.View(topic)
    is_sensible = date(1900, 1, 2) < before < date(2200, 1, 1)
    return diary_service.View(topic, before if is_sensible else None)


def chosen_period() -> readings.Period:
    """The period the address asks for, ending now; the usual one for any other word.

    `zacetek` and `konec` (wall clock, `2026-11-23T08:00`) choose a part of it, as a chart does to
    look closer; what is no time chooses nothing.
    """
    offered = {str(days): days for days in readings.PERIODS}
    asked = offered.get(request.args.get("dni", ""), readings.DEFAULT_DAYS)
    period = readings.period_of(asked, now())
    try:
        begins, ends = (datetime.fromisoformat(request.args[name]) for name in ("zacetek", "konec"))
        return period.part(begins.replace(tzinfo=None), ends.replace(tzinfo=None))
    except (KeyError, ValueError, OverflowError):
        return period


def figure_response(written: bytes) -> Response:
    """A figure that the browser may show again at once but has to ask for."""
    return Response(written, mimetype="application/json")


def has_sensor(overview: readings.Overview) -> bool:
    """Whether a sensor's readings are in the chart and, being too many, not in the list."""
    return any(source.kind is SourceKind.CGM for source in overview.columns.sources)


def by_day(entries: Sequence[readings.Entry]) -> list[list[readings.Entry]]:
    """Entries of one local day together, in the order given."""
    days = groupby(entries, key=lambda entry: readings.local_day(entry.measured_at))
    return [list(group) for _, group in days]
