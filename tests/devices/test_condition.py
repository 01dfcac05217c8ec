"""The server hears how a meter does: after the readings, once per transfer, and never instead."""

import httpx
import pytest

from devices import condition
from devices.queue import Queue
from devices.upload import Server

from .conftest import NOW, Glucometer, Reach, StandInServer, put
from .test_queue import claim, meter


@pytest.fixture
def claimed(sending: Glucometer, reach: Reach, server: StandInServer) -> Glucometer:
    put(reach)
    sending("sync", "--json")
    sending("claim", "--with-history")
    return sending


def test_battery_drift_and_count_are_told_for_the_claimed_meter(
    claimed: Glucometer, server: StandInServer
):
    synced = claimed.data("sync", "--only-send")

    (told,) = server.conditions
    assert synced["told"] == 1
    assert told["identity"] == next(iter(server.stored.values()))["device"]
    assert (told["battery_percent"], told["records"], told["firmware"]) == (87, 12, "1.0")
    assert abs(told["clock_drift_s"]) <= 5
    assert told["set_aside"] == {"records": 0, "clock_off": 0, "clock_drift_s": None}
    assert set(told) == {
        "identity", "name", "read_at", "battery_percent", "clock_drift_s", "clock_set_at",
        "records", "firmware", "set_aside", "sent_at",
    }  # fmt: skip


def test_what_was_told_is_told_again_only_after_the_next_transfer(
    claimed: Glucometer, server: StandInServer
):
    claimed("sync", "--only-send")
    claimed("sync", "--only-send")
    before = len(server.conditions)
    claimed("sync")

    assert (before, len(server.conditions)) == (1, 2)


def test_a_server_without_this_door_gets_the_readings_all_the_same(
    claimed: Glucometer, server: StandInServer
):
    server.knows_conditions = False

    synced = claimed("sync", "--only-send")
    server.knows_conditions = True
    later = claimed.data("sync", "--only-send")

    assert synced.exit_code == 0
    assert len(server.stored) == 12
    assert later["told"] == 1


def test_nothing_is_told_about_a_meter_of_nobody(
    sending: Glucometer, reach: Reach, server: StandInServer
):
    put(reach)

    sending("sync")

    assert server.conditions == []


def test_nothing_is_told_to_a_server_that_did_not_take_the_readings(
    claimed: Glucometer, server: StandInServer
):
    server.broken = [401]

    claimed("sync", "--only-send")

    assert server.conditions == []


def test_a_meter_read_after_its_claim_ended_is_told_to_nobody(queue: Queue):
    here = meter(queue)
    claim(queue, here, "7")
    queue.end_claim(here, at=NOW)
    queue.describe(here, battery_percent=50, drift_s=0, at=NOW.replace(hour=23))

    assert condition.untold(queue) == []


def test_a_line_that_breaks_leaves_it_for_the_next_time(queue: Queue):
    here = meter(queue)
    claim(queue, here, "7")
    queue.describe(here, battery_percent=50, drift_s=0, at=NOW)

    with httpx.Client() as client:
        told = condition.tell(queue, Server("http://127.0.0.1:1", "t"), client=client, at=NOW)

    assert told == 0
    assert [one.patient for one in condition.untold(queue)] == ["7"]
