"""What follows when a representation has ended: the proxy's open connections are cut."""

from collections.abc import Mapping
from typing import Any

from telehealth.core import sockets
from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform


def register(queue: Queue, _platform: Platform) -> None:
    """Listen to this room's own events."""
    queue.on("mandates.ended", _cut)


def _cut(payload: Mapping[str, Any]) -> None:
    sockets.cut(sockets.representation_room(payload["representation_id"]))
