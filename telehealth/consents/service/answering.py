"""Signing, declining, withdrawing: every rule is asked again inside the transaction that acts."""

import hmac
import secrets
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from surveys.consent.document import ConsentTemplate
from telehealth.audit import service as audit
from telehealth.consents import policy
from telehealth.consents.models import (
    GIVEN,
    Answer,
    ConsentRecord,
    ConsentRequest,
    Preparation,
    State,
)
from telehealth.consents.service import evidence
from telehealth.consents.service.found import (
    judged,
    preparation_of,
    record_of,
    request_of,
    require_open,
    state_at,
)
from telehealth.consents.service.preparing import is_current, not_prepared
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, StepUpNeeded
from telehealth.core.i18n import N_
from telehealth.identity import policy as identity_policy
from telehealth.inbox import service as inbox
from telehealth.inbox.models import ItemKind

PREVIEW_LASTS = timedelta(hours=24)
_CONFIRM = N_("Please enter your password again to confirm that it is you.")


@dataclass(frozen=True, slots=True)
class Signing:
    """Which consent, under which bytes (`h0`), from which preview (`nonce`)."""

    request_id: int
    h0: str
    nonce: str


def sign(session: Session, actor: Actor, signing: Signing, *, now: datetime) -> ConsentRecord:
    """The consent is given and kept; the sealed document follows, nobody is asked again.

    Repeating the same signature changes nothing and gives the same record.

    Raises:
        NotAllowed: the actor may not sign this, now.
        Conflict: `preview_changed` (look at it again), `answered`, `expired`, `not_prepared`.
        StepUpNeeded: the password was not given after this preview, or too long ago.
    """
    request = request_of(session, actor, signing.request_id, locked=True)
    template, facts = judged(session, request)
    policy.require_answering(template, actor, facts, now)
    given = record_of(session, request.id)
    if given is not None and given.signer_id == actor.person_id and given.h0 == signing.h0:
        return given
    require_open(session, request, now)
    row = preparation_of(session, request.id, actor.person_id)
    if row is None:
        raise not_prepared()
    looked_at = f"{row.h0} {row.nonce}".encode()
    is_same = hmac.compare_digest(looked_at, f"{signing.h0} {signing.nonce}".encode())
    is_young = now - row.prepared_at <= PREVIEW_LASTS
    if not is_same or not is_young or not is_current(session, request, template, actor, row):
        raise Conflict(
            N_("The document has changed since you looked at it. Please look at it again."),
            code="preview_changed",
        )
    require_confirmed(actor, row.prepared_at, now)
    return _signed(session, actor, request, template, row, now)


def require_confirmed(actor: Actor, prepared_at: datetime, now: datetime) -> None:
    """The password was given for this document: after its preview, at most five minutes ago."""
    if not is_confirmed(actor, prepared_at, now):
        raise StepUpNeeded(_CONFIRM)


def is_confirmed(actor: Actor, prepared_at: datetime, now: datetime) -> bool:
    """Whether the proof of presence belongs to this preview and is young enough."""
    return actor.is_fresh(now) and (actor.confirmed_at or prepared_at) >= prepared_at


def _signed(
    session: Session,
    actor: Actor,
    request: ConsentRequest,
    template: ConsentTemplate,
    row: Preparation,
    now: datetime,
) -> ConsentRecord:
    record = ConsentRecord(
        request_id=request.id,
        signer_id=actor.person_id,
        capacity=row.capacity,
        representation_id=actor.representation_id,
        answer=Answer.SIGNED,
        answered_at=now,
        valid_until=_last_day(local(now).date(), template.valid_months),
        language=row.language,
        decisions=row.decisions,
        gesture=row.gesture,
        typed_name=row.typed_name,
        salt=secrets.token_hex(32),
        confirmed_at=actor.confirmed_at,
        h0=row.h0,
        request=request,
    )
    session.add(record)
    session.flush()  # the unique signer decides now, not at commit
    request.state, request.changed_at = State.SEALING, now
    evidence.append(session, request, actor, "signed", _proof(request, record), now=now)
    outbox.put(session, "consents.seal", {"record_id": record.id}, now=now)
    inbox.finish(session, request.subject_id, ItemKind.CONSENT, str(request.id), now=now)
    audit.record(session, actor, "consents.sign", "consent_request", request.id, now=now)
    return record


def _proof(request: ConsentRequest, record: ConsentRecord) -> dict[str, object]:
    """What the evidence says of a signature: hashes, times and a commitment to the choices."""
    chosen = {"decisions": record.decisions, "typed_name": record.typed_name}
    return {
        "h0": record.h0,
        "gesture": record.gesture,
        "language": record.language,
        "text": request.version.text_sha256[record.language],
        "choice": evidence.commitment(record.salt, chosen),
        "identity_check": "password",
        "confirmed_at": record.confirmed_at.isoformat() if record.confirmed_at else "",
    }


def decline(session: Session, actor: Actor, request_id: int, *, now: datetime) -> ConsentRecord:
    """The answer is no; it needs no reason and is kept like a yes. Repeating changes nothing.

    Raises:
        NotAllowed: the actor may not answer this.
        Conflict: signed or expired meanwhile.
    """
    request = request_of(session, actor, request_id, locked=True)
    template, facts = judged(session, request)
    policy.require_answering(template, actor, facts, now)
    given = record_of(session, request.id)
    if given is not None and given.answer is Answer.DECLINED:
        return given
    require_open(session, request, now)
    record = ConsentRecord(
        request_id=request.id,
        signer_id=actor.person_id,
        capacity=policy.capacity_of(actor).value,
        representation_id=actor.representation_id,
        answer=Answer.DECLINED,
        answered_at=now,
        salt=secrets.token_hex(32),
        request=request,
    )
    session.add(record)
    request.state, request.changed_at = State.DECLINED, now
    evidence.append(session, request, actor, "declined", now=now)
    inbox.finish(session, request.subject_id, ItemKind.CONSENT, str(request.id), now=now)
    audit.record(session, actor, "consents.decline", "consent_request", request.id, now=now)
    return record


def withdraw(session: Session, actor: Actor, request_id: int, *, now: datetime) -> ConsentRequest:
    """The consent no longer holds, from this transaction on, also while it is being sealed.

    Needs no reason. Repeating changes nothing.

    Raises:
        NotAllowed: neither the subject nor somebody who might sign it now.
        Conflict: there is nothing to withdraw.
        StepUpNeeded: the password was given more than five minutes ago.
    """
    request = request_of(session, actor, request_id, locked=True)
    template, facts = judged(session, request)
    policy.require_withdrawing(template, actor, facts, now)
    state = state_at(request, record_of(session, request.id), now)
    if state not in (*GIVEN, State.WITHDRAWN):
        raise Conflict(
            N_("There is nothing to withdraw: this consent is not in force."), code="not_given"
        )
    identity_policy.require_fresh(actor, now)
    if request.state is State.WITHDRAWN:
        return request
    request.state, request.changed_at = State.WITHDRAWN, now
    evidence.append(session, request, actor, "withdrawn", now=now)
    audit.record(session, actor, "consents.withdraw", "consent_request", request.id, now=now)
    return request


def require_withdrawing(session: Session, actor: Actor, request_id: int, *, now: datetime) -> None:
    """The actor is one who may withdraw this consent; for a page that explains it first.

    Raises:
        NotAllowed: neither the subject nor somebody who might sign it now.
    """
    template, facts = judged(session, request_of(session, actor, request_id))
    policy.require_withdrawing(template, actor, facts, now)


def _last_day(day: date, months: int) -> date:
    """The same day of the month so many months later, or that month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
