"""Lanes: none waits for another; a killed worker holds nothing up for long; pauses are known."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event as Flag

import pytest
from sqlalchemy import select

from telehealth.core import heartbeat, outbox
from telehealth.core.db import Database
from telehealth.core.lanes import PACE, Lane
from telehealth.core.outbox import LEASE, Event, OutboxEvent
from telehealth.core.queue import Queue
from telehealth.core.worker import Worker
from tests import make
from tests.conftest import FixedClock

TOPIC = "tests.happened"
PATIENCE_S = 20.0


@pytest.fixture
def queue(fresh_db: Database, clock: FixedClock, tmp_path: Path) -> Queue:
    return Queue(fresh_db, clock, tmp_path)


@pytest.fixture
def employ(queue: Queue) -> Iterator[Callable[..., Worker]]:
    """A worker that works until the test is over."""
    employed: list[Worker] = []

    def begin(*lanes: Lane) -> Worker:
        worker = Worker(queue, lanes or tuple(Lane))
        queue.database.wake = worker.wake
        employed.append(worker)
        worker.start()
        return worker

    yield begin
    for worker in employed:
        worker.stop()


def put(db: Database, topic: str, *numbers: int, now: datetime = make.NOW) -> None:
    with db.unit_of_work() as session:
        for number in numbers:
            outbox.put(session, topic, {"n": number}, now=now)


def rows(db: Database) -> list[OutboxEvent]:
    with db.reading() as session:
        return list(session.scalars(select(OutboxEvent).order_by(OutboxEvent.id)))


def test_one_event_is_handled_in_each_lane_that_has_a_handler_of_it(
    queue: Queue, fresh_db: Database
) -> None:
    heard: list[str] = []
    queue.on(TOPIC, lambda event: heard.append(event.lane), lane=Lane.ALERTS)
    queue.on(TOPIC, lambda event: heard.append(event.lane), lane=Lane.LIVE)
    put(fresh_db, TOPIC, 1)

    assert queue.drain([Lane.LIVE]) == 1
    assert heard == [Lane.LIVE]
    assert queue.drain() == 1
    assert heard == [Lane.LIVE, Lane.ALERTS]


def test_a_handler_that_fails_is_repeated_in_its_own_lane_only(
    queue: Queue, fresh_db: Database, clock: FixedClock
) -> None:
    looked, shown = [], []

    def fails_once(event: Event) -> None:
        looked.append(event["n"])
        if len(looked) == 1:
            raise RuntimeError

    queue.on(TOPIC, fails_once, lane=Lane.ALERTS)
    queue.on(TOPIC, lambda event: shown.append(event["n"]), lane=Lane.LIVE)
    put(fresh_db, TOPIC, 1)

    queue.drain()
    clock.at += PACE[Lane.ALERTS].first_wait
    queue.drain()

    assert (looked, shown) == ([1, 1], [1])


@pytest.mark.parametrize(
    ("lane", "waits_s"),
    [
        (Lane.ALERTS, [2, 4, 8, 16, 32, 64, 120, 120]),
        (Lane.URGENT, [30, 60, 120, 120, 120]),
        (Lane.NOTICES, [60, 120, 240, 480]),
    ],
)
def test_alerts_and_their_mails_are_tried_again_within_two_minutes(
    queue: Queue, fresh_db: Database, clock: FixedClock, lane: Lane, waits_s: list[int]
) -> None:
    tried: list[datetime] = []

    def fails(_event: Event) -> None:
        tried.append(clock.at)
        raise OSError

    queue.on(TOPIC, fails, lane=lane)
    put(fresh_db, TOPIC, 1)
    for wait_s in [0, *waits_s]:
        if wait_s:
            clock.at += timedelta(seconds=wait_s - 1)
            assert queue.drain() == 0
            assert len(tried) == len(set(tried)), "not before its time"
            clock.at += timedelta(seconds=1)
        queue.drain()

    gaps = [(after - before).total_seconds() for before, after in pairwise(tried)]
    assert gaps == waits_s


def test_the_lane_may_depend_on_the_payload(queue: Queue, fresh_db: Database) -> None:
    heard: list[tuple[int, Lane]] = []
    queue.on(
        TOPIC,
        lambda event: heard.append((event["n"], event.lane)),
        lane=lambda payload: Lane.URGENT if payload["n"] > 1 else Lane.NOTICES,
    )
    put(fresh_db, TOPIC, 1, 2)

    queue.drain()

    assert sorted(heard) == [(1, Lane.NOTICES), (2, Lane.URGENT)]


def test_an_event_of_the_previous_release_is_sorted_too(queue: Queue, fresh_db: Database) -> None:
    heard: list[Event] = []
    queue.on(TOPIC, heard.append, lane=Lane.ALERTS)
    with fresh_db.unit_of_work() as session:
        session.add(OutboxEvent(topic=TOPIC, payload={}, created_at=make.NOW, run_at=make.NOW))

    assert queue.drain() == 1
    assert (heard[0].created_at, rows(fresh_db)[0].due_at) == (make.NOW, make.NOW)


def test_a_handler_knows_when_the_event_was_put_however_late_it_is(
    queue: Queue, fresh_db: Database, clock: FixedClock
) -> None:
    heard: list[Event] = []
    queue.on(TOPIC, heard.append, lane=Lane.ALERTS)
    put(fresh_db, TOPIC, 1)

    clock.at += timedelta(minutes=42)
    queue.drain()

    assert heard[0].created_at == make.NOW


def test_a_claim_in_the_lane_of_alerts_is_ten_events_or_fewer(
    queue: Queue, fresh_db: Database, clock: FixedClock
) -> None:
    queue.on(TOPIC, lambda _event: None, lane=Lane.ALERTS)
    put(fresh_db, TOPIC, *range(30))

    assert len(queue.take(Lane.ALERTS, "killed")) <= 10
    while queue.take(Lane.ALERTS, "killed"):
        pass
    clock.at += LEASE - timedelta(seconds=1)
    assert queue.drain() == 0
    clock.at += timedelta(seconds=1)
    assert queue.drain() == 30


def test_a_living_worker_goes_on_holding_what_it_claimed(
    queue: Queue, fresh_db: Database, clock: FixedClock
) -> None:
    queue.on(TOPIC, lambda _event: None, lane=Lane.BULK)
    put(fresh_db, TOPIC, 1)
    (event,) = queue.take(Lane.BULK, "long at work")

    for _ in range(10):
        clock.at += LEASE / 2
        with fresh_db.unit_of_work() as session:
            outbox.renew(session, [event.id], "long at work", now=clock.at)
        assert queue.drain() == 0
    queue.handle(event)

    assert rows(fresh_db)[0].done_at is not None


def test_a_worker_that_lost_its_lease_postpones_nobody_elses_work(
    queue: Queue, fresh_db: Database, clock: FixedClock
) -> None:
    queue.on(TOPIC, lambda _event: None, lane=Lane.ALERTS)
    put(fresh_db, TOPIC, 1)
    (lost,) = queue.take(Lane.ALERTS, "suspended")
    clock.at += LEASE
    (taken,) = queue.take(Lane.ALERTS, "other")

    with fresh_db.unit_of_work() as session:
        outbox.postpone(session, lost, "RuntimeError", now=clock.at)
        outbox.renew(session, [lost.id], "suspended", now=clock.at + timedelta(hours=1))

    row = rows(fresh_db)[0]
    assert (row.claimed_by, row.run_at, row.last_error) == ("other", clock.at + LEASE, "")
    assert queue.handle(taken)


def test_work_that_never_ends_holds_up_its_own_lane_only(
    queue: Queue, fresh_db: Database, employ: Callable[..., Worker]
) -> None:
    begun, go_on, looked = Flag(), Flag(), Flag()

    def hang(_event: Event) -> None:
        begun.set()
        go_on.wait(PATIENCE_S)

    for lane in (Lane.NOTICES, Lane.BULK, Lane.URGENT, Lane.LIVE):
        queue.on(f"tests.{lane}", hang, lane=lane)
    queue.on(TOPIC, lambda _event: looked.set(), lane=Lane.ALERTS)
    employ()
    for lane in (Lane.NOTICES, Lane.BULK, Lane.URGENT, Lane.LIVE):
        put(fresh_db, f"tests.{lane}", *range(30))
    assert begun.wait(PATIENCE_S)

    put(fresh_db, TOPIC, 1)

    assert looked.wait(PATIENCE_S)
    go_on.set()


def test_one_mail_that_hangs_does_not_hold_up_the_next_urgent_one(
    queue: Queue, fresh_db: Database, employ: Callable[..., Worker]
) -> None:
    begun, go_on, sent = Flag(), Flag(), Flag()

    def send(event: Event) -> None:
        if event["n"]:
            sent.set()
        else:
            begun.set()
            go_on.wait(PATIENCE_S)

    queue.on(TOPIC, send, lane=Lane.URGENT)
    employ(Lane.URGENT)
    put(fresh_db, TOPIC, 0)
    assert begun.wait(PATIENCE_S)

    put(fresh_db, TOPIC, 1)

    assert sent.wait(PATIENCE_S)
    go_on.set()


def test_a_worker_that_is_ended_gives_back_what_it_has_not_begun(
    queue: Queue, fresh_db: Database, employ: Callable[..., Worker]
) -> None:
    begun, go_on = Flag(), Flag()

    def hang(_event: Event) -> None:
        begun.set()
        go_on.wait(PATIENCE_S)

    queue.on(TOPIC, hang, lane=Lane.ALERTS)
    put(fresh_db, TOPIC, 1, 2, 3)
    worker = employ(Lane.ALERTS)
    assert begun.wait(PATIENCE_S)

    worker._stopping.set()
    go_on.set()
    worker.stop()

    left = [(row.claimed_by, row.attempts) for row in rows(fresh_db) if row.done_at is None]
    assert left == [(None, 0), (None, 0)]


def test_timed_jobs_run_in_their_lane(queue: Queue, employ: Callable[..., Worker]) -> None:
    ran = Flag()
    queue.every_minute(ran.set, lane=Lane.ALERTS)

    employ(Lane.ALERTS)

    assert ran.wait(PATIENCE_S)


def test_each_lane_that_is_worked_has_a_heartbeat(
    queue: Queue, fresh_db: Database, employ: Callable[..., Worker]
) -> None:
    employ(Lane.ALERTS, Lane.BULK)

    beats: dict[str, datetime] = {}
    ends_at_s = time.monotonic() + PATIENCE_S
    while len(beats) < 2 and time.monotonic() < ends_at_s:
        with fresh_db.reading() as session:
            beats = heartbeat.last_beats(session)

    assert beats == {Lane.ALERTS: make.NOW, Lane.BULK: make.NOW}


def test_a_lane_whose_thread_is_stuck_has_no_heartbeat(queue: Queue, fresh_db: Database) -> None:
    begun, go_on = Flag(), Flag()

    def hang(_event: Event) -> None:
        begun.set()
        go_on.wait(PATIENCE_S)

    queue.on(TOPIC, hang, lane=Lane.ALERTS)
    put(fresh_db, TOPIC, 1)
    worker = Worker(queue, [Lane.ALERTS])
    (one,) = worker._threads
    one.thread.start()
    assert begun.wait(PATIENCE_S)
    assert one.is_working

    one._turned_at_s -= PACE[Lane.ALERTS].longest_turn.total_seconds()
    worker.beat()

    with fresh_db.reading() as session:
        assert heartbeat.last_beats(session) == {}
    go_on.set()
    worker.stop()


@pytest.mark.parametrize(("pause_min", "logged"), [(5, 0), (42, 1)])
def test_the_end_of_a_pause_is_logged_once(
    fresh_db: Database,
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
    pause_min: int,
    logged: int,
) -> None:
    caplog.set_level("WARNING")
    with fresh_db.unit_of_work() as session:
        heartbeat.beat(session, Lane.ALERTS, now=clock.at)
    clock.at += timedelta(minutes=pause_min)
    for _ in range(2):
        with fresh_db.unit_of_work() as session:
            heartbeat.beat(session, Lane.ALERTS, now=clock.at)

    found = [vars(one) for one in caplog.records if one.getMessage() == "lane was not worked"]
    assert [(one["lane"], one["pause_s"]) for one in found] == logged * [("alerts", 42 * 60)]
