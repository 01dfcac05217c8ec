"""Send a questionnaire to a patient, or take it back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.clock import HOME_ZONE, local
from telehealth.core.errors import Conflict, FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.inbox import service as inbox
from telehealth.inbox.models import ItemKind
from telehealth.questionnaires import policy
from telehealth.questionnaires.models import OPEN, Assignment, AssignmentStatus
from telehealth.questionnaires.service.finding import assignment_of
from telehealth.questionnaires.service.versions import SENDABLE, definition, publish, shipped

MAX_DUE_DAYS = 366
LAST_MINUTE = time(23, 59)


@dataclass(frozen=True, slots=True)
class Sending:
    """A wish to send a questionnaire."""

    instrument: str
    due_on: date | None = None
    """Last day it is asked for, inclusive."""


def send(
    session: Session, actor: Actor, patient_id: int, sending: Sending, *, now: datetime
) -> Assignment:
    """The questionnaire waits in the patient's inbox.

    Raises:
        NotFound: not a patient of the actor's.
        NotAllowed: the actor is no doctor or nurse of the care team.
        Invalid: no such questionnaire, or a due day in the past or more than a year ahead.
    """
    sender_id = policy.require_team(actor, patient_id)
    _require_sendable(sending, now)
    version = publish(session, shipped(sending.instrument), now=now)
    due_at = None
    if sending.due_on is not None:
        due_at = datetime.combine(sending.due_on, LAST_MINUTE, HOME_ZONE).astimezone(UTC)
    row = Assignment(
        version_id=version.id,
        patient_id=patient_id,
        sent_by_id=sender_id,
        sent_at=now,
        due_at=due_at,
        status=AssignmentStatus.SENT,
    )
    session.add(row)
    session.flush()
    title = definition(version).title("en")
    delivery = inbox.Delivery(
        patient_id, ItemKind.QUESTIONNAIRE, str(row.id), title, sender_id, due_at
    )
    inbox.deliver(session, delivery, now=now)
    detail = {"version": version.id}
    audit.record(
        session, actor, "questionnaires.send", "assignment", row.id, now=now, detail=detail
    )
    return row


def _require_sendable(sending: Sending, now: datetime) -> None:
    errors = []
    if sending.instrument not in SENDABLE:
        words = N_("There is no questionnaire of this name.")
        errors.append(FieldError("#/instrument", words, "unknown_instrument"))
    if sending.due_on is not None:
        days = (sending.due_on - local(now).date()).days
        if days < 0:
            errors.append(FieldError("#/due_on", N_("This day is over."), "past"))
        elif days > MAX_DUE_DAYS:
            words = N_("Choose a day within a year.")
            errors.append(FieldError("#/due_on", words, "too_far"))
    if errors:
        raise Invalid(errors=tuple(errors))


def withdraw(session: Session, actor: Actor, assignment_id: int, *, now: datetime) -> Assignment:
    """The questionnaire is no longer asked for. Repeating changes nothing.

    Raises:
        NotFound: not sent to the actor's subject.
        NotAllowed: the actor is no doctor or nurse of the care team.
        Conflict: it is completed.
    """
    policy.require_team(actor, actor.subject_id or 0)
    row = assignment_of(session, actor, assignment_id, for_update=True)
    if row.status is AssignmentStatus.COMPLETED:
        raise Conflict(N_("This questionnaire is already answered."), code="completed")
    if row.status in OPEN:
        row.status = AssignmentStatus.WITHDRAWN
        row.ended_at = now
        inbox.finish(session, row.patient_id, ItemKind.QUESTIONNAIRE, str(row.id), now=now)
        audit.record(session, actor, "questionnaires.withdraw", "assignment", row.id, now=now)
    return row
