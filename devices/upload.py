"""Sending the queue to the server: in batches, as often as needed, each record once.

The key of a record makes sending it again harmless, so after any doubt (a broken line, a
killed server, an answer that makes no sense) the records simply stay in the queue.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from devices.glucose import Kind
from devices.queue import Queue
from devices.rows import RecordRow

BATCH = 1000
TIMEOUT_S = 30.0
FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 30.0
LONGEST_ASKED_S = 120.0
"""A server that asks for a longer pause is left alone until the next run."""
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


LIMIT_WORDS = {Kind.HIGH.value: "HI", Kind.LOW.value: "LO"}
"""What the readings door calls a value beyond the meter's scale."""


class Stop(StrEnum):
    """Why sending ended before the queue was empty."""

    NOT_SIGNED_IN = "not_signed_in"
    """401: the device token is unknown, expired or revoked."""
    NOT_ALLOWED = "not_allowed"
    """403 or 404: the token is not for this patient."""
    UNREACHABLE = "unreachable"
    """No answer, or the server says that it cannot answer now."""
    WRONG_ADDRESS = "wrong_address"
    """What answers there is not the readings door."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where readings go."""

    url: str
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse an address that would send the token in the clear.

        Raises:
            ValueError: not http(s), or http to another computer.
        """
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not a server address: {self.url}")
        if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
            raise ValueError(f"the address must begin with https: {self.url}")

    def readings_url(self, patient: str) -> str:
        """Return the door for one patient's readings."""
        return f"{self.url.rstrip('/')}/api/v1/patients/{quote(patient, safe='')}/readings"


@dataclass(slots=True)
class Delivery:
    """What sending did."""

    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    stop: Stop | None = None
    detail: str = ""
    """What the server or the network said, without values or tokens."""


@dataclass(frozen=True, slots=True)
class Persistence:
    """How long a run keeps trying; waiting and chance are given, so that tests need none."""

    tries: int = 4
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.SystemRandom().random

    def pause_s(self, failures: int, asked_s: float | None) -> float:
        """Return how long to wait: doubled each time, half of it by chance."""
        if asked_s is not None:
            return asked_s
        longest = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** (failures - 1))
        return longest * (0.5 + self.chance() / 2)


class RefusedError(Exception):
    """The server will not take this request, and trying again will not change that."""

    def __init__(self, stop: Stop, detail: str) -> None:
        super().__init__(detail)
        self.stop = stop


@dataclass(frozen=True, slots=True)
class Answer:
    """The readings door's answer to one batch."""

    accepted: int
    duplicate: int
    rejected: dict[int, str]
    """Reason by index in the batch."""


def deliver(
    queue: Queue,
    server: Server,
    *,
    client: httpx.Client,
    persistence: Persistence | None = None,
    patient: str | None = None,
) -> Delivery:
    """Send every record that waits, patient by patient, until none is left or the server stops us.

    Args:
        queue: where the records are; each answer is written down before the next batch.
        server: where they go.
        client: carries the requests.
        persistence: how often to try.
        patient: only this patient's records.
    """
    courier = _Courier(queue, server, client, persistence or Persistence())
    for someone in queue.patients_waiting():
        if patient is None or someone == patient:
            try:
                courier.send_all(someone)
            except RefusedError as refusal:
                courier.delivery.stop = refusal.stop
                courier.delivery.detail = str(refusal)
                if refusal.stop is not Stop.NOT_ALLOWED:  # that concerns one patient only
                    break
    return courier.delivery


def body_of(record: RecordRow) -> dict[str, Any]:
    """Write one record the way the readings door reads it."""
    body = {
        "key": record.key,
        "measured_at": record.corrected_at or record.measured_at,
        "value": LIMIT_WORDS.get(record.kind, record.value),
        "unit": record.unit,
        "source": "meter",
        "device": record.meter,
    }
    return body if record.meal is None else body | {"meal": record.meal}


