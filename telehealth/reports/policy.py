"""Who may see reports, write remarks and share."""

from telehealth.core.actor import REPRESENTING, Actor, Basis, Role
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.core.i18n import N_

READERS = REPRESENTING | {Basis.SELF, Basis.CARE_TEAM}
WRITERS = frozenset({Role.DOCTOR, Role.NURSE})


def require_reading(actor: Actor, patient_id: int) -> None:
    """The patient, whoever represents the patient, and the care team."""
    if actor.subject_id != patient_id:
        raise NotFound
    if actor.basis not in READERS:
        raise NotAllowed(N_("Reports are open to the patient, representatives and the care team."))


def require_writing(actor: Actor, patient_id: int) -> None:
    """Doctors and nurses of the care team."""
    require_reading(actor, patient_id)
    if not may_write(actor):
        raise NotAllowed(N_("Only the care team may do this."))


def require_author(actor: Actor, patient_id: int, author_id: int) -> None:
    """Who wrote a remark, while they are of the care team."""
    require_writing(actor, patient_id)
    if actor.person_id != author_id:
        raise NotAllowed(N_("Only the person who wrote this remark may change it."))


def may_write(actor: Actor) -> bool:
    """Whether the page offers remarks and sharing."""
    return actor.basis is Basis.CARE_TEAM and bool(actor.roles & WRITERS)


def sees_team_remarks(actor: Actor) -> bool:
    """Whether remarks of the team for itself are shown."""
    return actor.basis is Basis.CARE_TEAM
