"""Database: unit of work, column types, names of constraints. The only place that commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

BUSY_TIMEOUT_MS = 10_000

BigInt = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both databases; SQLite numbers rows only when the type is exactly INTEGER."""

Key = Annotated[int, mapped_column(BigInt, primary_key=True)]


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Naive times are refused; SQLite keeps fixed-width UTC text, which sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive times; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return an aware UTC instant."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all rows; every constraint has a name, so that every migration can find it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime(), date: Date()}  # noqa: RUF012 - SQLAlchemy's form


def one_of(kinds: type[StrEnum], name: str, length: int = 24) -> Enum:
    """A column type holding the values (not names) of `kinds`, guarded by a named CHECK."""
    return Enum(
        kinds,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=length,
        values_callable=lambda members: [member.value for member in members],
    )


class Database:
    """An engine and two ways in: `unit_of_work` to change, `reading` to look without waiting."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url, pool_pre_ping=True)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writing = sessionmaker(self.engine, expire_on_commit=False)
        self._reading = sessionmaker(
            self.engine.execution_options(read_only=True), expire_on_commit=False
        )
        self.wake: Callable[[], object] = _nobody_waits
        """Called after each commit that left an outbox event: a hint, the database is the truth."""

    def stay_within(self, connection: Connection) -> None:
        """From now on every commit is a savepoint of `connection`'s transaction: for tests."""
        for maker in (self._writing, self._reading):
            maker.configure(bind=connection, join_transaction_mode="create_savepoint")

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """Commit when the block ends, roll back when it raises; then run what waited for it."""
        with self._writing.begin() as session:
            yield session
        for waiting in session.info.pop(_AFTER_COMMIT, ()):
            waiting()
        if session.info.pop(_WAKE, False):
            self.wake()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Look without taking SQLite's write lock; nothing is kept."""
        with self._reading() as session:
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


_AFTER_COMMIT = "after_commit"
_WAKE = "wake"


def _nobody_waits() -> None:
    """No worker listens in this process; the relay finds the event by itself."""


def after_commit(session: Session, deed: Callable[[], object]) -> None:
    """Run `deed` once, when the unit of work of `session` is safely stored; never if it is not."""
    session.info.setdefault(_AFTER_COMMIT, []).append(deed)


def wake_after_commit(session: Session) -> None:
    """Ask the worker to look at the outbox once this unit of work is stored."""
    session.info[_WAKE] = True


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: its way loses updates (see docs, ADR 1).
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock when it begins: read-then-write under a plain BEGIN fails at once.
    looks_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if looks_only else "BEGIN IMMEDIATE")


def engine_of(session: Session) -> Engine:
    """The engine behind a session, for statements that differ between the two databases."""
    return session.get_bind().engine
