"""Records set aside: a person sends them after all, or never, and says why."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from devices.decisions import Decision, DecisionError, Deed, Objection, decide
from devices.glucose import Kind
from devices.meaning import Doubt
from devices.queue import Queue
from devices.rows import State

from .conftest import NOW, ZONE, Glucometer, Reach, StandInServer, put
from .test_queue import claim, meter, reading, store

KEYS = [f"abcdef{number:02d}" for number in range(20)]


def aside(queue: Queue, number: int, **changed: object) -> str:
    here = meter(queue)
    if here not in queue.open_claims():
        claim(queue, here, "7")
    store(queue, here, replace(reading(number, **changed), key=KEYS[number]))
    return KEYS[number]


def release(queue: Queue, *keys: str, at: datetime | None = None) -> None:
    decide(queue, keys, Decision(Deed.RELEASE, "seen on the meter", "nurse", NOW, at))


def discard(queue: Queue, *keys: str) -> None:
    decide(queue, keys, Decision(Deed.DISCARD, "a test strip fell", "nurse", NOW))


def test_a_released_record_waits_for_the_server_with_the_time_it_has(queue: Queue):
    key = aside(queue, 1, doubts=(Doubt.CLOCK_OFF,))

    release(queue, key)

    (row,) = queue.waiting("7", 10)
    assert (row.key, row.measured_at, row.corrected_at) == (key, NOW.isoformat(), None)
    assert queue.rows("SELECT deed, reason, decided_by FROM decision") == [
        ("release", "seen on the meter", "nurse")
    ]


def test_a_discarded_record_is_never_sent_and_still_there(queue: Queue):
    key = aside(queue, 1, doubts=(Doubt.METER_FAULT,))

    discard(queue, key)

    assert queue.waiting("7", 10) == []
    assert [row.key for row in queue.listed(State.DISCARDED, limit=9)] == [key]
    assert store(queue, meter(queue), replace(reading(1), key=key)) == 0


def test_a_time_is_only_what_a_person_says_and_the_meters_own_stays(queue: Queue):
    key = aside(queue, 1, doubts=(Doubt.NO_SUCH_DATE,), measured_at=None, base="2026-13-19T08:00")

    with pytest.raises(DecisionError) as refused:
        release(queue, key)
    release(queue, key, at=NOW - timedelta(hours=3))

    assert refused.value.objection is Objection.NEEDS_TIME
    (row,) = queue.waiting("7", 10)
    assert (row.measured_at, row.base) == (None, "2026-13-19T08:00")
    assert row.corrected_at == (NOW - timedelta(hours=3)).isoformat()


@pytest.mark.parametrize(
    ("changed", "objection"),
    [
        ({"kind": Kind.IMPLAUSIBLE, "doubts": (Doubt.IMPLAUSIBLE,)}, Objection.NO_VALUE),
        ({"kind": Kind.UNREADABLE, "doubts": (Doubt.UNREADABLE,), "value": None},
         Objection.NO_VALUE),
        ({"kind": Kind.NO_VALUE, "doubts": (Doubt.FUTURE,), "value": None}, Objection.NO_VALUE),
        ({"kind": Kind.KETONE, "doubts": (Doubt.CLOCK_OFF,)}, Objection.NO_VALUE),
        ({"doubts": (Doubt.FUTURE,), "measured_at": NOW + timedelta(hours=1)},
         Objection.FUTURE_TIME),
        ({"doubts": ()}, Objection.NOT_OPEN),
    ],
)  # fmt: skip
def test_what_cannot_be_a_reading_is_not_released(
    queue: Queue, changed: dict[str, object], objection: Objection
):
    key = aside(queue, 1, **changed)

    with pytest.raises(DecisionError) as refused:
        release(queue, key)

    assert refused.value.objection is objection
    assert queue.rows("SELECT * FROM decision") == []


def test_beyond_the_scale_can_be_released_too(queue: Queue):
    key = aside(queue, 1, kind=Kind.HIGH, value=None, doubts=(Doubt.CLOCK_OFF,))

    release(queue, key)

    assert [row.kind for row in queue.waiting("7", 10)] == ["high"]


def test_a_decision_is_about_all_the_records_or_none(queue: Queue):
    good = aside(queue, 1, doubts=(Doubt.CLOCK_OFF,))
    bad = aside(queue, 2, kind=Kind.IMPLAUSIBLE, doubts=(Doubt.IMPLAUSIBLE,))

    with pytest.raises(DecisionError):
        release(queue, good, bad)
    with pytest.raises(DecisionError) as two_times:
        release(queue, good, bad, at=NOW)

    assert two_times.value.objection is Objection.ONE_TIME
    assert queue.totals()["quarantined"] == 2


@pytest.mark.parametrize("key", ["abcdef", "abcde", "zzzzzzzz", "%", "ABCDEF"])
def test_a_name_that_is_not_one_records_is_refused(queue: Queue, key: str):
    aside(queue, 1, doubts=(Doubt.CLOCK_OFF,))
    aside(queue, 2, doubts=(Doubt.CLOCK_OFF,))

    with pytest.raises(DecisionError) as refused:
        discard(queue, key)

    assert refused.value.objection is Objection.NO_SUCH_RECORD


def test_a_record_decided_about_is_decided(queue: Queue):
    key = aside(queue, 1, doubts=(Doubt.CLOCK_OFF,))
    discard(queue, key)

    with pytest.raises(DecisionError) as again:
        release(queue, key)

    assert again.value.objection is Objection.NOT_OPEN


def test_a_record_the_server_refused_can_be_tried_again(queue: Queue):
    key = aside(queue, 1)
    (row,) = queue.waiting("7", 10)
    queue.settle([], [(row.id, "too_old")], at=NOW)

    release(queue, key)

    assert [row.key for row in queue.waiting("7", 10)] == [key]


def test_with_the_command_from_the_list_to_the_server(
    sending: Glucometer, reach: Reach, server: StandInServer
):
    put(reach, "clock-off")
    sending("sync", "--json")
    sending("claim", "--with-history", "--patient", "7")

    listed = sending("status").stdout.splitlines()
    first, second = [line.split()[0] for line in listed if "meter clock wrong" in line][:2]
    released = sending("release", first, "--reason", "summer time was left on")
    discarded = sending("discard", second, "--reason", "not hers")
    synced = sending("sync", "--only-send")

    assert "Released, goes with the next sending: 1" in released.stdout
    assert "Discarded" in discarded.stdout
    assert synced.exit_code == 0
    assert [key[:8] for key in server.stored] == [first]
    assert sending.data("status")["queue"]["discarded"] == 1


def test_the_time_a_person_gives_is_the_time_that_is_sent(
    sending: Glucometer, reach: Reach, server: StandInServer
):
    put(reach, "month-13", records=1)
    sending("sync", "--json")
    sending("claim", "--with-history", "--patient", "7")
    row = next(one for one in sending.data("status")["aside"] if one["state"] == "quarantined")
    wall = (datetime.now(ZONE) - timedelta(hours=5)).replace(tzinfo=None, second=0, microsecond=0)

    without = sending("release", row["key"], "--reason", "she remembers")
    with_time = sending.data(
        "release", row["key"], "--reason", "she remembers", "--at", wall.isoformat()
    )
    sending("sync", "--only-send")

    assert without.exit_code == 18
    assert "--at" in without.stderr
    assert with_time["deed"] == "release"
    sent = server.stored[row["key"]]["measured_at"]
    assert datetime.fromisoformat(sent) == wall.replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    "words",
    [
        ["release", "abcdef01"],
        ["release", "--reason", "x"],
        ["discard", "abcdef01", "--reason", "  "],
        ["discard", "abcdef01", "--reason", "x" * 201],
        ["release", "abcdef01", "--reason", "x", "--at", "2026-03-29T02:30"],
        ["release", "abcdef01", "--reason", "x", "--at", "2025-10-26T02:30"],
        ["release", "abcdef01", "--reason", "x", "--at", "yesterday"],
    ],
)
def test_a_decision_without_reason_record_or_moment_is_refused_with_usage(
    glucometer: Glucometer, words: list[str]
):
    assert glucometer(*words).exit_code == 2
