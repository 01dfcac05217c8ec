"""Who may send, answer and see questionnaires. Pure functions."""

from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.core.i18n import N_
from telehealth.questionnaires.models import Respondent

_CLINICIANS = frozenset({Role.DOCTOR, Role.NURSE})
_RESPONDENT = {
    Basis.SELF: Respondent.PATIENT,
    Basis.GUARDIAN: Respondent.OBSERVER,
    Basis.MANDATE: Respondent.PROXY,
    Basis.HEALTH_CARE_PROXY: Respondent.PROXY,
}


def is_team(actor: Actor) -> bool:
    """Whether the actor is a doctor or nurse who looks after the subject."""
    return actor.basis is Basis.CARE_TEAM and bool(actor.roles & _CLINICIANS)


def require_team(actor: Actor, patient_id: int) -> int:
    """Who of the care team (the id) sends to this patient, or sees the patient's results.

    Raises:
        NotFound: the actor's subject is another person.
        NotAllowed: everybody but doctors and nurses of the care team.
    """
    if actor.subject_id != patient_id:
        raise NotFound
    if actor.person_id is None or not is_team(actor):
        raise NotAllowed(N_("Questionnaires are sent and their results seen by the care team."))
    return actor.person_id


def require_answering(actor: Actor) -> tuple[int, Respondent]:
    """Who answers (the id), and in what role.

    Raises:
        NotAllowed: everybody but the patient and who represents the patient.
    """
    role = _RESPONDENT.get(actor.basis)
    if role is None or actor.person_id is None:
        raise NotAllowed(N_("Only the patient or a representative may answer this questionnaire."))
    return actor.person_id, role


def require_seeing(actor: Actor) -> None:
    """The patient's side sees a questionnaire and its own answers, the care team what is completed.

    Raises:
        NotAllowed: everybody else, also a device.
    """
    if actor.basis not in _RESPONDENT and not is_team(actor):
        raise NotAllowed(N_("You may not see the questionnaires of this person."))
