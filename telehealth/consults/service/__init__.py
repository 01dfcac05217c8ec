"""Verbs of consultations; use as `from telehealth.consults import service as consults`."""

from telehealth.consults.service.calls import (
    admit,
    arrive,
    dismiss_under,
    end,
    leave,
    relay_to,
    report_quality,
    show_media,
)
from telehealth.consults.service.checks import echo, stop_echo
from telehealth.consults.service.connecting import Relays, check_connection, connection
from telehealth.consults.service.lists import Lobby, Visit, history, hosted, lobby, today, visits_of
from telehealth.consults.service.notes import MAX_NOTE_CHARS, NewNote, read_note, write_note
from telehealth.consults.service.rooms import Change, Who, patient_of

__all__ = [
    "MAX_NOTE_CHARS",
    "Change",
    "Lobby",
    "NewNote",
    "Relays",
    "Visit",
    "Who",
    "admit",
    "arrive",
    "check_connection",
    "connection",
    "dismiss_under",
    "echo",
    "end",
    "history",
    "hosted",
    "leave",
    "lobby",
    "patient_of",
    "read_note",
    "relay_to",
    "report_quality",
    "show_media",
    "stop_echo",
    "today",
    "visits_of",
    "write_note",
]
