"""Actor x deed -> yes or no."""

from functools import partial

import pytest

from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.readings import policy

PATIENT, OTHER, WRITER = 1, 2, 3

TABLE = {
    #                        reads  adds   removes another's entry  meal beside a meter's reading
    Basis.SELF: (True, True, True, True),
    Basis.GUARDIAN: (True, True, True, True),
    Basis.MANDATE: (True, True, True, True),
    Basis.HEALTH_CARE_PROXY: (True, True, True, True),
    Basis.CARE_TEAM: (True, True, False, False),
    Basis.CLINIC_STAFF: (False, False, False, False),
    Basis.DEVICE: (False, True, False, False),
    Basis.SYSTEM: (True, True, False, False),
}


def allows(deed: object, *given: object) -> bool:
    try:
        deed(*given)  # type: ignore[operator]  # one of the policy's functions
    except NotAllowed:
        return False
    return True


def test_every_basis_is_in_the_table():
    assert set(TABLE) == set(Basis)


@pytest.mark.parametrize("basis", list(Basis))
def test_who_may_do_what(basis: Basis):
    actor = Actor(9, PATIENT, basis)

    assert (
        allows(policy.require_reading, actor, PATIENT),
        allows(policy.require_adding, actor, PATIENT),
        allows(policy.require_removing, actor, PATIENT, WRITER),
        allows(partial(policy.require_amending, is_manual=False), actor, PATIENT, None),
    ) == TABLE[basis]
    assert (
        allows(partial(policy.require_amending, is_manual=True), actor, PATIENT, WRITER)
        == (TABLE[basis][2])
    )


@pytest.mark.parametrize("basis", list(Basis))
def test_nobody_reaches_a_diary_other_than_the_one_they_act_for(basis: Basis):
    actor = Actor(9, PATIENT, basis)

    for deed in (policy.require_reading, policy.require_adding):
        with pytest.raises(NotFound):
            deed(actor, OTHER)
    with pytest.raises(NotFound):
        policy.require_removing(actor, OTHER, None)


def test_the_care_team_removes_only_its_own_entries():
    nurse = Actor(WRITER, PATIENT, Basis.CARE_TEAM)

    assert policy.may_remove(nurse, WRITER)
    policy.require_amending(nurse, PATIENT, WRITER, is_manual=True)
    assert not policy.may_remove(nurse, PATIENT)
