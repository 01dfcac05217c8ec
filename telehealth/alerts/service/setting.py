"""Setting rules: a patient's own, back to the clinic's, the clinic's; and one's own notices."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts import policy
from telehealth.alerts.models import (
    Alert,
    AlertRule,
    AlertRuleChange,
    AlertUnitRule,
    EndReason,
    Kind,
    State,
)
from telehealth.alerts.service import locking, machine, rules, silence, storing, watching
from telehealth.alerts.service.rule import KINDS, Rule, flaws, flaws_for_all, is_looser
from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.directory import service as directory
from telehealth.identity import service as identity

DEFAULTS_CHANGED = "alerts.defaults_changed"
"""Outbox topic: patients without a rule of their own are to be looked at again, in portions."""
PORTION = 500
CHANGES_SHOWN = 50


def set_rule(session: Session, actor: Actor, patient_id: int, rule: Rule, *, now: datetime) -> Rule:
    """The patient has this rule of their own; an alert that it no longer supports ends.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor is no doctor or nurse of the care team, or no doctor and wants less
            than the safety net for everybody.
        Invalid: values no rule may have, that contradict the patient's other rules, or a looser
            safety net without a reason.
    """
    by_id = policy.require_setting(actor, patient_id)
    watch = locking.lock(session, patient_id)
    book = rules.in_force(session, patient_id, now=now)
    _require_sound(actor, rule, flaws(rule, book))
    row = session.get(AlertRule, (patient_id, rule.kind))
    before = rules.rule_of(row) if row is not None else None
    if row is None:
        row = AlertRule(patient_id=patient_id, kind=rule.kind)
        session.add(row)
    changed = rules.write(row, rule, by_id, now=now)
    _keep_change(session, before, rule, by_id, patient_id=patient_id, now=now)
    _follow(
        session, watch.patient_id, rules.in_force(session, patient_id, now=now)[rule.kind], now=now
    )
    audit.record(
        session, actor, "alerts.set_rule", "rule", rule.kind.value, now=now,
        detail={"fields": changed},
    )  # fmt: skip
    return replace(rule, is_own=True, changed_by_id=by_id, changed_at=now)


def _require_sound(actor: Actor, rule: Rule, wrong: tuple[FieldError, ...]) -> None:
    if wrong:
        raise Invalid(errors=wrong)
    if not is_looser(rule):
        return
    policy.require_loosening(actor)
    if not rule.reason.strip():
        words = N_("This tells less than the safety net for everybody. Write down why.")
        raise Invalid(errors=(FieldError("#/reason", words, "required"),))


def _keep_change(
    session: Session,
    before: Rule | None,
    after: Rule | None,
    by_id: int,
    *,
    unit_id: int | None = None,
    patient_id: int | None = None,
    now: datetime,
) -> None:
    known = after or before
    if known is None or rules.as_stored(before) == rules.as_stored(after):
        return
    session.add(
        AlertRuleChange(
            unit_id=unit_id,
            patient_id=patient_id,
            kind=known.kind,
            before=rules.as_stored(before),
            after=rules.as_stored(after),
            reason=after.reason.strip() if after else "",
            by_id=by_id,
            at=now,
        )
    )
    session.flush()


def reset_rule(
    session: Session, actor: Actor, patient_id: int, kind: Kind, *, now: datetime
) -> None:
    """The unit's rule counts for the patient again.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor is no doctor or nurse of the care team, or no doctor and the unit's
            rule tells less than the safety net for everybody.
        Invalid: the unit's rule contradicts the patient's other rules.
    """
    by_id = policy.require_setting(actor, patient_id)
    locking.lock(session, patient_id)
    row = session.get(AlertRule, (patient_id, kind))
    if row is None:
        return
    before, book = rules.rule_of(row), rules.in_force(session, patient_id, now=now)
    session.delete(row)
    session.flush()
    usual = rules.in_force(session, patient_id, now=now)[kind]
    if wrong := flaws(usual, book):
        raise Invalid(wrong[0].detail)
    if is_looser(usual):
        policy.require_loosening(actor)
    _keep_change(session, before, None, by_id, patient_id=patient_id, now=now)
    _follow(session, patient_id, usual, now=now)
    audit.record(session, actor, "alerts.reset_rule", "rule", kind.value, now=now)


def changes_of(
    session: Session, *, unit_id: int | None = None, patient_id: int | None = None
) -> Sequence[AlertRuleChange]:
    """The changes of the rules of one unit or of one patient, newest first."""
    return session.scalars(
        select(AlertRuleChange)
        .where(
            AlertRuleChange.unit_id == unit_id
            if unit_id is not None
            else AlertRuleChange.patient_id == patient_id
        )
        .order_by(AlertRuleChange.id.desc())
        .limit(CHANGES_SHOWN)
    ).all()


@dataclass(frozen=True, slots=True)
class UnitRules:
    """The rules of a unit, and who changed them."""

    unit_name: str
    rules: Sequence[Rule]
    changes: Sequence[AlertRuleChange]
    """Newest first."""
    names: dict[int, str]


def unit_rules(session: Session, actor: Actor, *, now: datetime) -> UnitRules:
    """The rules of the unit the actor works in, in order, and their history.

    Raises:
        NotFound: the actor does not work here.
    """
    policy.require_seeing_defaults(actor)
    worker = directory.worker(session, actor.person_id or 0, now=now)
    if worker is None:
        raise NotFound
    book = rules.of_unit(session, worker.unit_id)
    changes = changes_of(session, unit_id=worker.unit_id)
    audit.record(session, actor, "alerts.read_defaults", "rule", now=now)
    names = identity.names(session, {change.by_id for change in changes})
    return UnitRules(worker.unit_name, [book[kind] for kind in KINDS], changes, names)


def set_default(session: Session, actor: Actor, rule: Rule, *, now: datetime) -> None:
    """The actor's unit has this rule; its patients without one of their own follow shortly.

    Raises:
        NotAllowed: the actor is no doctor.
        Invalid: values no rule may have, that contradict the unit's other rules, or a looser safety
            net without a reason.
    """
    by_id = policy.require_setting_defaults(actor)
    worker = directory.worker(session, by_id, now=now)
    if worker is None:
        raise NotFound
    book = rules.of_unit(session, worker.unit_id)
    _require_sound(actor, rule, flaws_for_all(rule, book))
    row = session.get(AlertUnitRule, (worker.unit_id, rule.kind))
    before = rules.rule_of(row) if row is not None else None
    if row is None:
        row = AlertUnitRule(unit_id=worker.unit_id, kind=rule.kind)
        session.add(row)
    changed = rules.write(row, rule, by_id, now=now)
    _keep_change(session, before, rule, by_id, unit_id=worker.unit_id, now=now)
    session.flush()
    audit.record(
        session, actor, "alerts.set_default", "rule", rule.kind.value, now=now,
        detail={"fields": changed},
    )  # fmt: skip
    payload = {"kind": rule.kind.value, "after_id": 0}
    outbox.put(session, DEFAULTS_CHANGED, payload, now=now)


def follow_default(session: Session, kind: Kind, after_id: int, *, now: datetime) -> None:
    """A portion of the patients follows a changed rule of the clinic; the next portion is ordered.

    So a clinic of any size has no long transaction.
    """
    patient_ids = watching.patients_watched(session, after_id, PORTION)
    books = rules.in_force_for(session, patient_ids, now=now)
    for patient_id in patient_ids:
        rule = books[patient_id][kind]
        if not rule.is_own:
            _follow(session, patient_id, rule, now=now)
    if len(patient_ids) == PORTION:
        payload = {"kind": kind.value, "after_id": max(patient_ids)}
        outbox.put(session, DEFAULTS_CHANGED, payload, now=now)


def choose_notices(
    session: Session, actor: Actor, patient_id: int, kinds_off: Collection[Kind], *, now: datetime
) -> None:
    """The actor gets no notices of these rules and gets those of all others.

    Only the person's own notices change: the alert is there all the same, and the others are told.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor is of the care team, or wants none of a very low value.
    """
    person_id = policy.require_choosing(actor, patient_id)
    for kind in kinds_off:
        policy.require_choosing(actor, patient_id, kind)
    changed = rules.write_mutes(session, patient_id, person_id, kinds_off, now=now)
    audit.record(
        session, actor, "alerts.choose_notices", "rule", now=now,
        detail={"changed": [kind.value for kind in changed]},
    )  # fmt: skip


def _follow(session: Session, patient_id: int, rule: Rule, *, now: datetime) -> None:
    """What is stored of the patient's alerts agrees with a rule that has changed."""
    watch = locking.lock(session, patient_id)
    alert = storing.live_alerts(session, patient_id).get(rule.kind)
    if alert is not None:
        _end_unsupported(session, alert, rule, now=now)
    if rule.kind is not Kind.NO_DATA:
        return
    newest = silence.expected_after(watch, rule, now)
    is_there = alert is not None and alert.state is not State.RESOLVED
    if not rule.is_on or newest is None or is_there:
        watch.silent_at = None
    else:
        watch.silent_at = max(newest + timedelta(minutes=rule.delay_min), now)
    session.flush()


def _end_unsupported(session: Session, alert: Alert, rule: Rule, *, now: datetime) -> None:
    if not rule.is_on:
        watching.end_unsupported(session, alert, rule, EndReason.RULE_OFF, now=now)
    elif rule.kind is not Kind.NO_DATA and not _is_supported(alert, rule):
        watching.end_unsupported(session, alert, rule, EndReason.RULE_CHANGED, now=now)
    else:
        alert.next_at = machine.due(storing.life_of(alert), rule, now)


def _is_supported(alert: Alert, rule: Rule) -> bool:
    if alert.worst_tick is None or alert.worst_unit is None:  # HI or LO is beyond every threshold
        return True
    return rule.is_beyond(alert.worst_tick, alert.worst_unit)
