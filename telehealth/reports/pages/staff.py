"""The care team's pages: a patient's report, two periods beside each other, sharing."""

from flask import Response, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from telehealth.alerts import service as alerts
from telehealth.alerts.figures import reason
from telehealth.core.errors import Invalid
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, read_form
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.core.web.words import locale
from telehealth.reports import service as reports
from telehealth.reports.figures.document import document, words
from telehealth.reports.figures.lines import differences
from telehealth.reports.figures.view import view_of
from telehealth.reports.models import Audience
from telehealth.reports.pages.door import (
    asked_days,
    asked_other,
    figure,
    flash_with_undo,
    pages,
    places,
    shown,
)
from telehealth.reports.schemas import ShareFormSchema, pdf_answer, pdf_name


@pages.get("/pacienti/<int:patient_id>/porocilo")
@access(Access.STAFF)
def patient(patient_id: int) -> str:
    """A patient's report beside targets, open alerts, remarks and what was shared."""
    return page_of(patient_id, Form(), Form())


def page_of(patient_id: int, remark_form: Form, share_form: Form) -> str:
    """The page, with what was typed into one of its two forms."""
    days = asked_days()
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        found = reports.report(session, actor, patient_id, days, now=now())
        shared = reports.shared_with(session, actor, patient_id)
        open_alerts = alerts.open_for(session, [patient_id])[patient_id]
    target = {"patient_id": patient_id}
    return render_template(
        "reports/patient.html",
        found=found,
        days=days,
        shared=shared,
        open_alerts=[
            (alerts.KIND_WORDS[one.kind], reason(one, gettext, locale()), one)
            for one in open_alerts
        ],
        remark_form=remark_form,
        share_form=share_form,
        Audience=Audience,
        **places(days, "reports.patient", "reports.patient_figure", target),
        **shown(found.sheet, for_team=True),
    )


@pages.get("/pacienti/<int:patient_id>/porocilo/<name>.json")
@access(Access.STAFF)
def patient_figure(patient_id: int, name: str) -> Response:
    """A chart of a patient's glucose."""

    def look(days: reports.Days) -> reports.Trace:
        with unit_of_work() as session:
            actor = current_actor(session, patient_id)
            return reports.trace(session, actor, patient_id, days, now=now())

    def read() -> reports.Report:
        with unit_of_work() as session:
            actor = current_actor(session, patient_id)
            return reports.report(
                session, actor, patient_id, asked_days(), now=now(), action="reports.chart"
            )

    return figure(name, look, read)


@pages.get("/pacienti/<int:patient_id>/porocilo.pdf")
@access(Access.STAFF)
def patient_pdf(patient_id: int) -> Response:
    """A patient's report on one page."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        found = reports.report(
            session, actor, patient_id, asked_days(), now=now(), action="reports.print"
        )
    return pdf_answer(document(found), pdf_name(found.sheet))


@pages.get("/pacienti/<int:patient_id>/porocilo/primerjava")
@access(Access.STAFF)
def compare(patient_id: int) -> str:
    """Two periods of a patient beside each other, with what changed."""
    days = asked_days()
    other = asked_other(days)
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        found = reports.compare(session, actor, patient_id, days, other, now=now())
    target = {"patient_id": patient_id}
    return render_template(
        "reports/compare.html",
        found=found,
        days=days,
        rows=differences(found.now_sheet, found.other_sheet, words()),
        sides=[
            (other, view_of(found.other_sheet, words(), for_team=True)),
            (days, view_of(found.now_sheet, words(), for_team=True)),
        ],
        **places(days, "reports.compare", "reports.patient_figure", target),
        **shown(found.now_sheet, for_team=True),
    )


@pages.post("/pacienti/<int:patient_id>/porocilo/deli")
@access(Access.STAFF)
def share(patient_id: int) -> AnyResponse | tuple[str, int]:
    """Share the report of the days in the address with the patient."""
    days = asked_days()
    try:
        beside = read_form(ShareFormSchema())
        with unit_of_work() as session:
            actor = current_actor(session, patient_id)
            row = reports.share(session, actor, patient_id, days, beside, now=now())
            share_id = row.id
    except Invalid as refusal:
        return page_of(patient_id, Form(), Form.refused(refusal)), 422
    undo = url_for("reports.withdraw", patient_id=patient_id, share_id=share_id)
    said = gettext("The report waits in the patient's inbox.")
    flash_with_undo(said, undo)
    return redirect(_back(patient_id, days), 303)


@pages.post("/pacienti/<int:patient_id>/porocilo/deljeno/<int:share_id>/umakni")
@access(Access.STAFF)
def withdraw(patient_id: int, share_id: int) -> AnyResponse:
    """Take a shared report back."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        reports.withdraw(session, actor, patient_id, share_id, now=now())
    flash(gettext("The report is no longer shared."), "success")
    return redirect(url_for("reports.patient", patient_id=patient_id), 303)


def _back(patient_id: int, days: reports.Days) -> str:
    return url_for("reports.patient", patient_id=patient_id, dni=days.length, do=days.last)
