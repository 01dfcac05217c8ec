"""What of a patient decides how alerts behave: own range, who must not be low, who has died."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from telehealth.alerts.models import Direction
from telehealth.alerts.service.episodes import Limits
from telehealth.alerts.service.rule import Rule
from telehealth.alerts.service.values import Value
from telehealth.glycemia.bands import Ranges
from telehealth.identity import service as identity
from telehealth.mandates import policy as mandates_policy
from telehealth.targets import service as targets
from telehealth.targets.models import Population

MUST_NOT_BE_LOW = frozenset(
    {
        Population.CHILD,
        Population.OLDER,
        Population.PREGNANCY_TYPE1,
        Population.PREGNANCY_TYPE2,
    }
)
"""Populations for whom every low is looked at by a person; so are all children under 15."""


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What of a patient decides how alerts behave."""

    ranges: Ranges
    must_not_be_low: bool
    is_dead: bool

    def limits(self, rule: Rule) -> Limits:
        """A rule with what counts as back for this patient."""

        def is_back(value: Value) -> bool:
            if value.tick is None:
                return value.beyond == (1 if rule.direction is Direction.LOW else -1)
            if rule.is_beyond(value.tick, value.unit):
                return False
            lowest, _ = self.ranges.target(value.unit)
            return rule.direction is not Direction.LOW or value.tick >= lowest

        return Limits(rule, is_back)


def of(session: Session, patient_id: int, *, now: datetime) -> PatientFacts:
    """The facts of one patient; three statements."""
    person = identity.person(session, patient_id)
    population = targets.populations(session, [patient_id]).get(patient_id)
    is_child = mandates_policy.is_child(person.birth_on, now)
    return PatientFacts(
        targets.ranges_of(session, patient_id),
        is_child or population in MUST_NOT_BE_LOW,
        person.died_on is not None,
    )
