"""Who sees, answers and sets alerts. Pure functions."""

from telehealth.alerts.models import Kind
from telehealth.core.actor import REPRESENTING, Actor, Basis, Role
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.core.i18n import N_

CARING = frozenset({Role.DOCTOR, Role.NURSE})
SETTING_DEFAULTS = frozenset({Role.DOCTOR})
PATIENTS_SIDE = REPRESENTING | {Basis.SELF}
TEAM_BASIS = Basis.CARE_TEAM
"""On what basis a worker looks at the list of all their patients."""


def is_team(actor: Actor) -> bool:
    """Whether the actor is a doctor or nurse who looks after the subject."""
    return actor.basis is Basis.CARE_TEAM and bool(actor.roles & CARING)


def require_reading(actor: Actor, patient_id: int) -> None:
    """The patient, whoever represents the patient, the care team's doctors and nurses.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: everybody else, also a device.
    """
    if actor.subject_id != patient_id:
        raise NotFound
    if actor.basis not in PATIENTS_SIDE and not is_team(actor):
        raise NotAllowed(N_("Alerts are open to the patient, representatives and the care team."))


def may_see(actor: Actor, kind: Kind) -> bool:
    """Whether the actor sees alerts of this kind, of a patient whose alerts they may read.

    One about an answer is the team's own: whoever represents the patient does not learn from it
    what the patient has answered, and nobody but the team can say that it was seen.
    """
    return kind is not Kind.ANSWER or is_team(actor)


def require_answering(actor: Actor, patient_id: int, *, is_child: bool) -> int:
    """Who acknowledges or pauses an alert (the id): who may read it, but no child by itself.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: who may not read it; a child under 15.
    """
    require_reading(actor, patient_id)
    if actor.person_id is None:
        raise NotAllowed(N_("Only a person can answer an alert."))
    if is_child and actor.basis is Basis.SELF:
        raise NotAllowed(
            N_("An alert of a child is answered by a parent or the care team."), code="child"
        )
    return actor.person_id


def require_reviewing(actor: Actor, patient_id: int) -> int:
    """Who closes what has ended (the id): doctors and nurses of the care team.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: everybody else.
    """
    if actor.subject_id != patient_id:
        raise NotFound
    if actor.person_id is None or not is_team(actor):
        raise NotAllowed(N_("What has ended is closed by the care team."))
    return actor.person_id


def require_setting(actor: Actor, patient_id: int) -> int:
    """Who sets the rules of a patient (the id): doctors and nurses of the care team.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: everybody else.
    """
    if actor.subject_id != patient_id:
        raise NotFound
    if actor.person_id is None or not is_team(actor):
        raise NotAllowed(N_("The rules of alerts are set by the care team."))
    return actor.person_id


def require_loosening(actor: Actor) -> None:
    """Who may make the safety net looser: a doctor, with a reason.

    Raises:
        NotAllowed: everybody else.
    """
    if Role.DOCTOR not in actor.roles:
        raise NotAllowed(
            N_("Very low and very high are a safety net: only a doctor loosens it."), code="net"
        )


def require_choosing(actor: Actor, patient_id: int, kind: Kind | None = None) -> int:
    """Who chooses which notices they get themselves (the id): the patient's side.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the care team, and everybody for the urgent low.
    """
    if actor.subject_id != patient_id:
        raise NotFound
    if actor.basis not in PATIENTS_SIDE or actor.person_id is None:
        raise NotAllowed(N_("Everybody chooses only their own notices."))
    if kind is Kind.URGENT_LOW:
        raise NotAllowed(
            N_("Notices of a very low value cannot be switched off."), code="urgent_low"
        )
    return actor.person_id


def require_list(actor: Actor) -> None:
    """Doctors and nurses see the alerts of their own patients in one list.

    Raises:
        NotFound: everybody else.
    """
    if not actor.roles & CARING:
        raise NotFound


def require_seeing_unreached(actor: Actor) -> None:
    """Doctors and nurses see whose alerts reach nobody; administrators whom no unit looks after.

    Raises:
        NotFound: everybody else.
    """
    if not actor.roles & (CARING | {Role.ADMIN}):
        raise NotFound


def require_seeing_defaults(actor: Actor) -> None:
    """Everybody who works here sees the clinic's rules.

    Raises:
        NotFound: everybody else.
    """
    if not actor.roles:
        raise NotFound


def may_set_defaults(actor: Actor) -> bool:
    """Whether the actor changes the rules of the own unit: doctors; limits are clinical."""
    return bool(actor.roles & SETTING_DEFAULTS)


def require_setting_defaults(actor: Actor) -> int:
    """Who changes the rules of the own unit (the id).

    Raises:
        NotAllowed: everybody but doctors.
    """
    if actor.person_id is None or not may_set_defaults(actor):
        raise NotAllowed(N_("The rules of a unit are set by its doctors."))
    return actor.person_id
