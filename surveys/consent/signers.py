"""Who may sign a consent: one pure function.

Ask it when the page is shown and again where the document is sealed; a mandate can end between.
Ages follow the local date of Europe/Ljubljana. Whoever was born on 29 February has the birthday
on 28 February in common years, so that a guardian's access ends on the earlier day.
"""

from calendar import isleap
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from surveys.consent.document import ConsentTemplate, MinorRule

LOCAL = ZoneInfo("Europe/Ljubljana")
FREE_FROM = 15
ADULT_FROM = 18


class Capacity(StrEnum):
    """As what a person acts."""

    SELF = "self"
    GUARDIAN = "guardian"
    MANDATE = "mandate"
    HEALTH_CARE_PROXY = "health_care_proxy"
    WITNESS = "witness"
    INTERPRETER = "interpreter"
    STAFF = "staff"
    SUPPORT = "support"
    ADMINISTRATOR = "administrator"


class Reason(StrEnum):
    """Why an answer is yes or no."""

    SELF = "self"
    GUARDIAN = "guardian"
    HEALTH_CARE_PROXY = "health_care_proxy"
    RETIRED = "retired"
    SUBJECT_DEAD = "subject_dead"
    ACTOR_LOCKED = "actor_locked"
    MANDATE_NEVER = "mandate_never"
    STAFF_NEVER = "staff_never"
    ROLE_DOES_NOT_SIGN = "role_does_not_sign"
    NOT_RELATED = "not_related"
    NOT_YET = "not_yet"
    ENDED = "ended"
    MINOR_ALONE = "minor_alone"
    MINOR_DECIDES = "minor_decides"
    GUARDIAN_DECIDES = "guardian_decides"
    GUARDIAN_OF_ADULT = "guardian_of_adult"
    NOT_VERIFIED = "not_verified"
    HAS_CAPACITY = "has_capacity"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the consent is about. `incapable_until` comes from a current record of incapacity."""

    person_id: str
    born_on: date
    is_dead: bool = False
    incapable_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """Who wants to sign."""

    person_id: str
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """In what capacity, and from when to when (exclusive)."""

    capacity: Capacity
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_verified: bool = False


@dataclass(frozen=True, slots=True)
class MaySign:
    """The answer; true when allowed."""

    is_allowed: bool
    reason: Reason

    def __bool__(self) -> bool:
        """Let the answer stand in a condition."""
        return self.is_allowed


def birthday(born_on: date, years: int) -> date:
    """Give the day a person turns `years`; 29 February falls on the 28th in common years."""
    year = born_on.year + years
    is_leap_day = (born_on.month, born_on.day) == (2, 29)
    return born_on.replace(year=year, day=28 if is_leap_day and not isleap(year) else born_on.day)


def may_sign(
    template: ConsentTemplate, subject: Subject, actor: Signer, relation: Relation, now: datetime
) -> MaySign:
    """Say whether a person may sign a consent for a subject in some capacity, now.

    Raises:
        ValueError: `now` is naive, so nobody knows which day it is in Ljubljana.
    """
    if now.tzinfo is None:
        raise ValueError("now must be an aware time")
    refusal = _never(template, subject, actor, relation) or _not_now(relation, now)
    if refusal is not None:
        return MaySign(is_allowed=False, reason=refusal)
    today = now.astimezone(LOCAL).date()
    is_child = today < birthday(subject.born_on, FREE_FROM)
    is_adult = today >= birthday(subject.born_on, ADULT_FROM)
    if relation.capacity is Capacity.SELF:
        return _as_subject(template, is_child=is_child, is_adult=is_adult)
    if relation.capacity is Capacity.GUARDIAN:
        return _as_guardian(template, is_child=is_child, is_adult=is_adult)
    return _as_health_care_proxy(subject, relation, now, is_adult=is_adult)


def _never(
    template: ConsentTemplate, subject: Subject, actor: Signer, relation: Relation
) -> Reason | None:
    """Give the reason that holds at any time."""
    staff = (Capacity.STAFF, Capacity.SUPPORT, Capacity.ADMINISTRATOR)
    is_same_person = actor.person_id == subject.person_id
    checks = (
        (template.is_retired, Reason.RETIRED),
        (subject.is_dead, Reason.SUBJECT_DEAD),
        (actor.is_locked, Reason.ACTOR_LOCKED),
        (relation.capacity is Capacity.MANDATE, Reason.MANDATE_NEVER),
        (relation.capacity in staff, Reason.STAFF_NEVER),
        (
            relation.capacity in (Capacity.WITNESS, Capacity.INTERPRETER),
            Reason.ROLE_DOES_NOT_SIGN,
        ),
        ((relation.capacity is Capacity.SELF) is not is_same_person, Reason.NOT_RELATED),
    )
    return next((reason for holds, reason in checks if holds), None)


def _not_now(relation: Relation, now: datetime) -> Reason | None:
    """Give the reason when the relation has not begun or is over."""
    if relation.starts_at is not None and now < relation.starts_at:
        return Reason.NOT_YET
    if relation.ends_at is not None and now >= relation.ends_at:
        return Reason.ENDED
    return None


def _as_subject(template: ConsentTemplate, *, is_child: bool, is_adult: bool) -> MaySign:
    """Decide for the person the consent is about."""
    if is_child:
        return MaySign(is_allowed=False, reason=Reason.MINOR_ALONE)
    if not is_adult and template.minor_from_15 is MinorRule.GUARDIAN:
        return MaySign(is_allowed=False, reason=Reason.GUARDIAN_DECIDES)
    return MaySign(is_allowed=True, reason=Reason.SELF)


def _as_guardian(template: ConsentTemplate, *, is_child: bool, is_adult: bool) -> MaySign:
    """Decide for a parent or guardian."""
    if is_adult:
        return MaySign(is_allowed=False, reason=Reason.GUARDIAN_OF_ADULT)
    if not is_child and template.minor_from_15 is MinorRule.SELF:
        return MaySign(is_allowed=False, reason=Reason.MINOR_DECIDES)
    return MaySign(is_allowed=True, reason=Reason.GUARDIAN)


def _as_health_care_proxy(
    subject: Subject, relation: Relation, now: datetime, *, is_adult: bool
) -> MaySign:
    """Decide for a notarised proxy, who acts only while an adult cannot."""
    if not relation.is_verified or not is_adult:
        return MaySign(is_allowed=False, reason=Reason.NOT_VERIFIED)
    if subject.incapable_until is None or now >= subject.incapable_until:
        return MaySign(is_allowed=False, reason=Reason.HAS_CAPACITY)
    return MaySign(is_allowed=True, reason=Reason.HEALTH_CARE_PROXY)
