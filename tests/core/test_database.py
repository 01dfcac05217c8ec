"""Unit of work: kept whole or not at all, one writer after the other, times with a zone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.orm import Session

from telehealth.app import create_app
from telehealth.core import outbox
from telehealth.core.db import Database, after_commit
from telehealth.core.outbox import OutboxEvent
from telehealth.identity.models import Account, Person, SignInSession
from telehealth.settings import Settings
from tests import make


def count_of(db: Database, model: type[object]) -> int | None:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_what_raises_leaves_nothing_behind_and_nothing_waiting_runs(fresh_db: Database) -> None:
    ran: list[str] = []
    fresh_db.wake = lambda: ran.append("wake")

    def book(session: Session, *, fails: bool) -> None:
        make.person(session)
        outbox.put(session, "tests.happened", {}, now=make.NOW)
        after_commit(session, lambda: ran.append("told"))
        if fails:
            raise LookupError

    with pytest.raises(LookupError), fresh_db.unit_of_work() as session:
        book(session, fails=True)
    assert (count_of(fresh_db, Person), count_of(fresh_db, OutboxEvent), ran) == (0, 0, [])

    with fresh_db.unit_of_work() as session:
        book(session, fails=False)
        assert ran == []
    assert (count_of(fresh_db, Person), count_of(fresh_db, OutboxEvent)) == (1, 1)
    assert ran == ["told", "wake"]


def test_a_commit_that_fails_is_told_to_the_caller_and_nothing_is_stored(
    fresh_db: Database, settings: Settings
) -> None:
    with fresh_db.unit_of_work() as session:
        make.account(session, make.person(session), "ana@test.example")
    client = create_app(settings, fresh_db, lambda: make.NOW).test_client()
    body = {"login": "ana@test.example", "password": make.PASSWORD}

    @event.listens_for(fresh_db.engine, "commit")
    def _fail(_connection: object) -> None:
        raise OperationalError("COMMIT", None, Exception("the connection is gone"))

    answer = client.post("/api/v1/sessions", json=body)
    event.remove(fresh_db.engine, "commit", _fail)

    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    assert "token" not in answer.json
    assert count_of(fresh_db, SignInSession) == 0
    assert client.post("/api/v1/sessions", json=body).status_code == 201


def test_two_who_read_and_then_add_lose_nothing(fresh_db: Database) -> None:
    with fresh_db.unit_of_work() as session:
        login = make.account(session, make.person(session), "0").id
    start = Barrier(2)

    def add_one() -> None:
        start.wait()
        for _ in range(10):
            with fresh_db.unit_of_work() as session:
                row = session.scalars(
                    select(Account).where(Account.id == login).with_for_update()
                ).one()
                row.login = str(int(row.login) + 1)

    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(add_one) for _ in range(2)]:
            running.result()

    with fresh_db.reading() as session:
        assert session.get_one(Account, login).login == "20"


def test_a_reader_does_not_wait_for_a_writer(fresh_db: Database) -> None:
    with fresh_db.unit_of_work() as session:
        make.person(session)
        assert count_of(fresh_db, Person) == 0
    assert count_of(fresh_db, Person) == 1


def test_a_time_without_a_zone_is_refused_and_others_come_back_as_the_same_instant_in_utc(
    session: Session,
) -> None:
    ljubljana = timezone(timedelta(hours=1))
    row = OutboxEvent(
        topic="tests.time",
        payload={},
        created_at=datetime(2026, 11, 24, 0, 30, 0, 5, tzinfo=ljubljana),
        run_at=make.NOW,
    )
    session.add(row)
    session.flush()
    session.expire(row)
    assert row.created_at == datetime(2026, 11, 23, 23, 30, 0, 5, tzinfo=UTC)
    assert row.created_at.tzinfo is UTC

    row.created_at = datetime(2026, 11, 24)  # noqa: DTZ001 - naive on purpose
    with pytest.raises(StatementError, match="without a zone"):
        session.flush()
    session.rollback()
