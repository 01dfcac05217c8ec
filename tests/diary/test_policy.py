from collections.abc import Callable

import pytest

from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import NotAllowed, NotFound, Refusal
from telehealth.diary import policy

PATIENT, WRITER, OTHER = 1, 7, 9


def actor(basis: Basis, person_id: int = WRITER, subject_id: int | None = PATIENT) -> Actor:
    return Actor(person_id, subject_id, basis)


def answer(deed: Callable[[], object]) -> type[Refusal] | None:
    try:
        deed()
    except Refusal as refusal:
        return type(refusal)
    return None


@pytest.mark.parametrize(
    ("basis", "reads", "changes_own", "changes_other", "copies"),
    [
        (Basis.SELF, True, True, True, False),
        (Basis.GUARDIAN, True, True, True, False),
        (Basis.MANDATE, True, True, True, False),
        (Basis.HEALTH_CARE_PROXY, True, True, True, False),
        (Basis.CARE_TEAM, True, True, False, True),
        (Basis.CLINIC_STAFF, False, False, False, False),
        (Basis.DEVICE, False, False, False, False),
        (Basis.SYSTEM, False, False, False, False),
    ],
)
def test_who_may_do_what(
    basis: Basis, *, reads: bool, changes_own: bool, changes_other: bool, copies: bool
) -> None:
    who = actor(basis)
    deeds = {
        "reads": lambda: policy.require_reading(who, PATIENT),
        "writes": lambda: policy.require_writing(who, PATIENT),
        "changes own": lambda: policy.require_changing(who, PATIENT, WRITER),
        "changes other": lambda: policy.require_changing(who, PATIENT, OTHER),
        "copies": lambda: policy.require_copying(who, PATIENT),
        "takes own copy back": lambda: policy.require_undoing(who, PATIENT, WRITER),
        "takes other copy back": lambda: policy.require_undoing(who, PATIENT, OTHER),
    }

    allowed = {name: answer(deed) is None for name, deed in deeds.items()}

    assert allowed == {
        "reads": reads,
        "writes": reads,
        "changes own": changes_own,
        "changes other": changes_other,
        "copies": copies,
        "takes own copy back": copies,
        "takes other copy back": False,
    }


@pytest.mark.parametrize("basis", list(Basis))
def test_the_diary_of_somebody_else_is_not_there(basis: Basis) -> None:
    stranger = actor(basis, subject_id=PATIENT + 1)

    assert answer(lambda: policy.require_reading(stranger, PATIENT)) is NotFound
    assert answer(lambda: policy.require_copying(stranger, PATIENT)) is NotFound


def test_a_refusal_within_ones_own_patient_is_said_openly() -> None:
    nurse = actor(Basis.CARE_TEAM)

    assert answer(lambda: policy.require_changing(nurse, PATIENT, OTHER)) is NotAllowed
