"""Confirming an e-mail address by a code sent to it.

The code is derived from the installation's key and a random nonce of its row: a copy of the
database tells no code, and the worker that writes the mail needs nothing else than the row's id.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.audit.models import Outcome
from telehealth.contacts import policy
from telehealth.contacts.models import ContactCode, ContactKind, ContactPoint
from telehealth.contacts.service.registry import is_first_active, make_active, own
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, TooMany
from telehealth.core.i18n import N_

CODE_DIGITS = 6


class Verdict(StrEnum):
    """What became of a typed code. Returned, not raised: a wrong try has to be kept."""

    CONFIRMED = "confirmed"
    WRONG = "wrong"
    OVER = "over"
    """Too late, too many tries, or no code was sent: a new one is needed."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A code to be sent."""

    person_id: int
    address: str
    code: str = field(repr=False)


def begin(
    session: Session, actor: Actor, contact_id: int, *, key: bytes, now: datetime
) -> ContactPoint:
    """A code is on its way to the address; an earlier one no longer counts.

    Raises:
        NotAllowed: not the actor's to change.
        NotFound: not one of the subject's.
        Conflict: confirmed already, or of a kind we cannot send codes to.
        TooMany: three codes within the hour, for this person or for this address.
    """
    policy.require_editing(actor)
    row = own(session, actor, contact_id)
    if row.verified_at is not None:
        raise Conflict(N_("This contact is confirmed already."), code="confirmed")
    if row.kind is not ContactKind.EMAIL:
        raise Conflict(N_("Codes can only be sent by e-mail for now."), code="no_channel")
    digest = _keyed(key, "contact-value", row.value)
    _check_sends(session, row.person_id, digest, now)
    code = ContactCode(
        contact_id=row.id,
        person_id=row.person_id,
        value_digest=digest,
        nonce=secrets.token_hex(16),
        sent_at=now,
        expires_at=now + policy.CODE_LASTS,
    )
    session.add(code)
    session.flush()
    audit.record(session, actor, "contacts.send_code", "contact", row.id, now=now)
    outbox.put(session, "contacts.code_wanted", {"code_id": code.id}, now=now)
    return row


def pending(session: Session, code_id: int, *, key: bytes, now: datetime) -> Pending | None:
    """What to write into the mail; None: too late, replaced or no longer wanted."""
    code = session.get(ContactCode, code_id)
    if code is None or code.contact_id is None or now >= code.expires_at:
        return None
    contact = session.get(ContactPoint, code.contact_id)
    newest = _newest(session, code.contact_id)
    if contact is None or contact.verified_at is not None or newest is not code:
        return None
    return Pending(contact.person_id, contact.value, _digits(key, code, contact))


def confirm(
    session: Session, actor: Actor, contact_id: int, typed: str, *, key: bytes, now: datetime
) -> Verdict:
    """The address is the subject's if the code is right; the first confirmed one becomes active.

    Raises:
        NotAllowed: not the actor's to change.
        NotFound: not one of the subject's.
    """
    policy.require_editing(actor)
    row = own(session, actor, contact_id)
    if row.verified_at is not None:
        return Verdict.CONFIRMED
    code = _newest(session, row.id)
    if code is None or now >= code.expires_at or code.tries >= policy.MAX_TRIES:
        return Verdict.OVER
    code.tries += 1
    if not hmac.compare_digest("".join(typed.split()).encode(), _digits(key, code, row).encode()):
        audit.record(
            session, actor, "contacts.confirm", "contact", row.id, now=now, outcome=Outcome.DENY
        )
        return Verdict.WRONG if code.tries < policy.MAX_TRIES else Verdict.OVER
    row.verified_at = now
    session.flush()
    if is_first_active(session, row):
        make_active(session, row)
    audit.record(session, actor, "contacts.confirm", "contact", row.id, now=now)
    return Verdict.CONFIRMED


def _newest(session: Session, contact_id: int) -> ContactCode | None:
    return session.scalar(
        select(ContactCode)
        .where(ContactCode.contact_id == contact_id)
        .order_by(ContactCode.id.desc())
        .limit(1)
    )


def _check_sends(session: Session, person_id: int, digest: str, now: datetime) -> None:
    sent = session.scalar(
        select(func.count())
        .select_from(ContactCode)
        .where(
            or_(ContactCode.person_id == person_id, ContactCode.value_digest == digest),
            ContactCode.sent_at > now - policy.SEND_WINDOW,
        )
    )
    if (sent or 0) >= policy.MAX_SENDS:
        wait_s = int(policy.SEND_WINDOW.total_seconds())
        raise TooMany(N_("Three codes an hour are the limit. Try later."), retry_after_s=wait_s)


def _digits(key: bytes, code: ContactCode, contact: ContactPoint) -> str:
    digest = _keyed(key, "contact-code", f"{code.nonce}:{contact.id}:{contact.value}")
    return str(int(digest, 16) % 10**CODE_DIGITS).zfill(CODE_DIGITS)


def _keyed(key: bytes, purpose: str, text: str) -> str:
    return hmac.new(key, f"{purpose}:{text}".encode(), sha256).hexdigest()
