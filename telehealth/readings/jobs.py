"""What follows when a diary has changed: open pages of it are told to look again."""

from collections.abc import Mapping
from typing import Any

from telehealth.core.queue import Queue
from telehealth.core.sockets import emit, patient_room
from telehealth.core.web.platform import Platform

TOPICS = ("readings.recorded", "readings.changed")
EVENT = "readings:changed"


def register(queue: Queue, _platform: Platform) -> None:
    """Listen to this room's own events."""
    for topic in TOPICS:
        queue.on(topic, _tell)


def _tell(payload: Mapping[str, Any]) -> None:
    patient_id = payload["patient_id"]
    emit(EVENT, {"patient": patient_id}, patient_room(patient_id))
