"""Who may see and set targets and plans. Pure functions."""

from telehealth.core.actor import REPRESENTING, Actor, Basis, Role
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.core.i18n import N_

CLINICIANS = frozenset({Role.DOCTOR, Role.NURSE})
READERS = REPRESENTING | {Basis.SELF, Basis.CARE_TEAM}


def require_reading(actor: Actor, patient_id: int) -> None:
    """The patient, whoever represents the patient, and the care team.

    Raises:
        NotFound: the actor's subject is another person.
        NotAllowed: everybody else, also a device.
    """
    if actor.subject_id != patient_id:
        raise NotFound
    if actor.basis not in READERS:
        raise NotAllowed(N_("Targets are open to the patient, representatives and the care team."))


def require_setting(actor: Actor, patient_id: int) -> int:
    """Who of the care team (the id) sets targets or a plan.

    Raises:
        NotFound: the actor's subject is another person.
        NotAllowed: everybody but doctors and nurses of the care team.
    """
    if actor.subject_id != patient_id:
        raise NotFound
    is_team = actor.basis is Basis.CARE_TEAM and bool(actor.roles & CLINICIANS)
    if actor.person_id is None or not is_team:
        raise NotAllowed(N_("Targets and plans are set by the care team."))
    return actor.person_id
