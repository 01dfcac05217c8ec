"""Verbs of contacts; use as `from telehealth.contacts import service as contacts`."""

from telehealth.contacts.service.confirming import Pending, Verdict, begin, confirm, pending
from telehealth.contacts.service.registry import (
    NewContact,
    activate,
    active_email,
    add,
    add_confirmed,
    address_of,
    list_contacts,
    remove,
    withdraw_email,
)

__all__ = [
    "NewContact",
    "Pending",
    "Verdict",
    "activate",
    "active_email",
    "add",
    "add_confirmed",
    "address_of",
    "begin",
    "confirm",
    "list_contacts",
    "pending",
    "remove",
    "withdraw_email",
]
