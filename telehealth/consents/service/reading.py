"""What the patient's side and the team see: texts, states, previews, documents; all audited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.consent.document import ConsentItem, ConsentText
from telehealth.audit import service as audit
from telehealth.consents import policy
from telehealth.consents.gateways.blobs import Blobs
from telehealth.consents.models import (
    GIVEN,
    OPEN,
    Answer,
    ConsentRecord,
    ConsentRequest,
    State,
)
from telehealth.consents.service.answering import is_confirmed
from telehealth.consents.service.found import (
    judged,
    preparation_of,
    record_of,
    request_of,
    require_open,
    state_at,
)
from telehealth.consents.service.preparing import not_prepared, note_viewed
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, NotAllowed, NotFound, Unavailable
from telehealth.core.i18n import N_
from telehealth.identity import service as identity

SEALING_IS_LONG = timedelta(minutes=15)
SHORT_CODE_CHARS = 8


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as shown: who, as what, when, what."""

    signer_id: int
    signer_name: str
    capacity: str
    answer: Answer
    answered_at: datetime
    valid_until: date | None
    decisions: tuple[tuple[ConsentItem, str], ...]
    """Each item of the text with `granted`, `refused` or `unanswered`."""
    gesture: str
    typed_name: str
    language: str
    level: str
    h0: str
    file_sha256: str
    """Empty: not sealed yet."""
    sealed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A consent as one actor sees it now."""

    id: int
    reference: str
    template: str
    version: str
    text: ConsentText
    languages: tuple[str, ...]
    state: State
    subject_id: int
    subject_name: str
    sent_by_name: str
    organisation: str
    sent_at: datetime
    due_at: datetime
    changed_at: datetime
    given: Given | None
    why_not: NotAllowed | None
    """Why this actor may not answer; None: they may."""
    may_withdraw: bool
    is_sealing_long: bool

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Prepared:
    """A preview, ready to be signed."""

    request_id: int
    h0: str
    nonce: str
    prepared_at: datetime
    text: ConsentText
    decisions: tuple[tuple[ConsentItem, str], ...]
    gesture: str
    typed_name: str
    capacity: str
    signer_name: str
    subject_name: str
    subject_is_signer: bool
    is_confirmed: bool
    """Whether the password was given since, and recently enough."""

    @property
    def short_code(self) -> str:
        """The beginning of the hash: what a person can compare."""
        return self.h0[:SHORT_CODE_CHARS]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """Where the sealed file is, and how it is called when it is taken home."""

    file_sha256: str
    file_name: str


def show(session: Session, actor: Actor, request_id: int, language: str, *, now: datetime) -> Shown:
    """One consent; who may answer it has then seen it.

    Raises:
        NotAllowed: not the actor's to read.
        NotFound: absent or another's.
    """
    policy.require_viewing(actor)
    request = request_of(session, actor, request_id, locked=True)
    found = _shown(session, actor, request, language, now)
    if found.is_open and found.why_not is None:
        note_viewed(session, request, actor, now)
    audit.record(session, actor, "consents.open", "consent_request", request.id, now=now)
    return found


def list_requests(
    session: Session, actor: Actor, language: str, *, now: datetime
) -> Sequence[Shown]:
    """All of the subject's consents: open ones first, then the newest.

    Raises:
        NotAllowed: not the actor's to read.
    """
    policy.require_viewing(actor)
    rows = session.scalars(
        select(ConsentRequest)
        .where(ConsentRequest.subject_id == actor.subject_id)
        .order_by(ConsentRequest.sent_at.desc(), ConsentRequest.id.desc())
        .limit(100)
    ).all()
    found = [_shown(session, actor, row, language, now) for row in rows]
    audit.record(
        session, actor, "consents.list", "consent_request", now=now, detail={"rows": len(rows)}
    )
    return sorted(found, key=lambda one: not one.is_open)


def prepared(session: Session, actor: Actor, request_id: int, *, now: datetime) -> Prepared:
    """What the actor is about to sign.

    Raises:
        NotAllowed: the actor may not sign this.
        Conflict: nothing prepared, or answered meanwhile.
    """
    request = request_of(session, actor, request_id)
    template, facts = judged(session, request)
    policy.require_answering(template, actor, facts, now)
    require_open(session, request, now)
    row = preparation_of(session, request.id, actor.person_id)
    if row is None:
        raise not_prepared()
    names = identity.names(session, {row.signer_id, request.subject_id})
    text = template.text(row.language)
    audit.record(session, actor, "consents.certify", "consent_request", request.id, now=now)
    return Prepared(
        request_id=request.id,
        h0=row.h0,
        nonce=row.nonce,
        prepared_at=row.prepared_at,
        text=text,
        decisions=_decided(text, row.decisions),
        gesture=row.gesture,
        typed_name=row.typed_name,
        capacity=row.capacity,
        signer_name=names[row.signer_id],
        subject_name=names[request.subject_id],
        subject_is_signer=row.signer_id == request.subject_id,
        is_confirmed=is_confirmed(actor, row.prepared_at, now),
    )


def preview(session: Session, actor: Actor, request_id: int, *, now: datetime) -> bytes:
    """The very bytes that will be sealed.

    Raises:
        NotAllowed, Conflict: as `prepared`.
    """
    request = request_of(session, actor, request_id)
    template, facts = judged(session, request)
    policy.require_answering(template, actor, facts, now)
    row = preparation_of(session, request.id, actor.person_id)
    if row is None:
        raise not_prepared()
    audit.record(session, actor, "consents.preview", "consent_request", request.id, now=now)
    return row.pdf


def document(session: Session, actor: Actor, request_id: int, *, now: datetime) -> StoredDocument:
    """The sealed document may be taken.

    Raises:
        NotAllowed: not the actor's to read.
        NotFound: nothing was signed.
        Conflict: it is still being sealed.
    """
    policy.require_viewing(actor)
    request = request_of(session, actor, request_id)
    record = record_of(session, request.id)
    if record is None or record.answer is not Answer.SIGNED:
        raise NotFound
    if record.file_sha256 is None:
        raise Conflict(
            N_("The document is being sealed. Please try again in a moment."), code="sealing"
        )
    audit.record(session, actor, "consents.download", "consent_request", request.id, now=now)
    return StoredDocument(record.file_sha256, f"soglasje-{request.reference}.pdf")


def read_file(blobs: Blobs, stored: StoredDocument) -> bytes:
    """The sealed file, byte for byte. Called after the transaction: disks may be slow.

    Raises:
        Unavailable: it is not there, or is no longer what was sealed.
    """
    pdf = blobs.get(stored.file_sha256)
    if pdf is None:
        raise Unavailable(
            N_("The document cannot be read at the moment. Your answer is safe."), code="no_file"
        )
    return pdf


def _shown(
    session: Session, actor: Actor, request: ConsentRequest, language: str, now: datetime
) -> Shown:
    template, facts = judged(session, request)
    languages = template.languages
    text = template.text(language if language in languages else languages[0])
    record = record_of(session, request.id)
    signer = {record.signer_id} if record else set()
    names = identity.names(session, {request.subject_id, request.sent_by_id, *signer})
    state = state_at(request, record, now)
    is_given = state in GIVEN
    return Shown(
        id=request.id,
        reference=request.reference,
        template=request.version.template,
        version=request.version.version,
        text=text,
        languages=languages,
        state=state,
        subject_id=request.subject_id,
        subject_name=names[request.subject_id],
        sent_by_name=names[request.sent_by_id],
        organisation=request.organisation,
        sent_at=request.sent_at,
        due_at=request.due_at,
        changed_at=request.changed_at,
        given=_given(record, text, names) if record else None,
        why_not=policy.refusal(template, actor, facts, now),
        may_withdraw=is_given and policy.may_withdraw(template, actor, facts, now),
        is_sealing_long=state is State.SEALING and now - request.changed_at > SEALING_IS_LONG,
    )


def _given(record: ConsentRecord, text: ConsentText, names: dict[int, str]) -> Given:
    return Given(
        signer_id=record.signer_id,
        signer_name=names[record.signer_id],
        capacity=record.capacity,
        answer=record.answer,
        answered_at=record.answered_at,
        valid_until=record.valid_until,
        decisions=_decided(text, record.decisions) if record.decisions else (),
        gesture=record.gesture,
        typed_name=record.typed_name,
        language=record.language,
        level=record.level,
        h0=record.h0 or "",
        file_sha256=record.file_sha256 or "",
        sealed_at=record.sealed_at,
    )


def _decided(text: ConsentText, decisions: dict[str, str]) -> tuple[tuple[ConsentItem, str], ...]:
    return tuple((item, decisions.get(item.key, "unanswered")) for item in text.items)
