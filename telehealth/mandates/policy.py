"""Rules of representation: pure functions of dates and actors."""

from calendar import isleap
from dataclasses import dataclass
from datetime import date, datetime

from telehealth.core.actor import Actor, Basis
from telehealth.core.clock import local
from telehealth.core.errors import NotAllowed
from telehealth.core.i18n import N_
from telehealth.mandates.models import RepresentationKind, Status, StatusReason

OWN_ACCESS_AGE = 15
"""From this birthday a child decides on its health data itself and its parents' access ends."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides whether a representation is in effect."""

    kind: RepresentationKind
    status: Status
    valid_from: date
    valid_to: date | None
    represented_birth_on: date
    is_anyone_dead: bool = False
    is_incapacity_recorded: bool = False


def birthday(birth_on: date, age: int) -> date:
    """The day a person turns `age`.

    Born on 29 February: 28 February in common years, the earlier end of a guardian's access.
    """
    year = birth_on.year + age
    if birth_on.month == 2 and birth_on.day == 29 and not isleap(year):  # noqa: PLR2004 - the calendar
        return date(year, 2, 28)
    return birth_on.replace(year=year)


def is_child(birth_on: date, now: datetime) -> bool:
    """Whether the person is under 15 by the local date."""
    return local(now).date() < birthday(birth_on, OWN_ACCESS_AGE)


def is_in_effect(facts: Facts, now: datetime) -> bool:
    """Whether the representation gives rights at this instant; never trusts a sweeper."""
    today = local(now).date()
    if facts.status is not Status.ACTIVE or facts.is_anyone_dead:
        return False
    if today < facts.valid_from or (facts.valid_to is not None and today > facts.valid_to):
        return False
    if facts.kind is RepresentationKind.GUARDIAN:
        return is_child(facts.represented_birth_on, now)
    if facts.kind is RepresentationKind.HEALTH_CARE_PROXY:
        return facts.is_incapacity_recorded
    return not is_child(facts.represented_birth_on, now)


def expiry(facts: Facts, now: datetime) -> StatusReason | None:
    """Why the calendar has ended an active representation; None: it has not."""
    if facts.kind is RepresentationKind.GUARDIAN and not is_child(facts.represented_birth_on, now):
        return StatusReason.CAME_OF_AGE
    if facts.valid_to is not None and local(now).date() > facts.valid_to:
        return StatusReason.END_DATE
    return None


def require_granting(actor: Actor, *, birth_on: date, now: datetime) -> None:
    """Only the person themself, at least 15, may grant a mandate: rights never chain."""
    if actor.basis is not Basis.SELF:
        raise NotAllowed(
            N_("Only the person themself may give a mandate. A proxy cannot pass it on."),
            code="delegation",
        )
    if is_child(birth_on, now):
        raise NotAllowed(N_("A mandate can be given from the age of 15."), code="too_young")


def require_managing(actor: Actor) -> None:
    """Own mandates are looked at and ended by oneself; a proxy sees only that they are one."""
    if actor.basis is not Basis.SELF:
        raise NotAllowed(
            N_("Mandates can only be managed in one's own account."), code="delegation"
        )


def require_ending(kind: RepresentationKind) -> None:
    """Only a mandate ends by a click: guardians and health-care proxies are set by law."""
    if kind is not RepresentationKind.MANDATE:
        raise NotAllowed(
            N_("This right follows from the law. It cannot be ended here."), code="statutory"
        )
