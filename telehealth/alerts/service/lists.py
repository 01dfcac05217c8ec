"""Alerts as they are shown: open ones of some patients, one patient's page, a worker's list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.alerts import policy
from telehealth.alerts.models import (
    RAISED,
    RINGS,
    Action,
    Alert,
    AlertAcknowledgement,
    AlertNotice,
    AlertRuleChange,
    AlertStep,
    AlertTest,
    Kind,
    State,
    StepState,
    VoidReason,
)
from telehealth.alerts.service import circle, rules, telling
from telehealth.alerts.service.answering import UNDO, may_snooze
from telehealth.alerts.service.rule import KINDS, Rule
from telehealth.alerts.service.setting import changes_of
from telehealth.alerts.service.sources import Sources, sources_of
from telehealth.alerts.service.summary import severity
from telehealth.alerts.service.trying import last_test
from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.errors import NotFound
from telehealth.directory import service as directory
from telehealth.identity import service as identity
from telehealth.identity.models import Person
from telehealth.notifications import service as notifications
from telehealth.notifications.service import Fate
from telehealth.readings import service as readings

PAST_SHOWN = 30
TO_CLOSE_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Told:
    """One notice: who, when, what became of it."""

    notice: AlertNotice
    name: str
    fate: Fate | None
    """None: it waits to be sent."""


@dataclass(frozen=True, slots=True)
class Given:
    """One acknowledgement, also one that counts no longer."""

    by: str
    at: datetime
    action: Action
    void_at: datetime | None
    void_reason: VoidReason | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert with everything a page says about it."""

    alert: Alert
    told: Sequence[Told]
    given: Sequence[Given]
    """Who has acknowledged it, the first one first."""
    next_step: AlertStep | None
    acknowledged_by: str
    snoozed_by: str
    may_snooze: bool
    may_take_back: bool
    """Whether the actor acknowledged it a moment ago."""

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.alert.state in RAISED


@dataclass(frozen=True, slots=True)
class Tried:
    """The last self-test."""

    test: AlertTest
    by: str
    told: Sequence[Told]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything about one patient's alerts."""

    person: Person
    unit: Unit
    open: Sequence[Shown]
    past: Sequence[Shown]
    to_close: Sequence[Shown]
    """Ended, and nobody of the team has closed them."""
    rules: Sequence[Rule]
    sources: Sources
    """What the patient measures with: a rule that cannot fire for it does not apply."""
    changed_by: dict[int, str]
    """Names of who set the patient's own rules."""
    changes: Sequence[AlertRuleChange]
    """Of the patient's own rules, newest first."""
    mutes: set[Kind]
    tried: Tried | None
    may_answer: bool


@dataclass(frozen=True, slots=True)
class Row:
    """An open alert in a worker's list."""

    person: Person
    shown: Shown


