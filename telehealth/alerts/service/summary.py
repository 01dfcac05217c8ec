"""Alerts of many patients in short, for the lists of other rooms."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.alerts.models import (
    RAISED,
    Alert,
    AlertAcknowledgement,
    Direction,
    EndReason,
    Kind,
    State,
)
from telehealth.alerts.service.machine import RINGING
from telehealth.core.actor import Basis


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that is not over, for lists of other rooms."""

    id: int
    patient_id: int
    kind: Kind
    direction: Direction
    state: State
    opened_at: datetime
    last_beyond_at: datetime
    tick: int | None
    """The last value beyond the threshold; None: HI, LO, or the rule looks at the time."""
    unit: Unit | None
    threshold_tick: int | None
    threshold_unit: Unit | None
    delay_min: int
    acknowledged_by_id: int | None
    acknowledged_at: datetime | None
    acknowledged_until: datetime | None
    snoozed_until: datetime | None
    beyond_since: datetime
    worst_tick: int | None
    """The value farthest beyond; None with a unit: HI or LO."""
    worst_unit: Unit | None
    received_at: datetime | None
    end_reason: EndReason | None
    """None: it is not over. Otherwise it waits for a person who closes it."""
    needs_review: bool
    worse_at: datetime | None
    """When we last learned that it was worse than we knew."""
    told_at: datetime | None
    """When the first to be told were last told."""
    acknowledged_as: Basis | None
    """By what right the acknowledgement in force was given."""

    @property
    def rings(self) -> bool:
        """Whether nobody has taken it on."""
        return self.state in RINGING

    @property
    def is_over(self) -> bool:
        """Whether it has ended and only waits to be closed."""
        return self.state is State.RESOLVED


def open_for(session: Session, patient_ids: Collection[int]) -> dict[int, list[OpenAlert]]:
    """The open alerts of some patients, the most severe first; one statement.

    For a caller that has checked who asks and writes the audit event.
    """
    found: dict[int, list[OpenAlert]] = {patient_id: [] for patient_id in patient_ids}
    rows = session.execute(
        select(*_open_columns()).where(Alert.patient_id.in_(found), Alert.state.in_(RAISED))
    )
    for row in rows:
        found[row.patient_id].append(OpenAlert(*row))
    for alerts in found.values():
        alerts.sort(key=severity)
    return found


def to_review_for(session: Session, patient_ids: Collection[int]) -> dict[int, list[OpenAlert]]:
    """What has ended and waits for a person of the team to close it, newest first; one statement.

    For a caller that has checked who asks and writes the audit event.
    """
    found: dict[int, list[OpenAlert]] = {patient_id: [] for patient_id in patient_ids}
    rows = session.execute(
        select(*_open_columns())
        .where(
            Alert.patient_id.in_(found),
            Alert.state == State.RESOLVED,
            Alert.needs_review,
            Alert.reviewed_at.is_(None),
        )
        .order_by(Alert.last_beyond_at.desc())
    )
    for row in rows:
        found[row.patient_id].append(OpenAlert(*row))
    return found


def _open_columns() -> list[ColumnElement[Any]]:
    basis = (
        select(AlertAcknowledgement.basis)
        .where(AlertAcknowledgement.alert_id == Alert.id, AlertAcknowledgement.void_at.is_(None))
        .order_by(AlertAcknowledgement.id.desc())
        .limit(1)
        .correlate(Alert)
        .scalar_subquery()
    )
    stored = [name for name in OpenAlert.__dataclass_fields__ if name != "acknowledged_as"]
    return [*(getattr(Alert, name) for name in stored), basis]


def severity(alert: Alert | OpenAlert) -> tuple[bool, int, float]:
    """Not acknowledged first; then by kind; then the longest open."""
    opened = alert.opened_at.timestamp() if alert.opened_at else 0.0
    return alert.state is State.ACKNOWLEDGED, _SEVERITY.index(alert.kind), opened


_SEVERITY = (
    Kind.URGENT_LOW, Kind.ANSWER, Kind.LOW, Kind.VERY_HIGH, Kind.HIGH, Kind.NO_DATA
)  # fmt: skip
