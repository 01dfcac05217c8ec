"""Who may see and work the list of patients. Pure functions."""

from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.core.i18n import N_

CARING = frozenset({Role.DOCTOR, Role.NURSE})


def require_list(actor: Actor) -> int:
    """Doctors and nurses (the id); each sees only the patients of their own.

    Raises:
        NotFound: everybody else.
    """
    if not actor.roles & CARING or actor.person_id is None:
        raise NotFound
    return actor.person_id


def require_team(actor: Actor, patient_id: int) -> int:
    """Who of the patient's care team (the id) works on the patient's entry.

    Raises:
        NotFound: the actor's subject is another person.
        NotAllowed: everybody but doctors and nurses of the care team.
    """
    if actor.subject_id != patient_id:
        raise NotFound
    is_team = actor.basis is Basis.CARE_TEAM and bool(actor.roles & CARING)
    if actor.person_id is None or not is_team:
        raise NotAllowed(N_("The worklist is open to the care team."))
    return actor.person_id
