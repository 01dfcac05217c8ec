"""Who may look into whose inbox."""

from telehealth.core.actor import REPRESENTING, Actor, Basis
from telehealth.core.errors import NotAllowed
from telehealth.core.i18n import N_


def require_reading(actor: Actor) -> None:
    """The person themself or who represents them; the care team has its own lists."""
    if actor.basis is not Basis.SELF and actor.basis not in REPRESENTING:
        raise NotAllowed(N_("This inbox is not yours to open."))
