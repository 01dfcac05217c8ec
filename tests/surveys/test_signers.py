"""Who may sign: actor by actor, and the birthdays on which the answer turns."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.consent import document
from surveys.consent.document import ConsentTemplate, MinorRule
from surveys.consent.signers import (
    Capacity,
    Reason,
    Relation,
    Signer,
    Subject,
    birthday,
    may_sign,
)

LJUBLJANA = ZoneInfo("Europe/Ljubljana")
NOW = datetime(2026, 11, 24, 7, 40, tzinfo=UTC)
TEMPLATE = document.load("diabetes-monitoring")
ADULT = Subject("p", date(1957, 3, 8))
CHILD = Subject("p", date(2016, 5, 1))
YOUTH = Subject("p", date(2010, 5, 1))
MOTHER = Signer("m")
HERSELF = Signer("p")
LATER = NOW + timedelta(days=1)

BOTH = TEMPLATE
ALONE = replace(TEMPLATE, minor_from_15=MinorRule.SELF)
PARENTS = replace(TEMPLATE, minor_from_15=MinorRule.GUARDIAN)

R = Reason
AS_SELF = Relation(Capacity.SELF)
PARENT = Relation(Capacity.GUARDIAN)
MANDATE = Relation(Capacity.MANDATE)
NOTARISED = Relation(Capacity.HEALTH_CARE_PROXY, is_verified=True)
UNSEEN = Relation(Capacity.HEALTH_CARE_PROXY)
INCAPABLE = replace(ADULT, incapable_until=LATER)
RECOVERED = replace(ADULT, incapable_until=NOW)
ILL_CHILD = replace(CHILD, incapable_until=LATER)
DEAD = replace(ADULT, is_dead=True)
LOCKED = Signer("p", is_locked=True)
NEXT_SECOND = NOW + timedelta(seconds=1)

TABLE = [
    ("an adult for herself", BOTH, ADULT, HERSELF, AS_SELF, R.SELF),
    ("a child alone", BOTH, CHILD, HERSELF, AS_SELF, R.MINOR_ALONE),
    ("a parent for a child", BOTH, CHILD, MOTHER, PARENT, R.GUARDIAN),
    ("a parent for an adult", BOTH, ADULT, MOTHER, PARENT, R.GUARDIAN_OF_ADULT),
    ("a youth, either may", BOTH, YOUTH, HERSELF, AS_SELF, R.SELF),
    ("a youth's parent, either may", BOTH, YOUTH, MOTHER, PARENT, R.GUARDIAN),
    ("a youth who decides", ALONE, YOUTH, HERSELF, AS_SELF, R.SELF),
    ("her parent then", ALONE, YOUTH, MOTHER, PARENT, R.MINOR_DECIDES),
    ("a youth who does not decide", PARENTS, YOUTH, HERSELF, AS_SELF, R.GUARDIAN_DECIDES),
    ("her parent who does", PARENTS, YOUTH, MOTHER, PARENT, R.GUARDIAN),
    ("a proxy by mandate", BOTH, ADULT, MOTHER, MANDATE, R.MANDATE_NEVER),
    ("a proxy for a child", BOTH, CHILD, MOTHER, MANDATE, R.MANDATE_NEVER),
    (
        "a verified mandate",
        BOTH,
        ADULT,
        MOTHER,
        replace(MANDATE, is_verified=True),
        R.MANDATE_NEVER,
    ),
    ("staff", BOTH, ADULT, MOTHER, Relation(Capacity.STAFF), R.STAFF_NEVER),
    ("support", BOTH, ADULT, MOTHER, Relation(Capacity.SUPPORT), R.STAFF_NEVER),
    ("an administrator", BOTH, ADULT, MOTHER, Relation(Capacity.ADMINISTRATOR), R.STAFF_NEVER),
    ("an interpreter", BOTH, ADULT, MOTHER, Relation(Capacity.INTERPRETER), R.ROLE_DOES_NOT_SIGN),
    ("a witness", BOTH, ADULT, MOTHER, Relation(Capacity.WITNESS), R.ROLE_DOES_NOT_SIGN),
    (
        "a health-care proxy, patient incapable",
        BOTH,
        INCAPABLE,
        MOTHER,
        NOTARISED,
        R.HEALTH_CARE_PROXY,
    ),
    ("a health-care proxy, patient capable", BOTH, ADULT, MOTHER, NOTARISED, R.HAS_CAPACITY),
    ("a health-care proxy, incapacity over", BOTH, RECOVERED, MOTHER, NOTARISED, R.HAS_CAPACITY),
    ("a health-care proxy nobody verified", BOTH, INCAPABLE, MOTHER, UNSEEN, R.NOT_VERIFIED),
    ("a health-care proxy of a child", BOTH, ILL_CHILD, MOTHER, NOTARISED, R.NOT_VERIFIED),
    ("a stranger who says it is she", BOTH, ADULT, MOTHER, AS_SELF, R.NOT_RELATED),
    ("a child as its own guardian", BOTH, CHILD, HERSELF, PARENT, R.NOT_RELATED),
    ("for the dead", BOTH, DEAD, MOTHER, PARENT, R.SUBJECT_DEAD),
    ("a locked account", BOTH, ADULT, LOCKED, AS_SELF, R.ACTOR_LOCKED),
    ("a retired version", BOTH.retired(), ADULT, HERSELF, AS_SELF, R.RETIRED),
    ("ending this second", BOTH, CHILD, MOTHER, replace(PARENT, ends_at=NOW), R.ENDED),
    (
        "ending the next second",
        BOTH,
        CHILD,
        MOTHER,
        replace(PARENT, ends_at=NEXT_SECOND),
        R.GUARDIAN,
    ),
    ("beginning tomorrow", BOTH, CHILD, MOTHER, replace(PARENT, starts_at=LATER), R.NOT_YET),
]


@pytest.mark.parametrize(
    ("template", "subject", "actor", "relation", "reason"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_the_table_of_signers(
    template: ConsentTemplate, subject: Subject, actor: Signer, relation: Relation, reason: Reason
):
    answer = may_sign(template, subject, actor, relation, NOW)

    assert answer.reason is reason
    assert bool(answer) is (reason in (R.SELF, R.GUARDIAN, R.HEALTH_CARE_PROXY))


def at(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """Give a local time of Ljubljana as an instant."""
    return datetime(
        day.year, day.month, day.day, hour, minute, second, tzinfo=LJUBLJANA
    ).astimezone(UTC)


@pytest.mark.parametrize(
    ("born_on", "fifteen"),
    [
        (date(2011, 7, 10), date(2026, 7, 10)),  # summer time: 22:00 UTC the day before
        (date(2011, 1, 10), date(2026, 1, 10)),
        (date(2012, 2, 29), date(2027, 2, 28)),  # a common year: the earlier day
        (date(2013, 2, 28), date(2028, 2, 28)),
    ],
)
def test_a_parent_signs_until_the_last_second_before_the_15th_birthday(
    born_on: date, fifteen: date
):
    child = Subject("p", born_on)
    last = at(fifteen) - timedelta(seconds=1)

    assert may_sign(ALONE, child, MOTHER, PARENT, last)
    assert not may_sign(ALONE, child, HERSELF, AS_SELF, last)
    assert not may_sign(ALONE, child, MOTHER, PARENT, at(fifteen))
    assert may_sign(ALONE, child, HERSELF, AS_SELF, at(fifteen))


def test_a_guardian_of_a_youth_signs_until_the_18th_birthday():
    youth = Subject("p", date(2008, 11, 24))
    midnight = at(date(2026, 11, 24))

    assert may_sign(PARENTS, youth, MOTHER, PARENT, midnight - timedelta(seconds=1))
    assert not may_sign(PARENTS, youth, MOTHER, PARENT, midnight)
    assert may_sign(PARENTS, youth, HERSELF, AS_SELF, midnight)


def test_born_on_29_february_turns_20_on_29_february():
    assert birthday(date(2012, 2, 29), 20) == date(2032, 2, 29)
    assert birthday(date(2012, 2, 29), 18) == date(2030, 2, 28)


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="aware"):
        may_sign(BOTH, ADULT, HERSELF, AS_SELF, NOW.replace(tzinfo=None))


@given(
    born_on=st.dates(date(1920, 1, 1), date(2026, 1, 1)),
    now=st.datetimes(datetime(2026, 1, 2), datetime(2060, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis takes naive bounds
    template=st.sampled_from([BOTH, ALONE, PARENTS]),
    is_verified=st.booleans(),
)
def test_a_mandate_never_signs_and_somebody_always_may(
    born_on: date, now: datetime, template: ConsentTemplate, *, is_verified: bool
):
    subject = Subject("p", born_on)

    assert not may_sign(template, subject, MOTHER, replace(MANDATE, is_verified=is_verified), now)
    assert may_sign(template, subject, HERSELF, AS_SELF, now) or may_sign(
        template, subject, MOTHER, PARENT, now
    )
