"""Pages of readings: the diary with its chart, a new entry, removing and taking that back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, cast
from uuid import uuid4

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from devices.glucose import Unit
from telehealth.core.clock import local
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, Pages, read_form
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.core.web.words import locale
from telehealth.readings import service as readings
from telehealth.readings.figures import Words, axis_of, glucose_figure, shares, sparkline
from telehealth.readings.models import Meal, SourceKind
from telehealth.readings.schemas import EntryFormSchema, sentence

pages = Pages("diary", __name__)
PAGE_SIZE = 60


@pages.for_patient("/dnevnik")
@access(Access.SIGNED_IN)
def diary() -> str:
    """The diary: what the period says in one sentence, its chart, the entries day by day."""
    period = chosen_period()
    with unit_of_work() as opened:
        actor = current_actor(opened)
        patient_id = actor.subject_id or 0
        window = readings.Window(
            cursor=request.args.get("od"),
            ends_at=period.ends_at,
            limit=PAGE_SIZE,
            with_sensor=False,
        )
        page = readings.page(opened, actor, patient_id, window, now=now())
        overview = readings.overview(opened, actor, patient_id, period)
    return render_template(
        "diary/diary.html",
        patient_id=patient_id,
        page=page,
        days=by_day(page.items),
        is_first=request.args.get("od") is None,
        period=period,
        periods=readings.PERIODS,
        overview=overview,
        shares=shares(overview.days),
        spark=sparkline(overview.columns, period, overview.unit),
        axis=axis_of(overview.unit),
        has_sensor=has_sensor(overview),
        words=readings,
    )


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


@pages.for_patient("/dnevnik/nova")
@access(Access.SIGNED_IN)
def new_entry() -> str:
    """The form of a new entry: now, in the unit written last."""
    with unit_of_work() as opened:
        actor = current_actor(opened)
        unit = readings.open_form(opened, actor, actor.subject_id or 0)
    return _form(Form(values=_fresh_values(unit)))


@pages.for_patient("/dnevnik/nova", methods=("POST",))
@access(Access.SIGNED_IN)
def add_entry() -> AnyResponse | tuple[str, int]:
    """Write the entry into the diary; nothing typed is lost when it cannot be."""
    try:
        typed = read_form(EntryFormSchema())
        with unit_of_work() as opened:
            actor = current_actor(opened)
            batch = readings.Batch(actor.subject_id or 0, (typed.reading,))
            outcome = readings.record(opened, actor, batch, now=now())
        if outcome.rejected:
            raise _refused_time(outcome.rejected[0])
    except Invalid as refusal:
        return _form(Form.refused(refusal)), refusal.status
    if outcome.new:
        undo = url_for("diary.remove", reference=str(outcome.new[0]))
        _flash_with_undo(gettext("The reading is saved."), undo)
    else:
        flash(gettext("This reading was already saved."), "info")
    return redirect(url_for("diary.diary"), 303)


@pages.for_patient("/dnevnik/<reference>/odstrani", methods=("POST",))
@access(Access.SIGNED_IN)
def remove(reference: str) -> AnyResponse:
    """Take an entry written by hand out of the diary."""
    with unit_of_work() as opened:
        actor = current_actor(opened)
        place = readings.Reference.read(reference)
        readings.remove(opened, actor, actor.subject_id or 0, place, now=now())
    undo = url_for("diary.restore", reference=reference)
    _flash_with_undo(gettext("The reading is removed."), undo)
    return redirect(url_for("diary.diary"), 303)


@pages.for_patient("/dnevnik/<reference>/vrni", methods=("POST",))
@access(Access.SIGNED_IN)
def restore(reference: str) -> AnyResponse:
    """Put a removed entry back."""
    with unit_of_work() as opened:
        actor = current_actor(opened)
        place = readings.Reference.read(reference)
        readings.restore(opened, actor, actor.subject_id or 0, place, now=now())
    flash(gettext("The reading is back in the diary."), "success")
    return redirect(url_for("diary.diary"), 303)


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


def _flash_with_undo(text: str, undo: str) -> None:
    flash(cast("Any", {"text": text, "undo": undo}), "success")


def _form(form: Form) -> str:
    return render_template(
        "diary/new_entry.html",
        form=form,
        units=[(unit.value, unit.value) for unit in Unit],
        meals=[(meal.value, gettext(readings.MEAL_WORDS[meal])) for meal in readings.FORM_MEALS],
        latest=local(now() + timedelta(minutes=1)).date().isoformat(),
    )


def _fresh_values(unit: Unit) -> dict[str, str]:
    here = local(now())
    return {
        "key": uuid4().hex,
        "unit": unit.value,
        "day": here.date().isoformat(),
        "time": f"{here:%H:%M}",
        "meal": Meal.NONE.value,
    }


def _refused_time(rejection: readings.Rejection) -> Invalid:
    """The service's view of the time, beside the field that is wrong."""
    is_today = request.form.get("day") == local(now()).date().isoformat()
    field = "time" if is_today and rejection.field == "measured_at" else "day"
    return Invalid(errors=(FieldError(f"#/{field}", sentence(rejection), str(rejection.code)),))
