"""The words of our mails, in the reader's language. Nothing in them says what it is about."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

from babel.dates import format_date
from babel.support import NullTranslations, Translations

from telehealth.core.clock import local
from telehealth.core.i18n import N_, clock_time
from telehealth.notifications.models import Wording

_CATALOGUES = Path(__file__).parent / "translations"


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and text of a mail."""

    subject: str
    text: str = field(repr=False)


def something_waits(locale: str, link: str) -> Words:
    """Something new is in the portal; not what, from whom or for whom."""
    say = _catalogue(locale).ugettext
    lines = (
        say(N_("A new message is waiting for you in the portal.")),
        say(N_("Sign in to read it:")) + "\n" + link,
        _foot(locale),
    )
    return Words(say(N_("A new message in the portal")), "\n\n".join(lines) + "\n")


def attention(locale: str, link: str, at: datetime) -> Words:
    """Something needs the reader now; not what, from whom or for whom.

    Args:
        locale: the reader's language.
        link: address of the portal.
        at: when it was announced; the mail may come late.
    """
    say = _catalogue(locale).ugettext
    written = say(N_("Written on %(day)s at %(time)s.")) % {
        "day": _day(at, locale),
        "time": clock_time(at, locale),
    }
    lines = (
        say(N_("Something in the portal needs your attention.")) + "\n" + written,
        say(N_("Sign in and open the page Alerts:")) + "\n" + link,
        say(N_("If the page shows no open alert, it is over.")),
        _foot(locale),
    )
    return Words(say(N_("Something needs your attention")), "\n\n".join(lines) + "\n")


def test(locale: str, link: str) -> Words:
    """A test of the way by which `attention` comes, marked as one."""
    say = _catalogue(locale).ugettext
    lines = (
        say(N_("This is a test. Nothing has happened and you need not do anything.")),
        say(N_("If something needs your attention one day, word of it comes to this address.")),
        say(N_("The portal:")) + "\n" + link,
        _foot(locale),
    )
    return Words(say(N_("Test: notices from the portal reach you")), "\n\n".join(lines) + "\n")


def code(locale: str, digits: str) -> Words:
    """The code that confirms an address."""
    say = _catalogue(locale).ugettext
    lines = (
        say(N_("Your code: %(code)s")) % {"code": digits},
        say(N_("It counts for ten minutes. Enter it on the page Contacts.")),
        say(N_("If you did not ask for it, you need not do anything. Never tell it to anybody.")),
        _foot(locale),
    )
    return Words(say(N_("Confirm your e-mail address")), "\n\n".join(lines) + "\n")


def address_changed(locale: str, link: str) -> Words:
    """Told to the address that is no longer used."""
    say = _catalogue(locale).ugettext
    lines = (
        say(N_("From now on, mail from the portal goes to another address.")),
        say(N_("If this was not you, sign in, check your contacts and call your practice:"))
        + "\n"
        + link,
        _foot(locale),
    )
    return Words(say(N_("Your e-mail address was changed")), "\n\n".join(lines) + "\n")


def notice(wording: Wording, locale: str, link: str, at: datetime) -> Words:
    """The words of a notice that was announced at `at`."""
    if wording is Wording.ATTENTION:
        return attention(locale, link, at)
    return test(locale, link) if wording is Wording.TEST else something_waits(locale, link)


def _day(at: datetime, locale: str) -> str:
    """`1. december 2026`, `1 December 2026`: never "today", which is not so when it comes late."""
    return format_date(local(at).date(), "d. MMMM y" if locale == "sl" else "d MMMM y", locale)


def _foot(locale: str) -> str:
    say = _catalogue(locale).ugettext
    return say(N_("This mail was written by a program. Nobody reads answers to it."))


@cache
def _catalogue(locale: str) -> NullTranslations:
    return Translations.load(str(_CATALOGUES), [locale])