def of_patient(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> Overview:
    """One patient's alerts, rules and notices; whoever was told of an alert has now seen it.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: who may not see the alerts.
    """
    policy.require_reading(actor, patient_id)
    person = identity.person(session, patient_id)
    opened, past = (
        [
            row
            for row in _alerts(session, [patient_id], is_open=is_open)
            if policy.may_see(actor, row.kind)
        ]
        for is_open in (True, False)
    )
    seen = telling.mark_seen(session, actor, [row.id for row in opened], now=now)
    audit.record(
        session, actor, "alerts.read", "alerts", patient_id, now=now,
        detail={"open": len(opened), "receipts": seen},
    )  # fmt: skip
    shown = _shown(session, actor, [*opened, *past], now=now)
    book = rules.in_force(session, patient_id, now=now)
    unit = readings.preferred_unit(session, patient_id)
    changes = changes_of(session, patient_id=patient_id)
    changed_by = {rule.changed_by_id for rule in book.values() if rule.is_own}
    changed_by |= {change.by_id for change in changes}
    return Overview(
        person=person,
        unit=unit,
        open=shown[: len(opened)],
        past=shown[len(opened) :],
        to_close=_shown(session, actor, session.scalars(_to_close([patient_id])).all(), now=now),
        rules=[book[kind].in_unit(unit) for kind in KINDS],
        sources=sources_of(session, patient_id, now=now),
        changed_by=identity.names(session, {one for one in changed_by if one is not None}),
        changes=changes,
        mutes=rules.mutes_of(session, patient_id, actor.person_id or 0),
        tried=_tried(session, patient_id),
        may_answer=not (
            actor.person_id == patient_id and circle.is_child(session, patient_id, now=now)
        ),
    )


def of_worker(session: Session, actor: Actor, *, now: datetime) -> Sequence[Row]:
    """The open alerts of the actor's own patients, the most severe first.

    One event in the worker's own trail; a patient's own trail says when the worker first saw an
    alert of theirs.

    Raises:
        NotFound: the actor looks after nobody here.
    """
    policy.require_list(actor)
    people = {
        person.id: person
        for person in directory.patients_of(session, actor.person_id or 0, now=now)
    }
    alerts = _alerts(session, people, is_open=True)
    _note_seen(session, actor, alerts, now=now)
    audit.record(session, actor, "alerts.list", "alerts", now=now, detail={"open": len(alerts)})
    return [
        Row(people[shown.alert.patient_id], shown)
        for shown in _shown(session, actor, alerts, now=now)
    ]


def to_close_of_worker(
    session: Session, actor: Actor, *, now: datetime
) -> tuple[Sequence[Row], int]:
    """What has ended and waits to be closed, of the actor's own patients, newest first.

    Returns:
        At most `TO_CLOSE_SHOWN` of them, and how many there are.

    For a page that shows it beside `of_worker`, whose event says that the worker has looked.

    Raises:
        NotFound: the actor looks after nobody here.
    """
    policy.require_list(actor)
    people = {
        person.id: person
        for person in directory.patients_of(session, actor.person_id or 0, now=now)
    }
    waiting = _to_close(people)
    rows = session.scalars(waiting.limit(TO_CLOSE_SHOWN)).all()
    n = len(rows)
    if n == TO_CLOSE_SHOWN:
        n = session.scalar(select(func.count()).select_from(waiting.subquery())) or n
    shown = _shown(session, actor, rows, now=now)
    return [Row(people[one.alert.patient_id], one) for one in shown], n


def _to_close(patient_ids: Collection[int]) -> Select[Alert]:
    return (
        select(Alert)
        .where(
            Alert.patient_id.in_(patient_ids),
            Alert.state == State.RESOLVED,
            Alert.needs_review,
            Alert.reviewed_at.is_(None),
        )
        .order_by(Alert.last_beyond_at.desc())
    )


def one(session: Session, actor: Actor, patient_id: int, alert_id: int, *, now: datetime) -> Shown:
    """One alert with its notices; for a caller that has just answered it.

    Raises:
        NotFound: no such alert of this patient.
    """
    alert = session.scalar(
        select(Alert).where(Alert.id == alert_id, Alert.patient_id == patient_id)
    )
    if alert is None:
        raise NotFound
    return _shown(session, actor, [alert], now=now)[0]


def _note_seen(session: Session, actor: Actor, alerts: Sequence[Alert], *, now: datetime) -> None:
    unseen = session.execute(
        select(Alert.patient_id, Alert.id)
        .join(AlertNotice, AlertNotice.alert_id == Alert.id)
        .where(
            AlertNotice.alert_id.in_([alert.id for alert in alerts]),
            AlertNotice.recipient_id == actor.person_id,
            AlertNotice.seen_at.is_(None),
        )
        .distinct()
    ).all()
    if not unseen:
        return
    telling.mark_seen(session, actor, {row.id for row in unseen}, now=now)
    for row in unseen:
        subject = _with_subject(actor, row.patient_id)
        audit.record(session, subject, "alerts.seen", "alert", row.id, now=now)


def _with_subject(actor: Actor, patient_id: int) -> Actor:
    return Actor(
        person_id=actor.person_id,
        subject_id=patient_id,
        basis=policy.TEAM_BASIS,
        roles=actor.roles,
        session_id=actor.session_id,
    )


def _alerts(session: Session, patient_ids: Collection[int], *, is_open: bool) -> Sequence[Alert]:
    query = select(Alert).where(Alert.patient_id.in_(patient_ids))
    if is_open:
        return sorted(session.scalars(query.where(Alert.state.in_(RAISED))), key=severity)
    newest = Alert.opened_at.desc()
    ended = query.where(Alert.state == State.RESOLVED).order_by(newest).limit(PAST_SHOWN)
    return session.scalars(ended).all()


def _shown(
    session: Session, actor: Actor, alerts: Sequence[Alert], *, now: datetime
) -> list[Shown]:
    """The alerts with notices, steps, acknowledgements and names: few statements for any number."""
    ids = [alert.id for alert in alerts]
    notices = session.scalars(
        select(AlertNotice).where(AlertNotice.alert_id.in_(ids)).order_by(AlertNotice.id)
    ).all()
    steps = session.scalars(
        select(AlertStep).where(AlertStep.alert_id.in_(ids), AlertStep.state == StepState.WAITING)
    ).all()
    people = {alert.acknowledged_by_id for alert in alerts}
    people |= {alert.snoozed_by_id for alert in alerts}
    names = identity.names(session, {one for one in people if one is not None})
    told = _told(session, notices)
    given = _given(session, ids)
    return [
        Shown(
            alert=alert,
            told=[one for one in told if one.notice.alert_id == alert.id],
            given=given.get(alert.id, ()),
            next_step=min(
                (step for step in steps if step.alert_id == alert.id),
                key=lambda step: (step.due_at, RINGS.index(step.ring)),
                default=None,
            ),
            acknowledged_by=names.get(alert.acknowledged_by_id or 0, ""),
            snoozed_by=names.get(alert.snoozed_by_id or 0, ""),
            may_snooze=may_snooze(alert),
            may_take_back=alert.state is State.ACKNOWLEDGED
            and alert.acknowledged_by_id == actor.person_id
            and alert.acknowledged_at is not None
            and now - alert.acknowledged_at <= UNDO,
        )
        for alert in alerts
    ]


def _given(session: Session, alert_ids: Collection[int]) -> dict[int, list[Given]]:
    rows = session.scalars(
        select(AlertAcknowledgement)
        .where(AlertAcknowledgement.alert_id.in_(alert_ids))
        .order_by(AlertAcknowledgement.id)
    ).all()
    names = identity.names(session, {row.by_id for row in rows})
    found: dict[int, list[Given]] = {}
    for row in rows:
        one = Given(names[row.by_id], row.at, row.action, row.void_at, row.void_reason)
        found.setdefault(row.alert_id, []).append(one)
    return found


def _told(session: Session, notices: Sequence[AlertNotice]) -> list[Told]:
    fates = notifications.fates(session, [notice.notification_id for notice in notices])
    names = identity.names(session, {notice.recipient_id for notice in notices})
    return [
        Told(notice, names[notice.recipient_id], fates.get(notice.notification_id))
        for notice in notices
    ]


def _tried(session: Session, patient_id: int) -> Tried | None:
    test = last_test(session, patient_id)
    if test is None:
        return None
    notices = session.scalars(
        select(AlertNotice).where(AlertNotice.test_id == test.id).order_by(AlertNotice.id)
    ).all()
    by = identity.names(session, [test.by_id])[test.by_id]
    return Tried(test, by, _told(session, notices))
