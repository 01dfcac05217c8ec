"""The real server: `telehealth serve` as its own process, on a port of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError

from telehealth.core.db import Database

STARTED_WITHIN_S = 120
"""So long only where the machine does something else: no verdict is one about speed."""
SECRET = "a secret of the tests, thirty-two characters long"


@dataclass(frozen=True)
class LiveServer:
    """Where the server answers, and the database behind it."""

    url: str
    database: Database
    data_dir: Path
    process: subprocess.Popen[bytes]
    started: tuple[datetime, float] | None = None
    """What the server's clock showed, and the seconds of ours, when it answered."""

    def now(self) -> datetime:
        """What the server's clock shows."""
        if self.started is None:
            return datetime.now(UTC)
        shown, at_s = self.started
        return shown + timedelta(seconds=time.monotonic() - at_s)

    def kill(self) -> None:
        """End the server and its worker process at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    database_url: str,
    data_dir: Path,
    *,
    now: datetime | None = None,
    port: int | None = None,
    **settings: str,
) -> Iterator[LiveServer]:
    """Serve a migrated database until the block ends.

    Args:
        database_url: of the database.
        data_dir: folder of the installation.
        now: start of the server's clock; None: the real time.
        port: to come back on the same one after a kill.
        settings: more `TELEHEALTH_*`, by lower-case name.
    """
    port = port or free_port()
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith("TELEHEALTH_")
    }
    chosen = {
        "secret_key": SECRET,
        "data_dir": str(data_dir),
        "database_url": database_url,
        "port": str(port),
        "public_url": f"http://127.0.0.1:{port}",
        "secure_cookies": "0",
        "demo": "1",
        "log_level": "ERROR",
        "now": now.isoformat() if now else "",
    } | settings
    environ |= {f"TELEHEALTH_{name.upper()}": value for name, value in chosen.items() if value}
    process = subprocess.Popen(
        [sys.executable, "-m", "telehealth", "serve"], env=environ, start_new_session=True
    )
    database = Database(database_url)
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", process)
        started = (now, time.monotonic()) if now else None
        yield LiveServer(f"http://127.0.0.1:{port}", database, data_dir, process, started)
    finally:
        database.close()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (URLError, OSError):
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with {process.returncode}") from None
            time.sleep(0.05)
    raise RuntimeError(f"the server did not answer within {STARTED_WITHIN_S} s")
