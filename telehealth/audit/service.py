"""Write the trail, read it for people, verify that nobody rewrote it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from telehealth.audit.gateways import End
from telehealth.audit.models import NOBODY, AuditEvent, AuditHead, Outcome
from telehealth.core.actor import Actor

FORMAT = 1
GENESIS = "0" * 64
_CHAINED = (
    "subject_id", "seq", "at", "actor_person_id", "basis", "representation_id", "roles",
    "session_id", "action", "resource_type", "resource_id", "outcome", "cause", "detail",
)  # fmt: skip


def record(
    session: Session,
    actor: Actor,
    action: str,
    resource_type: str = "",
    resource_id: object = "",
    *,
    now: datetime,
    outcome: Outcome = Outcome.ALLOW,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """The deed is in the subject's trail, in the same transaction as its effect.

    Args:
        session: the unit of work of the deed.
        actor: who, for whom, on what basis.
        action: `room.verb`.
        resource_type: kind of the thing touched.
        resource_id: its id.
        now: when.
        outcome: whether it was done.
        detail: ids, counts and field names; never values, texts or names.
    """
    subject_id = actor.subject_id if actor.subject_id is not None else NOBODY
    head = _locked_head(session, subject_id)
    entry: dict[str, Any] = {
        "subject_id": subject_id,
        "seq": head.seq + 1,
        "at": now.astimezone(UTC),
        "actor_person_id": actor.person_id,
        "basis": actor.basis.value,
        "representation_id": actor.representation_id,
        "roles": ",".join(sorted(actor.roles)),
        "session_id": actor.session_id,
        "action": action,
        "resource_type": resource_type,
        "resource_id": str(resource_id),
        "outcome": outcome,
        "cause": actor.cause,
        "detail": dict(detail or {}),
    }
    digest = chain_hash(head.hash, entry)
    session.execute(insert(AuditEvent).values(**entry, prev_hash=head.hash, hash=digest))
    session.execute(
        update(AuditHead)
        .where(AuditHead.subject_id == subject_id)
        .values(seq=entry["seq"], hash=digest)
    )


@dataclass(frozen=True, slots=True)
class _Head:
    seq: int
    hash: str


def _locked_head(session: Session, subject_id: int) -> _Head:
    """The end of the chain, ours until the transaction ends."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    start = (sqlite.insert if is_sqlite else postgresql.insert)(AuditHead)
    session.execute(
        start.values(subject_id=subject_id, seq=0, hash=GENESIS).on_conflict_do_nothing(
            index_elements=["subject_id"]
        )
    )
    row = session.execute(
        select(AuditHead.seq, AuditHead.hash)
        .where(AuditHead.subject_id == subject_id)
        .with_for_update()
    ).one()
    return _Head(row.seq, row.hash)


def chain_hash(prev_hash: str, entry: Mapping[str, Any]) -> str:
    """SHA-256 over the previous hash and the entry as canonical JSON (sorted keys, UTC)."""
    canonical = {name: entry[name] for name in _CHAINED} | {"format": FORMAT}
    canonical["at"] = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(prev_hash.encode() + b"\n" + text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Which part of a trail to read."""

    limit: int = 100
    before_seq: int | None = None
    """Only older ones than this; None: from the newest."""
    only_actor_id: int | None = None
    """Only what this person did."""
    except_actor_id: int | None = None
    """Leave out what this person did."""


def of_person(
    session: Session, subject_id: int, excerpt: Excerpt | None = None
) -> Sequence[AuditEvent]:
    """Events of one person's trail, newest first; for a caller that has checked who asks."""
    part = excerpt or Excerpt()
    query = select(AuditEvent).where(AuditEvent.subject_id == subject_id)
    if part.before_seq is not None:
        query = query.where(AuditEvent.seq < part.before_seq)
    if part.only_actor_id is not None:
        query = query.where(AuditEvent.actor_person_id == part.only_actor_id)
    if part.except_actor_id is not None:
        query = query.where(AuditEvent.actor_person_id.is_distinct_from(part.except_actor_id))
    return session.scalars(query.order_by(AuditEvent.seq.desc()).limit(part.limit)).all()


def heads(session: Session) -> dict[int, End]:
    """Where each chain ends now."""
    rows = session.execute(select(AuditHead.subject_id, AuditHead.seq, AuditHead.hash)).all()
    return {row.subject_id: End(row.seq, row.hash) for row in rows}


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the trail does not hold together."""

    subject_id: int
    seq: int
    fault: str
    """`changed`, `missing`, `cut_off`, `headless` or `anchor`."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying found."""

    events: int
    chains: int
    findings: tuple[Finding, ...]


def verify(session: Session, anchored: Mapping[int, End] | None = None) -> Verification:
    """Recompute every chain; O(events), in constant memory.

    Args:
        session: reads only.
        anchored: ends of chains kept outside of the database (`gateways.AnchorFile`); each must
            still be there, so a trail rewritten together with its heads is found too.
    """
    findings: list[Finding] = []
    ends_now = heads(session)
    events = 0
    subject, seq, prev = None, 0, GENESIS
    ends: dict[int, tuple[int, str]] = {}
    query = select(AuditEvent).order_by(AuditEvent.subject_id, AuditEvent.seq)
    for event in session.scalars(query.execution_options(yield_per=1000)):
        if event.subject_id != subject:
            subject, seq, prev = event.subject_id, 0, GENESIS
        findings += _check(event, seq + 1, prev)
        seq, prev = event.seq, event.hash
        ends[event.subject_id] = (seq, prev)
        events += 1
        session.expunge(event)
    for subject_id, head in ends_now.items():
        last_seq, last_hash = ends.pop(subject_id, (0, GENESIS))
        if head.hash != last_hash:
            findings.append(Finding(subject_id, last_seq + 1, "cut_off"))
    findings += [Finding(subject_id, end[0], "headless") for subject_id, end in ends.items()]
    findings += _missing_anchors(session, anchored or {})
    return Verification(events, len(ends_now), tuple(findings))


def _missing_anchors(session: Session, anchored: Mapping[int, End]) -> list[Finding]:
    findings = []
    for subject_id, end in anchored.items():
        found = session.scalar(
            select(AuditEvent.hash).where(
                AuditEvent.subject_id == subject_id, AuditEvent.seq == end.seq
            )
        )
        if end.seq and found != end.hash:
            findings.append(Finding(subject_id, end.seq, "anchor"))
    return findings


def _check(event: AuditEvent, expected_seq: int, prev: str) -> list[Finding]:
    entry = {name: getattr(event, name) for name in _CHAINED}
    if event.seq != expected_seq:
        return [Finding(event.subject_id, expected_seq, "missing")]
    if event.prev_hash != prev or chain_hash(event.prev_hash, entry) != event.hash:
        return [Finding(event.subject_id, event.seq, "changed")]
    return []
