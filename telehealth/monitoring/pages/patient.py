"""One patient for the care team: the entry and its loop, the period, the newest readings."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from telehealth.core.clock import local
from telehealth.core.errors import Conflict, Invalid
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, read_form
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.core.web.words import locale
from telehealth.diary.pages import by_day, chosen_period, figure_response, has_sensor
from telehealth.directory import service as directory
from telehealth.imports import service as imports
from telehealth.meters import service as meters
from telehealth.meters.figures import waiting_words
from telehealth.monitoring import figures
from telehealth.monitoring import service as monitoring
from telehealth.monitoring.models import Deed
from telehealth.monitoring.pages.door import pages
from telehealth.monitoring.pages.worklist import address, known
from telehealth.monitoring.schemas import DeedFormSchema
from telehealth.readings import service as readings
from telehealth.readings.figures import Words, axis_of, glucose_figure, shares, sparkline

UNDONE_BY = {Deed.ACKNOWLEDGED: Deed.REOPENED, Deed.CLOSED: Deed.REOPENED}


@pages.get("/pacienti/<int:patient_id>")
@access(Access.STAFF)
def patient(patient_id: int) -> str:
    """One patient: the entry of the worklist, the period at a glance, the newest readings."""
    return _page(patient_id, Form())


@pages.post("/pacienti/<int:patient_id>/vnos")
@access(Access.STAFF)
def act(patient_id: int) -> Response | tuple[str, int]:
    """Acknowledge, close, take, give back, note, or set the day of the next review."""
    try:
        wish = read_form(DeedFormSchema())
        with unit_of_work() as opened:
            actor = current_actor(opened, patient_id)
            monitoring.act(opened, actor, patient_id, wish, now=now())
    except Invalid as refusal:
        return _page(patient_id, Form.refused(refusal)), 422
    except Conflict as refusal:
        flash(gettext(refusal.detail), "warning")
        return redirect(url_for("monitoring.patient", patient_id=patient_id), 303)
    flash(gettext(figures.DONE_WORDS[wish.deed]), "success")
    if request.form.get("back"):
        return redirect(address(known(request.form["back"])), 303)
    return redirect(url_for("monitoring.patient", patient_id=patient_id, _anchor="vnos"), 303)


@pages.get("/pacienti/<int:patient_id>/graf")
@access(Access.STAFF)
def chart(patient_id: int) -> str:
    """Only the chart and its sentence, to put beside a call."""
    return render_template("monitoring/chart.html", **_shown(patient_id))


@pages.get("/pacienti/<int:patient_id>/graf.json")
@access(Access.STAFF)
def figure(patient_id: int) -> Response:
    """The chart as a Plotly figure."""
    period = chosen_period()
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        unit = readings.preferred_unit(opened, patient_id)
        found = readings.columns(opened, actor, patient_id, period.window, now=now())
    return figure_response(glucose_figure(found, period, unit, Words(gettext, locale())))


def _page(patient_id: int, form: Form) -> str:
    shown = _shown(patient_id)
    entry = shown["found"].loop.entry
    return render_template(
        "monitoring/patient.html",
        form=form,
        entry=entry,
        reasons=figures.sentences(entry, locale()),
        change=figures.change_words(entry, locale()),
        figures=figures,
        undone_by=UNDONE_BY,
        today=local(now()).date(),
        **shown,
    )


def _shown(patient_id: int) -> dict[str, Any]:
    period = chosen_period()
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        found = monitoring.patient(opened, actor, patient_id, period, now=now())
        left_out = imports.left_out(opened, actor, patient_id, now=now())
        team = directory.care_team_of(opened, patient_id, now=now())
        waiting = waiting_words(meters.waiting_of(opened, patient_id))
    overview = found.overview
    return {
        "found": found,
        "meters_waiting": waiting,
        "team": [(worker.person_id, worker.full_name) for worker in team],
        "me": actor.person_id,
        "left_out": left_out,
        "overview": overview,
        "period": period,
        "periods": readings.PERIODS,
        "shares": shares(overview.days),
        "spark": sparkline(overview.columns, period, overview.unit),
        "axis": axis_of(overview.unit, overview.columns.ranges),
        "has_sensor": has_sensor(overview),
        "days": by_day(found.recent.items),
        "words": readings,
    }
