"""Actor x deed -> yes or no."""

import pytest

from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.reports import policy

PATIENT, OTHER, AUTHOR = 1, 2, 9
CARE = frozenset({Role.NURSE})

TABLE = {
    #                        reads  writes and shares  sees remarks of the team
    Basis.SELF: (True, False, False),
    Basis.GUARDIAN: (True, False, False),
    Basis.MANDATE: (True, False, False),
    Basis.HEALTH_CARE_PROXY: (True, False, False),
    Basis.CARE_TEAM: (True, True, True),
    Basis.CLINIC_STAFF: (False, False, False),
    Basis.DEVICE: (False, False, False),
    Basis.SYSTEM: (False, False, False),
}


def allows(deed: object, *given: object) -> bool:
    try:
        deed(*given)  # type: ignore[operator]  # one of the policy's functions
    except NotAllowed:
        return False
    return True


def test_every_basis_is_in_the_table() -> None:
    assert set(TABLE) == set(Basis)


@pytest.mark.parametrize("basis", list(Basis))
def test_who_may_do_what(basis: Basis) -> None:
    actor = Actor(AUTHOR, PATIENT, basis, CARE)

    assert (
        allows(policy.require_reading, actor, PATIENT),
        allows(policy.require_writing, actor, PATIENT),
        policy.sees_team_remarks(actor),
    ) == TABLE[basis]


@pytest.mark.parametrize("basis", list(Basis))
def test_nobody_reaches_a_report_of_somebody_they_do_not_act_for(basis: Basis) -> None:
    actor = Actor(AUTHOR, PATIENT, basis, CARE)

    for deed in (policy.require_reading, policy.require_writing):
        with pytest.raises(NotFound):
            deed(actor, OTHER)


def test_a_remark_is_changed_by_its_author_only_while_of_the_team() -> None:
    nurse = Actor(AUTHOR, PATIENT, Basis.CARE_TEAM, CARE)
    moved_away = Actor(AUTHOR, PATIENT, Basis.CLINIC_STAFF, CARE)

    policy.require_author(nurse, PATIENT, AUTHOR)

    assert not allows(policy.require_author, nurse, PATIENT, OTHER)
    assert not allows(policy.require_author, moved_away, PATIENT, AUTHOR)


def test_an_administrator_of_the_care_team_writes_nothing() -> None:
    clerk = Actor(AUTHOR, PATIENT, Basis.CARE_TEAM, frozenset({Role.ADMIN}))

    assert not allows(policy.require_writing, clerk, PATIENT)
