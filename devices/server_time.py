"""The time by the server: what the clock of this computer is held against.

A small computer without a battery for its clock starts with a time of its own making. Every HTTP
answer carries the server's time (RFC 9110, section 6.6.1), whatever else it says.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

import httpx

from devices.upload import Server

NOTABLE_SKEW = timedelta(minutes=2)
"""This far the two clocks may differ; the header has whole seconds, the answer its way."""
ASKED_AGAIN_S = 600.0
TIMEOUT_S = 10.0


class Standing(StrEnum):
    """What is known about the clock of this computer."""

    NO_SERVER = "no_server"
    """Nobody could be asked."""
    UNKNOWN = "unknown"
    """The server said no time."""
    AGREES = "agrees"
    OFF = "off"


def date_of(answer: httpx.Response) -> datetime | None:
    """Return the server's time of an answer; `None` where it says none."""
    try:
        at = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def utc_now() -> datetime:
    """Return what the clock of this computer shows."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Heard:
    """The server's time, and the count of seconds since start when it was heard."""

    at: datetime
    counted_s: float


class HubClock:
    """The present for judging meters: by the server where the own clock is off."""

    def __init__(self, server: Server | None, own: Callable[[], datetime] = utc_now) -> None:
        self._server = server
        self._own = own
        self._heard: _Heard | None = None

    def compare(self) -> None:
        """Ask the server for its time, unless it was asked a moment ago."""
        if self._server is None:
            return
        now_s = time.monotonic()
        if self._heard is not None and now_s - self._heard.counted_s < ASKED_AGAIN_S:
            return
        try:
            answer = httpx.get(f"{self._server.url.rstrip('/')}/healthz", timeout=TIMEOUT_S)
        except httpx.HTTPError:
            self._heard = None
            return
        at = date_of(answer)
        self._heard = None if at is None else _Heard(at, time.monotonic())

    @property
    def skew(self) -> timedelta | None:
        """How far this computer's clock is ahead of the server's; `None` where that is unknown."""
        at = self._by_server()
        return None if at is None else self._own() - at

    @property
    def standing(self) -> Standing:
        """Whether the clock of this computer can be believed."""
        if self._server is None:
            return Standing.NO_SERVER
        skew = self.skew
        if skew is None:
            return Standing.UNKNOWN
        return Standing.OFF if abs(skew) > NOTABLE_SKEW else Standing.AGREES

    def now(self) -> datetime:
        """Return the present: the server's where this computer's clock is off."""
        at = self._by_server()
        return at if at is not None and self.standing is Standing.OFF else self._own()

    def _by_server(self) -> datetime | None:
        if self._heard is None:
            return None
        return self._heard.at + timedelta(seconds=time.monotonic() - self._heard.counted_s)
