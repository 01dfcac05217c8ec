"""What the rules of a patient become when targets of another population are set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from telehealth.alerts import policy
from telehealth.alerts.service import rules
from telehealth.alerts.service.rule import KINDS, Rule, for_population
from telehealth.alerts.service.setting import set_rule
from telehealth.core.actor import Actor
from telehealth.readings import service as readings
from telehealth.targets.models import Population

KEPT = (
    "is_on", "threshold", "delay_min", "repeat_min", "proxy_min", "nurse_min", "doctor_min",
    "values_n", "values_within_min", "acknowledged_min",
)  # fmt: skip
"""What a rule says; the rest is whose it is."""


@dataclass(frozen=True, slots=True)
class OfferedRule:
    """One rule of a patient before and after targets of a population are set."""

    before: Rule
    after: Rule

    @property
    def is_changed(self) -> bool:
        """Whether the rule will say something else."""
        return any(getattr(self.before, name) != getattr(self.after, name) for name in KEPT)


def offers(
    session: Session, actor: Actor, patient_id: int, *, now: datetime
) -> Mapping[Population, Sequence[OfferedRule]]:
    """The patient's rules now, and as they will hold with the targets of each population.

    A rule of the patient's own stays as it is. For a page or answer that shows the targets, whose
    reading writes the audit event.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: who may not see the alerts.
    """
    policy.require_reading(actor, patient_id)
    book = rules.in_force(session, patient_id, now=now)
    base = rules.before_population(session, patient_id, now=now)
    unit = readings.preferred_unit(session, patient_id)
    found = {}
    for population in Population:
        counted = for_population(base, population)
        after = {kind: book[kind] if book[kind].is_own else counted[kind] for kind in KINDS}
        found[population] = [
            OfferedRule(book[kind].in_unit(unit), after[kind].in_unit(unit)) for kind in KINDS
        ]
    return found


def keep(
    session: Session, actor: Actor, patient_id: int, before: rules.RuleBook, *, now: datetime
) -> None:
    """The rules that were in force before are the patient's own where they would change.

    For a clinician who sets targets and does not take the rules that come with them.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor is no doctor or nurse of the care team.
        Invalid: what was in force cannot be kept beside the new limits.
    """
    after = rules.in_force(session, patient_id, now=now)
    for kind in KINDS:
        if not after[kind].is_own and OfferedRule(before[kind], after[kind]).is_changed:
            set_rule(session, actor, patient_id, replace(before[kind], population=None), now=now)
