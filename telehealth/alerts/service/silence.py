"""Alerts that look at the time, not at a value: readings that do not come, unclosed answers."""

from datetime import datetime, timedelta

from telehealth.alerts.models import DIRECTION, Alert, AlertWatch, EndReason, Kind, State
from telehealth.alerts.service import acknowledging, machine, steps
from telehealth.alerts.service.rule import Rule
from telehealth.alerts.service.storing import Round, close, life_of, note_rule, store
from telehealth.alerts.service.values import newest as newest_of

SENSOR_MEMORY = timedelta(days=7)
"""Who used a sensor within this time is expected to go on."""


def look_for_silence(round_: Round, watch: AlertWatch) -> None:
    """The alert about readings that do not come is what the newest of them says."""
    session, now, rule = round_.session, round_.now, round_.book[Kind.NO_DATA]
    watch.newest_at, watch.newest_sensor_at = newest_of(session, watch.patient_id, now)
    row = round_.live(Kind.NO_DATA)
    newest = expected_after(watch, rule, now)
    was_due = watch.silent_at is not None and newest is not None
    silent_at = newest + timedelta(minutes=rule.delay_min) if newest else None
    if row is not None or (was_due and silent_at is not None and silent_at <= now):
        row = _follow_silence(round_, rule, row, newest)
    is_ahead = rule.is_on and silent_at is not None and silent_at > now
    watch.silent_at = silent_at if is_ahead and row is None else None


def _follow_silence(
    round_: Round, rule: Rule, row: Alert | None, newest: datetime | None
) -> Alert | None:
    session, now = round_.session, round_.now
    if row is not None and not rule.is_on:
        close(round_, row, EndReason.RULE_OFF)
        return None
    if row is not None and _renew_acknowledgement(round_, rule, row):
        return row
    life, effects = machine.silence(life_of(row) if row else None, rule, newest, now)
    if life is None:
        return None
    if row is None:
        row = Alert(
            patient_id=round_.patient_id, kind=rule.kind, direction=DIRECTION[rule.kind],
            opened_at=now, received_at=now, rounds=0, pauses=0, ref="",
        )  # fmt: skip
        note_rule(row, rule)
        session.add(row)
    store(round_, rule, row, life, effects)
    return None if row.state is State.RESOLVED else row


def look_at_answers(round_: Round) -> None:
    """An answer that nobody has closed is told again, also when its acknowledgement has passed."""
    row = round_.live(Kind.ANSWER)
    if row is not None:
        rule = round_.book[Kind.ANSWER]
        if not _renew_acknowledgement(round_, rule, row):
            life, effects = machine.unclosed(life_of(row), rule, round_.now)
            store(round_, rule, row, life, effects)


def _renew_acknowledgement(round_: Round, rule: Rule, row: Alert) -> bool:
    """An acknowledgement whose time has passed is void; returns whether it was."""
    given = acknowledging.in_force(round_.session, row, now=round_.now)
    life = life_of(row)
    void = machine.void_reason(given, rule.direction, None, life, round_.now) if given else None
    if void is None:
        return False
    has_escalated = steps.has_escalated(round_.session, row.id)
    life, effects = machine.ring_again(life, has_escalated=has_escalated, now=round_.now)
    store(round_, rule, row, life, effects, void)
    return True


def expected_after(watch: AlertWatch, rule: Rule, now: datetime) -> datetime | None:
    """From when on the patient's silence counts; None: nobody expects anything.

    The clinic's rule expects only sensors to go on; a patient's own rule expects any reading.
    """
    if rule.is_own:
        return watch.newest_at or rule.changed_at
    newest = watch.newest_sensor_at
    return newest if newest is not None and now - newest < SENSOR_MEMORY else None
