"""What follows when a representation has ended: its holder is out of every call at once."""

from collections.abc import Mapping
from typing import Any

from telehealth.consults import service as consults
from telehealth.consults.schemas import signals
from telehealth.core.lanes import Lane
from telehealth.core.queue import Handler, Queue
from telehealth.core.web.platform import Platform


def register(queue: Queue, platform: Platform) -> None:
    """Listen to ended representations; `mandates` cuts the connections, here the seat goes."""
    queue.on("mandates.ended", _on_ended(platform), lane=Lane.LIVE)


def _on_ended(platform: Platform) -> Handler:
    def dismiss(payload: Mapping[str, Any]) -> None:
        with platform.database.unit_of_work() as session:
            changes = consults.dismiss_under(
                session, payload["representation_id"], now=platform.clock()
            )
        for change in changes:
            signals.tell(change)

    return dismiss
