"""What the media tests stand on: a node process, a relay, and loopback for aioice."""

import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from video.node import child
from video.node.client import NodeClient

RELAY_START_LIMIT_S = 10.0


@dataclass(frozen=True)
class RelayServer:
    """A running coturn that accepts two secrets."""

    address: tuple[str, int]
    secrets: tuple[str, str] = ("new-secret", "old-secret")


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name, which pytest's own may not."""
    with tempfile.TemporaryDirectory(prefix="node") as folder:
        yield Path(folder)


@pytest.fixture
def node(short_folder: Path) -> Iterator[NodeClient]:
    """The real process, started as the demo starts it."""
    with child.running(short_folder, is_loopback=True) as client:
        yield client


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let aioice use 127.0.0.1 in this process too; it leaves it out otherwise."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: ["127.0.0.1"])


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayServer]:
    """coturn on loopback with time-limited credentials."""
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip("turnserver is not installed: apt-get install coturn")
    server = RelayServer(("127.0.0.1", _free_udp_port()))
    command = [program, "-n", "-L", "127.0.0.1", "-p", str(server.address[1])]
    command += ["--relay-ip", "127.0.0.1", "--allow-loopback-peers", "--realm=test"]
    command += ["--use-auth-secret", *(f"--static-auth-secret={one}" for one in server.secrets)]
    command += ["--no-tls", "--no-dtls", "--no-cli", "--no-tcp", "--relay-threads=1"]
    command += ["--log-file=stdout", f"--pidfile={tmp_path / 'pid'}"]
    command += [f"--userdb={tmp_path / 'turndb'}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for_relay(process, server.address)
            yield server
        finally:
            process.kill()


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_relay(process: subprocess.Popen[bytes], address: tuple[str, int]) -> None:
    """Ask for its address (a STUN binding request) until it answers."""
    request = bytes.fromhex("000100002112a442") + b"loopback-ask"
    until_s = time.monotonic() + RELAY_START_LIMIT_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        while time.monotonic() < until_s and process.poll() is None:
            probe.sendto(request, address)
            readable, _, _ = select.select([probe], [], [], 0.1)
            if readable and probe.recv(1024)[8:20] == request[8:20]:
                return
    pytest.fail("turnserver did not start")
