"""Who may do what with a consultation: actor x deed."""

from collections.abc import Callable

import pytest

from telehealth.consults import policy
from telehealth.consults.policy import Facts
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import NotAllowed, NotFound, Refusal
from video.rooms import Role as CallRole

PATIENT, WORKER, OTHER = 1, 2, 3
FACTS = Facts(PATIENT, WORKER)
CHILD = Facts(PATIENT, WORKER, is_child=True)
DOCTOR, NURSE, ADMIN = (frozenset({role}) for role in (Role.DOCTOR, Role.NURSE, Role.ADMIN))

PATIENT_SELF = Actor(PATIENT, PATIENT, Basis.SELF)
GUARDIAN = Actor(OTHER, PATIENT, Basis.GUARDIAN, representation_id=7)
PROXY = Actor(OTHER, PATIENT, Basis.MANDATE, representation_id=8)
HEALTH_CARE_PROXY = Actor(OTHER, PATIENT, Basis.HEALTH_CARE_PROXY, representation_id=9)
THE_DOCTOR = Actor(WORKER, PATIENT, Basis.CARE_TEAM, DOCTOR)
A_NURSE_AS_WORKER = Actor(WORKER, PATIENT, Basis.CARE_TEAM, NURSE)
COLLEAGUE = Actor(OTHER, PATIENT, Basis.CARE_TEAM, DOCTOR)
ADMINISTRATOR = Actor(WORKER, PATIENT, Basis.CARE_TEAM, ADMIN)
CLERK = Actor(OTHER, PATIENT, Basis.CLINIC_STAFF, DOCTOR)
STRANGER = Actor(OTHER, OTHER, Basis.SELF)
DOCTOR_AT_HOME = Actor(WORKER, WORKER, Basis.SELF, DOCTOR)
DEVICE = Actor(PATIENT, PATIENT, Basis.DEVICE)
SYSTEM = Actor(None, PATIENT, Basis.SYSTEM)

NO, HIDDEN = NotAllowed, NotFound

#                     joins as            hosts   reads the note
TABLE = {
    "the patient": (PATIENT_SELF, CallRole.PATIENT, NO, NO),
    "a guardian": (GUARDIAN, CallRole.COMPANION, NO, NO),
    "a proxy": (PROXY, CallRole.COMPANION, NO, NO),
    "a health-care proxy": (HEALTH_CARE_PROXY, CallRole.COMPANION, NO, NO),
    "the doctor": (THE_DOCTOR, CallRole.CLINICIAN, None, None),
    "a nurse who holds it": (A_NURSE_AS_WORKER, CallRole.CLINICIAN, None, None),
    "a colleague": (COLLEAGUE, NO, NO, None),
    "an administrator": (ADMINISTRATOR, NO, NO, NO),
    "clinic staff": (CLERK, HIDDEN, HIDDEN, HIDDEN),
    "a stranger": (STRANGER, HIDDEN, HIDDEN, HIDDEN),
    "the doctor as a person": (DOCTOR_AT_HOME, HIDDEN, HIDDEN, HIDDEN),
    "a device": (DEVICE, HIDDEN, HIDDEN, HIDDEN),
    "the application": (SYSTEM, HIDDEN, HIDDEN, HIDDEN),
}


def outcome(deed: Callable[[], object]) -> object:
    try:
        found = deed()
    except Refusal as refusal:
        return type(refusal)
    return found if isinstance(found, CallRole) else None


@pytest.mark.parametrize("who", TABLE)
def test_the_table_of_rights_holds(who: str) -> None:
    actor, joins, hosts, reads = TABLE[who]

    assert outcome(lambda: policy.require_joining(actor, FACTS)) == joins
    assert outcome(lambda: policy.require_hosting(actor, FACTS)) == hosts
    assert outcome(lambda: policy.require_reading_note(actor, FACTS)) == reads


def test_a_child_enters_with_a_parent_and_not_alone() -> None:
    with pytest.raises(NotAllowed) as refusal:
        policy.require_joining(PATIENT_SELF, CHILD)

    assert refusal.value.code == "too_young"
    assert policy.require_joining(GUARDIAN, CHILD) is CallRole.COMPANION


@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (PATIENT_SELF, True),
        (PROXY, True),
        (COLLEAGUE, True),
        (ADMINISTRATOR, False),
        (CLERK, False),
        (DEVICE, False),
        (SYSTEM, False),
    ],
)
def test_the_list_is_for_the_patients_side_and_the_care_team(actor: Actor, *, may: bool) -> None:
    seen = outcome(lambda: policy.require_seeing(actor))

    assert seen == (None if may else NotAllowed)
