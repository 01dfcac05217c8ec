"""What follows a remark: open pages of the patient's report look again."""

from collections.abc import Mapping
from typing import Any

from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.sockets import emit, patient_room
from telehealth.core.web.platform import Platform

TOPIC = "reports.remarked"
EVENT = "reports:changed"


def register(queue: Queue, _platform: Platform) -> None:
    """Listen to this room's own event."""
    queue.on(TOPIC, _tell, lane=Lane.LIVE)


def _tell(payload: Mapping[str, Any]) -> None:
    patient_id = payload["patient_id"]
    emit(EVENT, {"patient": patient_id}, patient_room(patient_id))
