"""What the targets' page and API say of the alert rules that come with a population."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from telehealth.alerts import figures
from telehealth.alerts import service as alerts
from telehealth.alerts.schemas import rule_json
from telehealth.core.actor import Actor
from telehealth.core.errors import NotAllowed
from telehealth.core.web.words import locale
from telehealth.targets.models import Population
from telehealth.targets.service import OfferedLine


class AlertRules:
    """The alert rules of one patient, for the doors of targets, which know no alerts."""

    def lines(
        self, session: Session, actor: Actor, patient_id: int, *, now: datetime
    ) -> Mapping[Population, Sequence[OfferedLine]]:
        """In plain words, for each population."""
        found = _offers(session, actor, patient_id, now)
        return {
            population: [_line(one) for one in offered] for population, offered in found.items()
        }

    def json(
        self, session: Session, actor: Actor, patient_id: int, *, now: datetime
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """As the API shows them, for each population."""
        found = _offers(session, actor, patient_id, now)
        return {
            population.value: [
                {
                    "kind": one.after.kind.value,
                    "is_own": one.after.is_own,
                    "is_changed": one.is_changed,
                    "before": rule_json(one.before),
                    "after": rule_json(one.after),
                }
                for one in offered
            ]
            for population, offered in found.items()
        }

    def keeper(
        self, session: Session, actor: Actor, patient_id: int, *, now: datetime
    ) -> alerts.RuleBook:
        """The rules in force before the targets are set."""
        _ = actor
        return alerts.in_force(session, patient_id, now=now)

    def keep(
        self, session: Session, actor: Actor, patient_id: int, before: Any, *, now: datetime
    ) -> None:
        """They stay in force as the patient's own."""
        alerts.keep(session, actor, patient_id, before, now=now)


def _offers(
    session: Session, actor: Actor, patient_id: int, now: datetime
) -> Mapping[Population, Sequence[alerts.OfferedRule]]:
    """Nothing for whoever may see the targets and not the alerts."""
    try:
        return alerts.offers(session, actor, patient_id, now=now)
    except NotAllowed:
        return {}


def _line(one: alerts.OfferedRule) -> OfferedLine:
    reader = locale()
    return OfferedLine(
        gettext(alerts.KIND_WORDS[one.after.kind]),
        figures.full_rule_words(one.before, gettext, reader),
        figures.full_rule_words(one.after, gettext, reader),
        is_changed=one.is_changed,
        is_own=one.after.is_own,
    )
