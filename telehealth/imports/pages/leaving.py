"""Pages of exports: choose what and how, then a file that streams."""

from collections.abc import Iterator
from datetime import timedelta

from flask import Response, current_app, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from telehealth.core.clock import local
from telehealth.core.errors import Invalid
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import acting
from telehealth.core.web.platform import current_actor, now, platform, unit_of_work
from telehealth.core.web.words import locale
from telehealth.imports import service as imports
from telehealth.imports.figures import csv_file, json_file
from telehealth.imports.pages.door import door, for_both

PERIODS = (14, 90, 365)
"""Days offered beside everything."""
EXCEL, CSV, JSON = "excel", "csv", "json"


@for_both("/izvoz")
@access(Access.SIGNED_IN)
def leave(patient_id: int | None = None) -> str:
    """Choose the period and the kind of file."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        name = imports.may_leave(session, actor, actor.subject_id or 0)
    return render_template(
        "imports/leave.html",
        patient_id=patient_id,
        patient_name=name,
        door=lambda view, **values: door(view, patient_id, **values),
        periods=PERIODS,
        chosen=EXCEL if locale() == "sl" else CSV,
        report=_report(patient_id),
        is_own=patient_id is None and acting() is None,
    )


@for_both("/izvoz/datoteka")
@access(Access.SIGNED_IN)
def download(patient_id: int | None = None) -> AnyResponse:
    """The file itself; it is in the trail before its first byte goes out."""
    kind = request.args.get("oblika", "")
    if kind not in (EXCEL, CSV, JSON):
        raise Invalid
    asked = request.args.get("dni", "")
    days = int(asked) if asked in map(str, PERIODS) else None
    moment = now()
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        begins_at = moment - timedelta(days=days) if days else None
        wish = imports.Wish(actor.subject_id or 0, begins_at, moment)
        origins = imports.begin(session, actor, wish, kind, now=moment)
    rows = imports.readings_of(platform().database.reading, wish, origins)
    written: Iterator[bytes] = (
        json_file(rows) if kind == JSON else csv_file(rows, is_slovenian=kind == EXCEL)
    )
    ending, mimetype = ("json", "application/json") if kind == JSON else ("csv", "text/csv")
    answer = Response(written, mimetype=mimetype)
    # The name says the day and nothing about whose readings these are.
    name = f"meritve-{local(moment):%Y-%m-%d}.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _report(patient_id: int | None) -> str | None:
    """The page of the printed report, where this installation has one."""
    endpoint = "reports.patient" if patient_id else "reports.mine"
    return endpoint if endpoint in current_app.view_functions else None
