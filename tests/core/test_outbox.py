"""Outbox and queue: handled at least once, by one worker at a time, given up in the end."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Lock
from typing import Any

import pytest
from sqlalchemy import select

from telehealth.core import outbox
from telehealth.core.db import Database
from telehealth.core.lanes import PACE, Lane
from telehealth.core.outbox import LEASE, OutboxEvent
from telehealth.core.queue import Queue
from tests import make
from tests.conftest import FixedClock

TOPIC = "tests.happened"
LANE = Lane.NOTICES


@pytest.fixture
def queue(fresh_db: Database, clock: FixedClock, tmp_path: Path) -> Queue:
    return Queue(fresh_db, clock, tmp_path)


def put(db: Database, *numbers: int) -> None:
    with db.unit_of_work() as session:
        for number in numbers:
            outbox.put(session, TOPIC, {"n": number}, now=make.NOW)


def rows(db: Database) -> list[OutboxEvent]:
    with db.reading() as session:
        return list(session.scalars(select(OutboxEvent).order_by(OutboxEvent.id)))


def test_every_handler_of_a_topic_hears_each_event_once_in_order(
    queue: Queue, fresh_db: Database
) -> None:
    heard: list[tuple[str, int]] = []
    queue.on(TOPIC, lambda payload: heard.append(("first", payload["n"])), lane=LANE)
    queue.on(TOPIC, lambda payload: heard.append(("second", payload["n"])), lane=LANE)
    put(fresh_db, 1, 2)

    assert queue.drain() == 2
    assert queue.drain() == 0
    assert heard == [("first", 1), ("second", 1), ("first", 2), ("second", 2)]
    assert all(row.done_at == make.NOW for row in rows(fresh_db))


def test_a_handler_that_fails_keeps_no_other_from_its_work_and_is_asked_again_later(
    queue: Queue, fresh_db: Database, clock: FixedClock
) -> None:
    heard: list[int] = []
    faults = [RuntimeError("Kanarc7q2x"), None]

    def fails_once(_payload: Mapping[str, Any]) -> None:
        if fault := faults.pop(0):
            raise fault

    queue.on(TOPIC, fails_once, lane=LANE)
    queue.on(TOPIC, lambda payload: heard.append(payload["n"]), lane=LANE)
    put(fresh_db, 1)

    assert queue.drain() == 0
    assert rows(fresh_db)[0].last_error == "RuntimeError"
    assert queue.drain() == 0, "not before a minute has passed"
    clock.at += timedelta(minutes=1)
    assert queue.drain() == 1
    assert heard == [1, 1]


def test_after_the_last_try_an_event_is_left_for_a_person(
    queue: Queue, fresh_db: Database, clock: FixedClock
) -> None:
    tries: list[int] = []

    def fails(payload: Mapping[str, Any]) -> None:
        tries.append(payload["n"])
        raise ValueError

    queue.on(TOPIC, fails, lane=LANE)
    put(fresh_db, 1)
    for _ in range(PACE[LANE].max_attempts + 3):
        queue.drain()
        clock.at += timedelta(hours=1)

    assert len(tries) == PACE[LANE].max_attempts
    row = rows(fresh_db)[0]
    assert (row.done_at, row.failed_at is not None) == (None, True)


def test_what_a_killed_worker_held_is_taken_by_another_when_the_lease_is_over(
    queue: Queue, fresh_db: Database, clock: FixedClock
) -> None:
    heard: list[int] = []
    queue.on(TOPIC, lambda payload: heard.append(payload["n"]), lane=LANE)
    put(fresh_db, 1)
    assert len(queue.take(LANE, "killed")) == 1  # and then the power went

    assert queue.drain() == 0
    clock.at += LEASE
    assert queue.drain() == 1
    assert heard == [1]


def test_two_workers_never_handle_the_same_event_at_once(queue: Queue, fresh_db: Database) -> None:
    heard: list[int] = []
    lock, start = Lock(), Barrier(2)

    def hear(payload: Mapping[str, Any]) -> None:
        with lock:
            heard.append(payload["n"])

    def work() -> int:
        start.wait()
        return queue.drain()

    queue.on(TOPIC, hear, lane=LANE)
    put(fresh_db, *range(60))

    with ThreadPoolExecutor(2) as pool:
        done = [running.result() for running in [pool.submit(work) for _ in range(2)]]

    assert sum(done) == 60
    assert sorted(heard) == list(range(60))


def test_an_event_nobody_hears_of_is_done_and_one_for_later_waits(
    queue: Queue, fresh_db: Database, clock: FixedClock
) -> None:
    put(fresh_db, 1)
    with fresh_db.unit_of_work() as session:
        outbox.put(session, TOPIC, {}, now=make.NOW, run_at=make.NOW + timedelta(hours=1))

    assert queue.drain() == 1
    clock.at += timedelta(hours=1)
    assert queue.drain() == 1


def test_a_timed_deed_that_fails_does_not_stop_the_others(queue: Queue) -> None:
    done: list[str] = []
    queue.every_minute(lambda: done.append(str(1 // 0)), lane=LANE)
    queue.every_minute(lambda: done.append("second"), lane=LANE)

    queue.sweep()

    assert done == ["second"]
