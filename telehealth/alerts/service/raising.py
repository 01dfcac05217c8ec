"""Alerts that another room raises in its own transaction: an answer, a value said on the phone."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts import policy
from telehealth.alerts.models import DIRECTION, RAISED, Alert, Kind, Ring, State, VoidReason
from telehealth.alerts.service import circle, facts, locking, machine, rules, steps, telling
from telehealth.alerts.service.machine import Effect, Life
from telehealth.alerts.service.rule import Rule
from telehealth.alerts.service.storing import Round, life_of, live_alerts, note_rule, store
from telehealth.alerts.service.watching import look
from telehealth.audit import service as audit
from telehealth.contacts import service as contacts
from telehealth.core.actor import Actor, system
from telehealth.core.errors import NotFound
from telehealth.notifications import service as notifications

ANSWERED = "questionnaires.urgent"
"""Cause of an alert about an answer, for the trail."""
BY_PHONE = "diary.phone"
"""Cause of a look at what a patient said on the phone."""


class Hearing(StrEnum):
    """What the team knows of a patient's urgent answers."""

    TOLD = "told"
    """A mail goes to somebody of the team who has an address."""
    UNREACHED = "unreached"
    """Nobody of the team can be written to now: it stands only in the portal."""
    SEEN = "seen"
    """A person of the team has taken it on, or has closed it."""


def raise_for_answer(session: Session, patient_id: int, ref: str, *, now: datetime) -> None:
    """The team is told of an answer that must be seen; only a person of the team ends it.

    One alert of a patient: a further answer while it is live makes it ring again, also where
    somebody has acknowledged what came before. Nobody of the patient's side is written to.

    Args:
        session: the unit of work of the answers.
        patient_id: whose answers.
        ref: what they belong to, for instance `questionnaire:12`.
        now: when.
    """
    locking.lock(session, patient_id)
    patient = facts.of(session, patient_id, now=now)
    if patient.is_dead:
        return
    round_ = Round(
        session, patient_id, rules.in_force(session, patient_id, now=now), patient,
        {kind: [] for kind in Kind}, now, ANSWERED, is_change=False, now=now,
    )  # fmt: skip
    rule = round_.book[Kind.ANSWER]
    row = live_alerts(session, patient_id).get(Kind.ANSWER)
    if row is None:
        row = _open(round_, rule, ref)
    else:
        _ring_again(round_, rule, row, ref)
    actor = system(ANSWERED, patient_id)
    audit.record(session, actor, "alerts.raise", "alert", row.id, now=now, detail={"ref": ref})
    telling.announce_change(session, patient_id, now=now)


def _open(round_: Round, rule: Rule, ref: str) -> Alert:
    now = round_.now
    row = Alert(
        patient_id=round_.patient_id, kind=Kind.ANSWER, direction=DIRECTION[Kind.ANSWER],
        opened_at=now, received_at=now, pauses=0, ref=ref,
    )  # fmt: skip
    note_rule(row, rule)
    round_.session.add(row)
    life = Life(State.OPEN, now, now, now, is_sensor=False, told_at=now, rounds=1)
    store(round_, rule, row, life, (Effect.OPEN,))
    return row


def _ring_again(round_: Round, rule: Rule, row: Alert, ref: str) -> None:
    """What somebody has acknowledged was not this answer."""
    now = round_.now
    void = VoidReason.WORSE if row.state is State.ACKNOWLEDGED else None
    has_escalated = steps.has_escalated(round_.session, row.id)
    life = replace(life_of(row), last_beyond_at=now, last_at=now)
    life, effects = machine.ring_again(life, has_escalated=has_escalated, now=now)
    row.ref = ref
    store(round_, rule, row, life, effects, void)


def hearing_of_answers(session: Session, patient_id: int, *, now: datetime) -> Hearing:
    """What may be said to a patient about who has been told of an urgent answer.

    For a caller that has checked who asks. "Told" is only said where a mail can go: to somebody of
    the care team with a confirmed address, by a mail server that works.
    """
    row = session.scalar(
        select(Alert).where(
            Alert.patient_id == patient_id, Alert.kind == Kind.ANSWER, Alert.state.in_(RAISED)
        )
    )
    if row is None or row.state is State.ACKNOWLEDGED:
        return Hearing.SEEN
    rings = circle.circle_of(session, patient_id, now=now).rings
    team = [one.person_id for ring in (Ring.NURSE, Ring.DOCTOR) for one in rings[ring]]
    has_address = any(contacts.active_email(session, person_id) for person_id in team)
    is_down = notifications.mail_state(session, now=now).is_down
    is_lost = steps.reaches_nobody(session, row.id)
    is_told = has_address and not is_down and not is_lost
    return Hearing.TOLD if is_told else Hearing.UNREACHED


def answers_unclosed_since(session: Session, patient_id: int) -> datetime | None:
    """Since when there are urgent answers that nobody of the team has closed; None: there are none.

    For a caller that has checked who asks.
    """
    return session.scalar(
        select(Alert.opened_at).where(
            Alert.patient_id == patient_id, Alert.kind == Kind.ANSWER, Alert.state.in_(RAISED)
        )
    )


def look_on_the_phone(
    session: Session, actor: Actor, patient_id: int, *, since: datetime, now: datetime
) -> bool:
    """What a patient has just said is looked at at once, and is theirs who spoke with the patient.

    What would ring by it (opens, is told again, or is worse than what was acknowledged) is
    acknowledged by the actor as `spoken`, for as long as the rule says: nobody is mailed first
    while they speak. After that it rings as always.

    Args:
        session: the unit of work in which the value was written.
        actor: who spoke with the patient; of others than doctors and nurses of the care team
            nothing is acknowledged.
        patient_id: whose value.
        since: when the earliest of the values was measured.
        now: when.

    Returns:
        Whether the actor has an alert of the patient on their hands now.

    Raises:
        NotFound: the actor acts for somebody else.
    """
    if actor.subject_id != patient_id:
        raise NotFound
    on_the_phone = actor if policy.is_team(actor) else None
    look(session, patient_id, cause=BY_PHONE, since=since, on_the_phone=on_the_phone, now=now)
    live = live_alerts(session, patient_id).values()
    return any(row.acknowledged_by_id == actor.person_id for row in live)
