"""Verbs of identity; use as `from telehealth.identity import service as identity`."""

from telehealth.identity.service.device_tokens import PREFIX as DEVICE_PREFIX
from telehealth.identity.service.device_tokens import (
    NewDeviceToken,
    find_device_token,
    give_device_token,
    list_device_tokens,
    revoke_device_token,
    revoke_device_tokens_under,
)
from telehealth.identity.service.people import (
    NewAccount,
    NewPerson,
    add_account,
    add_person,
    dead,
    names,
    person,
    set_password,
)
from telehealth.identity.service.sessions import (
    end_all_sessions,
    end_session,
    find_session,
    list_sessions,
    touch_session,
)
from telehealth.identity.service.signing_in import Credentials, NewSession, confirm, sign_in

__all__ = [
    "DEVICE_PREFIX",
    "Credentials",
    "NewAccount",
    "NewDeviceToken",
    "NewPerson",
    "NewSession",
    "add_account",
    "add_person",
    "confirm",
    "dead",
    "end_all_sessions",
    "end_session",
    "find_device_token",
    "find_session",
    "give_device_token",
    "list_device_tokens",
    "list_sessions",
    "names",
    "person",
    "revoke_device_token",
    "revoke_device_tokens_under",
    "set_password",
    "sign_in",
    "touch_session",
]
