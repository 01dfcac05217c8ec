"""The worker: threads of its own for each lane, and a heartbeat.

Lanes share nothing but the database: work that is long or waits for a mail server holds up its own
lane only.
"""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from threading import Event as Flag
from threading import Lock, Thread
from uuid import uuid4

from telehealth.core import heartbeat, outbox
from telehealth.core.lanes import PACE, Lane
from telehealth.core.outbox import Event
from telehealth.core.queue import Queue

log = logging.getLogger(__name__)

POLL_S = 1.0
"""A lane looks this often when nobody wakes it."""
TIMED_EVERY_S = 60.0
_SHUTDOWN_S = 5.0


class _LaneThread:
    """One thread of one lane.

    Args:
        queue: where events come from.
        lane: which ones.
        worker: name of the worker, for the leases.
        stopping: set when the thread is to end after the event at hand.
        has_timed: whether this thread runs the timed jobs of the lane.
    """

    def __init__(
        self, queue: Queue, lane: Lane, worker: str, stopping: Flag, *, has_timed: bool
    ) -> None:
        self.lane = lane
        self.hint = Flag()
        self._queue = queue
        self._worker = worker
        self._stopping = stopping
        self._has_timed = has_timed
        self._timed_at_s = time.monotonic() - TIMED_EVERY_S
        self._turned_at_s = time.monotonic()
        self._lock = Lock()
        self._held: set[int] = set()
        self.thread = Thread(target=self._run, name=f"lane-{lane.value}", daemon=True)

    @property
    def is_working(self) -> bool:
        """Whether the thread lives and is not stuck at one event."""
        turn = timedelta(seconds=time.monotonic() - self._turned_at_s)
        return self.thread.is_alive() and turn <= PACE[self.lane].longest_turn

    @property
    def held(self) -> set[int]:
        """Ids of the events it has claimed and not ended."""
        with self._lock:
            return set(self._held)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.hint.clear()
            try:
                has_worked = self._work()
            except Exception as error:  # noqa: BLE001 - a database that is away: look again later
                fault = {"lane": self.lane.value, "fault": type(error).__name__}
                log.warning("lane failed", extra=fault)
                has_worked = False
            if not has_worked:
                self._turn()
                self.hint.wait(POLL_S)

    def _work(self) -> bool:
        """Handle one claim; True when there may be more."""
        if self._has_timed and time.monotonic() - self._timed_at_s >= TIMED_EVERY_S:
            self._timed_at_s = time.monotonic()
            self._queue.run_timed(self.lane)
        self._turn()
        events = self._queue.take(self.lane, self._worker)
        self._hold({event.id for event in events})
        try:
            for event in events:
                self._turn()
                if self._stopping.is_set():
                    self._give_back(event)
                else:
                    self._queue.handle(event)
                self._hold(self.held - {event.id})
        finally:
            self._hold(set())
        return bool(events)

    def _give_back(self, event: Event) -> None:
        with self._queue.database.unit_of_work() as session:
            outbox.give_back(session, event, now=self._queue.clock())

    def _hold(self, event_ids: set[int]) -> None:
        with self._lock:
            self._held = event_ids

    def _turn(self) -> None:
        self._turned_at_s = time.monotonic()


class Worker:
    """All threads of one process.

    Args:
        queue: with the handlers of all rooms.
        lanes: which ones are worked here.
    """

    def __init__(self, queue: Queue, lanes: Sequence[Lane] = tuple(Lane)) -> None:
        self._queue = queue
        self._name = str(uuid4())
        self._stopping = Flag()
        self._threads = [
            _LaneThread(queue, lane, self._name, self._stopping, has_timed=number == 0)
            for lane in lanes
            for number in range(PACE[lane].threads)
        ]
        self._heart = Thread(target=self._live, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to work; returns at once."""
        for one in self._threads:
            one.thread.start()
        self._heart.start()

    def stop(self) -> None:
        """End after the events at hand; what was claimed and not begun is given back."""
        self._stopping.set()
        self.wake()
        ends_at_s = time.monotonic() + _SHUTDOWN_S
        for thread in (*(one.thread for one in self._threads), self._heart):
            if thread.is_alive():
                thread.join(max(0.0, ends_at_s - time.monotonic()))

    def wake(self) -> None:
        """The outbox has something: all lanes look at once."""
        for one in self._threads:
            one.hint.set()

    def _live(self) -> None:
        while not self._stopping.is_set():
            try:
                self.beat()
            except Exception as error:  # noqa: BLE001 - the next beat comes in seconds
                log.warning("heartbeat failed", extra={"fault": type(error).__name__})
            self._stopping.wait(heartbeat.EVERY_S)

    def beat(self) -> None:
        """Say which lanes are worked, and go on holding what their threads have claimed."""
        working = [one for one in self._threads if one.is_working]
        held = set[int]().union(*(one.held for one in working))
        with self._queue.database.unit_of_work() as session:
            now = self._queue.clock()
            for lane in sorted({one.lane for one in working}):
                heartbeat.beat(session, lane, now=now)
            if held:
                outbox.renew(session, held, self._name, now=now)
