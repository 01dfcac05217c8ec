from collections.abc import Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from telehealth.core.db import Database
from telehealth.identity.models import Person
from tests import make
from tests.monitoring.steps import GOOD, HIGH, LOW, measure


@pytest.fixture
def statements(db: Database) -> Iterator[list[str]]:
    """The SQL that is said from now on."""
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    yield said
    event.remove(db.engine, "before_cursor_execute", listen)


@pytest.fixture
def four(session: Session) -> dict[str, Person]:
    """A good, a high, a low and a silent patient."""
    found = {
        "good": make.patient(session, "Dana", "Čuk"),
        "high": make.patient(session, "Bor", "Žagar"),
        "low": make.patient(session, "Ana", "Šuštar"),
        "silent": make.patient(session, "Cene", "Cerar"),
    }
    measure(session, found["good"], GOOD)
    measure(session, found["high"], HIGH)
    measure(session, found["low"], LOW)
    return found


@pytest.fixture
def doctor(session: Session, four: dict[str, Person]) -> Person:
    return make.doctor(session, list(four.values()))
