"""Who may see which part of a person's access log. Pure functions."""

from enum import StrEnum

from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import NotAllowed
from telehealth.core.i18n import N_


class LogScope(StrEnum):
    """How much of a trail somebody sees."""

    ALL = "all"
    OWN_DEEDS = "own_deeds"


def log_scope(actor: Actor, *, is_child: bool) -> LogScope:
    """Everything for the person and a child's guardian; a proxy sees what they did themself.

    Raises:
        NotAllowed: a child under 15, whose guardians see it, or anybody else.
    """
    if actor.basis is Basis.SELF and is_child:
        raise NotAllowed(
            N_("Until the age of 15 your parents or guardians see this list."), code="too_young"
        )
    if actor.basis in (Basis.SELF, Basis.GUARDIAN):
        return LogScope.ALL
    if actor.basis in (Basis.MANDATE, Basis.HEALTH_CARE_PROXY):
        return LogScope.OWN_DEEDS
    raise NotAllowed(N_("This list belongs to the person it is about."))
