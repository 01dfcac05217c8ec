"""People: patients, workers, guardians, proxies, and their ways in."""

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis, Role, SignIn, SignInKind
from telehealth.core.clock import local
from telehealth.directory import service as directory
from telehealth.directory.models import CareKind, OrgUnit, UnitKind
from telehealth.identity.models import Account, Person, SessionKind, SignInSession
from telehealth.identity.service.signing_in import token_digest
from telehealth.mandates import service as mandates
from telehealth.mandates.models import Representation, RepresentationKind, StatusReason

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""Monday, ten o'clock in Ljubljana."""

PASSWORD = "correct horse battery"
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_HASH = _QUICK.hash(PASSWORD)
_number = count(1)


def person(
    session: Session,
    given_name: str = "Ana",
    family_name: str = "Novak",
    birth_on: date = date(1958, 3, 14),
) -> Person:
    """A person without an account."""
    row = Person(given_name=given_name, family_name=family_name, birth_on=birth_on, created_at=NOW)
    session.add(row)
    session.flush()
    return row


def account(session: Session, owner: Person, login: str = "") -> Account:
    """A way in for a person; the password is `PASSWORD`."""
    row = Account(
        person_id=owner.id,
        login=login or f"person{next(_number)}@test.example",
        password_hash=_HASH,
        locale="sl",
        created_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


def patient(
    session: Session, given_name: str = "Ana", family_name: str = "Novak", **born: date
) -> Person:
    """A person with an account."""
    row = person(session, given_name, family_name, **born)
    account(session, row)
    return row


def child(session: Session, years: int = 9) -> Person:
    """A child of this age today, with an account of its own."""
    today = local(NOW).date()
    return patient(session, "Tine", "Zupan", birth_on=today.replace(year=today.year - years))


def unit(session: Session) -> OrgUnit:
    """The clinic of the tests."""
    found = session.scalar(select(OrgUnit).limit(1))
    return found or directory.add_unit(
        session, UnitKind.HEALTH_CENTRE, "Zdravstveni dom Bled", "04 575 40 00"
    )


def worker(
    session: Session,
    role: Role,
    patients: Sequence[Person] = (),
    given_name: str = "Miha",
    family_name: str = "Kovač",
    unit_id: int | None = None,
) -> Person:
    """A health worker with an account who looks after these patients."""
    row = patient(session, given_name, family_name)
    new = directory.NewEmployment(
        row.id, unit_id or unit(session).id, role, "dr." if role is Role.DOCTOR else ""
    )
    directory.employ(session, new, now=NOW - timedelta(days=400))
    kind = CareKind.DIABETES_NURSE if role is Role.NURSE else CareKind.PERSONAL_DOCTOR
    for cared in patients:
        directory.register_with(session, cared.id, row.id, kind, now=NOW - timedelta(days=300))
    return row


def doctor(
    session: Session, patients: Sequence[Person] = (), unit: OrgUnit | None = None
) -> Person:
    """A doctor who looks after these patients, of the clinic of the tests or another one."""
    return worker(session, Role.DOCTOR, patients, unit_id=unit.id if unit else None)


def nurse(session: Session, patients: Sequence[Person] = ()) -> Person:
    """A diabetes nurse who looks after these patients."""
    return worker(session, Role.NURSE, patients, "Maja", "Čebulj")


def guardian(session: Session, parent: Person, kid: Person) -> Representation:
    """A parent may act for a child."""
    return _represent(session, RepresentationKind.GUARDIAN, kid, parent, None)


def mandate(
    session: Session, grantor: Person, proxy: Person, valid_to: date | None = None
) -> Representation:
    """A proxy may act for a grantor."""
    return _represent(session, RepresentationKind.MANDATE, grantor, proxy, valid_to)


def _represent(
    session: Session,
    kind: RepresentationKind,
    represented: Person,
    representative: Person,
    valid_to: date | None,
) -> Representation:
    new = mandates.NewRepresentation(kind, represented.id, representative.id, valid_to)
    actor = Actor(represented.id, represented.id, Basis.SELF)
    began = NOW - timedelta(days=30)
    return mandates.establish(session, new, actor, StatusReason.REGISTERED, now=began)


def browser_session(session: Session, owner: Person, *, at: datetime = NOW) -> str:
    """The cookie of a sign-in that began `at`."""
    return _session(session, owner, SessionKind.BROWSER, at)


def bearer(session: Session, owner: Person, *, at: datetime = NOW) -> dict[str, str]:
    """The header of an API sign-in that began `at`."""
    return {"Authorization": f"Bearer {_session(session, owner, SessionKind.TOKEN, at)}"}


def _session(session: Session, owner: Person, kind: SessionKind, at: datetime) -> str:
    token = secrets.token_urlsafe(32)
    known = session.scalar(select(Account).where(Account.person_id == owner.id))
    row = SignInSession(
        account_id=(known or account(session, owner)).id,
        kind=kind,
        token_hash=token_digest(token),
        created_at=at,
        confirmed_at=at,
        seen_at=at,
        expires_at=at + timedelta(hours=12),
    )
    session.add(row)
    session.flush()
    return token


def sign_in_of(session: Session, owner: Person, *roles: Role) -> SignIn:
    """A person's sign-in as a door would load it."""
    known = session.scalar(select(Account).where(Account.person_id == owner.id))
    return SignIn(
        session_id=0,
        account_id=known.id if known else 0,
        person_id=owner.id,
        person_name=owner.name,
        kind=SignInKind.TOKEN,
        roles=frozenset(roles),
        locale="sl",
        signed_in_at=NOW,
        confirmed_at=NOW,
        seen_at=NOW,
    )
