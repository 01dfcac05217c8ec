"""Answers that must be seen at once: what their giver and the care team are shown of them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.questionnaires.models import Flag
from telehealth.questionnaires.service.finding import Opened


def has_urgent_rules(opened: Opened) -> bool:
    """Whether the form has answers of which the care team is told before it is sent."""
    return any(rule.is_urgent for rule in opened.definition.scoring.rules)


def hearing(session: Session, opened: Opened, *, now: datetime) -> alerts.Hearing | None:
    """Whether the team is told of an urgent answer in this form; None: there is none.

    For a caller that has checked who asks.
    """
    if opened.stored is None:
        return None
    urgent = select(Flag.id).where(Flag.response_id == opened.stored.id, Flag.is_urgent)
    if session.scalar(urgent.limit(1)) is None:
        return None
    return alerts.hearing_of_answers(session, opened.assignment.patient_id, now=now)


def unclosed(session: Session, patient_id: int) -> Collection[int]:
    """Ids of the patient's urgent flags that nobody of the team has closed."""
    since = alerts.answers_unclosed_since(session, patient_id)
    if since is None:
        return ()
    return session.scalars(
        select(Flag.id).where(
            Flag.patient_id == patient_id, Flag.is_urgent, Flag.raised_at >= since
        )
    ).all()
