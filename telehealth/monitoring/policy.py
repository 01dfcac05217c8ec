"""Who may see the list of patients."""

from telehealth.core.actor import Actor, Role
from telehealth.core.errors import NotFound

CARING = frozenset({Role.DOCTOR, Role.NURSE})


def require_list(actor: Actor) -> None:
    """Doctors and nurses; each sees only the patients of their own."""
    if not actor.roles & CARING:
        raise NotFound
