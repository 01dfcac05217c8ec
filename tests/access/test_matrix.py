"""Every door x every kind of person: status, silence about the hidden, a trace of denials."""

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.audit.models import AuditEvent, Outcome
from telehealth.core import sockets
from telehealth.core.db import Database
from telehealth.core.web.access import CSRF_HEADER
from tests.access import matrix
from tests.access.matrix import (
    ANONYMOUS,
    CANARY,
    COLUMNS,
    DEVICE,
    EXPIRED_PROXY,
    PATIENT,
    PROXY,
    REVOKED_PROXY,
    Row,
    World,
)

MODULES: list[ModuleType] = [
    import_module(f"tests.access.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("rows_*.py"))
]
ROWS: list[tuple[ModuleType, Row]] = [(module, row) for module in MODULES for row in module.ROWS]
_CSRF = re.compile(rb'name="csrf-token" content="([0-9a-f]+)"')


@pytest.fixture
def dialect() -> str:
    """Who may come in does not depend on the database; the rooms' own tests run on both."""
    return "sqlite"


def test_every_door_has_a_row_and_every_row_a_door(app: Flask) -> None:
    doors = {
        (rule.endpoint, method, rule.rule.startswith("/za/"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    events = {(event.name, "SOCKET", False) for event in app.extensions["telehealth-events"]}
    rows = {(row.endpoint, row.method, row.path.startswith("/za/")) for _, row in ROWS}

    assert sorted((doors | events) - rows) == [], "doors without a row"
    assert sorted(rows - doors - events) == [], "rows without a door"


@pytest.mark.parametrize(("module", "row"), ROWS, ids=[str(row) for _, row in ROWS])
def test_only_those_the_row_names_come_in(
    module: ModuleType, row: Row, app: Flask, db: Database, session: Session
) -> None:
    world = matrix.world(session)
    if hasattr(module, "furnish"):
        world.ids |= module.furnish(session, world)
    session.flush()
    connection = session.connection()
    for column in COLUMNS:
        attempt = connection.begin_nested()
        _check(app, session, world, row, column)
        attempt.rollback()
        session.expire_all()


@pytest.mark.parametrize(
    ("column", "ended"), [(REVOKED_PROXY, "revoked"), (EXPIRED_PROXY, "expired")]
)
def test_an_ended_mandate_opens_no_page_and_says_nothing(
    column: str, ended: str, app: Flask, session: Session
) -> None:
    world = matrix.world(session)
    session.flush()
    connection = session.connection()
    for module in MODULES:
        furnished = connection.begin_nested()
        if hasattr(module, "furnish"):
            world.ids |= module.furnish(session, world)
            session.flush()
        for row in module.ROWS:
            if row.path.startswith("/za/{mandate}"):
                attempt = connection.begin_nested()
                path = row.path.replace("/za/{mandate}", "/za/{" + ended + "}")
                _check(app, session, world, replace(row, path=path, allow={}, deny=404), column)
                attempt.rollback()
                session.expire_all()
        furnished.rollback()
        session.expire_all()


def _check(app: Flask, session: Session, world: World, row: Row, column: str) -> None:
    before = _last_event(session)
    status, body, headers = _knock(app, world, row, column)
    events = session.scalars(select(AuditEvent).where(AuditEvent.id > before)).all()
    denied = [event for event in events if event.outcome is Outcome.DENY]
    expected = row.allow.get(column)
    where = f"{row} as {column}: {status} {body[:300]}"
    if expected is not None:
        assert status == expected, where
        if expected < 400 and row.is_audited and column == PATIENT:
            assert [event for event in events if event.outcome is Outcome.ALLOW], (
                f"no trace: {where}"
            )
        if not row.is_about_owner and column not in (PATIENT, DEVICE):
            _require_silence(body, headers, where)
        if expected != 403:
            return
    assert status == (expected or _denial(row, column)), where
    if not _knows_the_name(row, column):
        _require_silence(body, headers, where)
    is_handshake = row.method == "SOCKET" and column == DEVICE  # it never reaches an event
    if column != ANONYMOUS and not is_handshake:
        assert len(denied) == 1, f"{len(denied)} audit rows of the denial: {where}"


def _knows_the_name(row: Row, column: str) -> bool:
    """One's own name in the menu, the represented person's name in the bar."""
    return column == PATIENT or (column == PROXY and row.path.startswith("/za/{mandate}"))


def _denial(row: Row, column: str) -> int:
    if column in row.denies:
        return row.denies[column]
    if column == ANONYMOUS:
        return 303 if row.is_page and row.method == "GET" else 401
    if column == DEVICE:
        return 401 if row.method == "SOCKET" else 403
    return row.deny


def _require_silence(body: str, headers: Mapping[str, str], where: str) -> None:
    assert CANARY not in body, f"the owner's name leaks: {where}"
    assert CANARY not in str(headers), f"the owner's name leaks in a header: {where}"


def _last_event(session: Session) -> int:
    newest = session.scalar(select(AuditEvent.id).order_by(AuditEvent.id.desc()).limit(1))
    return newest or 0


def _knock(app: Flask, world: World, row: Row, column: str) -> tuple[int, str, Mapping[str, str]]:
    browser = app.test_client()
    browser.set_cookie("lang", "en")
    if row.method == "SOCKET":
        return _send(app, browser, world, row, column)
    headers = dict(world.headers.get(column, {}))
    if row.is_page and column in world.cookies:
        headers = {}
        browser.set_cookie("session", world.cookies[column])
    if row.is_page and column != DEVICE and row.method != "GET":
        headers[CSRF_HEADER] = _csrf(browser)
    answer: TestResponse = browser.open(
        matrix.filled(row.path, world.ids),
        method=row.method,
        json=matrix.filled(row.json, world.ids),
        data=matrix.filled(row.form, world.ids) if row.json is None else None,
        headers=headers,
    )
    body = answer.get_data().decode(errors="replace")
    answer.close()
    return answer.status_code, body, answer.headers


def _csrf(browser: FlaskClient) -> str:
    found = _CSRF.search(browser.get("/problems/not-found").data)
    assert found, "no CSRF token on the page"
    return found[1].decode()


def _send(
    app: Flask, browser: FlaskClient, world: World, row: Row, column: str
) -> tuple[int, str, Mapping[str, str]]:
    if column in world.cookies:
        browser.set_cookie("session", world.cookies[column])
    connection = sockets.server.test_client(app, flask_test_client=browser)
    if not connection.is_connected():
        return 401, "", {}
    answer: Any = connection.emit(row.endpoint, matrix.filled(row.json, world.ids), callback=True)
    connection.disconnect()
    status = 200 if answer["ok"] else answer["problem"]["status"]
    return status, str(answer), {}
