"""Who may enter a call, host it, and read or write its note. Pure functions, deny by default."""

from dataclasses import dataclass

from telehealth.core.actor import Actor, Basis
from telehealth.core.actor import Role as StaffRole
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.core.i18n import N_
from video.rooms import Role

_CLINICIANS = frozenset({StaffRole.DOCTOR, StaffRole.NURSE})


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides about one consultation."""

    patient_id: int
    worker_id: int
    is_child: bool = False
    """The patient is under 15."""


def require_joining(actor: Actor, facts: Facts) -> Role:
    """As what the actor may enter the call: nobody comes as a guest.

    Raises:
        NotFound: the actor is not there for this patient.
        NotAllowed: a child without a parent; a colleague of the appointment's clinician.
    """
    require_knowing(actor, facts)
    if actor.is_representing:
        return Role.COMPANION
    if actor.basis is Basis.SELF:
        if facts.is_child:
            raise NotAllowed(
                N_("Until the age of 15 a parent or guardian enters the call with you."),
                code="too_young",
            )
        return Role.PATIENT
    require_hosting(actor, facts)
    return Role.CLINICIAN


def require_hosting(actor: Actor, facts: Facts) -> int:
    """The clinician of the appointment lets people in, writes the note and ends the call.

    Raises:
        NotFound: the actor is not there for this patient.
        NotAllowed: anybody else.
    """
    require_knowing(actor, facts)
    is_worker = actor.basis is Basis.CARE_TEAM and actor.person_id == facts.worker_id
    if actor.person_id is None or not is_worker or not actor.roles & _CLINICIANS:
        raise NotAllowed(N_("Only the clinician of this appointment may do this."))
    return actor.person_id


def require_reading_note(actor: Actor, facts: Facts) -> None:
    """The patient's doctors and nurses read the note, also later and of colleagues.

    Raises:
        NotFound: the actor is not there for this patient.
        NotAllowed: the patient's side, which is shown what was shared and nothing else.
    """
    require_knowing(actor, facts)
    if actor.basis is not Basis.CARE_TEAM or not actor.roles & _CLINICIANS:
        raise NotAllowed(N_("Notes are read by the care team. Patients see what is shared."))


def require_seeing(actor: Actor) -> int:
    """The patient whose consultations the actor may list: own, represented or treated.

    Raises:
        NotAllowed: anybody else, also a device and the application itself.
    """
    is_patient_side = actor.basis is Basis.SELF or actor.is_representing
    is_team = actor.basis is Basis.CARE_TEAM and bool(actor.roles & _CLINICIANS)
    if actor.subject_id is None or not (is_patient_side or is_team):
        raise NotAllowed(N_("You may not see the consultations of this person."))
    return actor.subject_id


def require_knowing(actor: Actor, facts: Facts) -> None:
    """The actor acts for, as or with the patient of this consultation.

    Raises:
        NotFound: otherwise; a foreign consultation and an absent one are the same.
    """
    knows = actor.basis in (Basis.SELF, Basis.CARE_TEAM) or actor.is_representing
    if not knows or actor.subject_id != facts.patient_id:
        raise NotFound
