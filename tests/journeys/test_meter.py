"""Journey 2: `glucometer` reads a meter over the emulated bus and the server has the readings."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from telehealth.core.db import Database
from tests import make
from tests.stand_ins.server import LiveServer, free_port, serving

RECORDS = 25


@pytest.fixture
def dialect() -> str:
    """The whole way on SQLite; the storage behind it is tested on both databases."""
    return "sqlite"


class Gateway:
    """The command `glucometer` on a computer at home."""

    def __init__(self, folder: Path, bus: str) -> None:
        self._environ = os.environ | {
            "DBUS_SYSTEM_BUS_ADDRESS": bus,
            "GLUCOMETER_DATA": str(folder),
            "LANG": "C.UTF-8",
        }

    def use(self, server: str, token: str, patient: int) -> None:
        """Set where the readings go."""
        self._environ |= {
            "GLUCOMETER_SERVER": server,
            "GLUCOMETER_TOKEN": token,
            "GLUCOMETER_PATIENT": str(patient),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "devices.cli", *arguments],
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@contextmanager
def _meter(folder: Path) -> Iterator[str]:
    """A simulated meter behind its own `org.bluez`; yields the bus address."""
    socket = folder / "bus"
    command = [sys.executable, "-m", "devices.cli", "simulate", "--socket", str(socket)]
    with subprocess.Popen(
        [*command, "--records", str(RECORDS)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while not socket.exists():
            assert process.stdout.readline(), "the meter did not start"
        yield f"unix:path={socket}"
        process.terminate()


def _sign_in(server: LiveServer) -> tuple[int, dict[str, str]]:
    with server.database.unit_of_work() as session:
        ana = make.person(session)
        login = make.account(session, ana).login
    answer = httpx.post(
        f"{server.url}/api/v1/sessions", json={"login": login, "password": make.PASSWORD}
    )
    return ana.id, {"Authorization": f"Bearer {answer.json()['token']}"}


def _stored(server: LiveServer, patient: int, header: dict[str, str]) -> list[dict[str, Any]]:
    answer = httpx.get(f"{server.url}/api/v1/patients/{patient}/readings?limit=100", headers=header)
    return list(answer.json()["readings"])


def test_a_sync_brings_the_meters_records_once_and_a_dead_server_loses_none(
    fresh_db: Database, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url, port = fresh_db.engine.url.render_as_string(hide_password=False), free_port()
    folder = tmp_path_factory.mktemp("g")
    with _meter(folder) as bus:
        gateway = Gateway(folder / "queue", bus)
        with serving(url, tmp_path, port=port) as server:
            patient, header = _sign_in(server)
            given = httpx.post(
                f"{server.url}/api/v1/device-tokens",
                json={"patient": patient, "name": "kitchen"},
                headers=header,
            )
            assert given.status_code == 201, given.text
            gateway.use(server.url, given.json()["token"], patient)

        paired = gateway.run("pair", "--passkey", "123456")
        claimed = gateway.run("claim", "--with-history")
        offline = gateway.run("sync", "--json")  # the server is down
        assert (paired.returncode, claimed.returncode) == (0, 0), paired.stderr + claimed.stderr
        assert offline.returncode != 0
        assert "Traceback" not in offline.stderr

        with serving(url, tmp_path, port=port) as server:
            first = gateway.run("sync", "--json")
            second = gateway.run("sync")
            stored = _stored(server, patient, header)

    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)
    assert (second.returncode, "No new readings" in second.stdout) == (0, True), second.stdout
    glucose = [reading for reading in stored if reading["source"] == "meter"]
    assert len(glucose) == len({reading["measured_at"] for reading in glucose}) == RECORDS
    assert all("Accu-Chek" in reading["device"] for reading in glucose)
    assert all(datetime.fromisoformat(r["measured_at"]) <= datetime.now(UTC) for r in glucose)
