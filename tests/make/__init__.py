"""Factories: people and things in a believable state, each call a new one."""

from tests.make.people import (
    NOW,
    PASSWORD,
    account,
    bearer,
    browser_session,
    child,
    doctor,
    guardian,
    mandate,
    nurse,
    person,
    sign_in_of,
    worker,
)
from tests.make.people import patient as patient

__all__ = [
    "NOW",
    "PASSWORD",
    "account",
    "bearer",
    "browser_session",
    "child",
    "doctor",
    "guardian",
    "mandate",
    "nurse",
    "patient",
    "person",
    "sign_in_of",
    "worker",
]
