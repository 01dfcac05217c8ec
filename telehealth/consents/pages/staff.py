"""The care team's page of a patient's consents: send one, see what became of them."""

from flask import Response, flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from surveys.consent.document import ConsentTemplate
from telehealth.consents import service as consents
from telehealth.consents.gateways.blobs import blobs_of
from telehealth.consents.pages.door import page, pages
from telehealth.consents.schemas import ConsentSendingFormSchema, pdf_answer
from telehealth.core.errors import Conflict, FieldError, Invalid
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, read_form
from telehealth.core.web.platform import current_actor, now, platform, unit_of_work
from telehealth.core.web.words import locale
from telehealth.identity import service as identity


@pages.get("/pacienti/<int:patient_id>/soglasja")
@access(Access.STAFF)
def of_patient(patient_id: int) -> str:
    """What was sent to a patient, and what became of it."""
    return _shown(patient_id, Form())


@pages.post("/pacienti/<int:patient_id>/soglasja")
@access(Access.STAFF)
def send(patient_id: int) -> AnyResponse | tuple[str, int]:
    """Send a consent."""
    try:
        sending = read_form(ConsentSendingFormSchema())
        with unit_of_work() as session:
            consents.send(session, current_actor(session, patient_id), sending, now=now())
    except Invalid as refusal:
        return _shown(patient_id, Form.refused(refusal)), 422
    except Conflict as refusal:
        problem = FieldError("#/template", refusal.detail, refusal.code)
        return _shown(patient_id, Form.refused(Invalid(errors=(problem,)))), 409
    flash(gettext("The consent waits in the patient's inbox."), "success")
    return redirect(url_for("consents.of_patient", patient_id=patient_id), 303)


@pages.get("/pacienti/<int:patient_id>/soglasja/<int:request_id>/dokument.pdf")
@access(Access.STAFF)
def document_of(patient_id: int, request_id: int) -> Response:
    """A patient's sealed document, to keep."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        stored = consents.document(session, actor, request_id, now=now())
    return pdf_answer(consents.read_file(blobs_of(platform().settings), stored), stored.file_name)


def _shown(patient_id: int, form: Form) -> str:
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        rows = consents.list_requests(session, actor, locale(), now=now())
        person = identity.person(session, patient_id)
    return page(
        "of_patient",
        person=person,
        rows=rows,
        form=form,
        templates=[(one.id, _title(one)) for one in consents.offered_templates()],
    )


def _title(template: ConsentTemplate) -> str:
    languages = template.languages
    text = template.text(locale() if locale() in languages else languages[0])
    return f"{text.title} ({template.version})"