class _Courier:
    """One run of sending."""

    def __init__(
        self, queue: Queue, server: Server, client: httpx.Client, persistence: Persistence
    ) -> None:
        self.delivery = Delivery()
        self._queue = queue
        self._server = server
        self._client = client
        self._persistence = persistence

    def send_all(self, patient: str) -> None:
        """Send one patient's records in batches, oldest first."""
        while batch := self._queue.waiting(patient, BATCH):
            self._send(patient, batch)

    def _send(self, patient: str, batch: list[RecordRow]) -> None:
        """Send a batch; one that is refused as a whole is halved until the culprit is alone."""
        response = self._post(patient, batch)
        if response.status_code == HTTPStatus.OK:
            self._write_down(batch, _answer(response, len(batch)))
        elif len(batch) > 1:
            middle = len(batch) // 2
            self._send(patient, batch[:middle])
            self._send(patient, batch[middle:])
        else:
            refused = Answer(0, 0, {0: f"http_{response.status_code}"})
            self._write_down(batch, refused)

    def _write_down(self, batch: list[RecordRow], answer: Answer) -> None:
        sent = [record.id for at, record in enumerate(batch) if at not in answer.rejected]
        rejected = [(batch[at].id, reason) for at, reason in answer.rejected.items()]
        self._queue.settle(sent, rejected, at=datetime.now(UTC))
        self.delivery.accepted += answer.accepted
        self.delivery.duplicate += answer.duplicate
        self.delivery.rejected += len(rejected)

    def _post(self, patient: str, batch: list[RecordRow]) -> httpx.Response:
        """Return an answer that settles the batch: 200, or a refusal of its content.

        Raises:
            RefusedError: nothing of this can be sent now.
        """
        failures, detail = 0, ""
        while failures < self._persistence.tries:
            asked_s = None
            try:
                response = self._client.post(
                    self._server.readings_url(patient),
                    json={"readings": [body_of(record) for record in batch]},
                    headers={"Authorization": f"Bearer {self._server.token}"},
                    timeout=TIMEOUT_S,
                )
            except httpx.HTTPError as error:
                detail = type(error).__name__
            else:
                if not _is_busy(response):
                    return _settled(response)
                detail, asked_s = f"HTTP {response.status_code}", _asked_pause_s(response)
            failures += 1
            if asked_s is not None and asked_s > LONGEST_ASKED_S:
                break
            if failures < self._persistence.tries:
                self._persistence.sleep(self._persistence.pause_s(failures, asked_s))
        raise RefusedError(Stop.UNREACHABLE, detail)


def _is_busy(response: httpx.Response) -> bool:
    code = response.status_code
    passing = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
    return code >= HTTPStatus.INTERNAL_SERVER_ERROR or code in passing


def _asked_pause_s(response: httpx.Response) -> float | None:
    """Read Retry-After in seconds; a date there is ignored, our own pause serves."""
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdigit() else None


def _settled(response: httpx.Response) -> httpx.Response:
    """Pass on what concerns the readings; stop at what concerns the sender.

    Raises:
        RefusedError: token, patient or address is wrong.
    """
    code, detail = response.status_code, f"HTTP {response.status_code}"
    if code == HTTPStatus.UNAUTHORIZED:
        raise RefusedError(Stop.NOT_SIGNED_IN, detail)
    if code in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
        raise RefusedError(Stop.NOT_ALLOWED, detail)
    content = (
        HTTPStatus.OK,
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.CONFLICT,
    )
    if code not in content:
        raise RefusedError(Stop.WRONG_ADDRESS, detail)
    return response


def _answer(response: httpx.Response, size: int) -> Answer:
    """Read the answer to a batch.

    Raises:
        RefusedError: it is not an answer of the readings door; nothing may be taken for sent.
    """
    try:
        body = response.json()
        rejected = {
            int(item["index"]): f"{item.get('field', '')}: {item['code']}".removeprefix(": ")
            for item in body["rejected"]
        }
        accepted, duplicate = int(body["accepted"]), int(body["duplicate"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefusedError(Stop.WRONG_ADDRESS, "unexpected answer") from error
    is_whole = accepted + duplicate + len(rejected) == size
    if not is_whole or any(not 0 <= at < size for at in rejected):
        raise RefusedError(Stop.WRONG_ADDRESS, "unexpected answer")
    return Answer(accepted, duplicate, rejected)
