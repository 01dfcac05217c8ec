"""Who may send, see, answer and withdraw a consent: pure functions of the actor and facts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from surveys.consent.document import ConsentTemplate, MinorRule
from surveys.consent.signers import (
    ADULT_FROM,
    FREE_FROM,
    LOCAL,
    Capacity,
    Reason,
    Relation,
    Signer,
    Subject,
    birthday,
    may_sign,
)
from telehealth.core.actor import REPRESENTING, Actor, Basis, Role
from telehealth.core.errors import NotAllowed
from telehealth.core.i18n import N_

_CAPACITY = {
    Basis.SELF: Capacity.SELF,
    Basis.GUARDIAN: Capacity.GUARDIAN,
    Basis.MANDATE: Capacity.MANDATE,
    Basis.HEALTH_CARE_PROXY: Capacity.HEALTH_CARE_PROXY,
    Basis.CARE_TEAM: Capacity.STAFF,
    Basis.CLINIC_STAFF: Capacity.STAFF,
}
_SENDERS = frozenset({Role.DOCTOR, Role.NURSE})

_WORDS: dict[Reason, tuple[str, str]] = {
    Reason.MANDATE_NEVER: (
        "declaration_of_will",
        N_(
            "A consent is a declaration of will: only the person concerned can give or decline it."
            " With a mandate you can read it, but not answer it."
        ),
    ),
    Reason.STAFF_NEVER: ("staff_never", N_("The clinic never answers a consent for a patient.")),
    Reason.MINOR_ALONE: (
        "minor_alone",
        N_("Until the 15th birthday a parent or guardian answers a consent."),
    ),
    Reason.RETIRED: (
        "retired",
        N_("This wording is no longer in use. Your care team will send you the current one."),
    ),
    Reason.HAS_CAPACITY: (
        "has_capacity",
        N_("A health-care proxy decides only while the person cannot."),
    ),
}
TWO_SIGNATURES = N_(
    "At this age the consent needs two signatures. It is signed on paper at the clinic."
)
_OTHERWISE = ("may_not_sign", N_("You may not answer this consent."))


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the person the consent is about."""

    born_on: date
    is_dead: bool


def capacity_of(actor: Actor) -> Capacity:
    """As what the actor would sign."""
    return _CAPACITY.get(actor.basis, Capacity.SUPPORT)


def require_sending(actor: Actor) -> None:
    """Doctors and nurses of the person's care team."""
    if actor.basis is not Basis.CARE_TEAM or not actor.roles & _SENDERS:
        raise NotAllowed(N_("Only the care team's doctors and nurses send consents."))


def require_viewing(actor: Actor) -> None:
    """The person, who represents them, and the care team."""
    may_view = actor.basis in (Basis.SELF, Basis.CARE_TEAM) or actor.basis in REPRESENTING
    if not may_view:
        raise NotAllowed(N_("This consent is not yours to read."))


def refusal(
    template: ConsentTemplate, actor: Actor, facts: Facts, now: datetime
) -> NotAllowed | None:
    """Why the actor may not answer (sign or decline) this consent now; None: they may."""
    subject = Subject(
        str(actor.subject_id),
        facts.born_on,
        facts.is_dead,
        # Such an actor exists only while an incapacity is recorded (`mandates`), so it lasts now.
        now + timedelta(minutes=1) if actor.basis is Basis.HEALTH_CARE_PROXY else None,
    )
    relation = Relation(capacity_of(actor), is_verified=True)
    answer = may_sign(template, subject, Signer(str(actor.person_id)), relation, now)
    if not answer:
        code, words = _WORDS.get(answer.reason, _OTHERWISE)
        return NotAllowed(words, code=code)
    if needs_two_signatures(template, facts, now):
        return NotAllowed(TWO_SIGNATURES, code="two_signatures")
    return None


def require_answering(template: ConsentTemplate, actor: Actor, facts: Facts, now: datetime) -> None:
    """Only whom the law lets declare this will, now.

    Raises:
        NotAllowed: code `declaration_of_will` for a proxy, `minor_alone`, `staff_never`, `retired`…
    """
    refused = refusal(template, actor, facts, now)
    if refused is not None:
        raise refused


def may_withdraw(template: ConsentTemplate, actor: Actor, facts: Facts, now: datetime) -> bool:
    """The subject always; otherwise who might sign it now, also when its wording is retired."""
    return actor.basis is Basis.SELF or refusal(template, actor, facts, now) is None


def require_withdrawing(
    template: ConsentTemplate, actor: Actor, facts: Facts, now: datetime
) -> None:
    """As `may_withdraw`, with the reason for the no."""
    if actor.basis is not Basis.SELF:
        require_answering(template, actor, facts, now)


def needs_two_signatures(template: ConsentTemplate, facts: Facts, now: datetime) -> bool:
    """Whether one signature would make half a consent that looks like a whole one."""
    today = now.astimezone(LOCAL).date()
    is_child = today < birthday(facts.born_on, FREE_FROM)
    is_youth = not is_child and today < birthday(facts.born_on, ADULT_FROM)
    return (is_youth and template.minor_from_15 is MinorRule.BOTH) or (
        is_child and template.needs_both_parents
    )
