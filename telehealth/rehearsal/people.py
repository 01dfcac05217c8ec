"""The people of a scenario, made through the services as a clinic would."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from telehealth.contacts import service as contacts
from telehealth.contacts.models import ContactKind
from telehealth.core.actor import Actor, Basis, Role
from telehealth.directory import service as directory
from telehealth.directory.models import CareKind, UnitKind
from telehealth.identity import service as identity
from telehealth.mandates import service as mandates
from telehealth.mandates.models import RepresentationKind, StatusReason
from telehealth.rehearsal.scenario import Scenario

_BORN_YEARS_AGO = {"child": 10, "older": 78}
_ADULT_YEARS_AGO = 40
_LONG_AGO = timedelta(days=400)
_ROLES = {"nurse": Role.NURSE, "doctor": Role.DOCTOR}
_CARE = {"nurse": CareKind.DIABETES_NURSE, "doctor": CareKind.DIABETES_DOCTOR}
_KINDS = {"guardian": RepresentationKind.GUARDIAN, "proxy": RepresentationKind.MANDATE}
_BASES = {"guardian": Basis.GUARDIAN, "proxy": Basis.MANDATE}


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in the scenario, by what they are called in it."""

    ids: dict[str, int]
    representations: dict[str, int]

    @property
    def patient_id(self) -> int:
        """The patient."""
        return self.ids["patient"]

    def name_of(self, person_id: int) -> str:
        """What a person is called in the scenario."""
        return next(name for name, own in self.ids.items() if own == person_id)

    def actor(self, name: str) -> Actor:
        """Somebody of the scenario, acting for the patient."""
        person_id = self.ids[name]
        if name == "patient":
            return Actor(person_id, person_id, Basis.SELF)
        if name in _ROLES:
            return Actor(person_id, self.patient_id, Basis.CARE_TEAM, frozenset({_ROLES[name]}))
        return Actor(
            person_id, self.patient_id, _BASES[name], representation_id=self.representations[name]
        )

    def at_work(self, name: str) -> Actor:
        """A worker on the pages that are about no one patient."""
        person_id = self.ids[name]
        return Actor(person_id, person_id, Basis.SELF, frozenset({_ROLES[name]}))


def settle(session: Session, scenario: Scenario) -> Cast:
    """The people exist, are employed, look after and represent the patient."""
    start = scenario.start - _LONG_AGO
    unit = directory.add_unit(session, UnitKind.HEALTH_CENTRE, "Rehearsal", "01 000 00 00")
    ids: dict[str, int] = {}
    for name, wanted in scenario.people.items():
        years = _BORN_YEARS_AGO.get(scenario.population, _ADULT_YEARS_AGO)
        born = scenario.start.date() - timedelta(
            days=366 * (years if name == "patient" else _ADULT_YEARS_AGO)
        )
        ids[name] = _add(session, name, born, has_email=wanted["email"], now=start)
    for name, role in _ROLES.items():
        employment = directory.NewEmployment(ids[name], unit.id, role, "")
        directory.employ(session, employment, now=start)
        directory.register_with(session, ids["patient"], ids[name], _CARE[name], now=start)
    representations = {
        name: _represent(session, kind, ids, name, scenario.start)
        for name, kind in _KINDS.items()
        if name in ids
    }
    return Cast(ids, representations)


def _add(session: Session, name: str, born: date, *, has_email: bool, now: datetime) -> int:
    person = identity.add_person(
        session, identity.NewPerson(name.capitalize(), "Rehearsal", born), now=now
    )
    if has_email:
        owner = Actor(person.id, person.id, Basis.SELF)
        address = contacts.NewContact(ContactKind.EMAIL, f"{name}@rehearsal.example")
        contacts.add_confirmed(session, owner, address, now=now)
    return person.id


def _represent(
    session: Session, kind: RepresentationKind, ids: dict[str, int], name: str, start: datetime
) -> int:
    new = mandates.NewRepresentation(kind, ids["patient"], ids[name], None)
    grantor = Actor(ids["patient"], ids["patient"], Basis.SELF)
    return mandates.establish(
        session, new, grantor, StatusReason.REGISTERED, now=start - timedelta(days=1)
    ).id
