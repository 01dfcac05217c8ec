"""Where scenarios are played: one application on a database that begins empty each time."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from telehealth.app import create_app
from telehealth.core import schema
from telehealth.core.db import Database
from telehealth.core.web.platform import Platform
from telehealth.rehearsal.mail import RehearsedMail
from telehealth.settings import Settings

_BESIDE = ("", "-wal", "-shm")
"""A database of SQLite, and what it keeps beside its file."""


@dataclass(slots=True)
class Clock:
    """A clock that is moved by hand."""

    at: datetime

    def __call__(self) -> datetime:
        """What time it is in the rehearsal."""
        return self.at


class Stage:
    """The application of all rehearsals of a process, on a database of its own.

    Making the application and migrating a database takes longer than most scenarios: both are done
    once, and every scenario begins with a copy of the empty database.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="rehearsal-")  # goes with the process
        folder = Path(self._folder.name)
        self._empty, self._path = folder / "empty.db", folder / "rehearsal.db"
        empty = Database(f"sqlite:///{self._empty}")
        schema.upgrade(empty)
        empty.close()
        self.clock, self.mail = Clock(datetime.min.replace(tzinfo=UTC)), RehearsedMail()
        self.database = Database(f"sqlite:///{self._path}")
        settings = Settings(secret_key="rehearsal " * 4, data_dir=folder, log_level="ERROR")
        app = create_app(settings, self.database, self.clock, mail=self.mail)
        self.platform: Platform = app.extensions["telehealth"]

    def clear(self, start: datetime) -> None:
        """Nothing has happened yet, and it is `start`."""
        self.database.engine.dispose()
        for ending in _BESIDE:
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        shutil.copy(self._empty, self._path)
        self.clock.at = start
        self.mail.is_down = False
        self.mail.taken.clear()


@cache
def stage() -> Stage:
    """The stage of this process."""
    return Stage()
