"""What follows when a diary has changed, and what is forgotten in time."""

from collections.abc import Mapping
from typing import Any

from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.sockets import emit, patient_room
from telehealth.core.web.platform import Platform
from telehealth.diary import service as diary

EVENT = "diary:changed"


def register(queue: Queue, platform: Platform) -> None:
    """Listen to this room's own events; forget pictures of forms that were never finished."""

    def forget() -> None:
        with platform.database.unit_of_work() as session:
            diary.forget_waiting(session, now=platform.clock())

    queue.on("diary.changed", _tell, lane=Lane.LIVE)
    queue.every_minute(forget, lane=Lane.BULK)


def _tell(payload: Mapping[str, Any]) -> None:
    patient_id = payload["patient_id"]
    emit(EVENT, {"patient": patient_id}, patient_room(patient_id))
