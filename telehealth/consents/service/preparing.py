"""Freezing a choice into the very bytes that will be shown, hashed and sealed."""

import json
import secrets
from collections.abc import Callable, Mapping
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
from telehealth.core.db import Database
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


@dataclass(frozen=True, slots=True)
class Draft:
    """A frozen choice, checked, not yet drawn."""

    request_id: int
    choice: Choice
    document: ConsentDocument


def prepare(
    database: Database,
    actor_of: Callable[[Session], Actor],
    request_id: int,
    choice: Choice | None,
    *,
    is_test: bool,
    now: datetime,
) -> Preparation:
    """The document with these choices is drawn up and kept for this signer.

    Takes the database, not a session: setting a page must not hold SQLite's one writer. The rules
    are asked before and after.

    Args:
        database: where.
        actor_of: who acts, decided anew in each transaction.
        request_id: which consent.
        choice: decisions and gesture; None: those of the last preview, after something changed.
        is_test: whether the seal will be the development one, which every page must say.
        now: when; printed as the time of preparation.

    Raises:
        NotAllowed: the actor may not sign this.
        Invalid: a required item is not granted, a decision is unknown, or the name is missing.
        Conflict: answered or expired meanwhile, or a name that cannot be printed.
    """
    with database.unit_of_work() as session:
        draft = draw_up(session, actor_of(session), request_id, choice, now=now)
    pdf = draw(draft, is_test=is_test)
    with database.unit_of_work() as session:
        return keep(session, actor_of(session), draft, pdf, now=now)


def draw_up(
    session: Session, actor: Actor, request_id: int, choice: Choice | None, *, now: datetime
) -> Draft:
    """The choice is checked and frozen; who may answer has seen the text.

    Raises:
        NotAllowed, Invalid, Conflict: as `prepare`.
    """
    request, template = _answerable(session, actor, request_id, now)
    chosen = choice or _last_choice(session, actor, request.id)
    _check(template, chosen)
    note_viewed(session, request, actor, now)
    document = _document(session, request, template, actor, chosen, now)
    return Draft(request.id, chosen, document)


def draw(draft: Draft, *, is_test: bool) -> bytes:
    """The draft as a PDF; the same bytes each time.

    Raises:
        Conflict: a name holds characters that cannot be printed.
    """
    try:
        return render(draft.document, is_test=is_test)
    except (CannotRender, ConsentRefused) as error:
        raise Conflict(
            N_("The document cannot be drawn up with the names we have. Please call the clinic."),
            code="unprintable",
        ) from error


def keep(session: Session, actor: Actor, draft: Draft, pdf: bytes, *, now: datetime) -> Preparation:
    """These bytes are what the actor is about to sign.

    Raises:
        NotAllowed, Conflict: as `prepare`.
    """
    request, _ = _answerable(session, actor, draft.request_id, now)
    choice, document = draft.choice, draft.document
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


def _answerable(
    session: Session, actor: Actor, request_id: int, now: datetime
) -> tuple[ConsentRequest, ConsentTemplate]:
    request = request_of(session, actor, request_id, locked=True)
    template, facts = judged(session, request)
    policy.require_answering(template, actor, facts, now)
    require_open(session, request, now)
    return request, template


def _last_choice(session: Session, actor: Actor, request_id: int) -> Choice:
    row = preparation_of(session, request_id, actor.person_id)
    if row is None:
        raise not_prepared()
    return choice_of(row)


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
