"""Who is told, in which order, and what became of it.

Who they are, and whether they still may know, is looked up when a step is due, not when the alert
opens; notifications checks it once more when the mail goes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from telehealth.alerts.models import (
    RINGS,
    Alert,
    AlertNotice,
    AlertStep,
    Kind,
    Ring,
    State,
    StepState,
)
from telehealth.alerts.service import circle, locking, rules, steps
from telehealth.alerts.service.machine import RINGING
from telehealth.alerts.service.rule import Rule
from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor, system
from telehealth.notifications import service as notifications
from telehealth.notifications.models import DeliveryState, Wording
from telehealth.notifications.service import Recipient

STEP_DUE = "alerts.step_due"
"""Outbox topic: a step of an escalation may be due."""
RECEIPT_DUE = "alerts.receipt_due"
"""Outbox topic: by now a mail server should have taken a notice of a step."""
CHANGED = "alerts.changed"
"""Outbox topic: alerts of a patient are not as they were."""
HOLD = timedelta(minutes=5)
"""A step that is held back is looked at again after this."""
RECEIPT = timedelta(minutes=5)
"""A step whose notices no mail server has taken within this is followed by the next one."""
ALERT_ENDED = "alert_ended"
"""Why a notice was not sent: the alert was over before it went."""
_NEVER_ARRIVES = (DeliveryState.FAILED_PERM.value, DeliveryState.SUPPRESSED.value)
_NO_SERVER = "no_server"
"""A demonstration without a mail server keeps the times of its steps."""
_MAY_STILL_GO = ("", DeliveryState.SENDING.value, DeliveryState.FAILED_TEMP.value)


def plan(
    session: Session,
    alert: Alert,
    rule: Rule,
    *,
    begins_at: datetime,
    is_answered: bool = False,
    now: datetime,
) -> None:
    """The first ones are told; the later steps wait for their time.

    A child's representatives are the first ones: there is no later step for them. Times count from
    when the value reached us: what was looked at late is not told later still. Of an alert that is
    acknowledged as it opens nobody is told; its steps go on when that counts no longer.
    """
    child = circle.is_child(session, alert.patient_id, now=now)
    after = {
        Ring.PATIENT: None if alert.kind is Kind.ANSWER else 0,
        Ring.PROXY: None if child else rule.proxy_min,
        Ring.NURSE: rule.nurse_min,
        Ring.DOCTOR: rule.doctor_min,
    }
    planned = []
    for ring, minutes in after.items():
        if minutes is None:
            continue
        planned_at = begins_at + timedelta(minutes=minutes)
        step = AlertStep(
            alert_id=alert.id, ring=ring, planned_at=planned_at, due_at=max(planned_at, now),
            state=StepState.STOPPED if is_answered else StepState.WAITING,
            done_at=now if is_answered else None,
        )  # fmt: skip
        session.add(step)
        planned.append(step)
    session.flush()
    for step in planned if not is_answered else ():
        if step.due_at <= now:
            carry_out(session, alert, step.ring, cause="alerts.opened", now=now)
        else:
            _wake(session, alert.id, step.ring, step.due_at, now=now)


def carry_out(session: Session, alert: Alert, ring: Ring, *, cause: str, now: datetime) -> None:
    """A step that is due happens: its people are written to, or the next step comes at once.

    Whether they were told is known only when a mail server has taken a notice (`hear_outcome`).
    """
    step = session.get_one(AlertStep, (alert.id, ring))
    if step.state is not StepState.WAITING:
        return
    around = circle.circle_of(session, alert.patient_id, now=now)
    mute = rules.muted_by(session, alert.patient_id, alert.kind)
    written_to = [one for one in around.rings[ring] if one.person_id not in mute]
    step.state, step.done_at = (StepState.SENDING if written_to else StepState.NOBODY), now
    if written_to and ring is not Ring.PATIENT:
        alert.state = State.ESCALATED
    _tell(session, alert, ring, 1, written_to, cause=cause, now=now)
    audit.record(
        session,
        system(cause, alert.patient_id),
        "alerts.step",
        "alert",
        alert.id,
        now=now,
        detail={"ring": ring.value, "told": len(written_to)},
    )
    if written_to:
        payload = {"alert_id": alert.id, "ring": ring.value}
        outbox.put(session, RECEIPT_DUE, payload, now=now, run_at=now + RECEIPT)
    elif not around.rings[ring]:
        hurry(session, alert.id, now=now)


def look_for_receipt(session: Session, alert_id: int, ring: Ring, *, now: datetime) -> None:
    """No mail server has taken a notice of the step in time: the next step comes now."""
    alert = session.get(Alert, alert_id)
    if alert is None:
        return
    locking.lock(session, alert.patient_id)
    session.refresh(alert)
    step = session.get(AlertStep, (alert_id, ring), populate_existing=True)
    if step is not None and step.state is StepState.SENDING and alert.state in RINGING:
        hurry(session, alert_id, now=now)


def tell_missed(session: Session, alert: Alert, *, cause: str, now: datetime) -> None:
    """The team is told of an alert that was over before anybody looked at it."""
    nurses = circle.circle_of(session, alert.patient_id, now=now).rings[Ring.NURSE]
    state = StepState.SENDING if nurses else StepState.NOBODY
    session.add(
        AlertStep(
            alert_id=alert.id, ring=Ring.NURSE, planned_at=now, due_at=now, state=state, done_at=now
        )
    )
    session.flush()
    _tell(session, alert, Ring.NURSE, 1, nurses, cause=cause, now=now)


def withdraw_notices(session: Session, alert_id: int, *, now: datetime) -> None:
    """Notices that have not gone yet do not go: what they are about is over."""
    waiting = session.scalars(
        select(AlertNotice.notification_id).where(
            AlertNotice.alert_id == alert_id, AlertNotice.outcome.in_(_MAY_STILL_GO)
        )
    ).all()
    if waiting:
        notifications.withdraw(session, waiting, reason=ALERT_ENDED, now=now)


def tell_again(session: Session, alert: Alert, *, cause: str, now: datetime) -> None:
    """Those who were told first are told once more; of an answer everybody of the team who was."""
    around = circle.circle_of(session, alert.patient_id, now=now)
    mute = rules.muted_by(session, alert.patient_id, alert.kind)
    rows = session.scalars(select(AlertStep).where(AlertStep.alert_id == alert.id))
    before = {row.ring: row for row in rows if row.state not in steps.TO_COME}
    wanted = before if alert.kind is Kind.ANSWER else before.keys() & {Ring.PATIENT}
    for ring in sorted(wanted, key=RINGS.index):
        told = [one for one in around.rings[ring] if one.person_id not in mute]
        if told and before[ring].state is StepState.NOBODY:  # somebody has joined since
            before[ring].state = StepState.SENDING
        _tell(session, alert, ring, alert.rounds, told, cause=cause, now=now)


def hurry(session: Session, alert_id: int, *, now: datetime) -> None:
    """The next step that waits is due now: whoever was to be told before cannot be."""
    waiting = {step.ring: step for step in _waiting(session, alert_id)}
    following = next((waiting[ring] for ring in RINGS if ring in waiting), None)
    if following is not None and following.due_at > now:
        following.due_at = now
        _wake(session, alert_id, following.ring, now, now=now)


def postpone(session: Session, step: AlertStep, until: datetime, *, now: datetime) -> None:
    """A step that is held back is looked at again then."""
    step.due_at = until
    _wake(session, step.alert_id, step.ring, until, now=now)


def stop(session: Session, alert_id: int, *, now: datetime) -> None:
    """No further step of this alert happens."""
    for step in _waiting(session, alert_id):
        step.state, step.done_at = StepState.STOPPED, now
    session.flush()


def go_on(session: Session, alert_id: int, *, now: datetime) -> None:
    """What was stopped waits again, for its own time or, if that has passed, from now."""
    stopped = session.scalars(
        select(AlertStep).where(
            AlertStep.alert_id == alert_id, AlertStep.state == StepState.STOPPED
        )
    )
    for step in stopped:
        step.state, step.done_at = StepState.WAITING, None
        postpone(session, step, max(step.due_at, now), now=now)
    session.flush()


def hear_outcome(session: Session, notification_id: int, *, now: datetime) -> int | None:
    """The outcome of a notice is in the trail; returns the patient if it was one of ours.

    Where nobody of a step can be reached, the next step comes at once.
    """
    notice = session.scalar(
        select(AlertNotice).where(AlertNotice.notification_id == notification_id)
    )
    fate = notifications.fates(session, [notification_id]).get(notification_id)
    if notice is None or fate is None:
        return None
    patient_id = notifications.subject_of(session, notification_id)
    locking.lock(session, patient_id)
    session.refresh(notice)
    if notice.outcome == fate.state.value:
        return None
    notice.outcome = fate.state.value
    thing, thing_id = ("alert", notice.alert_id) if notice.alert_id else ("test", notice.test_id)
    audit.record(
        session,
        system(notifications.SETTLED, patient_id),
        "alerts.delivery",
        thing,
        thing_id,
        now=now,
        detail={
            "recipient": notice.recipient_id,
            "state": fate.state.value,
            "reason": fate.reason,
        },
    )
    session.flush()
    if notice.alert_id is not None:
        _follow_delivery(session, notice, fate, now=now)
    return patient_id


def mark_seen(session: Session, actor: Actor, alert_ids: Iterable[int], *, now: datetime) -> int:
    """The actor has looked at these alerts: the receipt of what they were told; returns how many.

    The caller writes the audit event.
    """
    changed = session.execute(
        update(AlertNotice)
        .where(
            AlertNotice.alert_id.in_(list(alert_ids)),
            AlertNotice.recipient_id == actor.person_id,
            AlertNotice.seen_at.is_(None),
        )
        .values(seen_at=now)
        .returning(AlertNotice.id)
    )
    return len(changed.all())


def announce_change(session: Session, patient_id: int, *, now: datetime) -> None:
    """Open pages of these alerts will look again."""
    outbox.put(session, CHANGED, {"patient_id": patient_id}, now=now)


def send(
    session: Session,
    notice: AlertNotice,
    event_key: str,
    patient_id: int,
    *,
    wording: Wording,
    actor: Actor,
    now: datetime,
) -> None:
    """One notice is on its way, and in the trail."""
    recipient = Recipient(notice.recipient_id, notice.representation_id)
    notice.notification_id = notifications.tell(
        session, event_key, patient_id, recipient, wording, now=now
    )
    session.add(notice)
    session.flush()
    audit.record(
        session,
        actor,
        "alerts.tell",
        "alert" if notice.alert_id else "test",
        notice.alert_id or notice.test_id,
        now=now,
        detail={
            "ring": notice.ring.value,
            "recipient": notice.recipient_id,
            "round": notice.round,
        },
    )


def _tell(
    session: Session,
    alert: Alert,
    ring: Ring,
    round_: int,
    told: Iterable[Recipient],
    *,
    cause: str,
    now: datetime,
) -> None:
    actor = system(cause, alert.patient_id)
    for one in told:
        notice = AlertNotice(
            alert_id=alert.id,
            ring=ring,
            round=round_,
            recipient_id=one.person_id,
            representation_id=one.representation_id,
            at=now,
        )
        key = f"alert:{alert.id}:{ring.value}:{round_}"
        send(
            session,
            notice,
            key,
            alert.patient_id,
            wording=Wording.ATTENTION,
            actor=actor,
            now=now,
        )


def _follow_delivery(
    session: Session, notice: AlertNotice, fate: notifications.Fate, *, now: datetime
) -> None:
    """The state of the step is that of its notices; nobody reached: the next step comes at once."""
    alert = session.get_one(Alert, notice.alert_id)
    step = session.get(AlertStep, (alert.id, notice.ring))
    if step is None or step.state not in (StepState.SENDING, StepState.UNREACHED):
        return
    outcomes = session.scalars(
        select(AlertNotice.outcome).where(
            AlertNotice.alert_id == alert.id, AlertNotice.ring == notice.ring
        )
    ).all()
    if DeliveryState.ACCEPTED.value in outcomes:
        step.state = StepState.TOLD
    elif all(outcome in _NEVER_ARRIVES for outcome in outcomes):
        step.state = StepState.UNREACHED
        if alert.state in RINGING and fate.reason != _NO_SERVER:
            hurry(session, alert.id, now=now)


def _waiting(session: Session, alert_id: int) -> list[AlertStep]:
    return list(
        session.scalars(
            select(AlertStep).where(
                AlertStep.alert_id == alert_id, AlertStep.state == StepState.WAITING
            )
        )
    )


def _wake(session: Session, alert_id: int, ring: Ring, at: datetime, *, now: datetime) -> None:
    payload = {"alert_id": alert_id, "ring": ring.value}
    outbox.put(session, STEP_DUE, payload, now=now, run_at=at)
