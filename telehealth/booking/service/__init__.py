"""Verbs of booking; use as `from telehealth.booking import service as booking`."""

from telehealth.booking.service.appointments import book, cancel, may_change, move
from telehealth.booking.service.availability import Span
from telehealth.booking.service.calls import (
    appointment_for_call,
    arrive,
    finish,
    is_joinable,
    miss,
    start,
)
from telehealth.booking.service.claims import Wish
from telehealth.booking.service.lists import agenda, find, past, patients_to_book, upcoming
from telehealth.booking.service.offers import (
    NewHours,
    offer,
    offered_by,
    service_types,
    withdraw,
)
from telehealth.booking.service.slots import (
    Choice,
    FreeSlots,
    SlotQuery,
    choices,
    find_slots,
    workers_for,
)

__all__ = [
    "Choice",
    "FreeSlots",
    "NewHours",
    "SlotQuery",
    "Span",
    "Wish",
    "agenda",
    "appointment_for_call",
    "arrive",
    "book",
    "cancel",
    "choices",
    "find",
    "find_slots",
    "finish",
    "is_joinable",
    "may_change",
    "miss",
    "move",
    "offer",
    "offered_by",
    "past",
    "patients_to_book",
    "service_types",
    "start",
    "upcoming",
    "withdraw",
    "workers_for",
]
