"""Rules of signing in: limits, ends of sessions, fresh proof. Pure functions."""

from datetime import datetime, timedelta

from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import NotAllowed, StepUpNeeded
from telehealth.core.i18n import N_

LIMIT_WINDOW = timedelta(minutes=15)
MAX_FAILURES_PER_LOGIN = 8
MAX_FAILURES_PER_ADDRESS = 40
"""Several people share an address (a ward, a family), so it allows more."""

MIN_PASSWORD_CHARS = 10

_MAY_GIVE_DEVICE_TOKEN = frozenset({Basis.SELF, Basis.GUARDIAN, Basis.MANDATE, Basis.CARE_TEAM})


def is_limited(failures_of_login: int, failures_of_address: int) -> bool:
    """Whether too many tries failed within `LIMIT_WINDOW`."""
    return (
        failures_of_login >= MAX_FAILURES_PER_LOGIN
        or failures_of_address >= MAX_FAILURES_PER_ADDRESS
    )


def is_over(
    now: datetime,
    *,
    seen_at: datetime,
    expires_at: datetime,
    ended_at: datetime | None,
    idle: timedelta,
) -> bool:
    """Whether a session has ended: ended by somebody, at its limit, or idle too long."""
    return ended_at is not None or now >= expires_at or now - seen_at >= idle


def require_fresh(actor: Actor, now: datetime) -> None:
    """Refuse a deed that needs the password again when it was given more than five minutes ago."""
    if not actor.is_fresh(now):
        raise StepUpNeeded(N_("Please enter your password again to confirm that it is you."))


def require_giving_device_token(actor: Actor, patient_id: int) -> None:
    """Only for the actor's own subject, and never by another device."""
    if actor.subject_id != patient_id or actor.basis not in _MAY_GIVE_DEVICE_TOKEN:
        raise NotAllowed(N_("You may not connect a meter for this person."))
