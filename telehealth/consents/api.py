"""JSON door of consents."""

from collections.abc import Sequence
from typing import Any

from flask import Response

from telehealth.consents import service as consents
from telehealth.consents.gateways.blobs import blobs_of
from telehealth.consents.gateways.sealing import choose
from telehealth.consents.models import Preparation
from telehealth.consents.schemas import (
    ConsentChoiceSchema,
    ConsentPreparationSchema,
    ConsentSchema,
    ConsentSendingSchema,
    ConsentSignatureSchema,
    ConsentsSchema,
    pdf_answer,
)
from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, platform, unit_of_work
from telehealth.core.web.words import locale

api = api_blueprint("consents", "Consents: send, read, sign, decline, withdraw")

_ONE = "/patients/<int:patient_id>/consents/<int:consent_id>"


@api.post("/patients/<int:patient_id>/consents")
@api.arguments(ConsentSendingSchema)
@api.response(201, ConsentSchema)
@access(Access.STAFF)
def send(sending: consents.Sending, patient_id: int) -> consents.Shown:
    """Send a consent; 409 `already_sent` while one waits or holds. For the care team."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        row = consents.send(session, actor, sending, now=now())
        return consents.show(session, actor, row.id, locale(), now=now())


@api.get("/patients/<int:patient_id>/consents")
@api.response(200, ConsentsSchema)
@access(Access.SIGNED_IN)
def listed(patient_id: int) -> dict[str, Sequence[consents.Shown]]:
    """A patient's consents, those to answer first. For the patient's side and the care team."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        return {"consents": consents.list_requests(session, actor, locale(), now=now())}


@api.post(_ONE + "/preparation")
@api.arguments(ConsentChoiceSchema)
@api.response(201, ConsentPreparationSchema)
@access(Access.SIGNED_IN)
def prepare(choice: consents.Choice, patient_id: int, consent_id: int) -> Preparation:
    """Draw up the document with these choices. Only for who may sign it; never a proxy."""
    return consents.prepare(
        platform().database,
        lambda session: current_actor(session, patient_id),
        consent_id,
        choice,
        is_test=choose(platform().settings).is_test,
        now=now(),
    )


@api.get(_ONE + "/preparation")
@api.response(200, {"format": "binary", "type": "string"}, content_type="application/pdf")
@access(Access.SIGNED_IN)
def preview(patient_id: int, consent_id: int) -> Response:
    """The very PDF that will be sealed; its SHA-256 is `h0`. Only for who prepared it."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        return pdf_answer(consents.preview(session, actor, consent_id, now=now()))


@api.post(_ONE + "/signature")
@api.arguments(ConsentSignatureSchema)
@api.response(202, ConsentSchema)
@access(Access.SIGNED_IN)
def sign(given: dict[str, Any], patient_id: int, consent_id: int) -> consents.Shown:
    """Sign what was prepared; the seal follows (state `sealing`). Repeating changes nothing.

    Only the person, at least 15, or the guardian of a child; a proxy gets 403
    `declaration_of_will`. Needs a sign-in begun after the preview and at most five minutes ago
    (else 403 `reauthentication-required`). 409 `preview_changed`: look at the document again.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        consents.sign(session, actor, consents.Signing(consent_id, **given), now=now())
        return consents.show(session, actor, consent_id, locale(), now=now())


@api.post(_ONE + "/refusal")
@api.response(201, ConsentSchema)
@access(Access.SIGNED_IN)
def decline(patient_id: int, consent_id: int) -> consents.Shown:
    """Decline the whole consent, without a reason. Only for who might sign it."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        consents.decline(session, actor, consent_id, now=now())
        return consents.show(session, actor, consent_id, locale(), now=now())


@api.post(_ONE + "/withdrawal")
@api.response(201, ConsentSchema)
@access(Access.SIGNED_IN)
def withdraw(patient_id: int, consent_id: int) -> consents.Shown:
    """Withdraw a consent, at once. For the person, and who might sign it now."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        consents.withdraw(session, actor, consent_id, now=now())
        return consents.show(session, actor, consent_id, locale(), now=now())


@api.get(_ONE + "/document")
@api.response(200, {"format": "binary", "type": "string"}, content_type="application/pdf")
@access(Access.SIGNED_IN)
def document(patient_id: int, consent_id: int) -> Response:
    """The sealed PDF; 409 `sealing` while it is made. For the patient's side and the team."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        stored = consents.document(session, actor, consent_id, now=now())
    return pdf_answer(consents.read_file(blobs_of(platform().settings), stored), stored.file_name)
