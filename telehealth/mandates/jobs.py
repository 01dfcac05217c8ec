"""What follows when a representation has ended, and what the calendar ends."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from telehealth.core import sockets
from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform
from telehealth.mandates import service as mandates


def register(queue: Queue, platform: Platform) -> None:
    """Listen to this room's own events; look at the calendar every minute."""
    queue.on("mandates.ended", _cut, lane=Lane.LIVE)
    queue.every_minute(partial(_expire, platform), lane=Lane.NOTICES)


def _cut(payload: Mapping[str, Any]) -> None:
    sockets.cut(sockets.representation_room(payload["representation_id"]))


def _expire(platform: Platform) -> None:
    with platform.database.unit_of_work() as session:
        mandates.expire_due(session, now=platform.clock())
