"""Persons and their accounts."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.core.errors import Conflict, FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.identity.models import Account, Person
from telehealth.identity.policy import MIN_PASSWORD_CHARS

HASHER = PasswordHasher()
"""argon2id with the library's current defaults (RFC 9106, low-memory profile)."""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be known here."""

    given_name: str
    family_name: str
    birth_on: date


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A way to sign in for a person."""

    person_id: int
    login: str
    password: str = field(repr=False)
    locale: str = "sl"


def add_person(session: Session, new: NewPerson, *, now: datetime) -> Person:
    """The person is known, without an account."""
    row = Person(
        given_name=new.given_name,
        family_name=new.family_name,
        birth_on=new.birth_on,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def add_account(session: Session, new: NewAccount, *, now: datetime) -> Account:
    """The person can sign in with this name and password.

    Raises:
        Invalid: the password is too short.
        Conflict: name taken, or the person has an account.
    """
    if len(new.password) < MIN_PASSWORD_CHARS:
        problem = FieldError("#/password", N_("Use at least 10 characters."), "too_short")
        raise Invalid(errors=(problem,))
    account = Account(
        person_id=new.person_id,
        login=new.login.strip().casefold(),
        password_hash=HASHER.hash(new.password),
        locale=new.locale,
        created_at=now,
    )
    session.add(account)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(
            N_("There is already an account with this name or for this person.")
        ) from error
    return account


def set_password(session: Session, login: str, password: str) -> None:
    """The account has this password.

    Raises:
        NotFound: there is no such account.
    """
    account = session.scalar(select(Account).where(Account.login == login.strip().casefold()))
    if account is None:
        raise NotFound
    account.password_hash = HASHER.hash(password)


def person(session: Session, person_id: int) -> Person:
    """The person with this id.

    Raises:
        NotFound: there is none.
    """
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound
    return found


def dead(session: Session, person_ids: Collection[int]) -> set[int]:
    """Which of some people have died; one statement."""
    if not person_ids:
        return set()
    query = select(Person.id).where(Person.id.in_(person_ids), Person.died_on.is_not(None))
    return set(session.scalars(query))


def names(session: Session, person_ids: Collection[int]) -> dict[int, str]:
    """Names by id, in one statement; unknown ids are left out."""
    if not person_ids:
        return {}
    rows = session.scalars(select(Person).where(Person.id.in_(person_ids)))
    return {row.id: row.name for row in rows}
