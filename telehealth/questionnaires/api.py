"""JSON doors of questionnaires; responses come and go as FHIR R4."""

import orjson
from flask import Response, request
from flask_babel import gettext
from werkzeug.exceptions import BadRequest

from surveys.model import ResponseStatus
from telehealth.core.errors import Invalid
from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.core.web.problems import MEDIA_TYPE, problem_of
from telehealth.core.web.words import locale
from telehealth.questionnaires import service as questionnaires
from telehealth.questionnaires.models import Assignment
from telehealth.questionnaires.schemas import (
    QuestionnaireSchema,
    QuestionnaireWishSchema,
    SentQuestionnaireSchema,
    questionnaire_json,
    read_response,
)
from telehealth.questionnaires.service import AnswersRefused, Sending

api = api_blueprint("questionnaires", "Questionnaires sent to a patient, and the answers")

_FHIR_BODY = {
    "required": True,
    "description": "FHIR R4 QuestionnaireResponse: `in-progress` saves, `completed` submits",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
_NO_JSON = frozenset({"invalidJson", "duplicateKey"})


@api.post("/patients/<int:patient>/questionnaires")
@api.arguments(QuestionnaireWishSchema)
@api.response(201, SentQuestionnaireSchema)
@access(Access.SIGNED_IN)
def send(wish: Sending, patient: int) -> Assignment:
    """Send a questionnaire into the patient's inbox. For doctors and nurses of the care team."""
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        return questionnaires.send(session, actor, patient, wish, now=now())


@api.get("/patients/<int:patient>/questionnaires/<int:questionnaire>")
@api.response(200, QuestionnaireSchema)
@access(Access.SIGNED_IN)
def find(patient: int, questionnaire: int) -> Response:
    """One questionnaire with its form and answers.

    The patient and who represents them, also with a draft; the care team once it is completed.
    """
    return _shown(patient, questionnaire)


@api.put("/patients/<int:patient>/questionnaires/<int:questionnaire>")
@api.doc(requestBody=_FHIR_BODY)
@api.response(200, QuestionnaireSchema)
@access(Access.SIGNED_IN)
def answer(patient: int, questionnaire: int) -> Response:
    """Save or submit the answers; submitting again changes nothing and answers the same.

    For the patient and who represents them. Errors name the answer by pointer, linkId and code.
    """
    try:
        response = read_response(request.get_data())
        with unit_of_work() as session:
            actor = current_actor(session, patient)
            if response.status is ResponseStatus.COMPLETED:
                questionnaires.submit(
                    session, actor, questionnaire, response, language=locale(), now=now()
                )
            else:
                questionnaires.save_draft(session, actor, questionnaire, response, now=now())
    except AnswersRefused as refused:
        return _refused(refused)
    except Invalid as refused:
        if any(error.code in _NO_JSON for error in refused.errors):
            raise BadRequest from refused
        raise
    return _shown(patient, questionnaire)


def _shown(patient: int, questionnaire: int) -> Response:
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        found = questionnaires.find(session, actor, questionnaire, language=locale(), now=now())
        body = questionnaire_json(found, locale())
    return Response(body, mimetype="application/json")


def _refused(refused: AnswersRefused) -> Response:
    """The problem document, with the linkId beside each pointer."""
    body = problem_of(refused) | {"instance": request.path}
    body["errors"] = [
        {
            "pointer": error.pointer,
            "detail": gettext(problem.message, **dict(problem.params)),
            "code": error.code,
            "link_id": problem.link_id,
        }
        for error, problem in zip(refused.errors, refused.problems, strict=True)
    ]
    return Response(orjson.dumps(body), refused.status, mimetype=MEDIA_TYPE)
