"""Jobs: Huey supplies clock, queue and worker threads; the outbox says what is to be done.

Only this module imports Huey. Handlers are registered per topic by `app.py` from the rooms'
`jobs.py`, several for one topic if several rooms care. Each runs at least once and must be harmless
when repeated: when one of them fails, the event comes back to all of them.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey
from huey.api import crontab
from huey.consumer import Consumer

from telehealth.core import outbox
from telehealth.core.clock import Clock
from telehealth.core.db import Database

log = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, Any]], None]
Timed = Callable[[], None]


class Queue:
    """The relay from the outbox to the handlers, driven by Huey.

    Args:
        database: where the outbox lives.
        clock: the application's clock.
        data_dir: folder of Huey's own SQLite file.
        redis_url: Redis instead of SQLite when several processes work.
    """

    def __init__(
        self, database: Database, clock: Clock, data_dir: Path, redis_url: str = ""
    ) -> None:
        self._database = database
        self._clock = clock
        self.handlers: dict[str, list[Handler]] = {}
        self._timed: list[Timed] = []
        self._huey: Huey = (
            RedisHuey("telehealth", url=redis_url)
            if redis_url
            else SqliteHuey("telehealth", filename=str(data_dir / "queue.db"))
        )
        self._drain_task = self._huey.task(name="drain")(self.drain)
        self._huey.periodic_task(crontab(minute="*"), name="sweep")(self.sweep)

    def on(self, topic: str, handler: Handler) -> None:
        """Let `handler` hear of events of `topic`, beside others; it must be idempotent."""
        self.handlers.setdefault(topic, []).append(handler)

    def every_minute(self, deed: Timed) -> None:
        """Run `deed` about once a minute; it finds out by itself what is due."""
        self._timed.append(deed)

    def wake(self) -> None:
        """Hint that the outbox has something. A queue that is away costs time, never an event."""
        try:
            self._drain_task()
        except Exception as error:  # noqa: BLE001 - the sweep does the work a minute later
            log.warning("queue is away", extra={"fault": type(error).__name__})

    def drain(self) -> int:
        """Handle what is open now; returns how many events were handled."""
        done = 0
        while True:
            with self._database.unit_of_work() as session:
                claimed = outbox.claim(session, now=self._clock())
            if not claimed:
                return done
            for event in claimed:
                done += self._handle(event)

    def _handle(self, event: outbox.Claimed) -> int:
        faults = [
            fault
            for handler in self.handlers.get(event.topic, ())
            if (fault := _fault_of(handler, event))
        ]
        with self._database.unit_of_work() as session:
            if faults:
                outbox.postpone(session, event, ", ".join(faults), now=self._clock())
            else:
                outbox.finish(session, event.id, now=self._clock())
        return 0 if faults else 1

    def sweep(self) -> None:
        """Handle open events, also those another worker left, and run the timed deeds."""
        self.drain()
        for deed in self._timed:
            try:
                deed()
            except Exception as error:  # noqa: BLE001 - one deed must not stop the others
                log.warning("timed job failed", extra={"fault": type(error).__name__})

    def consumer(self, workers: int = 1) -> Consumer:
        """Huey's consumer, for a process of its own (`telehealth work`); `run()` blocks."""
        return Consumer(self._huey, workers=workers, initial_delay=0.05, max_delay=0.5)

    def consumer_in_thread(self) -> Consumer:
        """The same beside a server in one process (embedded default); `start()` and `stop()`."""
        return _GuestConsumer(self._huey, workers=1, initial_delay=0.05, max_delay=0.25)


def _fault_of(handler: Handler, event: outbox.Claimed) -> str:
    """Run one handler; the class of its fault, or nothing. The others run all the same."""
    try:
        handler(event.payload)
    except Exception as error:  # noqa: BLE001 - recorded on the row, tried again, seen by /readyz
        fault = type(error).__name__
        log.warning(
            "event failed", extra={"topic": event.topic, "event_id": event.id, "fault": fault}
        )
        return fault
    return ""


class _GuestConsumer(Consumer):  # type: ignore[misc]  # Huey has no types
    """A consumer that leaves the host process's signals alone."""

    def _set_signal_handlers(self) -> None:
        """Signals belong to the server."""
