"""Verbs of contacts; use as `from telehealth.contacts import service as contacts`."""

from telehealth.contacts.service.confirming import Pending, Verdict, begin, confirm, pending
from telehealth.contacts.service.registry import (
    NewContact,
    activate,
    active_email,
    add,
    add_confirmed,
    address_of,
    has_active_email,
    list_contacts,
    remove,
    with_active_email,
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
    "has_active_email",
    "list_contacts",
    "pending",
    "remove",
    "with_active_email",
    "withdraw_email",
]
