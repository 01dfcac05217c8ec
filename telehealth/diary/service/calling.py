"""A low value told on the phone: what is said back, how the patient is, whose the alert is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.alerts.models import Direction
from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, NotFound
from telehealth.core.i18n import N_
from telehealth.diary import policy
from telehealth.diary.models import Symptoms, Transcript, TranscriptKind
from telehealth.glycemia.bands import BANDS
from telehealth.readings import service as readings
from telehealth.readings.models import Reading

SYMPTOM_WORDS = {
    Symptoms.NONE: N_("feels well"),
    Symptoms.SOME: N_("shaky, sweating, hungry or pale; eats without help"),
    Symptoms.SEVERE: N_("confused, drowsy, cannot eat, or needs help"),
}


@dataclass(frozen=True, slots=True)
class Call:
    """What a patient said on the phone, and what follows from it."""

    id: int
    written_at: datetime
    lowest: readings.Entry | None
    """None: no value was told."""
    advice: readings.Advice | None
    """What to tell the patient now; None: nothing, or the value is not of now."""
    symptoms: Symptoms | None
    in_hand_until: datetime | None
    """Until when the alert of the low is the actor's and nobody is mailed; None: it is not."""
    has_alert: bool
    """Whether an alert of a low value is open."""
    may_undo: bool


def call(
    session: Session, actor: Actor, patient_id: int, transcript_id: int, *, now: datetime
) -> Call:
    """One call, for the page that says what to do while the patient is on the phone.

    Raises:
        NotFound: no such call in this diary, or it was taken back.
        NotAllowed: not of the care team.
    """
    policy.require_copying(actor, patient_id)
    row = _call(session, patient_id, transcript_id)
    lowest = _lowest(session, actor, row, now=now)
    lows = [
        one
        for one in alerts.open_for(session, [patient_id])[patient_id]
        if one.direction is Direction.LOW
    ]
    mine = [one.acknowledged_until for one in lows if one.acknowledged_by_id == actor.person_id]
    audit.record(session, actor, "diary.call", "transcript", row.id, now=now)
    return Call(
        row.id,
        row.written_at,
        lowest,
        readings.advice_on(lowest.band, lowest.measured_at, now=now) if lowest else None,
        row.symptoms,
        min((until for until in mine if until), default=None),
        has_alert=bool(lows),
        may_undo=row.by_id == actor.person_id,
    )


def say_symptoms(
    session: Session,
    actor: Actor,
    patient_id: int,
    transcript_id: int,
    symptoms: Symptoms,
    *,
    now: datetime,
) -> None:
    """How the patient is stands with the call; a later answer takes the place of an earlier one.

    Raises:
        NotFound: no such call in this diary, or it was taken back.
        NotAllowed: somebody else of the team spoke with the patient.
    """
    policy.require_copying(actor, patient_id)
    row = _call(session, patient_id, transcript_id)
    policy.require_undoing(actor, patient_id, row.by_id)
    if row.symptoms is symptoms:
        return
    row.symptoms = symptoms
    audit.record(session, actor, "diary.symptoms", "transcript", row.id, now=now)


def _call(session: Session, patient_id: int, transcript_id: int) -> Transcript:
    row = session.get(Transcript, transcript_id, populate_existing=True)
    if row is None or row.patient_id != patient_id or row.kind is not TranscriptKind.PHONE:
        raise NotFound
    if row.undone_at is not None:
        raise Conflict(N_("This call was taken back."), code="undone")
    return row


def _lowest(
    session: Session, actor: Actor, row: Transcript, *, now: datetime
) -> readings.Entry | None:
    """The value of the call; one call tells one."""
    if row.upload_id is None:
        return None
    of_call = (Reading.patient_id == row.patient_id, Reading.upload_id == row.upload_id)
    at = session.scalar(select(func.min(Reading.measured_at)).where(*of_call))
    if at is None:
        return None
    window = readings.Window(at, at + timedelta(microseconds=1), with_sensor=False)
    found = readings.page(session, actor, row.patient_id, window, now=now).items
    return min(found, key=lambda item: BANDS.index(item.band), default=None)
