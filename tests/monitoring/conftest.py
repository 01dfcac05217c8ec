from collections.abc import Iterator

import pytest
from sqlalchemy import event

import telehealth.app as application
from telehealth.core.db import Database


@pytest.fixture(autouse=True, scope="session")
def _rooms_are_open():
    """Until app.py lists these rooms."""
    from telehealth.monitoring import pages as monitoring_pages
    from telehealth.readings import api, jobs, pages, sockets

    for names, mine in (
        ("APIS", api.api),
        ("PAGES", pages.pages),
        ("PAGES", monitoring_pages.pages),
        ("SOCKETS", sockets.sockets),
        ("JOBS", jobs.register),
    ):
        if mine not in getattr(application, names):
            setattr(application, names, (*getattr(application, names), mine))


@pytest.fixture
def statements(db: Database) -> Iterator[list[str]]:
    """The SQL that is said from now on."""
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    yield said
    event.remove(db.engine, "before_cursor_execute", listen)
