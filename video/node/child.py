"""Starts the media node as a child process, for installations on one machine and for tests."""

import contextlib
import importlib.util
import os
import secrets
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from video.node.base import NodeUnavailable
from video.node.client import NodeClient

START_TIME_LIMIT_S: Final = 20.0
STOP_TIME_LIMIT_S: Final = 5.0


def is_installed() -> bool:
    """Whether the `media` extra is here, found without loading it."""
    return importlib.util.find_spec("aiortc") is not None


@contextlib.contextmanager
def running(folder: Path, *, is_loopback: bool = False) -> Iterator[NodeClient]:
    """Run a node for the length of the block, with a new token, and give its client.

    Args:
        folder: for socket and token; made if absent. Its path must be short (a Unix socket's
            address holds about 100 bytes).
        is_loopback: browser and node are on one machine; see `--loopback`.

    Raises:
        NodeUnavailable: aiortc is not installed, or the node did not start in time.
    """
    if not is_installed():
        raise NodeUnavailable("the media extra is not installed")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    token, token_file = secrets.token_urlsafe(32), folder / "node.token"
    socket_path = folder / "node.sock"
    _write_private(token_file, token)
    command = [sys.executable, "-m", "video.node", "--socket", str(socket_path)]
    command += ["--token-file", str(token_file), *(["--loopback"] if is_loopback else [])]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            _wait_until_ready(process)
            yield NodeClient(socket_path, token)
        finally:
            _stop(process)
            token_file.unlink(missing_ok=True)


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    out = process.stdout
    if out is None:  # never: it was asked for as a pipe
        raise NodeUnavailable("the media node has no output")
    readable, _, _ = select.select([out], [], [], START_TIME_LIMIT_S)
    if not readable or not out.readline().startswith(b"ready "):
        raise NodeUnavailable("the media node did not start")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()  # the node takes this as its parent's end
    try:
        process.wait(STOP_TIME_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
