"""What an upload survives: a killed server, a full disk, a database or a queue that is away."""

import shutil
import socket
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event, func, select, text

from telehealth.app import create_app
from telehealth.core.db import Database
from telehealth.readings.models import Reading
from telehealth.settings import Settings
from tests import make
from tests.stand_ins.server import LiveServer, free_port, serving

pytestmark = pytest.mark.fault
_KILLS = 3
_BATCH = 40


def _batch(number: int) -> dict[str, Any]:
    start = make.NOW - timedelta(days=3) + timedelta(minutes=number * _BATCH)
    return {
        "readings": [
            {
                "key": f"k{number}-{minute}",
                "measured_at": (start + timedelta(minutes=minute)).isoformat(),
                "value": "6.4",
                "unit": "mmol/L",
                "source": "meter",
                "device": "meter 1",
            }
            for minute in range(_BATCH)
        ]
    }


def test_a_killed_server_loses_nothing_acknowledged_and_doubles_nothing(
    fresh_db: Database, tmp_path: Path
) -> None:
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        header = make.bearer(session, ana)
    url = fresh_db.engine.url.render_as_string(hide_password=False)
    port = free_port()
    acknowledged: set[int] = set()

    for life in range(_KILLS + 1):
        with (
            serving(url, tmp_path, now=make.NOW, port=port) as server,
            httpx.Client(base_url=server.url, headers=header) as meter,
        ):
            address = f"/api/v1/patients/{ana.id}/readings"
            for number in range(life * 10, life * 10 + 10):
                if meter.post(address, json=_batch(number)).status_code == 200:
                    acknowledged.add(number)
            if life < _KILLS:
                _die_in_the_middle(server, header, address, _KILLS * 10 + 10 + life)
            else:  # the meter sends again what it has no answer for, and everything else too
                answers = [meter.post(address, json=_batch(n)) for n in range(_KILLS * 10 + 13)]
                assert {answer.status_code for answer in answers} == {200}

    with fresh_db.reading() as session:
        keys = session.scalar(select(func.count()).select_from(Reading))
        distinct = session.scalar(select(func.count(func.distinct(Reading.seq))))
    assert len(acknowledged) == (_KILLS + 1) * 10
    assert keys == distinct == (_KILLS * 10 + 13) * _BATCH


def _die_in_the_middle(
    server: LiveServer, header: dict[str, str], address: str, number: int
) -> None:
    """Kill the server with a batch in its hands: whether it was stored is unknown."""
    body = httpx.Request("POST", "http://x/", json=_batch(number)).content
    host, port = server.url.removeprefix("http://").split(":")
    head = [
        f"POST {address} HTTP/1.1",
        f"Host: {host}",
        f"Authorization: {header['Authorization']}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
        server.kill()


def test_a_full_disk_is_said_so_and_the_database_stays_whole(
    sqlite_template: Path, tmp_path: Path, settings: Settings
) -> None:
    path = tmp_path / "full.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    limit = {"pages": 0}

    @event.listens_for(database.engine, "checkout")
    def _limit(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={limit['pages'] or 1_000_000}")

    with database.unit_of_work() as session:
        ana = make.patient(session)
        header = make.bearer(session, ana)
    client = create_app(settings, database, lambda: make.NOW).test_client()
    address = f"/api/v1/patients/{ana.id}/readings"
    with database.reading() as session:
        limit["pages"] = session.scalar(text("PRAGMA page_count")) + 2

    statuses = [client.post(address, json=_batch(n), headers=header).status_code for n in range(60)]
    full = client.post(address, json=_batch(65), headers=header)

    assert 507 in statuses
    assert (full.status_code, full.mimetype) == (507, "application/problem+json")
    assert int(full.headers["Retry-After"]) > 0
    limit["pages"] = 0
    with database.reading() as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
        stored = session.scalar(select(func.count()).select_from(Reading))
    assert stored == statuses.count(200) * _BATCH
    assert client.post(address, json=_batch(65), headers=header).json["accepted"] == _BATCH
    database.close()


def test_without_redis_readings_are_taken_and_read(sqlite_template: Path, tmp_path: Path) -> None:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("Redis is missing: apt-get install redis-server")
    path = tmp_path / "redis.db"
    shutil.copy(sqlite_template, path)
    url, port = f"sqlite:///{path}", free_port()
    redis = subprocess.Popen(
        [program, "--port", str(port), "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        with serving(
            url, tmp_path, now=make.NOW, redis_url=f"redis://127.0.0.1:{port}/0"
        ) as server:
            with server.database.unit_of_work() as session:
                ana = make.patient(session)
                header = make.bearer(session, ana)
            address = f"{server.url}/api/v1/patients/{ana.id}/readings"
            with_redis = httpx.post(address, json=_batch(1), headers=header)
            redis.terminate()
            redis.wait()

            without = httpx.post(address, json=_batch(2), headers=header, timeout=20)
            read = httpx.get(address, headers=header, timeout=20)
    finally:
        redis.kill()
        redis.wait()

    assert with_redis.json()["accepted"] == without.json()["accepted"] == _BATCH
    assert read.status_code == 200


def test_a_database_that_is_away_is_unavailable_and_heals(
    settings: Settings, tmp_path: Path
) -> None:
    database = Database("postgresql+psycopg://nobody@/nothing?host=/nonexistent")
    client = create_app(settings, database, lambda: make.NOW).test_client()

    ready = client.get("/readyz")
    answer = client.post("/api/v1/sessions", json={"login": "a@b.si", "password": "x" * 12})

    assert ready.status_code == 503
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/healthz").status_code == 200
    database.close()
