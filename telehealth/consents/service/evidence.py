"""The chain of evidence of one request: who did what in which capacity, each act sealing the last.

Payloads hold ids, times and hashes. What was chosen is in a keyed commitment; its key (the salt)
stands in the record, so that forgetting the record leaves a chain that still verifies.
"""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.consents import policy
from telehealth.consents.models import ConsentRequest, EvidenceEvent
from telehealth.core.actor import Actor, Basis

_DOMAIN = b"telehealth consent evidence 1\n"
_CHAINED = (
    "stream", "seq", "kind", "at", "actor_id", "capacity", "representation_id", "payload",
)  # fmt: skip


def append(
    session: Session,
    request: ConsentRequest,
    actor: Actor,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    now: datetime,
) -> None:
    """The act is evidence, in the act's own transaction; `request` must be locked by the caller."""
    prev = request.evidence_head or _genesis(request.id)
    entry: dict[str, Any] = {
        "stream": request.id,
        "seq": request.evidence_seq + 1,
        "kind": kind,
        "at": now.astimezone(UTC),
        "actor_id": actor.person_id,
        "capacity": _capacity(actor),
        "representation_id": actor.representation_id,
        "payload": dict(payload or {}),
    }
    digest = chain_hash(prev, entry)
    session.add(EvidenceEvent(**entry, prev_hash=prev, hash=digest))
    request.evidence_seq, request.evidence_head = entry["seq"], digest
    session.flush()


def chain_hash(prev: str, entry: Mapping[str, Any]) -> str:
    """SHA-256 over domain, previous hash and the entry as canonical JSON."""
    canonical = {name: entry[name] for name in _CHAINED}
    canonical["at"] = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(_DOMAIN + prev.encode() + b"\n" + text.encode()).hexdigest()


def commitment(salt: str, choice: Mapping[str, Any]) -> str:
    """What stands in the evidence for what was chosen and typed."""
    text = json.dumps(choice, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(bytes.fromhex(salt), text.encode(), sha256).hexdigest()


def is_whole(session: Session, request: ConsentRequest) -> bool:
    """Whether nothing in the request's evidence was changed, left out or cut off."""
    prev, seq = _genesis(request.id), 0
    rows = session.scalars(
        select(EvidenceEvent).where(EvidenceEvent.stream == request.id).order_by(EvidenceEvent.seq)
    )
    for row in rows:
        entry = {name: getattr(row, name) for name in _CHAINED}
        fits = row.seq == seq + 1 and row.prev_hash == prev and chain_hash(prev, entry) == row.hash
        if not fits:
            return False
        prev, seq = row.hash, row.seq
    return seq > 0 and (request.evidence_seq, request.evidence_head) == (seq, prev)


def _genesis(stream: int) -> str:
    return sha256(_DOMAIN + str(stream).encode()).hexdigest()


def _capacity(actor: Actor) -> str:
    return "system" if actor.basis is Basis.SYSTEM else policy.capacity_of(actor).value
