"""Jobs: which handler hears of which topic, in which lane; how one event is handled.

Handlers are registered per topic by `app.py` from the rooms' `jobs.py`, several for one topic if
several rooms care. Each runs at least once and must be harmless when repeated and when events of
one patient come in another order: lanes run beside each other. When a handler fails, the event
comes back to the handlers of its own lane. Only this module imports Huey, which carries the hint
that there is work from a server to a worker in another process.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from huey import Huey, RedisHuey, SqliteHuey
from huey.consumer import Consumer

from telehealth.core import outbox
from telehealth.core.clock import Clock
from telehealth.core.db import Database
from telehealth.core.lanes import Lane
from telehealth.core.outbox import Event

log = logging.getLogger(__name__)

Handler = Callable[[Event], None]
LaneChoice = Lane | Callable[[Mapping[str, Any]], Lane]
"""A lane, or the lane by what the payload says."""
Timed = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Listener:
    """A handler and where it works."""

    handler: Handler
    choice: LaneChoice

    def lane_of(self, payload: Mapping[str, Any]) -> Lane:
        """Where an event with this payload is handled."""
        return self.choice if isinstance(self.choice, Lane) else self.choice(payload)


class Queue:
    """The relay from the outbox to the handlers.

    Args:
        database: where the outbox lives.
        clock: the application's clock.
        data_dir: folder of Huey's own SQLite file.
        redis_url: Redis instead of SQLite when several processes work.
    """

    def __init__(
        self, database: Database, clock: Clock, data_dir: Path, redis_url: str = ""
    ) -> None:
        self.database = database
        self.clock = clock
        self.handlers: dict[str, list[Listener]] = {}
        self.timed: dict[Lane, list[Timed]] = {lane: [] for lane in Lane}
        self.hear_hint: Callable[[], object] = _nobody_works
        """What a hint does in the process of a worker."""
        self._huey: Huey = (
            RedisHuey("telehealth", url=redis_url)
            if redis_url
            else SqliteHuey("telehealth", filename=str(data_dir / "queue.db"))
        )
        self._hint = self._huey.task(name="hint")(self._hear)

    def on(self, topic: str, handler: Handler, *, lane: LaneChoice) -> None:
        """Let `handler` hear of events of `topic`, beside others; it must be idempotent."""
        self.handlers.setdefault(topic, []).append(Listener(handler, lane))

    def every_minute(self, job: Timed, *, lane: Lane) -> None:
        """Run `job` about once a minute; it finds out by itself what is due."""
        self.timed[lane].append(job)

    def wake(self) -> None:
        """Hint to another process that the outbox has something.

        A queue that is away costs a second, never an event: workers look by themselves too.
        """
        try:
            self._hint()
        except Exception as error:  # noqa: BLE001 - the workers look a second later
            log.warning("queue is away", extra={"fault": type(error).__name__})

    def _hear(self) -> None:
        self.hear_hint()

    def hints(self) -> Consumer:
        """What carries the hints to `hear_hint` in a worker's own process: `start()`, `stop()`."""
        return _GuestConsumer(
            self._huey, workers=1, periodic=False, initial_delay=0.05, max_delay=0.25
        )

    def take(self, lane: Lane, worker: str) -> list[Event]:
        """Sort what is new, then claim some events of a lane; does not write when there is none."""
        with self.database.reading() as session:
            if not outbox.has_work(session, lane, now=self.clock()):
                return []
        with self.database.unit_of_work() as session:
            outbox.sort(session, self._lanes_of)
            return outbox.claim(session, lane, worker, now=self.clock())

    def handle(self, event: Event) -> bool:
        """Let the handlers of an event's lane do their work; False: it comes back."""
        faults = [
            fault
            for listener in self.handlers.get(event.topic, ())
            if listener.lane_of(event.payload) is event.lane
            and (fault := _fault_of(listener.handler, event))
        ]
        with self.database.unit_of_work() as session:
            if faults:
                outbox.postpone(session, event, ", ".join(faults), now=self.clock())
            else:
                outbox.finish(session, event.id, now=self.clock())
        return not faults

    def drain(self, lanes: Sequence[Lane] = tuple(Lane)) -> int:
        """Handle what is open now, and what comes of it; returns how many events were handled."""
        worker, done, is_idle = str(uuid4()), 0, False
        while not is_idle:
            is_idle = True
            for lane in lanes:
                while events := self.take(lane, worker):
                    is_idle = False
                    done += sum(self.handle(event) for event in events)
        return done

    def run_timed(self, lane: Lane) -> None:
        """Run the timed jobs of a lane."""
        for job in self.timed[lane]:
            try:
                job()
            except Exception as error:  # noqa: BLE001 - one job must not stop the others
                log.warning("timed job failed", extra={"fault": type(error).__name__})

    def sweep(self) -> None:
        """Handle open events, then run the timed jobs of all lanes."""
        self.drain()
        for lane in Lane:
            self.run_timed(lane)

    def _lanes_of(self, topic: str, payload: Mapping[str, Any]) -> Sequence[Lane]:
        """Where a topic is handled; what nobody hears of is done by the lane that can wait."""
        lanes = {one.lane_of(payload) for one in self.handlers.get(topic, ())}
        return sorted(lanes) or (Lane.NOTICES,)


def _nobody_works() -> None:
    """No worker runs in this process."""


def _fault_of(handler: Handler, event: Event) -> str:
    """Run one handler; the class of its fault, or nothing. The others run all the same."""
    try:
        handler(event)
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
