"""Every API operation with somebody who may use it, taken from the rows of the access matrix."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import make
from tests.access import matrix
from tests.access.matrix import ANONYMOUS, DOCTOR, NURSE, PATIENT, Row, World
from tests.access.test_matrix import MODULES

MEMBERS = {"type", "title", "status", "code", "detail", "instance", "errors"}
RETRIED = (429, 503, 507)


def is_operation(row: Row) -> bool:
    """Whether the row's door is in the OpenAPI document."""
    return row.endpoint.partition(".")[0].endswith("_api")


ROOMS = [module for module in MODULES if any(is_operation(row) for row in module.ROWS)]
every_room = pytest.mark.parametrize(
    "room", ROOMS, ids=[module.__name__.rpartition("_")[2] for module in ROOMS]
)


@dataclass
class Caller:
    """Somebody who may use one operation, in a world where it makes sense."""

    app: Flask
    session: Session
    world: World
    row: Row
    column: str

    @property
    def client(self) -> FlaskClient:
        """A client without cookies, so that nothing but the token speaks."""
        return self.app.test_client()

    @property
    def path(self) -> str:
        """The operation's address, query included."""
        return str(matrix.filled(self.row.path, self.world.ids))

    @property
    def body(self) -> Any:
        """A body the operation takes."""
        if self.row.endpoint == "identity_api.sign_in":
            return {"login": "nobody@test.example", "password": make.PASSWORD}
        return matrix.filled(self.row.json, self.world.ids)

    @property
    def headers(self) -> dict[str, str]:
        """The token of the caller."""
        return dict(self.world.headers.get(self.column, {}))

    def ask(self, **more: Any) -> TestResponse:
        """One request in a transaction that leaves nothing behind."""
        given: dict[str, Any] = {"path": self.path, "method": self.row.method} | more
        given["headers"] = self.headers | dict(more.get("headers") or {})
        given["headers"].setdefault("Accept-Language", "en")
        with undone(self.session):
            return self.client.open(**given)


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """What happens inside is taken back."""
    attempt = session.connection().begin_nested()
    try:
        yield
    finally:
        attempt.rollback()
        session.expire_all()


def callers(app: Flask, session: Session, room: ModuleType, *, body: bool = False) -> list[Caller]:
    """One caller for each operation of a room: the first of patient, doctor, nurse it lets in.

    Args:
        app: the application.
        session: of its database.
        room: module of the room's rows.
        body: only operations that take one.
    """
    world = matrix.world(session)
    if hasattr(room, "furnish"):
        world.ids |= room.furnish(session, world)
    session.flush()
    rows = [row for row in room.ROWS if is_operation(row) and (row.json is not None or not body)]
    return [Caller(app, session, world, row, _column(row)) for row in rows]


def _column(row: Row) -> str:
    allowed = {kind for kind, status in row.allow.items() if status < 300 or status == 503}
    return next((kind for kind in (PATIENT, DOCTOR, NURSE) if kind in allowed), ANONYMOUS)


def require_problem(answer: TestResponse, status: int | None = None) -> Mapping[str, Any]:
    """The body of an error, after checking that it keeps the form every error has."""
    where = f"{answer.request.method} {answer.request.path}: {answer.status} {answer.text[:300]}"
    assert answer.status_code >= 400, where
    assert status in (None, answer.status_code), where
    assert answer.mimetype == "application/problem+json", where
    body: Mapping[str, Any] = answer.json
    assert {"type", "title", "status", "code", "instance"} <= body.keys() <= MEMBERS, where
    assert body["status"] == answer.status_code, where
    assert body["instance"] == answer.request.path, where
    assert body["title"], where
    assert body["type"].startswith("/problems/"), where
    assert all(body["code"].islower() and part for part in body["code"].split("-")), where
    for error in body.get("errors", ()):
        assert error["pointer"].startswith("#"), where
        assert error["detail"], where
        assert error["code"], where
    if answer.status_code in RETRIED:
        assert int(answer.headers["Retry-After"]) > 0, where
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), where
    if answer.status_code == 405:
        assert answer.headers["Allow"], where
    return body
