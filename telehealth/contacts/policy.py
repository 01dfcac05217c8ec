"""Rules of contacts: who may change them, what an address looks like, how codes are limited."""

import re
from datetime import timedelta

import phonenumbers
from phonenumbers import PhoneNumberType

from telehealth.contacts.models import ContactKind
from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import FieldError, Invalid, NotAllowed
from telehealth.core.i18n import N_

CODE_LASTS = timedelta(minutes=10)
MAX_TRIES = 5
SEND_WINDOW = timedelta(hours=1)
MAX_SENDS = 3
"""Per person and per address within `SEND_WINDOW`."""
MAX_CONTACTS = 10

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@(?:{_LABEL}\.)+{_LABEL}")
"""The shape an HTML form accepts, with a dot in the domain; only a code proves that it works."""
_HOME_REGION = "SI"
_TAKEN = {
    ContactKind.MOBILE: {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE},
    ContactKind.LANDLINE: {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
    },
}
"""No toll-free, premium-rate or short numbers: nobody is reached there."""
_NO_PHONE = N_("This is no phone number. Example: 041 234 567")
_MAX_EMAIL_CHARS = 254

_MAY_EDIT = frozenset({Basis.SELF, Basis.GUARDIAN})


def require_editing(actor: Actor) -> None:
    """The person or a child's guardian; never a proxy by mandate.

    A proxy who changes the address and then resets the sign-in would take the account over.
    """
    if actor.basis not in _MAY_EDIT:
        raise NotAllowed(
            N_("Contacts can only be changed in one's own account."), code="contacts_are_own"
        )


def normalised(kind: ContactKind, typed: str) -> str:
    """The address in lower case, or the number in E.164 (without a country: Slovenian).

    Raises:
        Invalid: it is neither.
    """
    if kind is ContactKind.EMAIL:
        address = typed.strip().lower()
        if len(address) > _MAX_EMAIL_CHARS or not _EMAIL.fullmatch(address):
            raise _refused(N_("This is no e-mail address. Example: ana@posta.si"), "no_email")
        return address
    try:
        number = phonenumbers.parse(typed, _HOME_REGION)
    except phonenumbers.NumberParseException as error:
        raise _refused(_NO_PHONE, "no_phone") from error
    if phonenumbers.number_type(number) not in _TAKEN[kind]:
        raise _refused(_NO_PHONE, "no_phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _refused(sentence: str, code: str) -> Invalid:
    return Invalid(errors=(FieldError("#/value", sentence, code),))
