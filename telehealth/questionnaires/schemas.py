"""What crosses the border: wishes to send, responses in FHIR JSON, what was typed into a page."""

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load, validate
from werkzeug.datastructures import MultiDict

from surveys import entry, fhir
from surveys.model import Item, Response, ResponseStatus, Value
from surveys.validation import MESSAGES
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.core.web.fields import Day
from telehealth.questionnaires.models import AssignmentStatus, Respondent
from telehealth.questionnaires.service import Found, Sending, pointer

OTHER = "-other"
"""Suffix of the field beside an open choice."""
_MAX_DETAILS = 50


class QuestionnaireWishSchema(Schema):
    """Send a questionnaire."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    instrument = fields.String(required=True, validate=validate.Length(1, 64))
    due_on = Day(
        load_default=None, allow_none=True, metadata={"description": "Last day, inclusive"}
    )

    @post_load
    def _wish(self, data: dict[str, Any], **_: Any) -> Sending:
        return Sending(**data)


class _MaybeDay(Day):
    """A day field of a page; left empty it is no day."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        return None if value == "" else super()._deserialize(value, attr, data, **kwargs)


class WishFormSchema(QuestionnaireWishSchema):
    """The same as typed into a page."""

    due_on = _MaybeDay(load_default=None, error_messages={"invalid": N_("Choose a day.")})


class SentQuestionnaireSchema(Schema):
    """A questionnaire sent."""

    id = fields.Integer()
    status = fields.Enum(AssignmentStatus, by_value=True)
    sent_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime(allow_none=True)


class QuestionnaireScoreSchema(Schema):
    """A score of the response."""

    name = fields.String()
    value = fields.String(
        allow_none=True, metadata={"description": "A decimal; null: see no_score"}
    )
    band = fields.String(allow_none=True)
    no_score = fields.String(allow_none=True)
    is_prorated = fields.Boolean()


class QuestionnaireSchema(Schema):
    """A questionnaire with its form and answers."""

    id = fields.Integer()
    instrument = fields.String()
    version = fields.String()
    title = fields.String()
    status = fields.Enum(AssignmentStatus, by_value=True)
    sent_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime(allow_none=True)
    respondent = fields.Enum(
        Respondent,
        by_value=True,
        allow_none=True,
        metadata={"description": "In what role it was completed"},
    )
    questionnaire = fields.Dict(metadata={"description": "FHIR R4 Questionnaire"})
    response = fields.Dict(
        allow_none=True,
        metadata={"description": "FHIR R4 QuestionnaireResponse; the care team sees no draft"},
    )
    scores = fields.List(
        fields.Nested(QuestionnaireScoreSchema), metadata={"description": "Only for the care team"}
    )
    flags = fields.List(fields.String(), metadata={"description": "Only for the care team"})


def questionnaire_json(found: Found, language: str) -> str:
    """One questionnaire as JSON text; numbers in answers keep their digits."""
    opened, result = found.opened, found.result
    row, is_for_team = opened.assignment, opened.respondent is None
    stored = result.stored if is_for_team else opened.stored
    body: dict[str, Any] = {
        "id": row.id,
        "instrument": opened.definition.key,
        "version": opened.definition.version,
        "title": opened.definition.title(language),
        "status": row.status.value,
        "sent_at": row.sent_at.isoformat(),
        "due_at": row.due_at.isoformat() if row.due_at else None,
        "respondent": result.stored.respondent.value if result.stored else None,
        "questionnaire": fhir.write_questionnaire(opened.definition.form.questionnaire),
        "response": fhir.loads(stored.answers) if stored else None,
    }
    if is_for_team:
        body["scores"] = [_score_json(score) for score in result.scores.values()]
        body["flags"] = [flag.rule for flag in result.flags]
    return fhir.dumps(body)


def _score_json(score: Any) -> dict[str, Any]:
    written: dict[str, Any] = QuestionnaireScoreSchema().dump(score)
    return written


def read_response(body: bytes) -> Response:
    """A FHIR QuestionnaireResponse as it was sent.

    Raises:
        Invalid: not a response we can read, or in a state nobody may send.
    """
    try:
        response = fhir.read_response(fhir.loads(body))
    except fhir.FormRefused as refused:
        words = N_("This part of the document cannot be read.")
        raise Invalid(
            code="unreadable",
            errors=tuple(
                FieldError(pointer(one.path), words, one.code)
                for one in refused.findings[:_MAX_DETAILS]
            ),
        ) from refused
    if response.status not in (ResponseStatus.IN_PROGRESS, ResponseStatus.COMPLETED):
        words = N_("Send in-progress to save, completed to submit.")
        raise Invalid(errors=(FieldError("#/status", words, "status"),))
    return response


def read_fields(
    items: Sequence[Item], typed: "MultiDict[str, str]"
) -> dict[str, tuple[Value, ...]]:
    """The answers typed or ticked for these questions.

    Raises:
        Invalid: something typed is no answer of the kind asked for; the pointer holds the linkId.
    """
    answers: dict[str, tuple[Value, ...]] = {}
    errors = []
    for item in items:
        texts = typed.getlist(item.link_id)
        other = typed.get(item.link_id + OTHER, "")
        try:
            answers[item.link_id] = entry.read_field(item, texts, other)
        except entry.NotAnAnswer as wrong:
            errors.append(FieldError(f"#/{item.link_id}", MESSAGES[wrong.code], wrong.code))
    if errors:
        raise Invalid(errors=tuple(errors))
    return answers
