"""/readyz: ready is whoever works its alerts; a line for each lane, for mail, for what failed."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.core import heartbeat, outbox
from telehealth.core.lanes import Lane
from telehealth.core.outbox import OutboxEvent
from tests.conftest import FixedClock
from tests.make import NOW

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def work(session: Session, clock: FixedClock, *lanes: Lane) -> None:
    for lane in lanes or tuple(Lane):
        heartbeat.beat(session, lane, now=clock.at)
    session.commit()


def test_an_installation_whose_lanes_are_worked_is_ready(
    session: Session, client: FlaskClient, clock: FixedClock
) -> None:
    work(session, clock)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json["status"]) == (200, "ok")
    assert answer.json["lines"]["lane alerts"] == {
        "status": "ok", "heartbeat_s": 0, "oldest_s": None,
    }  # fmt: skip
    assert answer.json["lines"]["mail"] == {"status": "ok", "down_s": None, "waiting": 0}
    assert answer.json["lines"]["failed events"] == {"status": "ok", "count": 0}


@pytest.mark.parametrize(("seconds", "status"), [(60, 200), (61, 503)])
def test_without_a_heartbeat_of_the_lane_of_alerts_for_a_minute_it_is_not_ready(
    session: Session, client: FlaskClient, clock: FixedClock, seconds: int, status: int
) -> None:
    work(session, clock)
    clock.at += seconds * SECOND

    assert client.get("/readyz").status_code == status
    assert client.get("/readyz/web").status_code == 200


def test_where_nobody_ever_worked_it_is_not_ready(client: FlaskClient) -> None:
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize("lane", ["alerts", ""])
@pytest.mark.parametrize(("seconds", "status"), [(60, 200), (61, 503)])
def test_an_event_of_alerts_that_waits_for_a_minute_makes_it_not_ready(
    session: Session, client: FlaskClient, clock: FixedClock, lane: str, seconds: int, status: int
) -> None:
    outbox.put(session, "tests.happened", {}, now=NOW)
    session.flush()
    session.query(OutboxEvent).update({"lane": lane})
    clock.at += seconds * SECOND
    work(session, clock)

    assert client.get("/readyz").status_code == status


def test_an_event_that_is_repeated_is_as_old_as_it_is(
    session: Session, client: FlaskClient, clock: FixedClock
) -> None:
    outbox.put(session, "tests.happened", {}, now=NOW)
    session.flush()
    clock.at += 2 * MINUTE
    session.query(OutboxEvent).update({"lane": "alerts", "run_at": clock.at + MINUTE})
    work(session, clock)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json["lines"]["lane alerts"]["oldest_s"] == 120


def test_an_event_for_later_is_not_late(
    session: Session, client: FlaskClient, clock: FixedClock
) -> None:
    outbox.put(session, "tests.happened", {}, now=NOW, run_at=NOW + 60 * MINUTE)
    clock.at += 50 * MINUTE
    work(session, clock)

    assert client.get("/readyz").status_code == 200


def test_what_was_given_up_and_another_lane_at_rest_are_warnings(
    session: Session, client: FlaskClient, clock: FixedClock
) -> None:
    outbox.put(session, "tests.happened", {}, now=NOW)
    session.flush()
    session.query(OutboxEvent).update({"failed_at": NOW})
    work(session, clock, Lane.ALERTS)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json["lines"]["failed events"] == {"status": "warning", "count": 1}
    assert answer.json["lines"]["lane bulk"]["status"] == "warning"
