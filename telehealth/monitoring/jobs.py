"""What monitoring does in the background: entries follow readings, targets, plans and the day."""

from collections.abc import Mapping
from typing import Any

from telehealth.alerts import service as alerts
from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform
from telehealth.monitoring import service as monitoring
from telehealth.targets import service as targets

DIARY_TOPICS = ("readings.recorded", "readings.changed", targets.CHANGED, targets.PLAN_CHANGED)


def register(queue: Queue, platform: Platform) -> None:
    """Listen to what changes a patient's entry, and begin each day anew."""

    def renew(payload: Mapping[str, Any]) -> None:
        with platform.database.unit_of_work() as session:
            monitoring.readings_changed(session, payload["patient_id"], now=platform.clock())

    def appear(payload: Mapping[str, Any]) -> None:
        for patient_id in payload["patient_ids"]:
            renew({"patient_id": patient_id})

    def judge(payload: Mapping[str, Any]) -> None:
        with platform.database.unit_of_work() as session:
            now = platform.clock()
            if "unit_id" in payload:
                monitoring.clinic_changed(session, payload["unit_id"], now=now)
            else:
                monitoring.judge_all(session, [payload["patient_id"]], now=now)

    def begin_day() -> None:
        """Each some in a unit of work of their own: nobody waits long for a lock."""
        more = True
        while more:
            with platform.database.unit_of_work() as session:
                more = monitoring.due_today(session, now=platform.clock()) > 0

    for topic in DIARY_TOPICS:
        queue.on(topic, renew, lane=Lane.LIVE)
    queue.on(monitoring.APPEARED, appear, lane=Lane.LIVE)
    for topic in (monitoring.CHANGED, alerts.CHANGED):
        queue.on(topic, judge, lane=_lane_of)
    queue.every_minute(begin_day, lane=Lane.BULK)


def _lane_of(payload: Mapping[str, Any]) -> Lane:
    """One patient at once, a whole clinic in its time."""
    return Lane.BULK if "unit_id" in payload else Lane.LIVE
