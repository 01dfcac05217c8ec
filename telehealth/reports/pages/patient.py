"""The patient's pages: a day, two weeks, three months; reports shared with the patient."""

from flask import Response, render_template

from telehealth.core.web.access import Access, access
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.readings import service as readings
from telehealth.reports import service as reports
from telehealth.reports.figures.document import document, shared_document
from telehealth.reports.pages.door import asked_days, figure, pages, places, shown
from telehealth.reports.schemas import pdf_answer, pdf_name


@pages.for_patient("/glukoza")
@access(Access.SIGNED_IN)
def mine() -> str:
    """The patient's glucose, with the care team's remarks for them."""
    days = asked_days()
    with unit_of_work() as session:
        actor = current_actor(session)
        patient_id = actor.subject_id or 0
        found = reports.report(session, actor, patient_id, days, now=now())
        shared = reports.shared_with(session, actor, patient_id)
        advice = readings.advice_of(session, patient_id, now=now())
    return render_template(
        "reports/mine.html",
        now_advice=advice,
        found=found,
        days=days,
        shared=shared,
        **places(days, "reports.mine", "reports.figure_of_mine", {}),
        **shown(found.sheet, for_team=False),
    )


@pages.for_patient("/glukoza/<name>.json")
@access(Access.SIGNED_IN)
def figure_of_mine(name: str) -> Response:
    """A chart of the patient's glucose."""

    def look(days: reports.Days) -> reports.Trace:
        with unit_of_work() as session:
            actor = current_actor(session)
            return reports.trace(session, actor, actor.subject_id or 0, days, now=now())

    def read() -> reports.Report:
        with unit_of_work() as session:
            actor = current_actor(session)
            subject = actor.subject_id or 0
            return reports.report(
                session, actor, subject, asked_days(), now=now(), action="reports.chart"
            )

    return figure(name, look, read)


@pages.for_patient("/glukoza/porocilo.pdf")
@access(Access.SIGNED_IN)
def pdf() -> Response:
    """The patient's report on one page."""
    with unit_of_work() as session:
        actor = current_actor(session)
        found = reports.report(
            session, actor, actor.subject_id or 0, asked_days(), now=now(), action="reports.print"
        )
    return pdf_answer(document(found), pdf_name(found.sheet))


@pages.for_patient("/glukoza/deljeno/<int:share_id>")
@access(Access.SIGNED_IN)
def shared(share_id: int) -> str:
    """A report the care team shared, as it was on that day."""
    found = _shared(share_id)
    return render_template("reports/shared.html", found=found, **shown(found.sheet, for_team=False))


@pages.for_patient("/glukoza/deljeno/<int:share_id>.pdf")
@access(Access.SIGNED_IN)
def shared_pdf(share_id: int) -> Response:
    """The same on one page."""
    found = _shared(share_id)
    return pdf_answer(shared_document(found), pdf_name(found.sheet))


def _shared(share_id: int) -> reports.Shared:
    with unit_of_work() as session:
        actor = current_actor(session)
        return reports.open_shared(session, actor, actor.subject_id or 0, share_id, now=now())
