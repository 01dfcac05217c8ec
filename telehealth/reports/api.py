"""JSON door of reports: the figures of a patient's days."""

from flask import Response

from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.reports import service as reports
from telehealth.reports.figures.document import document
from telehealth.reports.schemas import (
    AskedDays,
    ReportQuerySchema,
    ReportSchema,
    pdf_answer,
    pdf_name,
)

api = api_blueprint("reports", "Glucose reports")
_REPORT = "/patients/<int:patient>/report"


@api.get(_REPORT)
@api.arguments(ReportQuerySchema, location="query")
@api.response(200, ReportSchema)
@access(Access.SIGNED_IN)
def figures(asked: AskedDays, patient: int) -> reports.Sheet:
    """Figures of some days, each with its n; null and a reason where the data do not suffice.

    The patient, who represents them, the care team.
    """
    days = reports.days_of(asked.length, asked.last, now())
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        return reports.report(session, actor, patient, days, now=now()).sheet


@api.get(_REPORT + ".pdf")
@api.arguments(ReportQuerySchema, location="query")
@api.response(200, {"format": "binary", "type": "string"}, content_type="application/pdf")
@access(Access.SIGNED_IN)
def printed(asked: AskedDays, patient: int) -> Response:
    """The same on one page, in the caller's language.

    The patient, who represents them, the care team.
    """
    days = reports.days_of(asked.length, asked.last, now())
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        found = reports.report(session, actor, patient, days, now=now(), action="reports.print")
    return pdf_answer(document(found), pdf_name(found.sheet))
