"""Staff pages of monitoring: own patients, one patient, the chart to put beside a call."""

from typing import Any

from flask import Response, render_template
from flask_babel import gettext

from telehealth.core.clock import local
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Pages
from telehealth.core.web.platform import current_actor, now, signed_in, unit_of_work
from telehealth.core.web.words import locale
from telehealth.diary.pages import by_day, chosen_period, has_sensor
from telehealth.monitoring import service as monitoring
from telehealth.monitoring.figures import day_strip
from telehealth.readings import service as readings
from telehealth.readings.figures import Words, axis_of, glucose_figure, shares, sparkline

pages = Pages("monitoring", __name__)


@pages.get("/pacienti")
@access(Access.STAFF)
def patients() -> str:
    """The worker's own patients, with the newest value of each."""
    with unit_of_work() as opened:
        actor = current_actor(opened, signed_in().person_id)
        rows = monitoring.patients(opened, actor, now=now())
    today = local(now()).date()
    return render_template(
        "monitoring/patients.html",
        rows=rows,
        strips={row.person.id: day_strip(row.days, today) for row in rows},
    )


@pages.get("/pacienti/<int:patient_id>")
@access(Access.STAFF)
def patient(patient_id: int) -> str:
    """One patient: the period at a glance, its chart, the newest readings."""
    return render_template("monitoring/patient.html", **_shown(patient_id))


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
    written = glucose_figure(found, period, unit, Words(gettext, locale()))
    return Response(written, mimetype="application/json")


def _shown(patient_id: int) -> dict[str, Any]:
    period = chosen_period()
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        found = monitoring.patient(opened, actor, patient_id, period, now=now())
    overview = found.overview
    return {
        "found": found,
        "overview": overview,
        "period": period,
        "periods": readings.PERIODS,
        "shares": shares(overview.days),
        "spark": sparkline(overview.columns, period, overview.unit),
        "axis": axis_of(overview.unit),
        "has_sensor": has_sensor(overview),
        "days": by_day(found.recent.items),
        "words": readings,
    }
