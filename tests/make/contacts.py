"""Contacts: confirmed and unconfirmed ways to reach a person."""

from sqlalchemy.orm import Session

from telehealth.contacts import service as contacts
from telehealth.contacts.models import ContactKind, ContactPoint
from telehealth.core.actor import Actor, Basis
from telehealth.identity.models import Person
from tests.make.people import NOW


def confirmed_email(session: Session, owner: Person, address: str) -> ContactPoint:
    """An address a registry has checked; the first one is active."""
    new = contacts.NewContact(ContactKind.EMAIL, address)
    return contacts.add_confirmed(session, Actor(owner.id, owner.id, Basis.SELF), new, now=NOW)


def unconfirmed_email(session: Session, owner: Person, address: str) -> ContactPoint:
    """An address nobody has proved yet."""
    new = contacts.NewContact(ContactKind.EMAIL, address)
    return contacts.add(session, Actor(owner.id, owner.id, Basis.SELF), new, now=NOW)
