"""The schema: made and changed by the numbered migrations and by nothing else."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from telehealth.core.db import Database

_PACKAGE = Path(__file__).parents[1]
_PLACES = (_PACKAGE / "migrations", _PACKAGE.parent / "migrations")
"""In a wheel the migrations lie inside the package, in a checkout beside it."""


def config() -> Config:
    """Alembic's configuration, without a file."""
    found = Config()
    found.set_main_option(
        "script_location", str(next(place for place in _PLACES if place.is_dir()))
    )
    return found


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema up to `revision`; changes nothing when it is there already."""
    with database.engine.connect() as connection:
        if current(connection) != revision:
            _run(connection, command.upgrade, revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to `revision` (`base`: nothing is left)."""
    with database.engine.connect() as connection:
        _run(connection, command.downgrade, revision)


def current(connection: Connection) -> str | None:
    """The revision the schema is at; None: empty."""
    found = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    return found


def head() -> str:
    """The newest revision."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    if newest is None:
        raise RuntimeError("there are no migrations")
    return newest


def _run(connection: Connection, verb: Callable[[Config, str], None], revision: str) -> None:
    given = config()
    given.attributes["connection"] = connection
    verb(given, revision)
