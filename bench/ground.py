"""Where measurements run: the application on a migrated database of its own."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from telehealth.app import create_app
from telehealth.core import schema
from telehealth.core.db import Database
from telehealth.settings import Settings
from tests import make
from tests.stand_ins.postgresql import find_postgresql


@dataclass(frozen=True)
class Ground:
    """One database with the application on it."""

    name: str
    database: Database
    app: Flask
    folder: Path


@contextmanager
def grounds() -> Iterator[list[Ground]]:
    """SQLite always; PostgreSQL (fsync on) where its programs are installed."""
    with ExitStack() as stack:
        here = Path(stack.enter_context(TemporaryDirectory(prefix="bench")))
        found = [_ground("SQLite", f"sqlite:///{here / 'bench.db'}", here)]
        if programs := find_postgresql():
            server = stack.enter_context(contextmanager(programs.running)(("max_connections=60",)))
            found.append(_ground("PostgreSQL", server.create("bench"), here))
        for ground in found:
            stack.callback(ground.database.close)
        yield found


def _ground(name: str, url: str, folder: Path) -> Ground:
    database = Database(url)
    schema.upgrade(database)
    settings = Settings(
        secret_key="measured " * 4, data_dir=folder, secure_cookies=False, log_level="ERROR"
    )
    return Ground(name, database, create_app(settings, database, lambda: make.NOW), folder)
