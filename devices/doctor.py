"""Checking, in the order in which things can be missing, why no reading arrives."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from devices import sync
from devices.console import QUEUE, STOP_CODES, UNCLAIMED, Console
from devices.printing import drift_minutes, meter_line
from devices.queue import QueueError
from devices.trouble import EXIT_CODES, RadioError
from devices.upload import Server, Stop
from devices.words import STOPS, pick

LISTEN_S = 0.5
SERVER_S = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One check."""

    name: str
    is_good: bool
    message: str
    code: int = 0


def examine(console: Console, server: Server | None) -> Iterator[Finding]:
    """Check Bluetooth, queue, meters and server; pairs nothing, sends nothing."""
    yield _bluetooth(console)
    yield from _queue(console)
    yield _server(console, server)


def _bluetooth(console: Console) -> Finding:
    try:
        asyncio.run(sync.listen(LISTEN_S))
    except RadioError as error:
        message = console.advice(error.trouble)
        return Finding("bluetooth", is_good=False, message=message, code=EXIT_CODES[error.trouble])
    return Finding("bluetooth", is_good=True, message="Bluetooth: OK")


def _queue(console: Console) -> Iterator[Finding]:
    try:
        with console.queue() as queue:
            meters, claims = queue.meters(), queue.open_claims()
    except QueueError as error:
        message = console.say("queue", detail=str(error))
        yield Finding("queue", is_good=False, message=message, code=QUEUE)
        return
    yield Finding("queue", is_good=True, message=str(console.data))
    if not meters:
        yield Finding("meters", is_good=True, message=console.say("no_meters"))
    for meter in meters:
        claim = claims.get(meter.id)
        message = meter_line(meter, claim)
        if claim is None:
            message = f"{message}: {console.say('unclaimed')}"
        minutes = drift_minutes(meter.drift_s)
        if minutes:
            message = f"{message}: {console.say('drift', minutes=minutes)}"
        code = UNCLAIMED if claim is None else 0
        yield Finding("meter", is_good=claim is not None, message=message, code=code)


def _server(console: Console, server: Server | None) -> Finding:
    if server is None:
        return Finding("server", is_good=True, message=console.say("no_server"))
    stop = None
    try:
        answer = httpx.get(f"{server.url.rstrip('/')}/healthz", timeout=SERVER_S)
    except httpx.HTTPError:
        stop = Stop.UNREACHABLE
    else:
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            stop = Stop.UNREACHABLE
        elif answer.status_code != HTTPStatus.OK:
            stop = Stop.WRONG_ADDRESS
    if stop is None:
        return Finding("server", is_good=True, message=f"{server.url}: OK")
    message = pick(STOPS[stop], console.lang)
    return Finding("server", is_good=False, message=message, code=STOP_CODES[stop])
