"""Stretches of a scenario in which nothing can happen: their values are taken together.

A sensor's value in range, that comes in its time while no alert is open and nothing else is due,
changes nothing but the diary. A day of them is 288 rounds of every job for nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.alerts.models import Alert, State
from telehealth.alerts.service import Rule
from telehealth.core.lanes import Lane
from telehealth.core.outbox import OutboxEvent
from telehealth.glycemia.entered import Digits, parse, tick

_GAP_MIN = 15
"""No rule about silence can be set as short as this."""
MAX_VALUES = 5_000
"""As many as one upload takes."""


def length(events: Sequence[Mapping[str, Any]], first: int, rules: Iterable[Rule]) -> int:
    """How many events from `first` on are readings that no rule can see.

    0 unless one of a sensor has just come before them: then its silence is watched already.
    """
    known: dict[tuple[str, str], bool] = {}
    book, end = list(rules), first
    if not first or events[first - 1]["source"] != "sensor" or events[first - 1]["do"] != "reading":
        return 0
    while end < min(len(events), first + MAX_VALUES):
        one, before = events[end], events[end - 1]
        shown = one["value"], one["unit"]
        if not _is_plain(one) or one["after_min"] - before["after_min"] > _GAP_MIN:
            break
        if shown not in known:
            known[shown] = _is_in_range(*shown, book)
        if not known[shown]:
            break
        end += 1
    return end - first


def _is_plain(event: Mapping[str, Any]) -> bool:
    """Whether it is a sensor's value that comes when it is measured and is never named again."""
    return (
        event["do"] == "reading"
        and event["source"] == "sensor"
        and event["measured_after_min"] is None
        and not event["ref"]
    )


def _is_in_range(value: str, unit: str, rules: Iterable[Rule]) -> bool:
    digits = parse(value)
    if not isinstance(digits, Digits):  # HI, LO
        return False
    return not any(rule.is_beyond(tick(digits, Unit(unit)), Unit(unit)) for rule in rules)


def is_calm(session: Session, patient_id: int, until: datetime) -> bool:
    """Whether the patient has no alert, open or about to be, and nobody is to be told anything."""
    alert = select(Alert.id).where(Alert.patient_id == patient_id, Alert.state != State.RESOLVED)
    waiting = select(OutboxEvent.id).where(
        OutboxEvent.done_at.is_(None), OutboxEvent.failed_at.is_(None),
        OutboxEvent.lane.in_((Lane.ALERTS, Lane.URGENT)), OutboxEvent.run_at <= until,
    )  # fmt: skip
    return session.scalar(select(alert.exists() | waiting.exists())) is False
