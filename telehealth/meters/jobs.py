"""What follows when readings came in: meters that are new become known."""

from collections.abc import Mapping
from typing import Any

from telehealth.core.actor import system
from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform
from telehealth.meters import service as meters

RECORDED = "readings.recorded"


def register(queue: Queue, platform: Platform) -> None:
    """Listen to arriving readings."""

    def follow(payload: Mapping[str, Any]) -> None:
        patient_id = payload["patient_id"]
        with platform.database.unit_of_work() as session:
            actor = system(RECORDED, patient_id)
            meters.follow(session, actor, patient_id, now=platform.clock())

    queue.on(RECORDED, follow, lane=Lane.LIVE)
