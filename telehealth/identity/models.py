"""Rows of people and their ways in."""

import secrets
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.core.db import Base, BigInt, Key, one_of

_PERSON_ID_BITS = 50
"""Random, so that nobody's address can be guessed; exact in JSON numbers (< 2^53)."""


def new_person_id() -> int:
    """An id nobody can guess."""
    return secrets.randbits(_PERSON_ID_BITS) + 1


class Person(Base):
    """A human being known here, with or without an account."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(
        BigInt, primary_key=True, autoincrement=False, default=new_person_id
    )
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80))
    birth_on: Mapped[date]
    died_on: Mapped[date | None]
    created_at: Mapped[datetime]

    @property
    def name(self) -> str:
        """As addressed: given name, then family name."""
        return f"{self.given_name} {self.family_name}"


class Account(Base):
    """A person's way to sign in."""

    __tablename__ = "account"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"), unique=True)
    login: Mapped[str] = mapped_column(String(254), unique=True)
    """Case-folded; never shown to others."""
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(5), default="sl")
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class SessionKind(StrEnum):
    """How a session is carried."""

    BROWSER = "browser"
    TOKEN = "token"  # noqa: S105 - a kind, not a secret


class SignInSession(Base):
    """One sign-in on one device; only a digest of its token is kept."""

    __tablename__ = "sign_in_session"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(BigInt, ForeignKey("account.id"), index=True)
    kind: Mapped[SessionKind] = mapped_column(one_of(SessionKind, "kind", 8))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    device_name: Mapped[str] = mapped_column(String(80), default="")
    """Browser and system in words, so that the owner recognises it in the list."""
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime]
    """When the password was last given: signing needs it young."""
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """End however busy."""
    ended_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)


class SignInAttempt(Base):
    """A try to sign in, for limits that hold across processes."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_login", "login_digest", "at"),
        Index("ix_sign_in_attempt_address", "address_digest", "at"),
    )

    id: Mapped[Key]
    login_digest: Mapped[str] = mapped_column(String(64))
    address_digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    succeeded: Mapped[bool]


class DeviceToken(Base):
    """A meter's or gateway's right to upload readings of one patient, and nothing else."""

    __tablename__ = "device_token"

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"), index=True)
    created_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    representation_id: Mapped[int | None] = mapped_column(BigInt)
    """The representation it was made under: the token ends with it."""
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
