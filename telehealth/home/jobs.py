"""Where rooms that do not know each other meet after the commit.

An inbox item makes a notice by mail; the beginning and the end of a mandate make an inbox item for
both sides, in neutral words.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from telehealth.core.i18n import N_
from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform
from telehealth.inbox import service as inbox
from telehealth.inbox.models import InboxItem, ItemKind
from telehealth.mandates.models import Representation
from telehealth.notifications import service as notifications

_BEGUN = N_("A mandate or guardianship has begun")
_ENDED = N_("A mandate or guardianship has ended")


def register(queue: Queue, platform: Platform) -> None:
    """Listen to inbox and mandates."""
    queue.on("inbox.delivered", partial(_notify, platform), lane=Lane.NOTICES)
    queue.on("mandates.granted", partial(_tell_both, platform, "begun", _BEGUN), lane=Lane.NOTICES)
    queue.on("mandates.ended", partial(_tell_both, platform, "ended", _ENDED), lane=Lane.NOTICES)


def _notify(platform: Platform, payload: Mapping[str, Any]) -> None:
    with platform.database.unit_of_work() as session:
        item = session.get(InboxItem, payload["item_id"])
        if item is not None and item.read_at is None:
            key = f"inbox-item:{item.id}"
            notifications.announce(session, key, item.person_id, now=platform.clock())


def _tell_both(platform: Platform, what: str, title: str, payload: Mapping[str, Any]) -> None:
    with platform.database.unit_of_work() as session:
        row = session.get(Representation, payload["representation_id"])
        if row is not None:
            for person_id in (row.represented_id, row.representative_id):
                _deliver(session, platform, person_id, f"mandate-{what}-{row.id}", title)


def _deliver(session: Session, platform: Platform, person_id: int, ref: str, title: str) -> None:
    notice = inbox.Delivery(person_id, ItemKind.NOTICE, ref, title)
    inbox.deliver(session, notice, now=platform.clock())
