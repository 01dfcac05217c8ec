"""What follows when a diary has changed: open pages look again; new targets count days again."""

from collections.abc import Mapping
from typing import Any

from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.sockets import emit, patient_room
from telehealth.core.web.platform import Platform
from telehealth.readings import service as readings

TOPICS = ("readings.recorded", "readings.changed")
EVENT = "readings:changed"
OUTDATED = ("targets.changed", "readings.outdated")
"""After these the sums of all days of a patient are to be counted again."""


def register(queue: Queue, platform: Platform) -> None:
    """Listen to this room's own events, and to new targets."""

    def rebuild(payload: Mapping[str, Any]) -> None:
        """A transaction per chunk: an upload never waits for all days; a kill costs one chunk."""
        has_more = True
        while has_more:
            with platform.database.unit_of_work() as session:
                has_more = readings.rebuild_some(
                    session, payload["patient_id"], now=platform.clock()
                )

    for topic in TOPICS:
        queue.on(topic, _tell, lane=Lane.LIVE)
    for topic in OUTDATED:
        queue.on(topic, rebuild, lane=Lane.BULK)


def _tell(payload: Mapping[str, Any]) -> None:
    patient_id = payload["patient_id"]
    emit(EVENT, {"patient": patient_id}, patient_room(patient_id))
