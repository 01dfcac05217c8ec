"""More than one request may carry, at the real server: refused, and the next one is served."""

import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from telehealth.core.db import Database
from tests import make
from tests.stand_ins.server import LiveServer, serving

MIB = 1024 * 1024
pytestmark = pytest.mark.fault


@pytest.fixture
def dialect() -> str:
    """Bodies are measured before any database is asked."""
    return "sqlite"


def _chunks(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b" " * MIB


def test_twenty_megabytes_are_refused_and_the_server_goes_on(
    fresh_db: Database, tmp_path: Path
) -> None:
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        header = make.bearer(session, ana) | {"Content-Type": "application/json"}
    address = f"/api/v1/patients/{ana.id}/readings"
    url = fresh_db.engine.url.render_as_string(hide_password=False)

    with serving(url, tmp_path, now=make.NOW) as server:
        head, answer = _announced(server, address, header)
        # Each on a connection of its own: gunicorn may close one with much left to read.
        send = partial(httpx.post, server.url + address, headers=header, timeout=20)
        chunked = [send(content=_chunks(count)) for count in (20, 3, 2)]
        in_pieces = send(content=iter([b'{"readings"', b": []}"]))
        just_too_much = send(content=b" " * (MIB + 1))
        as_much_as_allowed = send(content=b'{"readings": []}'.ljust(MIB))

    assert " 413 " in head
    assert "application/problem+json" in answer
    assert [answer.status_code for answer in chunked] == [413, 413, 413]
    assert in_pieces.status_code == 200
    assert just_too_much.status_code == 413
    assert just_too_much.json()["type"] == "/problems/too-large"
    assert as_much_as_allowed.json() == {"accepted": 0, "duplicate": 0, "rejected": []}


def _announced(server: LiveServer, address: str, header: dict[str, str]) -> tuple[str, str]:
    """Status line and answer to somebody who announces 20 MB and has sent only the beginning."""
    host, port = server.url.removeprefix("http://").split(":")
    lines = [f"POST {address} HTTP/1.1", f"Host: {host}", f"Content-Length: {20 * MIB}"]
    lines += [f"{name}: {value}" for name, value in header.items()]
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + b" " * 1000)
        received = b""
        while more := connection.recv(65536):
            received += more
            if b'"instance"' in received:
                break
    text = received.decode()
    return text.partition("\r\n")[0], text
