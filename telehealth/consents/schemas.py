"""What crosses the wire: sendings, choices and signatures in; consents and previews out."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import RAISE, Schema, fields, post_load, pre_load, validate

from telehealth.consents import service as consents
from telehealth.consents.models import Answer, State
from telehealth.core.i18n import N_
from telehealth.core.web.fields import Day

_MISSING = N_("Please fill this in.")
_DATE: dict[str, Any] = {"invalid": N_("Enter a date.")}
_PREFIX = "decision-"
_SHA256_CHARS = 64


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class ConsentSendingSchema(_Strict):
    """Which consent is sent, and the last day to answer (without one: in thirty days)."""

    template = fields.String(
        required=True,
        error_messages={"required": _MISSING},
        metadata={"description": "diabetes-monitoring"},
    )
    due_on = Day(load_default=None, allow_none=True, error_messages=_DATE)

    @post_load
    def _command(self, given: dict[str, Any], **_: object) -> consents.Sending:
        return consents.Sending(**given)


class ConsentSendingFormSchema(ConsentSendingSchema):
    """The same from a form, where an empty day means none."""

    @pre_load
    def _without_empty(self, given: Mapping[str, Any], **_: object) -> dict[str, Any]:
        return {name: value for name, value in given.items() if value != ""}


class ConsentChoiceSchema(_Strict):
    """Decisions on the items, and the gesture of signing."""

    language = fields.String(load_default="sl")
    decisions = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.OneOf(("granted", "refused"))),
        load_default=dict,
    )
    gesture = fields.String(
        load_default="typed_name", validate=validate.OneOf(("typed_name", "click"))
    )
    typed_name = fields.String(load_default="")

    @post_load
    def _command(self, given: dict[str, Any], **_: object) -> consents.Choice:
        return consents.Choice(**given)


class ConsentSignatureSchema(_Strict):
    """Which bytes are signed. Not required here, so that first is asked who may sign at all."""

    h0 = fields.String(
        load_default="",
        validate=validate.Length(max=_SHA256_CHARS),
        metadata={"description": "SHA-256 of the preview"},
    )
    nonce = fields.String(load_default="", validate=validate.Length(max=_SHA256_CHARS))


class ConsentPreparationSchema(Schema):
    """A preview to look at, and what signing it needs."""

    h0 = fields.String(metadata={"description": "SHA-256 of the preview, which is what is sealed"})
    nonce = fields.String()
    prepared_at = fields.AwareDateTime()


class ConsentDecisionSchema(Schema):
    """One item and what was decided."""

    item = fields.Function(lambda pair: pair[0].key)
    text = fields.Function(lambda pair: pair[0].text)
    decision = fields.Function(lambda pair: pair[1])


class ConsentGivenSchema(Schema):
    """The answer."""

    signer = fields.Function(lambda given: {"id": given.signer_id, "name": given.signer_name})
    capacity = fields.String()
    answer = fields.Enum(Answer, by_value=True)
    answered_at = fields.AwareDateTime()
    valid_until = fields.Date(allow_none=True)
    decisions = fields.List(fields.Nested(ConsentDecisionSchema))
    gesture = fields.String()
    language = fields.String()
    level = fields.String(metadata={"description": "PAdES level of the organisation's seal"})
    file_sha256 = fields.String()
    sealed_at = fields.AwareDateTime(allow_none=True)


class ConsentSchema(Schema):
    """A consent as the caller sees it."""

    id = fields.Integer()
    reference = fields.String()
    template = fields.String()
    version = fields.String()
    title = fields.String(attribute="text.title")
    state = fields.Enum(State, by_value=True)
    sent_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime()
    organisation = fields.String()
    may_answer = fields.Function(lambda shown: shown.is_open and shown.why_not is None)
    given = fields.Nested(ConsentGivenSchema, allow_none=True)


class ConsentsSchema(Schema):
    """All of a patient's consents."""

    consents = fields.List(fields.Nested(ConsentSchema))


def choice_of(form: Mapping[str, str], language: str) -> consents.Choice:
    """The choices on the page: `decision-<item>` for each item; what is not chosen is absent."""
    return consents.Choice(
        language=form.get("language", language),
        decisions={
            name.removeprefix(_PREFIX): value
            for name, value in form.items()
            if value and name.startswith(_PREFIX)
        },
        gesture=form.get("gesture", ""),
        typed_name=form.get("typed_name", "").strip(),
    )


def pdf_answer(pdf: bytes, file_name: str = "") -> Response:
    """A PDF to look at, or, with a name, to keep; never in a cache."""
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{file_name}"' if file_name else "inline"
    )
    response.headers["Cache-Control"] = "no-store"
    return response
