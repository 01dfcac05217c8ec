"""After a signature: seal, check, keep on disk, then say so. And once a minute: what time ended."""

import logging
from collections.abc import Mapping
from typing import Any

from telehealth.consents import service as consents
from telehealth.consents.gateways.blobs import blobs_of
from telehealth.consents.gateways.sealing import choose, open_seal
from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform

log = logging.getLogger(__name__)


def register(queue: Queue, platform: Platform) -> None:
    """Listen to this room's own events and to the clock."""
    queue.on("consents.seal", lambda payload: seal(platform, payload), lane=Lane.NOTICES)
    queue.every_minute(lambda: expire(platform), lane=Lane.NOTICES)


def seal(platform: Platform, payload: Mapping[str, Any]) -> None:
    """One signed consent is sealed; harmless when repeated or when a worker dies half-way.

    A worker killed after the file and before the row leaves a file nobody refers to; the next try
    seals again and refers to its own.
    """
    with platform.database.unit_of_work() as session:
        waiting = consents.to_seal(session, payload["record_id"])
    if waiting is None:
        return
    now = platform.clock()
    sealed = open_seal(choose(platform.settings), now=now).seal(waiting.pdf, now=now)
    blobs_of(platform.settings).put(sealed.pdf)
    with platform.database.unit_of_work() as session:
        is_first = consents.keep_sealed(session, waiting.record_id, sealed, now=platform.clock())
    if not is_first:
        log.info("sealed twice", extra={"record_id": waiting.record_id})


def expire(platform: Platform) -> None:
    """What nobody answered in time, and what is past its last day, is over."""
    with platform.database.unit_of_work() as session:
        consents.expire_due(session, now=platform.clock())
