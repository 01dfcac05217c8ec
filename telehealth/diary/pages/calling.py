"""The page of a low value told on the phone: what to say now, how the patient is, whose alert."""

from flask import redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from telehealth.core.errors import FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.diary import service as diary
from telehealth.diary.models import Symptoms
from telehealth.diary.pages.door import pages, show
from telehealth.identity.models import Person

_ADDRESS = "/pacienti/<int:patient_id>/dnevnik/klic/<int:transcript_id>"


@pages.get(_ADDRESS)
@access(Access.STAFF)
def after_call(patient_id: int, transcript_id: int) -> str:
    """What to do while the patient is on the phone."""
    return _page(patient_id, transcript_id, Form())


@pages.post(_ADDRESS)
@access(Access.STAFF)
def say_symptoms(patient_id: int, transcript_id: int) -> AnyResponse | tuple[str, int]:
    """How the patient is stands with the call."""
    try:
        symptoms = Symptoms(request.form.get("symptoms", ""))
    except ValueError:
        missing = FieldError("#/symptoms", gettext(N_("Choose how the patient is.")), "required")
        refusal = Invalid(errors=(missing,))
        return _page(patient_id, transcript_id, Form.refused(refusal)), refusal.status
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        diary.say_symptoms(opened, actor, patient_id, transcript_id, symptoms, now=now())
    address = url_for("diary.after_call", patient_id=patient_id, transcript_id=transcript_id)
    return redirect(address, 303)


def _page(patient_id: int, transcript_id: int, form: Form) -> str:
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        call = diary.call(opened, actor, patient_id, transcript_id, now=now())
        person = opened.get(Person, patient_id)
    if person is None:
        raise NotFound
    if not form.values:
        form = Form({"symptoms": call.symptoms.value if call.symptoms else ""}, form.errors)
    choices = [(one.value, gettext(word)) for one, word in diary.SYMPTOM_WORDS.items()]
    return show("call", person=person, owner=patient_id, call=call, form=form, symptoms=choices)
