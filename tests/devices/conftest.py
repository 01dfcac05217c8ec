"""A meter in reach and a server to send to, both real enough to be talked to through sockets."""

import asyncio
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from devices.cli import main
from devices.queue import Queue
from devices.sim.bluez.endpoint import Bluez
from devices.sim.bluez.objects import Peripheral
from devices.sim.faults import Faults
from devices.sim.meter import Meter

ZONE = ZoneInfo("Europe/Ljubljana")
NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
NOW_WALL = NOW.astimezone(ZONE).replace(tzinfo=None)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with Queue(tmp_path / "queue.sqlite3") as opened:
        yield opened


@contextmanager
def _played(bluez: Bluez) -> Iterator[str]:
    """Serve from a thread of its own, as another program would."""
    folder = Path(tempfile.mkdtemp(prefix="bus"))  # short: a socket's path has 107 bytes
    is_up, address = threading.Event(), list[str]()
    loop, is_over = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with bluez.serving(folder / "s") as found:
            address.append(found)
            is_up.set()
            await is_over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert is_up.wait(10)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join(10)
        loop.close()
        shutil.rmtree(folder)


@dataclass
class Reach:
    """Puts meters in reach of this test."""

    monkeypatch: pytest.MonkeyPatch
    plays: list[Any] = field(default_factory=list)

    def put(
        self, *faults: str, records: int = 12, paired: bool = True, seed: int = 3
    ) -> Peripheral:
        meter = Meter.believable(records, seed=seed, now_wall=NOW_WALL, faults=Faults.parse(faults))
        return self.put_meter(meter, paired=paired)

    def put_meter(self, meter: Meter, *, paired: bool = True) -> Peripheral:
        peripheral = Peripheral(meter, is_paired=paired)
        self.put_meters(peripheral)
        return peripheral

    def put_meters(self, *peripherals: Peripheral) -> None:
        play = _played(Bluez(*peripherals, advertising_s=0.005))
        self.monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", play.__enter__())
        self.plays.append(play)


@pytest.fixture
def reach(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reach]:
    found = Reach(monkeypatch)
    yield found
    for play in found.plays:
        play.__exit__(None, None, None)


@dataclass
class StandInServer:
    """Answers as the readings door does, or as told."""

    url: str = ""
    stored: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    refuses: Callable[[dict[str, Any]], str | None] = lambda _: None
    token: str = "right-token"
    patient: str = "7"
    broken: list[int | str | Callable[[str, str, dict[str, Any]], None]] = field(
        default_factory=list
    )
    """Statuses to answer with instead, one per request, or what to do."""
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    """What was answered to each batch that was taken."""
    conditions: list[dict[str, Any]] = field(default_factory=list)
    """What was told about meters."""
    knows_conditions: bool = True
    clock_ahead_s: float = 0.0

    def forget(self) -> None:
        """Begin anew, without a reading."""
        self.stored, self.outcomes, self.requests = {}, [], []

    def answer(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        if token != f"Bearer {self.token}":
            return 401, {"title": "Not signed in"}
        if path != f"/api/v1/patients/{self.patient}/readings":
            return 404, {"title": "Not found"}
        accepted, duplicate, rejected = 0, 0, []
        for index, reading in enumerate(body["readings"]):
            reason = self.refuses(reading)
            if reason:
                rejected.append({"index": index, "field": "value", "code": reason, "detail": ""})
            elif reading["key"] in self.stored:
                duplicate += 1
            else:
                self.stored[reading["key"]] = reading
                accepted += 1
        outcome = {"accepted": accepted, "duplicate": duplicate, "rejected": rejected}
        self.outcomes.append(outcome)
        return 200, outcome

    def take_condition(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        if token != f"Bearer {self.token}":
            return 401, {"title": "Not signed in"}
        if not self.knows_conditions or path != f"/api/v1/patients/{self.patient}/meters/status":
            return 404, {"title": "Not found"}
        self.conditions += body["meters"]
        return 200, {"meters": len(body["meters"])}


class _Door(BaseHTTPRequestHandler):
    server: "_Http"

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(
            (timestamp or time.time()) + self.server.stand.clock_ahead_s
        )

    def do_GET(self) -> None:
        is_me = self.path == "/api/v1/me"
        is_known = self.headers["Authorization"] == f"Bearer {self.server.stand.token}"
        status = (403 if is_known else 401) if is_me else 200 if self.path == "/healthz" else 404
        self._send(status, {"ok": True})

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        token = self.headers["Authorization"]
        self._send(*self.server.stand.take_condition(self.path, token, body))

    def do_POST(self) -> None:
        stand = self.server.stand
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        stand.requests.append(body)
        told = stand.broken.pop(0) if stand.broken else None
        if callable(told):
            told(self.path, self.headers["Authorization"], body)
            self.close_connection = True
            return
        if told == "hang up":
            self.close_connection = True
            return
        if told == "store and hang up":
            stand.answer(self.path, self.headers["Authorization"], body)
            self.close_connection = True
            return
        if told == "forgets":
            self._send(200, {"accepted": 9, "duplicate": 0, "rejected": []})
            return
        if told == "nonsense":
            self._send(200, ["hello"])
            return
        if isinstance(told, int):
            self._send(told, {})
            return
        self._send(*stand.answer(self.path, self.headers["Authorization"], body))

    def _send(self, status: int, body: Any) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


class _Http(ThreadingHTTPServer):
    stand: StandInServer


@pytest.fixture
def server() -> Iterator[StandInServer]:
    http = _Http(("127.0.0.1", 0), _Door)
    http.stand = StandInServer(url=f"http://127.0.0.1:{http.server_address[1]}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield http.stand
    http.shutdown()
    thread.join()
    http.server_close()


def put(
    reach: Reach, *faults: str, records: int = 12, paired: bool = True, ahead_s: float = 0.0
) -> Peripheral:
    """Put a meter in reach whose clock shows the time it is, or is so far ahead with its memory."""
    wall = (datetime.now(UTC) + timedelta(seconds=ahead_s)).astimezone(ZONE).replace(tzinfo=None)
    meter = Meter.believable(records, seed=3, now_wall=wall, faults=Faults.parse(faults))
    return reach.put_meter(meter, paired=paired)


@dataclass
class Glucometer:
    """Runs the command with its own data folder."""

    environment: dict[str, str]

    def __call__(self, *words: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, list(words), env=self.environment, input=typed)

    def data(self, *words: str) -> Any:
        return json.loads(self(*words, "--json").stdout)

    def queue(self) -> Queue:
        return Queue(Path(self.environment["GLUCOMETER_DATA"]) / "queue.sqlite3")


@pytest.fixture
def glucometer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Glucometer:
    for name in list(os.environ):
        if name.startswith("GLUCOMETER_"):
            monkeypatch.delenv(name)
    return Glucometer({"GLUCOMETER_DATA": str(tmp_path / "data"), "GLUCOMETER_LANG": "en"})


@pytest.fixture
def sending(glucometer: Glucometer, server: StandInServer) -> Glucometer:
    more = {
        "GLUCOMETER_SERVER": server.url,
        "GLUCOMETER_TOKEN": server.token,
        "GLUCOMETER_PATIENT": server.patient,
    }
    return Glucometer(glucometer.environment | more)
