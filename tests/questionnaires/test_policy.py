"""Who may send, answer and see: every actor against every deed."""

import pytest

from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.questionnaires import policy
from telehealth.questionnaires.models import Respondent

ANA, MIHA = 1, 2
ACTORS = {
    "patient": Actor(ANA, ANA, Basis.SELF),
    "guardian": Actor(MIHA, ANA, Basis.GUARDIAN),
    "proxy": Actor(MIHA, ANA, Basis.MANDATE),
    "health-care proxy": Actor(MIHA, ANA, Basis.HEALTH_CARE_PROXY),
    "doctor": Actor(MIHA, ANA, Basis.CARE_TEAM, frozenset({Role.DOCTOR})),
    "nurse": Actor(MIHA, ANA, Basis.CARE_TEAM, frozenset({Role.NURSE})),
    "administrator": Actor(MIHA, ANA, Basis.CARE_TEAM, frozenset({Role.ADMIN})),
    "clinic": Actor(MIHA, ANA, Basis.CLINIC_STAFF, frozenset({Role.NURSE})),
    "device": Actor(MIHA, ANA, Basis.DEVICE),
    "system": Actor(None, ANA, Basis.SYSTEM),
}
TABLE = {
    #                      answer as           send   see
    "patient": (Respondent.PATIENT, False, True),
    "guardian": (Respondent.OBSERVER, False, True),
    "proxy": (Respondent.PROXY, False, True),
    "health-care proxy": (Respondent.PROXY, False, True),
    "doctor": (None, True, True),
    "nurse": (None, True, True),
    "administrator": (None, False, False),
    "clinic": (None, False, False),
    "device": (None, False, False),
    "system": (None, False, False),
}


@pytest.mark.parametrize("name", ACTORS)
def test_the_table_of_rights_holds(name: str) -> None:
    actor = ACTORS[name]
    role, may_send, may_see = TABLE[name]

    if role is None:
        with pytest.raises(NotAllowed):
            policy.require_answering(actor)
    else:
        assert policy.require_answering(actor) == (actor.person_id, role)
    if may_send:
        assert policy.require_team(actor, ANA) == MIHA
    else:
        with pytest.raises(NotAllowed):
            policy.require_team(actor, ANA)
    if may_see:
        policy.require_seeing(actor)
    else:
        with pytest.raises(NotAllowed):
            policy.require_seeing(actor)


def test_a_team_has_no_rights_on_another_patient() -> None:
    with pytest.raises(NotFound):
        policy.require_team(ACTORS["doctor"], 3)
