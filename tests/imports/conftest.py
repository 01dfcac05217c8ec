"""A worker's bench with a folder of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.core.db import Database
from telehealth.identity.models import Person
from telehealth.imports.jobs import Bench
from tests import make
from tests.make import imports as made

SignIn = Callable[[FlaskClient, Person], None]


@pytest.fixture
def bench(db: Database, tmp_path: Path) -> Bench:
    """The worker's bench on the test's database."""
    return made.bench(db, tmp_path / "imports")


@pytest.fixture
def ana(
    session: Session, client: FlaskClient, sign_in: Callable[[FlaskClient, Person], None]
) -> Person:
    person = make.patient(session, "Ana", "Novak")
    sign_in(client, person)
    return person


@pytest.fixture
def work(app: Flask, session: Session) -> Callable[[], None]:
    """Let the worker do what waits."""
    queue = app.extensions["telehealth"].queue

    def run() -> None:
        session.commit()
        queue.drain()
        session.expire_all()

    return run
