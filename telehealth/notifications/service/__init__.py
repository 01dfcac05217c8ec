"""Verbs of notifications; import as `notifications`."""

from telehealth.notifications.service.announcing import (
    DUE,
    Recipient,
    announce,
    tell,
    withdraw,
)
from telehealth.notifications.service.delivering import (
    SETTLED,
    UNKNOWN,
    UNKNOWN_AFTER,
    Fate,
    Outgoing,
    begin,
    close_unknown,
    fates,
    locale_of,
    settle,
    subject_of,
)
from telehealth.notifications.service.mail_server import NO_CONNECTION, MailState, mail_state

__all__ = [
    "DUE",
    "NO_CONNECTION",
    "SETTLED",
    "UNKNOWN",
    "UNKNOWN_AFTER",
    "Fate",
    "MailState",
    "Outgoing",
    "Recipient",
    "announce",
    "begin",
    "close_unknown",
    "fates",
    "locale_of",
    "mail_state",
    "settle",
    "subject_of",
    "tell",
    "withdraw",
]
