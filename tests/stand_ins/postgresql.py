"""A real PostgreSQL server for the tests: Debian's programs, a folder and socket of its own."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

NOBODY = 65534
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")


@dataclass
class PostgreSQL:
    """Server programs, and, while `running`, a server on a Unix socket."""

    programs: Path
    folder: Path = field(default_factory=Path)
    _number: Iterator[int] = field(default_factory=lambda: count(1))

    def running(self, options: tuple[str, ...] = _FAST) -> Iterator["PostgreSQL"]:
        """Start a server, yield, stop it and remove its folder."""
        # Not pytest's folder: the server's user must be able to enter, and socket paths are short.
        self.folder = Path(tempfile.mkdtemp(prefix="thpg"))
        if os.geteuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
        data = self.folder / "data"
        self._run(
            "initdb", "-D", str(data), "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"
        )
        server = self._start(data, options)
        try:
            self._wait(server)
            yield self
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    def create(self, name: str) -> str:
        """A new empty database; returns its SQLAlchemy URL."""
        self._sql(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def clone(self, template: str, name: str = "") -> str:
        """A copy of a database nobody is connected to; returns its SQLAlchemy URL."""
        name = name or f"clone{next(self._number)}"
        self._sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def url(self, name: str) -> str:
        """SQLAlchemy URL of a database of this server."""
        return f"postgresql+psycopg://test@/{name}?host={self.folder}"

    def _sql(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self.folder), user="test", dbname="postgres", autocommit=True
        ) as own:
            own.execute(statement.encode())

    def _start(self, data: Path, options: tuple[str, ...]) -> subprocess.Popen[bytes]:
        chosen = [part for option in options for part in ("-c", option)]
        return subprocess.Popen(
            [self.programs / "postgres", "-D", data, "-k", self.folder, "-h", "", *chosen],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_unprivileged(),
        )

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.programs / program, *arguments],
            check=True,
            capture_output=True,
            cwd="/",
            **_unprivileged(),
        )

    def _wait(self, server: subprocess.Popen[bytes]) -> None:
        for _ in range(300):
            try:
                psycopg.connect(host=str(self.folder), user="test", dbname="postgres").close()
            except psycopg.OperationalError:
                if server.poll() is not None:
                    raise RuntimeError("PostgreSQL did not start") from None
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("PostgreSQL did not answer within 15 s")


def _unprivileged() -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def find_postgresql() -> PostgreSQL | None:
    """Debian's newest server programs, or those on the path; None where there are none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4])
    )
    if found:
        return PostgreSQL(found[-1].parent)
    on_path = shutil.which("postgres")
    return PostgreSQL(Path(on_path).resolve().parent) if on_path else None
