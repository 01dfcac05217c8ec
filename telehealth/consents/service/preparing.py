"""Freezing a choice into the very bytes that will be shown, hashed and sealed."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from surveys.consent.document import (
    ConsentDocument,
    ConsentRefused,
    ConsentTemplate,
    Decision,
    Gesture,
    Signature,
    freeze,
)
from surveys.consent.render import CannotRender, render, unprintable
from telehealth.audit import service as audit
from telehealth.consents import policy
from telehealth.consents.models import ConsentRequest, Preparation, State
from telehealth.consents.service import evidence
from telehealth.consents.service.found import judged, preparation_of, request_of, require_open
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.identity import service as identity

MAX_NAME_CHARS = 120


@dataclass(frozen=True, slots=True)
class Choice:
    """What the signer chose, as it arrived: item key to `granted` or `refused`."""

    language: str
    decisions: Mapping[str, str]
    gesture: str
    typed_name: str = ""


def prepare(
    session: Session, actor: Actor, request_id: int, choice: Choice, *, is_test: bool, now: datetime
) -> Preparation:
    """The document with these choices is drawn up and kept for this signer.

    Args:
        session: the unit of work.
        actor: the signer.
        request_id: which consent.
        choice: decisions and gesture.
        is_test: whether the seal will be the development one, which every page must say.
        now: when; printed as the time of preparation.

    Raises:
        NotAllowed: the actor may not sign this.
        Invalid: a required item is not granted, a decision is unknown, or the name is missing.
        Conflict: answered or expired meanwhile, or a name that cannot be printed.
    """
    request = request_of(session, actor, request_id, locked=True)
    template, facts = judged(session, request)
    policy.require_answering(template, actor, facts, now)
    require_open(session, request, now)
    _check(template, choice)
    note_viewed(session, request, actor, now)
    document = _document(session, request, template, actor, choice, now)
    pdf = _drawn(document, is_test=is_test)
    row = preparation_of(session, request.id, actor.person_id) or Preparation(
        request_id=request.id, signer_id=actor.person_id
    )
    row.language, row.gesture, row.typed_name = choice.language, choice.gesture, choice.typed_name
    row.decisions = {key: decision.value for key, decision in document.decisions}
    row.capacity = document.signature.capacity
    row.inputs_sha256 = _inputs_sha256(document)
    row.pdf, row.h0, row.nonce = pdf, sha256(pdf).hexdigest(), secrets.token_hex(16)
    row.prepared_at = now
    session.add(row)
    evidence.append(session, request, actor, "prepared", {"h0": row.h0}, now=now)
    audit.record(session, actor, "consents.prepare", "consent_request", request.id, now=now)
    return row


def renew(
    session: Session, actor: Actor, request_id: int, *, is_test: bool, now: datetime
) -> Preparation:
    """The same choices in a new preview, after something printed has changed.

    Raises:
        Conflict: nothing had been prepared.
    """
    request = request_of(session, actor, request_id)
    row = preparation_of(session, request.id, actor.person_id)
    if row is None:
        raise not_prepared()
    return prepare(session, actor, request_id, choice_of(row), is_test=is_test, now=now)


def choice_of(row: Preparation) -> Choice:
    """The choices frozen in a preparation."""
    open_ones = Decision.UNANSWERED.value
    decisions = {key: value for key, value in row.decisions.items() if value != open_ones}
    return Choice(row.language, decisions, row.gesture, row.typed_name)


def is_current(
    session: Session,
    request: ConsentRequest,
    template: ConsentTemplate,
    actor: Actor,
    row: Preparation,
) -> bool:
    """Whether everything printed in a preparation is still so."""
    document = _document(session, request, template, actor, choice_of(row), row.prepared_at)
    return _inputs_sha256(document) == row.inputs_sha256


def not_prepared() -> Conflict:
    """The refusal of a signature under nothing."""
    return Conflict(N_("First choose your answers and look at the document."), code="not_prepared")


def note_viewed(session: Session, request: ConsentRequest, actor: Actor, now: datetime) -> None:
    """Whoever may answer has seen the text."""
    if request.state is State.OFFERED:
        request.state, request.changed_at = State.VIEWED, now
        evidence.append(session, request, actor, "viewed", now=now)


def _check(template: ConsentTemplate, choice: Choice) -> None:
    errors: list[FieldError] = []
    if choice.language not in template.languages:
        errors.append(FieldError("#/language", N_("This text is not in that language."), "unknown"))
    items = {item.key: item for item in template.texts[0].items}
    for key, value in choice.decisions.items():
        if key not in items or value not in (Decision.GRANTED.value, Decision.REFUSED.value):
            errors.append(
                FieldError(f"#/decisions/{key[:64]}", N_("Choose one of the answers."), "unknown")
            )
    for key, item in items.items():
        if item.is_required and choice.decisions.get(key) != Decision.GRANTED.value:
            errors.append(
                FieldError(
                    f"#/decisions/{key}",
                    N_("The consent cannot be signed without this. You can decline it as a whole."),
                    "required_item",
                )
            )
    if choice.gesture not in (gesture.value for gesture in Gesture):
        errors.append(FieldError("#/gesture", N_("Choose how you want to sign."), "unknown"))
    errors += _name_errors(choice)
    if errors:
        raise Invalid(errors=tuple(errors))


def _name_errors(choice: Choice) -> list[FieldError]:
    name = choice.typed_name
    if choice.gesture == Gesture.TYPED_NAME.value and not name.strip():
        return [FieldError("#/typed_name", N_("Type your name."), "required")]
    if len(name) > MAX_NAME_CHARS:
        return [FieldError("#/typed_name", N_("A name has at most 120 characters."), "too_long")]
    if unprintable(name):
        words = N_("The document cannot show some of these characters. Use Latin letters.")
        return [FieldError("#/typed_name", words, "unprintable")]
    return []


def _document(
    session: Session,
    request: ConsentRequest,
    template: ConsentTemplate,
    actor: Actor,
    choice: Choice,
    prepared_at: datetime,
) -> ConsentDocument:
    subject = identity.person(session, request.subject_id)
    signer = identity.person(session, actor.person_id or 0)
    is_typed = choice.gesture == Gesture.TYPED_NAME.value
    return freeze(
        ConsentDocument(
            template=template,
            language=choice.language,
            subject_name=subject.name,
            subject_born_on=subject.birth_on.isoformat(),
            decisions=tuple((key, Decision(value)) for key, value in choice.decisions.items()),
            signature=Signature(
                signer_name=signer.name,
                capacity=policy.capacity_of(actor).value,
                gesture=Gesture(choice.gesture),
                typed_name=choice.typed_name.strip() if is_typed else "",
            ),
            organisation=request.organisation,
            prepared_at=prepared_at.astimezone(UTC).replace(microsecond=0),
            reference=request.reference,
            evidence_head=request.evidence_head,
        )
    )


def _drawn(document: ConsentDocument, *, is_test: bool) -> bytes:
    try:
        # 20 ms inside the transaction: the head of the evidence printed must be the head now.
        return render(document, is_test=is_test)
    except (CannotRender, ConsentRefused) as error:
        raise Conflict(
            N_("The document cannot be drawn up with the names we have. Please call the clinic."),
            code="unprintable",
        ) from error


def _inputs_sha256(document: ConsentDocument) -> str:
    """Of all that is printed but the head of the evidence, which moves with every act."""
    sign = document.signature
    printed: list[Any] = [
        document.template.sha256,
        document.language,
        document.subject_name,
        document.subject_born_on,
        [[key, decision.value] for key, decision in document.decisions],
        [sign.signer_name, sign.capacity, sign.gesture.value, sign.typed_name],
        document.organisation,
        document.prepared_at.isoformat(),
        document.reference,
    ]
    return sha256(json.dumps(printed, ensure_ascii=False).encode()).hexdigest()
