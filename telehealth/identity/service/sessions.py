"""Sessions: found by token, listed for their owner, ended."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import NotFound
from telehealth.identity.models import Account, SignInSession
from telehealth.identity.service.signing_in import token_digest


def find_session(session: Session, token: str) -> SignInSession | None:
    """The session of a token, whether still in force or not; None for a disabled account."""
    found = session.scalar(
        select(SignInSession).where(SignInSession.token_hash == token_digest(token))
    )
    if found is None or found.account.disabled_at is not None:
        return None
    return found


def touch_session(session: Session, session_id: int, *, now: datetime) -> None:
    """The owner was active; at most once a minute, so that reading does not become writing."""
    session.execute(update(SignInSession).where(SignInSession.id == session_id).values(seen_at=now))


def list_sessions(session: Session, actor: Actor, *, now: datetime) -> Sequence[SignInSession]:
    """The actor's own sessions that have not ended, newest first."""
    rows = _open_sessions(session, actor, now)
    audit.record(session, actor, "identity.list_sessions", "session", now=now)
    return rows


def _open_sessions(session: Session, actor: Actor, now: datetime) -> Sequence[SignInSession]:
    return session.scalars(
        select(SignInSession)
        .join(Account)
        .where(
            Account.person_id == actor.person_id,
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > now,
        )
        .order_by(SignInSession.seen_at.desc())
    ).all()


def end_session(session: Session, actor: Actor, session_id: int, *, now: datetime) -> None:
    """The session is over; its live connections are cut after the commit.

    Raises:
        NotFound: not one of the actor's own.
    """
    found = session.scalar(
        select(SignInSession)
        .join(Account)
        .where(SignInSession.id == session_id, Account.person_id == actor.person_id)
    )
    if found is None:
        raise NotFound
    if found.ended_at is None:
        found.ended_at = now
        audit.record(session, actor, "identity.end_session", "session", session_id, now=now)
        outbox.put(session, "identity.session_ended", {"session_id": session_id}, now=now)


def end_all_sessions(session: Session, actor: Actor, *, now: datetime) -> int:
    """All of the actor's sessions but the present one are over; returns how many were ended."""
    others = [row for row in _open_sessions(session, actor, now) if row.id != actor.session_id]
    for row in others:
        end_session(session, actor, row.id, now=now)
    return len(others)
