"""Checking, in the order in which things can be missing, why no reading arrives.

Pairs nothing and sends no reading. What only shows while pairing or reading (a wrong number, a
bond the meter lost) is told from the last try, which the queue remembers.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from devices import kernel, sync
from devices.console import HUB_CLOCK, QUEUE, STOP_CODES, UNCLAIMED, Console
from devices.printing import drift_line, drift_minutes, duration, meter_line
from devices.queue import Queue, QueueError
from devices.rows import Claim, MeterRow
from devices.server_time import NOTABLE_SKEW, date_of, utc_now
from devices.sync import Found
from devices.trouble import EXIT_CODES, RadioError, Trouble
from devices.upload import Server, Stop
from devices.words import STOPS, pick

LISTEN_S = 0.5
SERVER_S = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what is, and what to do about it; the code is that of `glucometer doctor`."""

    name: str
    is_good: bool
    message: str
    code: int = 0

    def as_data(self) -> dict[str, Any]:
        """Return the finding for programs."""
        return {
            "check": self.name,
            "ok": self.is_good,
            "message": self.message,
            "code": self.code,
        }


def examine(
    console: Console, server: Server | None, *, kernel_log: Path = kernel.LOG
) -> Iterator[Finding]:
    """Check Bluetooth, kernel, queue, meters, the last tries and the server."""
    try:
        heard: list[Found] = asyncio.run(sync.scan(LISTEN_S))
    except RadioError as error:
        heard = []
        yield _bad(console, "bluetooth", error.trouble)
    else:
        yield Finding("bluetooth", is_good=True, message="Bluetooth: OK")
    if kernel.lacks_ecdh(kernel_log):
        yield _bad(console, "kernel", Trouble.PAIRING_HANGS)
    yield from _local(console, heard)
    yield from _server(console, server)


def _bad(console: Console, name: str, trouble: Trouble, about: str = "") -> Finding:
    message = f"{about}{console.advice(trouble)}"
    return Finding(name, is_good=False, message=message, code=EXIT_CODES[trouble])


def _local(console: Console, heard: list[Found]) -> Iterator[Finding]:
    """Check what this computer keeps: the queue, the meters it knows, how the last tries ended."""
    try:
        with console.queue() as queue:
            queue.check()
            meters, claims = queue.meters(), queue.open_claims()
            tries = list(_tries(console, queue))
    except QueueError as error:
        message = console.queue_trouble(error)
        yield Finding("queue", is_good=False, message=message, code=QUEUE)
        return
    yield Finding("queue", is_good=True, message=str(console.data))
    if not meters:
        yield Finding("meters", is_good=True, message=console.say("no_meters"))
    bonds = {one.address.upper(): one.is_paired for one in heard}
    for meter in meters:
        yield _meter(console, meter, claims.get(meter.id))
        if not bonds.get(meter.address.upper(), True):
            yield _bad(console, "bond", Trouble.NEEDS_PAIRING, f"{meter.name}: ")
    yield from tries


def _meter(console: Console, meter: MeterRow, claim: Claim | None) -> Finding:
    message = meter_line(meter, claim)
    if claim is None:
        message = f"{message}: {console.say('unclaimed')}"
    if drift_minutes(meter.drift_s) and meter.clock_set_at is None:
        message = f"{message}: {drift_line(meter.drift_s or 0, console.lang)}"
    code = UNCLAIMED if claim is None else 0
    return Finding("meter", is_good=claim is not None, message=message, code=code)


def _tries(console: Console, queue: Queue) -> Iterator[Finding]:
    """Tell how the last pairing and the last reading ended, where they did not end well."""
    for attempt in queue.attempts():
        if attempt.trouble:
            at = datetime.fromisoformat(attempt.at).astimezone()
            about = console.say(f"last_{attempt.deed}", at=f"{at:%Y-%m-%d %H:%M}")
            yield _bad(console, f"last_{attempt.deed}", Trouble(attempt.trouble), f"{about} ")


def _server(console: Console, server: Server | None) -> Iterator[Finding]:
    if server is None:
        yield Finding("server", is_good=True, message=console.say("no_server"))
        return
    try:
        with httpx.Client(base_url=server.url.rstrip("/"), timeout=SERVER_S) as client:
            health = client.get("/healthz")
            token = client.get("/api/v1/me", headers={"Authorization": f"Bearer {server.token}"})
    except httpx.HTTPError:
        yield _stopped(console, Stop.UNREACHABLE)
        return
    if health.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        yield _stopped(console, Stop.UNREACHABLE)
        return
    if health.status_code != HTTPStatus.OK:
        yield _stopped(console, Stop.WRONG_ADDRESS)
        return
    if token.status_code == HTTPStatus.UNAUTHORIZED:  # 403: known, and only for uploading
        yield _stopped(console, Stop.NOT_SIGNED_IN)
    else:
        yield Finding("server", is_good=True, message=f"{server.url}: OK")
    yield from _hub_clock(console, health)


def _stopped(console: Console, stop: Stop) -> Finding:
    message = pick(STOPS[stop], console.lang)
    return Finding("server", is_good=False, message=message, code=STOP_CODES[stop])


def _hub_clock(console: Console, answer: httpx.Response) -> Iterator[Finding]:
    """Compare this computer's clock with the server's; readings are judged by it."""
    told = date_of(answer)
    if told is None:
        return
    skew = utc_now() - told
    is_good = abs(skew) <= NOTABLE_SKEW
    off = duration(skew, console.lang)
    message = console.say("hub_clock_right" if is_good else "hub_clock", off=off)
    yield Finding("clock", is_good, message, 0 if is_good else HUB_CLOCK)
