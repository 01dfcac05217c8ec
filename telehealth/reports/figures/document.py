"""A report as a PDF in the reader's language: what the doors answer."""

from flask_babel import gettext

from telehealth.core.clock import local
from telehealth.core.i18n import clock_time
from telehealth.core.web.platform import now, signed_in
from telehealth.core.web.words import locale
from telehealth.readings.figures import Words
from telehealth.reports.figures.paper import Head, page_data, plain_day
from telehealth.reports.gateways.typesetting import pdf_of
from telehealth.reports.service import Report, Shared


def words() -> Words:
    """Words in the reader's language."""
    return Words(gettext, locale())


def document(found: Report) -> bytes:
    """A report on one page, with who printed it and when."""
    head = Head(found.patient_name, found.birth_on, _made(), found.clinic, found.remarks)
    return pdf_of(page_data(found.sheet, head, words()), made_at=now())


def shared_document(found: Shared) -> bytes:
    """A shared report on one page: the figures of the day it was shared."""
    made = f"{plain_day(local(found.shared_at).date(), locale())}, {found.shared_by}"
    head = Head(found.patient_name, found.birth_on, made, found.clinic)
    return pdf_of(page_data(found.sheet, head, words()), made_at=found.shared_at)


def _made() -> str:
    at = now()
    day, clock = plain_day(local(at).date(), locale()), clock_time(at, locale())
    return f"{day}, {clock}, {signed_in().person_name}"
