"""Who may do what with alerts: actor x deed -> yes or no."""

from collections.abc import Callable

import pytest

from telehealth.alerts import policy
from telehealth.alerts.models import Kind
from telehealth.core.actor import Actor, Basis, Role, system
from telehealth.core.errors import NotAllowed, NotFound

PATIENT, OTHER = 7, 8
DOCTOR, NURSE, ADMIN = (frozenset({role}) for role in (Role.DOCTOR, Role.NURSE, Role.ADMIN))

ACTORS = {
    "patient": Actor(PATIENT, PATIENT, Basis.SELF),
    "guardian": Actor(1, PATIENT, Basis.GUARDIAN, representation_id=1),
    "proxy": Actor(2, PATIENT, Basis.MANDATE, representation_id=2),
    "health-care proxy": Actor(3, PATIENT, Basis.HEALTH_CARE_PROXY, representation_id=3),
    "doctor": Actor(4, PATIENT, Basis.CARE_TEAM, DOCTOR),
    "nurse": Actor(5, PATIENT, Basis.CARE_TEAM, NURSE),
    "administrator in a care team": Actor(6, PATIENT, Basis.CARE_TEAM, ADMIN),
    "clinic staff": Actor(9, PATIENT, Basis.CLINIC_STAFF, NURSE),
    "device": Actor(2, PATIENT, Basis.DEVICE),
    "system": system("test", PATIENT),
    "another patient": Actor(OTHER, OTHER, Basis.SELF),
}

Deed = Callable[[Actor], object]
DEEDS: dict[str, Deed] = {
    "read": lambda actor: policy.require_reading(actor, PATIENT),
    "answer": lambda actor: policy.require_answering(actor, PATIENT, is_child=False),
    "answer for a child": lambda actor: policy.require_answering(actor, PATIENT, is_child=True),
    "set a rule": lambda actor: policy.require_setting(actor, PATIENT),
    "choose notices": lambda actor: policy.require_choosing(actor, PATIENT, Kind.LOW),
    "silence a very low value": lambda actor: policy.require_choosing(
        actor, PATIENT, Kind.URGENT_LOW
    ),
    "list own patients": policy.require_list,
    "see the clinic's rules": policy.require_seeing_defaults,
    "set the clinic's rules": policy.require_setting_defaults,
}

SIDE = {"patient", "guardian", "proxy", "health-care proxy"}
TEAM = {"doctor", "nurse"}
ALLOWED = {
    "read": SIDE | TEAM,
    "answer": SIDE | TEAM,
    "answer for a child": (SIDE - {"patient"}) | TEAM,
    "set a rule": TEAM,
    "choose notices": SIDE,
    "silence a very low value": set(),
    "list own patients": TEAM | {"clinic staff"},
    "see the clinic's rules": TEAM | {"administrator in a care team", "clinic staff"},
    "set the clinic's rules": {"doctor"},
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("who", ACTORS)
def test_who_may_do_what(who: str, deed: str) -> None:
    try:
        DEEDS[deed](ACTORS[who])
        may = True
    except (NotAllowed, NotFound):
        may = False

    assert may == (who in ALLOWED[deed])


def test_somebody_elses_alerts_are_not_there_rather_than_forbidden() -> None:
    for deed in ("read", "answer", "set a rule", "choose notices"):
        with pytest.raises(NotFound):
            DEEDS[deed](ACTORS["another patient"])
