"""What follows when a session has ended: its open connections are cut."""

from collections.abc import Mapping
from typing import Any

from telehealth.core import sockets
from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform


def register(queue: Queue, _platform: Platform) -> None:
    """Listen to this room's own events."""
    queue.on("identity.session_ended", _cut, lane=Lane.LIVE)


def _cut(payload: Mapping[str, Any]) -> None:
    sockets.cut(sockets.session_room(payload["session_id"]))
