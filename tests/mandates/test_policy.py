"""Who may act for whom, at which instant, and who may grant and end: tables a lawyer can read."""

from datetime import UTC, date, datetime

import pytest

from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import NotAllowed
from telehealth.mandates import policy
from telehealth.mandates.models import RepresentationKind, Status, StatusReason
from telehealth.mandates.policy import Facts
from tests.make import NOW

GUARDIAN, MANDATE, PROXY = RepresentationKind
ADULT, CHILD = date(1958, 3, 14), date(2017, 5, 1)
TODAY, YESTERDAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 22), date(2026, 11, 24)
LONG_AGO = date(2020, 1, 1)


def facts(kind: RepresentationKind = MANDATE, **more: object) -> Facts:
    born = CHILD if kind is GUARDIAN else ADULT
    given = {"status": Status.ACTIVE, "valid_from": LONG_AGO, "valid_to": None}
    return Facts(kind=kind, **{"represented_birth_on": born, **given, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        (facts(), True),
        (facts(status=Status.PROPOSED), False),
        (facts(status=Status.SUSPENDED), False),
        (facts(status=Status.REVOKED), False),
        (facts(status=Status.EXPIRED), False),
        (facts(valid_to=TODAY), True),
        (facts(valid_to=YESTERDAY), False),
        (facts(valid_from=TODAY), True),
        (facts(valid_from=TOMORROW), False),
        (facts(is_anyone_dead=True), False),
        (facts(represented_birth_on=CHILD), False),
        (facts(GUARDIAN), True),
        (facts(GUARDIAN, represented_birth_on=ADULT), False),
        (facts(GUARDIAN, is_anyone_dead=True), False),
        (facts(PROXY), False),
        (facts(PROXY, is_incapacity_recorded=True), True),
    ],
)
def test_a_representation_gives_rights_only_while_everything_holds(
    what: Facts, *, answer: bool
) -> None:
    assert policy.is_in_effect(what, NOW) is answer


@pytest.mark.parametrize(
    ("birth_on", "ends_at"),
    [
        (date(2011, 7, 10), datetime(2026, 7, 9, 22, 0, tzinfo=UTC)),
        (date(2011, 1, 10), datetime(2026, 1, 9, 23, 0, tzinfo=UTC)),
        (date(2012, 2, 29), datetime(2027, 2, 27, 23, 0, tzinfo=UTC)),
    ],
)
def test_a_guardians_access_ends_at_local_midnight_of_the_fifteenth_birthday(
    birth_on: date, ends_at: datetime
) -> None:
    one_second = ends_at - datetime.resolution * 1_000_000
    child = facts(GUARDIAN, represented_birth_on=birth_on)

    assert policy.is_in_effect(child, one_second)
    assert not policy.is_in_effect(child, ends_at)
    assert policy.expiry(child, one_second) is None
    assert policy.expiry(child, ends_at) is StatusReason.CAME_OF_AGE


def test_the_last_day_counts_until_its_local_midnight() -> None:
    mandate = facts(valid_to=date(2026, 12, 31))

    assert policy.is_in_effect(mandate, datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC))
    assert not policy.is_in_effect(mandate, datetime(2026, 12, 31, 23, 0, tzinfo=UTC))


def test_a_birthday_on_the_29th_of_february_falls_on_the_28th_in_common_years() -> None:
    assert policy.birthday(date(2012, 2, 29), 15) == date(2027, 2, 28)
    assert policy.birthday(date(2012, 2, 29), 16) == date(2028, 2, 29)


@pytest.mark.parametrize("basis", [basis for basis in Basis if basis is not Basis.SELF])
def test_nobody_grants_or_manages_for_another(basis: Basis) -> None:
    actor = Actor(1, 2, basis)

    with pytest.raises(NotAllowed) as refused:
        policy.require_granting(actor, birth_on=ADULT, now=NOW)
    assert refused.value.code == "delegation"
    with pytest.raises(NotAllowed):
        policy.require_managing(actor)


def test_a_child_grants_no_mandate_and_at_fifteen_may() -> None:
    actor = Actor(1, 1, Basis.SELF)

    with pytest.raises(NotAllowed) as refused:
        policy.require_granting(actor, birth_on=date(2011, 11, 24), now=NOW)
    assert refused.value.code == "too_young"
    policy.require_granting(actor, birth_on=date(2011, 11, 23), now=NOW)


@pytest.mark.parametrize("kind", [GUARDIAN, PROXY])
def test_what_the_law_sets_cannot_be_ended_by_a_click(kind: RepresentationKind) -> None:
    with pytest.raises(NotAllowed) as refused:
        policy.require_ending(kind)

    assert refused.value.code == "statutory"
    policy.require_ending(MANDATE)
