"""What the steps of an alert have come to: asked by those who decide what follows."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts.models import AlertStep, Ring, StepState

TO_COME = (StepState.WAITING, StepState.STOPPED)
"""Steps that have told nobody: they still will, or would once their alert rings again."""
_WRITTEN = (StepState.SENDING, StepState.TOLD, StepState.UNREACHED)


def has_escalated(session: Session, alert_id: int) -> bool:
    """Whether somebody besides the first ones was written to."""
    query = select(AlertStep.ring).where(
        AlertStep.alert_id == alert_id,
        AlertStep.ring != Ring.PATIENT,
        AlertStep.state.in_(_WRITTEN),
    )
    return session.scalar(query.limit(1)) is not None


def has_steps(session: Session, alert_id: int) -> bool:
    """Whether anybody was to be told of the alert."""
    query = select(AlertStep.ring).where(AlertStep.alert_id == alert_id)
    return session.scalar(query.limit(1)) is not None


def reaches_nobody(session: Session, alert_id: int) -> bool:
    """Whether each step so far had nobody to tell, or none of its notices was taken."""
    done = session.scalars(
        select(AlertStep.state).where(
            AlertStep.alert_id == alert_id, AlertStep.state.not_in(TO_COME)
        )
    ).all()
    return not any(state in (StepState.SENDING, StepState.TOLD) for state in done)


def team_was_told(session: Session, alert_id: int) -> bool:
    """Whether a mail to the team has gone."""
    query = select(AlertStep.ring).where(
        AlertStep.alert_id == alert_id,
        AlertStep.ring.in_((Ring.NURSE, Ring.DOCTOR)),
        AlertStep.state == StepState.TOLD,
    )
    return session.scalar(query.limit(1)) is not None
