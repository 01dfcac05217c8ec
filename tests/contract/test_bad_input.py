"""Every API operation meets bodies that nobody meant well: a refusal that says what, no fault."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.core.web import api
from tests.access.matrix import Row
from tests.contract.doors import ROOMS, Caller, callers, every_room, require_problem

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"])

NOT_JSON = {
    "cut off": b"{",
    "comma too many": b'{"a": 1,}',
    "single quotes": b"'a'",
    "no UTF-8": b"\xff\xfe",
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "a number of 10,000 digits": b"1" * 10_000,
}
NO_OBJECT = ("[]", '"text"', "1", "true", "[[{}]]", "1.5")
STORED: tuple[Any, ...] = (
    10**30, -1, "\0", "a\0b", "\ud800", "x" * 100_000, "2199-12-31", "9999-12-31", "0001-01-01",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1900-01-01T00:00:00+14:00",
)  # fmt: skip
"""What a database might choke on: sent to both."""
WRONG: tuple[Any, ...] = (
    *STORED, {}, [], [[[]]], {"a": {"b": [1]}}, True, 1.5, "", "24:00", "2026-11-24T10:00:00", None,
)  # fmt: skip
NEVER_RIGHT: tuple[Any, ...] = ({"a": {"b": [1]}}, [[[]]])
FHIR = "questionnaires_api.answer"
"""Its reader follows the standard: elements it does not know are left alone, pointers name what
stays unanswered."""
ROW_BY_ROW = "readings_api.add"
"""It names rejected rows in a 200."""
SLOW = "identity_api.sign_in"
"""Each try hashes a password."""


def places(value: Any, pointer: str = "#") -> Iterator[tuple[str, list[Any]]]:
    """Where a body can be changed: the pointer and the way there."""
    members: Any = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value[:1])
    for key, inner in members:
        yield f"{pointer}/{key}", [key]
        for below, way in places(inner, f"{pointer}/{key}"):
            yield below, [key, *way]


def changed(body: Any, way: list[Any], value: Any) -> Any:
    copy = json.loads(json.dumps(body))
    node = copy
    for key in way[:-1]:
        node = node[key]
    node[way[-1]] = value
    return copy


def send(knock: Caller, value: Any) -> TestResponse:
    return knock.ask(data=json.dumps(value), content_type="application/json")


def documented(app: Flask, row: Row) -> set[int]:
    """Statuses the OpenAPI document announces for an operation."""
    with app.app_context():
        paths = api.document()["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    found = next(
        operation
        for operation in operations
        if isinstance(operation, dict) and operation.get("operationId") == row.endpoint
    )
    return {int(status) for status in found["responses"] if status != "default"}


def require_announced(answer: TestResponse, known: set[int], row: Row) -> None:
    """A status of the document; an error in the form all errors have; never a fault of ours."""
    where = f"{row}: {answer.status} {answer.text[:300]}"
    assert answer.status_code in known, where
    assert answer.status_code not in (500, 507), where
    if answer.status_code >= 400:
        require_problem(answer)


@every_room
@on_sqlite
def test_what_is_not_json_is_not_read(app: Flask, session: Session, room: ModuleType) -> None:
    for knock in callers(app, session, room, body=True):
        for body in NOT_JSON.values():
            answer = knock.ask(data=body, content_type="application/json")
            assert require_problem(answer, 400)["code"] == "malformed"


@every_room
@on_sqlite
def test_what_does_not_call_itself_json_is_not_read(
    app: Flask, session: Session, room: ModuleType
) -> None:
    for knock in callers(app, session, room, body=True):
        for media in (None, "text/plain", "application/x-www-form-urlencoded", "nonsense"):
            answer = knock.ask(data=json.dumps(knock.body), content_type=media)
            assert require_problem(answer, 415)["code"] == "unsupported-media-type"


@every_room
@on_sqlite
def test_json_that_is_no_object_is_refused(app: Flask, session: Session, room: ModuleType) -> None:
    for knock in callers(app, session, room, body=True):
        for body in NO_OBJECT:
            answer = knock.ask(data=body, content_type="application/json")
            if knock.row.endpoint == FHIR:
                assert answer.status_code in (400, 422)
            else:
                assert require_problem(answer, 422)["errors"], body


@every_room
def test_a_field_of_the_wrong_kind_is_named_and_never_a_fault(
    app: Flask, session: Session, dialect: str, room: ModuleType
) -> None:
    for knock in callers(app, session, room, body=True):
        known = documented(app, knock.row)
        values = WRONG if dialect == "sqlite" else STORED
        if knock.row.endpoint == SLOW:
            values = values[:6]
        for pointer, way in places(knock.body):
            for value in values:
                answer = send(knock, changed(knock.body, way, value))
                require_announced(answer, known, knock.row)
                require_named(answer, pointer, value, knock.row)


def require_named(answer: TestResponse, pointer: str, value: object, row: Row) -> None:
    """What cannot be right anywhere is refused, and a refusal names the field."""
    where = f"{row}: {value!r} at {pointer}: {answer.text[:300]}"
    if row.endpoint in (FHIR, ROW_BY_ROW):
        return
    if value in NEVER_RIGHT:
        assert answer.status_code == 422, where
    if answer.status_code == 422:
        field = "/".join(pointer.split("/")[:2])
        assert any(error["pointer"].startswith(field) for error in answer.json["errors"]), where


@every_room
@on_sqlite
def test_an_unknown_field_is_named_and_nothing_else_is_said(
    app: Flask, session: Session, room: ModuleType
) -> None:
    for knock in callers(app, session, room, body=True):
        if knock.row.endpoint != FHIR:
            problem = require_problem(send(knock, knock.body | {"a/b~c": 1}), 422)
            assert [error["pointer"] for error in problem["errors"]] == ["#/a~1b~0c"]


def _json_values() -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    surrogates = st.text(st.characters(categories=["Cs", "Cc", "Lu"]), max_size=4)
    return st.recursive(
        leaves | surrogates,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
        ),
        max_leaves=8,
    )


def _bodies(body: Any) -> st.SearchStrategy[Any]:
    """Arbitrary JSON, and the known fields with arbitrary or right values."""
    known = {
        key: st.just(value) | _json_values()
        for key, value in (body.items() if isinstance(body, dict) else ())
    }
    return _json_values() | st.fixed_dictionaries({}, optional=known)


@every_room
@on_sqlite
def test_any_json_gets_an_answer_the_document_announces(
    app: Flask, session: Session, room: ModuleType
) -> None:
    for knock in callers(app, session, room, body=True):
        _check_any_json(knock, documented(app, knock.row))


def _check_any_json(knock: Caller, known: set[int]) -> None:
    @settings(max_examples=10 if knock.row.endpoint == SLOW else 20)
    @given(_bodies(knock.body))
    def check(value: Any) -> None:
        require_announced(send(knock, value), known, knock.row)

    check()


@on_sqlite
def test_a_body_where_none_belongs_changes_nothing(app: Flask, session: Session) -> None:
    rooms = (knock for room in ROOMS for knock in callers(app, session, room))
    knock = next(knock for knock in rooms if knock.row.endpoint == "mandates_api.me")

    plain = knock.ask()
    with_body = knock.ask(data=b"{", content_type="application/json")

    assert plain.data == with_body.data
