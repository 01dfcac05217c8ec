"""Every hour the ends of all chains are written to a file outside of the database."""

from datetime import datetime, timedelta
from functools import partial

from telehealth.audit import service as audit
from telehealth.audit.gateways import AnchorFile
from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform
from telehealth.settings import Settings

EVERY = timedelta(hours=1)


def register(queue: Queue, platform: Platform) -> None:
    """Look every minute whether an hour has passed."""
    queue.every_minute(partial(_anchor, platform, []), lane=Lane.BULK)


def anchors(settings: Settings) -> AnchorFile:
    """The file of this installation."""
    return AnchorFile(settings.data_dir / "audit-anchors.jsonl", settings.secret_key.encode())


def _anchor(platform: Platform, last: list[datetime]) -> None:
    now = platform.clock()
    if last and now - last[0] < EVERY:
        return
    last[:] = [now]
    with platform.database.reading() as session:
        heads = audit.heads(session)
    anchors(platform.settings).write(heads, now=now)
