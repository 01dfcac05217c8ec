from collections.abc import Iterator

import pytest
from sqlalchemy import event

from telehealth.core.db import Database


@pytest.fixture
def statements(db: Database) -> Iterator[list[str]]:
    """The SQL that is said from now on."""
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    yield said
    event.remove(db.engine, "before_cursor_execute", listen)
