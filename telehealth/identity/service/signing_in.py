"""Signing in and confirming again.

Takes the database, not a session: argon2 must not run inside a transaction (SQLite has one writer),
and a failed try is stored although the request is refused.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.audit.models import Outcome
from telehealth.core.actor import Actor, Basis, SignIn
from telehealth.core.db import Database
from telehealth.core.errors import NotSignedIn, TooMany
from telehealth.core.i18n import N_
from telehealth.identity import policy
from telehealth.identity.models import Account, SessionKind, SignInAttempt, SignInSession
from telehealth.identity.service.people import HASHER

_NOBODYS_HASH = HASHER.hash(secrets.token_hex(16))
"""Checked for unknown names, so that they take as long as known ones."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody typed to sign in, and from where."""

    login: str
    password: str = field(repr=False)
    address: str
    kind: SessionKind
    device_name: str = ""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A sign-in that has just begun; the token is never stored and shown only here."""

    session_id: int
    token: str = field(repr=False)
    expires_at: datetime
    person_id: int
    person_name: str


def token_digest(token: str) -> str:
    """What is stored of a token of 256 random bits."""
    return sha256(token.encode()).hexdigest()


def sign_in(
    database: Database, credentials: Credentials, *, lasts: timedelta, now: datetime
) -> NewSession:
    """The person behind the credentials is signed in.

    Raises:
        NotSignedIn: name or password wrong, or the account is disabled: one answer for all.
        TooMany: too many failed tries with this name or from this address.
    """
    login = credentials.login.strip().casefold()
    with database.unit_of_work() as session:
        _check_limits(session, login, credentials.address, now)
        account = session.scalar(select(Account).where(Account.login == login))
    is_right = _verify(account, credentials.password)
    with database.unit_of_work() as session:
        _remember(session, login, credentials.address, now, succeeded=is_right)
        _audit(session, account, "identity.sign_in", now, succeeded=is_right)
        begun = _begin(session, account, credentials, lasts, now) if account and is_right else None
    if begun is None:
        raise NotSignedIn(N_("Name or password is wrong."), code="wrong_credentials")
    return begun


def confirm(database: Database, who: SignIn, password: str, address: str, *, now: datetime) -> str:
    """The signed-in person has proved again who they are; returns the session's new token.

    Raises:
        NotSignedIn: the password is wrong.
        TooMany: too many failed tries.
    """
    with database.unit_of_work() as session:
        account = session.get_one(Account, who.account_id)
        _check_limits(session, account.login, address, now)
    is_right = _verify(account, password)
    token = secrets.token_urlsafe(32)
    with database.unit_of_work() as session:
        _remember(session, account.login, address, now, succeeded=is_right)
        _audit(session, account, "identity.confirm", now, succeeded=is_right)
        if is_right:
            row = session.get_one(SignInSession, who.session_id)
            row.confirmed_at, row.seen_at, row.token_hash = now, now, token_digest(token)
    if not is_right:
        raise NotSignedIn(N_("The password is wrong."), code="wrong_credentials")
    return token


def _verify(account: Account | None, password: str) -> bool:
    stored = account.password_hash if account and account.disabled_at is None else _NOBODYS_HASH
    try:
        HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not _NOBODYS_HASH


def _digest(purpose: str, text: str) -> str:
    return hmac.new(purpose.encode(), text.encode(), sha256).hexdigest()


def _check_limits(session: Session, login: str, address: str, now: datetime) -> None:
    def failures(column: object, digest: str) -> int:
        counted = session.scalar(
            select(func.count())
            .select_from(SignInAttempt)
            .where(
                column == digest,  # type: ignore[arg-type]  # a mapped column compares to a clause
                SignInAttempt.at > now - policy.LIMIT_WINDOW,
                SignInAttempt.succeeded.is_(False),
            )
        )
        return counted or 0

    if policy.is_limited(
        failures(SignInAttempt.login_digest, _digest("login", login)),
        failures(SignInAttempt.address_digest, _digest("address", address)),
    ):
        wait_s = int(policy.LIMIT_WINDOW.total_seconds())
        raise TooMany(N_("Too many failed tries. Please wait 15 minutes."), retry_after_s=wait_s)


def _remember(
    session: Session, login: str, address: str, now: datetime, *, succeeded: bool
) -> None:
    session.add(
        SignInAttempt(
            login_digest=_digest("login", login),
            address_digest=_digest("address", address),
            at=now,
            succeeded=succeeded,
        )
    )


def _audit(
    session: Session, account: Account | None, action: str, now: datetime, *, succeeded: bool
) -> None:
    person_id = account.person_id if account else None
    actor = Actor(person_id=person_id, subject_id=person_id, basis=Basis.SELF)
    outcome = Outcome.ALLOW if succeeded else Outcome.DENY
    audit.record(
        session, actor, action, "account", account.id if account else "", now=now, outcome=outcome
    )


def _begin(
    session: Session, account: Account, credentials: Credentials, lasts: timedelta, now: datetime
) -> NewSession:
    token = secrets.token_urlsafe(32)
    row = SignInSession(
        account_id=account.id,
        kind=credentials.kind,
        token_hash=token_digest(token),
        device_name=credentials.device_name[:80],
        created_at=now,
        confirmed_at=now,
        seen_at=now,
        expires_at=now + lasts,
    )
    session.add(row)
    session.flush()
    return NewSession(row.id, token, row.expires_at, account.person_id, account.person.name)
