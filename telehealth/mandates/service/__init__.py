"""Verbs of mandates; use as `from telehealth.mandates import service as mandates`."""

from telehealth.mandates.service.acting import actor_of
from telehealth.mandates.service.facts import (
    BASIS,
    KIND_LABEL,
    acting_for,
    is_in_effect,
    last_day,
    representation,
    representatives_of,
    representatives_of_each,
    represented_by,
)
from telehealth.mandates.service.life import (
    Grant,
    NewRepresentation,
    end,
    establish,
    expire_due,
    grant,
)
from telehealth.mandates.service.overview import Overview, overview

__all__ = [
    "BASIS",
    "KIND_LABEL",
    "Grant",
    "NewRepresentation",
    "Overview",
    "acting_for",
    "actor_of",
    "end",
    "establish",
    "expire_due",
    "grant",
    "is_in_effect",
    "last_day",
    "overview",
    "representation",
    "representatives_of",
    "representatives_of_each",
    "represented_by",
]
