"""What alerts does in the background: look when readings came or time has passed, tell, listen."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.alerts.models import Kind, Ring
from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.sockets import emit, patient_room, session_room
from telehealth.core.web.platform import Platform
from telehealth.core.web.readiness import Health, Line
from telehealth.mandates import service as mandates
from telehealth.targets import service as targets

EVENT = "alerts:changed"


def register(queue: Queue, platform: Platform) -> None:
    """Listen to readings, to notices, to this room's own events; look at the clock every minute."""
    for topic, job in _JOBS.items():
        queue.on(topic, partial(job, platform), lane=_LANES.get(topic, Lane.ALERTS))
    queue.every_minute(partial(_enqueue_due, platform), lane=Lane.ALERTS)
    queue.every_minute(partial(_count_reach, platform), lane=Lane.BULK)
    platform.checks["alerts without reach"] = _reach_line


def _enqueue_due(platform: Platform) -> None:
    """Each round is one short transaction; what is left over is taken a minute later."""
    for _ in range(alerts.MAX_ROUNDS):
        with platform.database.unit_of_work() as session:
            if alerts.enqueue_due(session, now=platform.clock()) < alerts.BATCH:
                return


def _count_reach(platform: Platform) -> None:
    """Once an hour; each portion is a short transaction that only reads."""
    with platform.database.unit_of_work() as session:
        if not alerts.claim_count(session, now=platform.clock()):
            return
    no_step = no_team = after_id = 0
    while True:
        with platform.database.reading() as session:
            part, after_id = alerts.count_portion(session, after_id, now=platform.clock())
        no_step, no_team = no_step + part.no_step, no_team + part.no_team
        if not after_id:
            break
    with platform.database.unit_of_work() as session:
        count = alerts.ReachCount(no_step, no_team)
        alerts.keep_count(session, count, now=platform.clock())


def _reach_line(session: Session, now: datetime) -> Line:
    """Numbers only; a person should look, but what can be told is told."""
    found = alerts.last_count(session)
    counted_s = round((now - found.counted_at).total_seconds()) if found.counted_at else None
    has_gap = found.no_step > 0 or found.no_team > 0
    return Line(
        Health.WARNING if has_gap else Health.OK,
        {"no_step": found.no_step, "no_team": found.no_team, "counted_s": counted_s},
    )


def _look(platform: Platform, cause: str, payload: Mapping[str, Any]) -> None:
    with platform.database.unit_of_work() as session:
        alerts.look(session, payload["patient_id"], cause=cause, now=platform.clock())


def _look_after_readings(platform: Platform, payload: Mapping[str, Any]) -> None:
    """The payload says when the earliest of the new values was measured."""
    since = datetime.fromisoformat(payload["since"]) if "since" in payload else None
    with platform.database.unit_of_work() as session:
        alerts.look(
            session, payload["patient_id"], cause="readings.recorded", since=since,
            now=platform.clock(),
        )  # fmt: skip


def _look_after_changes(platform: Platform, payload: Mapping[str, Any]) -> None:
    with platform.database.unit_of_work() as session:
        alerts.look_after_changes(
            session, payload["patient_id"], cause="readings.changed", now=platform.clock()
        )


def _look_again(platform: Platform, payload: Mapping[str, Any]) -> None:
    _look(platform, alerts.LOOK_DUE, payload)


def _look_at_step(platform: Platform, payload: Mapping[str, Any]) -> None:
    ring = Ring(payload["ring"])
    with platform.database.unit_of_work() as session:
        alerts.look_at_step(
            session, payload["alert_id"], ring, cause=alerts.STEP_DUE, now=platform.clock()
        )


def _look_for_receipt(platform: Platform, payload: Mapping[str, Any]) -> None:
    ring = Ring(payload["ring"])
    with platform.database.unit_of_work() as session:
        alerts.look_for_receipt(session, payload["alert_id"], ring, now=platform.clock())


def _look_after_mandate(platform: Platform, payload: Mapping[str, Any]) -> None:
    """Whoever acknowledged by a right that has ended has acknowledged no longer."""
    with platform.database.unit_of_work() as session:
        patient_id = mandates.represented_by(session, payload["representation_id"])
        alerts.look(session, patient_id, cause="mandates.ended", now=platform.clock())


def _follow_default(platform: Platform, payload: Mapping[str, Any]) -> None:
    with platform.database.unit_of_work() as session:
        alerts.follow_default(
            session, Kind(payload["kind"]), payload["after_id"], now=platform.clock()
        )


def _hear_outcome(platform: Platform, payload: Mapping[str, Any]) -> None:
    with platform.database.unit_of_work() as session:
        now = platform.clock()
        patient_id = alerts.hear_outcome(session, payload["notification_id"], now=now)
        if patient_id is not None:
            alerts.announce_change(session, patient_id, now=now)


def _tell_pages(platform: Platform, payload: Mapping[str, Any]) -> None:
    """Open pages look again; the event says nothing, and only those hear it who may look."""
    patient_id = payload["patient_id"]
    with platform.database.reading() as session:
        sign_ins = alerts.audience(session, patient_id, now=platform.clock())
    for room in (patient_room(patient_id), *map(session_room, sign_ins)):
        emit(EVENT, {}, room)


_JOBS: Mapping[str, Callable[[Platform, Mapping[str, Any]], None]] = {
    "readings.recorded": _look_after_readings,
    "readings.changed": _look_after_changes,
    alerts.LOOK_DUE: _look_again,
    alerts.STEP_DUE: _look_at_step,
    alerts.RECEIPT_DUE: _look_for_receipt,
    "mandates.ended": _look_after_mandate,
    targets.CHANGED: _look_again,
    alerts.DEFAULTS_CHANGED: _follow_default,
    alerts.CHANGED: _tell_pages,
    "notifications.settled": _hear_outcome,
}
_LANES = {alerts.CHANGED: Lane.LIVE, alerts.DEFAULTS_CHANGED: Lane.BULK}
"""Where not in the lane of alerts: hints to pages, and a default followed by everybody."""
