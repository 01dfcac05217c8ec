"""The ground all tests stand on: migrated databases, an application, a browser client, people."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy.orm import Session

from telehealth.app import create_app
from telehealth.core import schema
from telehealth.core.db import Database
from telehealth.identity.models import Person
from telehealth.settings import Settings
from tests import make
from tests.stand_ins.postgresql import PostgreSQL, find_postgresql

hypothesis_settings.register_profile(
    "default",
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

SECRET = "a secret of the tests, thirty-two characters long"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In strict mode (CI) a skipped test is a failure: a silent skip would be a lie."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("STRICT") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("STRICT: a test was skipped, see the reasons below.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


class FixedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture(scope="session")
def _clock() -> FixedClock:
    return FixedClock(make.NOW)


@pytest.fixture
def clock(_clock: FixedClock) -> FixedClock:
    """The application's clock, at `make.NOW` until the test moves it: `clock.at = ...`."""
    _clock.at = make.NOW
    return _clock


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server of this test process; skipped with the cure where there is none."""
    server = find_postgresql()
    if server is None:
        pytest.skip("PostgreSQL is missing: apt-get install postgresql")
    yield from server.running()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgreSQL) -> str:
    database = Database(postgresql.create("template_telehealth"))
    schema.upgrade(database)
    database.close()
    return "template_telehealth"


@pytest.fixture(scope="session")
def _sqlite_shared(sqlite_template: Path) -> Iterator[Database]:
    copy = sqlite_template.with_name("shared.db")
    shutil.copy(sqlite_template, copy)
    database = Database(f"sqlite:///{copy}")
    yield database
    database.close()


@pytest.fixture(scope="session")
def _postgresql_shared(postgresql: PostgreSQL, postgresql_template: str) -> Iterator[Database]:
    database = Database(postgresql.clone(postgresql_template, "shared"))
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def db(dialect: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated database whose changes vanish after the test: one connection, one thread."""
    database: Database = request.getfixturevalue(f"_{dialect}_shared")
    with database.engine.connect() as connection:
        outer = connection.begin()
        database.stay_within(connection)
        yield database
        outer.rollback()


@pytest.fixture
def fresh_db(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database of the test's own, with real commits: for threads, sockets and kills."""
    if dialect == "sqlite":
        path = tmp_path / "fresh.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        url = server.clone(request.getfixturevalue("postgresql_template"))
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def session(db: Database) -> Iterator[Session]:
    """An open session of `db`; what it flushes, the application sees."""
    with db._writing() as opened:
        yield opened


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        secret_key=SECRET,
        data_dir=tmp_path_factory.mktemp("data"),
        secure_cookies=False,
        demo=True,
        log_level="ERROR",
    )


@pytest.fixture(scope="session")
def _apps() -> dict[int, Flask]:
    return {}


@pytest.fixture
def app(db: Database, settings: Settings, clock: FixedClock, _apps: dict[int, Flask]) -> Flask:
    """The application on `db`, run by `clock`; made once per database and test process."""
    if id(db) not in _apps:
        _apps[id(db)] = create_app(settings, db, clock)
    return _apps[id(db)]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that nobody has signed in with, in English."""
    browser = app.test_client()
    browser.set_cookie("lang", "en")
    return browser


@pytest.fixture
def sign_in(session: Session) -> Callable[[FlaskClient, Person], None]:
    """Sign a person in with a browser, as if the password had just been given."""

    def enter(browser: FlaskClient, person: Person) -> None:
        token = make.browser_session(session, person)
        session.commit()
        browser.set_cookie("session", token)

    return enter


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests talk to this machine only."""
    real = socket.socket.connect

    def local_only(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family in (socket.AF_INET, socket.AF_INET6) and host not in (
            "127.0.0.1",
            "::1",
            "localhost",
        ):
            raise OSError(f"a test tried to leave the machine: {host}")
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", local_only)
