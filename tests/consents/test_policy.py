"""Who may do what with a consent: the table a doctor can read."""

from datetime import date, datetime, timedelta

import pytest

from surveys.consent.document import MinorRule, load
from telehealth.consents import policy
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import HOME_ZONE
from telehealth.core.errors import NotAllowed
from tests.make import NOW
from tests.make.consents import TEMPLATE

WORDING = load(TEMPLATE)
ADULT, CHILD, YOUTH = date(1958, 3, 14), date(2017, 11, 23), date(2010, 5, 1)
_SUBJECT, _OTHER = 1, 2

TABLE = [
    # basis, born on, may answer, code, may withdraw
    (Basis.SELF, ADULT, True, "", True),
    (Basis.SELF, CHILD, False, "minor_alone", True),
    (Basis.SELF, YOUTH, False, "two_signatures", True),
    (Basis.GUARDIAN, CHILD, True, "", True),
    (Basis.GUARDIAN, ADULT, False, "may_not_sign", False),
    (Basis.MANDATE, ADULT, False, "declaration_of_will", False),
    (Basis.MANDATE, YOUTH, False, "declaration_of_will", False),
    (Basis.HEALTH_CARE_PROXY, ADULT, True, "", True),
    (Basis.CARE_TEAM, ADULT, False, "staff_never", False),
    (Basis.CLINIC_STAFF, ADULT, False, "staff_never", False),
    (Basis.DEVICE, ADULT, False, "staff_never", False),
    (Basis.SYSTEM, ADULT, False, "staff_never", False),
]


def _actor(basis: Basis, *roles: Role) -> Actor:
    person = _SUBJECT if basis is Basis.SELF else _OTHER
    return Actor(person, _SUBJECT, basis, frozenset(roles))


@pytest.mark.parametrize(("basis", "born", "may_answer", "code", "may_withdraw"), TABLE)
def test_who_may_answer_and_withdraw(
    basis: Basis,
    born: date,
    *,
    may_answer: bool,
    code: str,
    may_withdraw: bool,
) -> None:
    facts = policy.Facts(born, is_dead=False)

    refused = policy.refusal(WORDING, _actor(basis), facts, NOW)

    assert (refused is None) is may_answer
    assert (refused.code if refused else "") == code
    assert policy.may_withdraw(WORDING, _actor(basis), facts, NOW) is may_withdraw


@pytest.mark.parametrize("basis", list(Basis))
def test_nobody_answers_for_the_dead(basis: Basis) -> None:
    assert policy.refusal(WORDING, _actor(basis), policy.Facts(ADULT, is_dead=True), NOW)


def test_a_guardian_s_right_ends_at_midnight_of_the_fifteenth_birthday() -> None:
    facts = policy.Facts(date(2011, 11, 24), is_dead=False)
    midnight = datetime(2026, 11, 24, tzinfo=HOME_ZONE)
    guardian = _actor(Basis.GUARDIAN)

    assert policy.refusal(WORDING, guardian, facts, midnight - timedelta(seconds=1)) is None
    assert policy.refusal(WORDING, guardian, facts, midnight)


@pytest.mark.parametrize(
    ("basis", "roles", "may_send"),
    [
        (Basis.CARE_TEAM, [Role.DOCTOR], True),
        (Basis.CARE_TEAM, [Role.NURSE], True),
        (Basis.CARE_TEAM, [Role.ADMIN], False),
        (Basis.CLINIC_STAFF, [Role.DOCTOR], False),
        (Basis.SELF, [Role.DOCTOR], False),
        (Basis.MANDATE, [], False),
        (Basis.GUARDIAN, [], False),
    ],
)
def test_who_may_send(basis: Basis, roles: list[Role], *, may_send: bool) -> None:
    if may_send:
        policy.require_sending(_actor(basis, *roles))
        return
    with pytest.raises(NotAllowed):
        policy.require_sending(_actor(basis, *roles))


@pytest.mark.parametrize("basis", [Basis.CLINIC_STAFF, Basis.DEVICE, Basis.SYSTEM])
def test_who_has_nothing_to_do_with_it_does_not_read_it(basis: Basis) -> None:
    with pytest.raises(NotAllowed):
        policy.require_viewing(_actor(basis))


def test_the_wording_says_how_many_sign_at_which_age() -> None:
    assert WORDING.minor_from_15 is MinorRule.BOTH
    assert policy.needs_two_signatures(WORDING, policy.Facts(YOUTH, is_dead=False), NOW)
    assert not policy.needs_two_signatures(WORDING, policy.Facts(CHILD, is_dead=False), NOW)
