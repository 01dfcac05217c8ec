"""Verbs of consents; use as `from telehealth.consents import service as consents`."""

from telehealth.consents.service.answering import (
    Signing,
    decline,
    require_withdrawing,
    sign,
    withdraw,
)
from telehealth.consents.service.evidence import is_whole
from telehealth.consents.service.life import expire_due, is_granted
from telehealth.consents.service.preparing import Choice, Draft, draw, draw_up, keep, prepare
from telehealth.consents.service.reading import (
    Given,
    Prepared,
    Shown,
    StoredDocument,
    document,
    list_requests,
    prepared,
    preview,
    read_file,
    show,
)
from telehealth.consents.service.sealing import is_issued, keep_sealed, to_seal
from telehealth.consents.service.sending import Sending, send
from telehealth.consents.service.versions import offered_templates

__all__ = [
    "Choice",
    "Draft",
    "Given",
    "Prepared",
    "Sending",
    "Shown",
    "Signing",
    "StoredDocument",
    "decline",
    "document",
    "draw",
    "draw_up",
    "expire_due",
    "is_granted",
    "is_issued",
    "is_whole",
    "keep",
    "keep_sealed",
    "list_requests",
    "offered_templates",
    "prepare",
    "prepared",
    "preview",
    "read_file",
    "require_withdrawing",
    "send",
    "show",
    "sign",
    "to_seal",
    "withdraw",
]
