"""Alembic's door: runs the numbered migrations on the connection or URL it is given."""

from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import context
from sqlalchemy import Connection, DateTime

import telehealth
from telehealth.core.db import Base, BigInt, Database, UtcDateTime

for _models in sorted(Path(telehealth.__file__).parent.glob("*/models.py")):
    import_module(f"telehealth.{_models.parent.name}.models")
import_module("telehealth.core.heartbeat")
import_module("telehealth.core.outbox")


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Write plain SQLAlchemy types: a migration imports nothing of ours."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and item is BigInt:
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    return False


def compare_type(
    _context: Any, _column: Any, _old: Any, old_type: Any, new_type: Any
) -> bool | None:
    """SQLite has one kind of date and time; the decorated type is no difference."""
    if isinstance(new_type, UtcDateTime) and isinstance(old_type, DateTime):
        return False
    return None


def migrate(connection: Connection) -> None:
    """Run what was asked for, all in one transaction per migration."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render_item,
        compare_type=compare_type,
        render_as_batch=False,
        transaction_per_migration=True,
        user_module_prefix="sa.",
    )
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET lock_timeout = '4s'")
        connection.commit()
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    database = Database(context.get_x_argument(as_dictionary=True)["url"])
    with database.engine.connect() as own:
        migrate(own)
    database.close()
