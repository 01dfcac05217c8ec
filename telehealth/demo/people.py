"""The people of the demonstration: seven who sign in, and the clinic's other patients."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.contacts import service as contacts
from telehealth.contacts.models import ContactKind
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import local
from telehealth.directory import service as directory
from telehealth.directory.models import CareKind, UnitKind
from telehealth.identity import service as identity
from telehealth.identity.models import Account, Person
from telehealth.mandates import service as mandates
from telehealth.mandates.models import RepresentationKind, StatusReason


@dataclass(frozen=True, slots=True)
class SignInCard:
    """A demonstration sign-in, as printed at the start."""

    login: str
    given_name: str
    family_name: str
    born: tuple[int, int, int]
    role: Role | None = None
    title: str = ""


CARDS = (
    SignInCard("patient@demo.test", "Marija", "Žagar", (1948, 5, 17)),
    SignInCard("child@demo.test", "Jakob", "Hribar", (2016, 2, 9)),
    SignInCard("parent@demo.test", "Petra", "Hribar", (1984, 9, 30)),
    SignInCard("proxy@demo.test", "Luka", "Žagar", (1975, 11, 2)),
    SignInCard("doctor@demo.test", "Ana", "Kovač", (1979, 4, 21), Role.DOCTOR, "dr."),
    SignInCard("nurse@demo.test", "Maja", "Čebulj", (1988, 12, 5), Role.NURSE, "dipl. m. s."),
    SignInCard("admin@demo.test", "Irena", "Oblak", (1970, 1, 13), Role.ADMIN),
)

NEIGHBOURS = (
    ("Franc", "Bizjak", 1951), ("Zdenka", "Cvetko", 1956), ("Čedomir", "Črnič", 1962),
    ("Drago", "Dolenc", 1944), ("Elizabeta", "Erjavec", 1969), ("Gašper", "Golob", 1991),
    ("Hermina", "Humar", 1939), ("Igor", "Jereb", 1973), ("Jožica", "Kastelic", 1958),
    ("Katja", "Likar", 1986), ("Ludvik", "Mlakar", 1947), ("Milena", "Novak", 1953),
    ("Nejc", "Oražem", 2001), ("Olga", "Petek", 1942), ("Primož", "Rupnik", 1965),
    ("Rozalija", "Šuštar", 1950), ("Samo", "Turk", 1979), ("Štefka", "Vidmar", 1945),
    ("Tadej", "Zorman", 1998), ("Žiga", "Železnik", 2004),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clinic:
    """Ids of the people the rest of the demonstration needs."""

    patient_id: int
    child_id: int
    parent_id: int
    proxy_id: int
    doctor_id: int
    nurse_id: int
    neighbour_ids: tuple[int, ...]
    guardianship_id: int
    mandate_id: int

    @property
    def patient_ids(self) -> tuple[int, ...]:
        """Everybody the clinic looks after."""
        return (self.patient_id, self.child_id, *self.neighbour_ids)


def is_there(session: Session) -> bool:
    """Whether the demonstration's people are in the database."""
    logins = [card.login for card in CARDS]
    return session.scalar(select(Account.id).where(Account.login.in_(logins)).limit(1)) is not None


def settle(session: Session, password: str, *, now: datetime) -> Clinic:
    """The clinic's people exist, are employed, looked after and represented."""
    people = {_short(card): _add(session, card, password, now) for card in CARDS}
    _employ(session, people, now)
    neighbours = [
        identity.add_person(
            session,
            identity.NewPerson(given, family, date(year, 1 + index % 12, 1 + index)),
            now=now,
        )
        for index, (given, family, year) in enumerate(NEIGHBOURS)
    ]
    cared_for = [people["patient"], people["child"], *neighbours]
    for person in cared_for:
        for worker, kind in (
            ("doctor", CareKind.DIABETES_DOCTOR),
            ("nurse", CareKind.DIABETES_NURSE),
        ):
            directory.register_with(session, person.id, people[worker].id, kind, now=now)
    return Clinic(
        patient_id=people["patient"].id,
        child_id=people["child"].id,
        parent_id=people["parent"].id,
        proxy_id=people["proxy"].id,
        doctor_id=people["doctor"].id,
        nurse_id=people["nurse"].id,
        neighbour_ids=tuple(person.id for person in neighbours),
        guardianship_id=_represent(
            session, RepresentationKind.GUARDIAN, people["child"], people["parent"], None, now
        ),
        mandate_id=_represent(
            session,
            RepresentationKind.MANDATE,
            people["patient"],
            people["proxy"],
            date(local(now).year + 2, 12, 31),
            now,
        ),
    )


def _short(card: SignInCard) -> str:
    return card.login.partition("@")[0]


def _employ(session: Session, people: Mapping[str, Person], now: datetime) -> None:
    unit = directory.add_unit(
        session, UnitKind.HEALTH_CENTRE, "Diabetološka ambulanta ZD Bled", "04 575 40 00"
    )
    for number, card in enumerate(CARDS):
        if card.role is None:
            continue
        in_register = None if card.role is Role.ADMIN else f"R{20_000 + number}"
        employment = directory.NewEmployment(
            people[_short(card)].id, unit.id, card.role, card.title, in_register
        )
        directory.employ(session, employment, now=now)


def _add(session: Session, card: SignInCard, password: str, now: datetime) -> Person:
    new = identity.NewPerson(card.given_name, card.family_name, date(*card.born))
    person = identity.add_person(session, new, now=now)
    identity.add_account(session, identity.NewAccount(person.id, card.login, password), now=now)
    owner = Actor(person.id, person.id, Basis.SELF)
    address = contacts.NewContact(ContactKind.EMAIL, card.login)
    contacts.add_confirmed(session, owner, address, now=now)
    return person


def _represent(
    session: Session,
    kind: RepresentationKind,
    represented: Person,
    representative: Person,
    valid_to: date | None,
    now: datetime,
) -> int:
    new = mandates.NewRepresentation(kind, represented.id, representative.id, valid_to)
    grantor = Actor(represented.id, represented.id, Basis.SELF)
    return mandates.establish(session, new, grantor, StatusReason.REGISTERED, now=now).id
