"""The care team's pages: send a questionnaire, see results, take one back."""

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from telehealth.core.errors import Invalid
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, read_form
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.core.web.words import locale
from telehealth.questionnaires import service as questionnaires
from telehealth.questionnaires.figures import (
    BAND_WORDS,
    EDGE,
    HEIGHT,
    LEFT,
    NO_SCORE_WORDS,
    RAISED_WORDS,
    RESPONDENT_WORDS,
    RULE_WORDS,
    STATUS_WORDS,
    WIDTH,
    bounds,
    line,
    questions,
)
from telehealth.questionnaires.models import OPEN
from telehealth.questionnaires.pages.door import pages
from telehealth.questionnaires.schemas import WishFormSchema


@pages.get("/pacienti/<int:patient_id>/vprasalniki")
@access(Access.STAFF)
def results(patient_id: int) -> str:
    """The patient's questionnaires with scores, and the form that sends one."""
    return _shown(patient_id, Form())


@pages.post("/pacienti/<int:patient_id>/vprasalniki")
@access(Access.STAFF)
def send(patient_id: int) -> Response | tuple[str, int]:
    """Send a questionnaire into the patient's inbox."""
    try:
        wish = read_form(WishFormSchema())
        with unit_of_work() as session:
            actor = current_actor(session, patient_id)
            questionnaires.send(session, actor, patient_id, wish, now=now())
    except Invalid as refused:
        return _shown(patient_id, Form.refused(refused)), refused.status
    flash(gettext("The questionnaire is in the patient's inbox."), "success")
    return redirect(url_for("questionnaires.results", patient_id=patient_id), 303)


@pages.post("/pacienti/<int:patient_id>/vprasalniki/<int:assignment_id>/preklic")
@access(Access.STAFF)
def withdraw(patient_id: int, assignment_id: int) -> Response:
    """Take a questionnaire back that is not answered yet."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        questionnaires.withdraw(session, actor, assignment_id, now=now())
    flash(gettext("The questionnaire is taken back."), "success")
    return redirect(url_for("questionnaires.results", patient_id=patient_id), 303)


@pages.get("/pacienti/<int:patient_id>/vprasalniki/<int:assignment_id>")
@access(Access.STAFF)
def result(patient_id: int, assignment_id: int) -> str:
    """One completed questionnaire, answer by answer."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        found = questionnaires.find(session, actor, assignment_id, language=locale(), now=now())
    definition = found.opened.definition
    language = definition.language(locale())
    return render_template(
        "questionnaires/result.html",
        patient_id=patient_id,
        result=found.result,
        opened=found.opened,
        questions=questions(found.opened, language) if found.result.stored else (),
        title=definition.title(language),
        language=language,
        **_words(),
    )


def _shown(patient_id: int, form: Form) -> str:
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        found = questionnaires.results(session, actor, patient_id, now=now())
    return render_template(
        "questionnaires/results.html",
        found=found,
        form=form,
        instruments=[(key, _title(key)) for key in questionnaires.SENDABLE],
        lines={
            course.definition.key + course.definition.version: line(course)
            for course in found.courses
        },
        patient_page=_page_above("monitoring.patient", patient_id),
        alerts_page=_page_above("alerts.of_patient", patient_id),
        size=(WIDTH, HEIGHT),
        left=LEFT,
        edge=EDGE,
        open_statuses=OPEN,
        **_words(),
    )


def _page_above(endpoint: str, patient_id: int) -> str:
    """The patient's page of another room, where the application has it."""
    has_page = endpoint in current_app.view_functions
    return url_for(endpoint, patient_id=patient_id) if has_page else ""


def _title(key: str) -> str:
    return questionnaires.title_of(key, locale())


def _words() -> dict[str, object]:
    return {
        "reader": locale(),
        "bounds": bounds,
        "band_words": BAND_WORDS,
        "no_score_words": NO_SCORE_WORDS,
        "raised_words": RAISED_WORDS,
        "respondent_words": RESPONDENT_WORDS,
        "rule_words": RULE_WORDS,
        "status_words": STATUS_WORDS,
    }
