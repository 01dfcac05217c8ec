"""Sending to a real server on this machine that is down, slow, wrong, or right."""

from collections.abc import Iterator

import httpx
import pytest

from devices.glucose import Kind
from devices.queue import Queue
from devices.upload import Delivery, Persistence, Server, Stop, deliver

from .conftest import NOW, StandInServer
from .test_queue import claim, meter, reading, store

RIGHT = StandInServer.token


class Waits:
    """Notes the pauses instead of making them."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as opened:
        yield opened


@pytest.fixture
def filled(queue: Queue) -> Queue:
    here = meter(queue)
    claim(queue, here, "7")
    store(queue, here, *(reading(number) for number in range(1, 11)))
    return queue


def send(
    queue: Queue, url: str, client: httpx.Client, waits: Waits, token: str = RIGHT
) -> Delivery:
    patience = Persistence(sleep=waits, chance=lambda: 1.0)
    return deliver(queue, Server(url, token), client=client, persistence=patience)


def test_everything_that_waits_is_sent_and_not_sent_again(
    filled: Queue, server: StandInServer, client: httpx.Client, waits: Waits
):
    first = send(filled, server.url, client, waits)
    second = send(filled, server.url, client, waits)

    assert (first.accepted, first.stop) == (10, None)
    assert second == Delivery()
    assert len(server.requests) == 1
    assert filled.totals()["sent"] == 10


def test_a_reading_crosses_the_wire_as_the_door_asks(
    queue: Queue, server: StandInServer, client: httpx.Client, waits: Waits
):
    here = meter(queue)
    claim(queue, here, "7")
    store(queue, here, reading(1, meal="fasting"), reading(2))

    send(queue, server.url, client, waits)

    expected = {
        "key": "k1",
        "measured_at": NOW.isoformat(),
        "value": "118",
        "unit": "mg/dL",
        "source": "meter",
        "device": "Roche | Guide | 1",
        "meal": "fasting",
    }
    assert server.stored["k1"] == expected
    assert "meal" not in server.stored["k2"]


def test_beyond_the_meters_scale_goes_as_a_side_with_the_unit_of_the_record(
    queue: Queue, server: StandInServer, client: httpx.Client, waits: Waits
):
    here = meter(queue)
    claim(queue, here, "7")
    store(
        queue, here, reading(1, kind=Kind.HIGH, value=None), reading(2, kind=Kind.LOW, value=None)
    )

    send(queue, server.url, client, waits)

    sent = [(one["value"], one["unit"]) for one in server.stored.values()]
    assert sent == [("HI", "mg/dL"), ("LO", "mg/dL")]


def test_more_than_a_thousand_go_in_several_requests(
    queue: Queue, server: StandInServer, client: httpx.Client, waits: Waits
):
    here = meter(queue)
    claim(queue, here, "7")
    store(queue, here, *(reading(number) for number in range(2100)))

    assert send(queue, server.url, client, waits).accepted == 2100
    assert [len(body["readings"]) for body in server.requests] == [1000, 1000, 100]


def test_a_server_that_is_down_loses_nothing_and_is_tried_with_growing_pauses(
    filled: Queue, server: StandInServer, client: httpx.Client, waits: Waits
):
    down = send(filled, "http://127.0.0.1:1", client, waits)
    up = send(filled, server.url, client, waits)

    assert (down.stop, down.accepted) == (Stop.UNREACHABLE, 0)
    assert waits.pauses == [1, 2, 4]
    assert up.accepted == 10
    assert len(server.stored) == 10


@pytest.mark.parametrize("trouble", ["hang up", "store and hang up", 500, 503, 429, "nonsense"])
def test_after_any_doubt_sending_again_neither_loses_nor_doubles(
    filled: Queue, server: StandInServer, client: httpx.Client, waits: Waits, trouble: int | str
):
    server.broken = [trouble]

    send(filled, server.url, client, waits)
    send(filled, server.url, client, waits)

    assert len(server.stored) == 10
    assert filled.totals()["sent"] == 10


def test_an_answer_that_does_not_account_for_every_reading_counts_for_nothing(
    filled: Queue, server: StandInServer, client: httpx.Client, waits: Waits
):
    server.broken = ["forgets"]

    delivery = send(filled, server.url, client, waits)

    assert (delivery.stop, delivery.accepted) == (Stop.WRONG_ADDRESS, 0)
    assert filled.totals()["pending"] == 10


def test_a_server_killed_after_storing_reports_duplicates_not_losses(
    filled: Queue, server: StandInServer, client: httpx.Client, waits: Waits
):
    server.broken = ["store and hang up"]

    delivery = send(filled, server.url, client, waits)

    assert (delivery.accepted, delivery.duplicate, delivery.stop) == (0, 10, None)


@pytest.mark.parametrize(
    ("status", "stop"),
    [(401, Stop.NOT_SIGNED_IN), (403, Stop.NOT_ALLOWED), (404, Stop.NOT_ALLOWED),
     (301, Stop.WRONG_ADDRESS), (204, Stop.WRONG_ADDRESS)],
)  # fmt: skip
def test_what_concerns_the_sender_stops_at_once_and_keeps_the_readings(
    filled: Queue, server: StandInServer, client: httpx.Client, waits: Waits,
    status: int, stop: Stop
):  # fmt: skip
    server.broken = [status]

    delivery = send(filled, server.url, client, waits)

    assert delivery.stop is stop
    assert waits.pauses == []
    assert filled.totals()["pending"] == 10


def test_a_revoked_token_is_named(
    filled: Queue, server: StandInServer, client: httpx.Client, waits: Waits
):
    assert send(filled, server.url, client, waits, "revoked").stop is Stop.NOT_SIGNED_IN


def test_one_refused_reading_does_not_hold_up_the_others(
    filled: Queue, server: StandInServer, client: httpx.Client, waits: Waits
):
    server.refuses = lambda sent: "too_old" if sent["key"] == "k4" else None

    delivery = send(filled, server.url, client, waits)

    assert (delivery.accepted, delivery.rejected) == (9, 1)
    assert filled.totals() == {
        "pending": 0, "sent": 9, "rejected": 1, "quarantined": 0, "kept": 0, "discarded": 0
    }  # fmt: skip


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_refused_as_a_whole_is_divided_until_the_culprit_is_alone(
    filled: Queue, server: StandInServer, client: httpx.Client, waits: Waits, status: int
):
    ordinary = server.answer

    def strict(path: str, token: str, body: dict[str, list[dict[str, str]]]) -> tuple[int, object]:
        if any(sent["key"] == "k7" for sent in body["readings"]):
            return status, {}
        return ordinary(path, token, body)

    server.answer = strict  # type: ignore[method-assign] # the stand-in's manners are replaced

    delivery = send(filled, server.url, client, waits)

    assert (delivery.accepted, delivery.rejected, delivery.stop) == (9, 1, None)
    assert "k7" not in server.stored


def test_two_patients_on_one_computer_do_not_hold_up_each_other(
    queue: Queue, server: StandInServer, client: httpx.Client, waits: Waits
):
    other, mine = meter(queue, "A"), meter(queue, "B")
    claim(queue, other, "6")
    claim(queue, mine, "7")
    store(queue, other, reading(1))
    store(queue, mine, reading(2))

    delivery = send(queue, server.url, client, waits)

    assert delivery.stop is Stop.NOT_ALLOWED
    assert list(server.stored) == ["k2"]


@pytest.mark.parametrize("url", ["http://clinic.example", "ftp://x", "clinic.example", ""])
def test_a_token_is_never_sent_in_the_clear_to_another_computer(url: str):
    with pytest.raises(ValueError, match="address"):
        Server(url, "t")


def test_a_token_does_not_show_where_the_server_is_printed():
    assert "secret" not in repr(Server("https://clinic.example", "secret"))
