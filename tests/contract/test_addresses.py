"""Addresses: whose is absent, numbers no row can have, queries, methods."""

from collections.abc import Iterator
from types import ModuleType
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.core import paging
from tests import make
from tests.access import matrix
from tests.access.matrix import OTHER_DOCTOR, OTHER_PATIENT
from tests.contract.doors import Caller, callers, every_room, require_problem

ABSENT = 999_999_999_999
OWN_PER_ANSWER = ("X-Request-Id", "Content-Length")
NO_IDS = (10**18 - 1, 2**63, 10**40, "-1", "1.5", "%00", "x", "٣")
CURSORS = (
    "x", "%", "AAAA", paging.encode("a", "b", "c"), paging.encode(1), paging.encode("2026", 1, 1),
    paging.encode("2026-11-24T10:00:00+00:00", 10**30, 1), paging.encode("\0", 1, 1),
    paging.encode("0001-01-01T00:00:00+14:00", 1, 1), paging.encode("\ud800", 1, 1),
    "W1tb" * 2000, "č",
)  # fmt: skip


@pytest.fixture
def dialect() -> str:
    """What an address says does not depend on the database."""
    return "sqlite"


def seen(answer: TestResponse) -> tuple[object, ...]:
    """All that somebody could tell two refusals apart by, but the address they sent themselves."""
    body = {key: value for key, value in answer.json.items() if key != "instance"}
    headers = sorted(pair for pair in answer.headers.items() if pair[0] not in OWN_PER_ANSWER)
    return answer.status_code, body, headers


def twins(knock: Caller) -> Iterator[tuple[str, str, str]]:
    """(stranger, foreign address, absent address), for people who know nothing of the owner."""
    path = knock.row.path.partition("?")[0]
    ids = knock.world.ids
    absent = dict.fromkeys(ids, ABSENT)
    for stranger in (OTHER_PATIENT, OTHER_DOCTOR):
        yield stranger, matrix.filled(path, ids), matrix.filled(path, absent)
        if "{owner}" in path and path.count("{") > 1:
            mine = {"owner": knock.world.people[stranger].id}
            yield stranger, matrix.filled(path, ids | mine), matrix.filled(path, absent | mine)


@every_room
def test_what_is_somebody_elses_looks_like_nothing(
    app: Flask, session: Session, room: ModuleType
) -> None:
    for knock in callers(app, session, room):
        query = knock.path.partition("?")[2]
        if "{" not in knock.row.path.partition("?")[0]:
            continue
        for stranger, *addresses in twins(knock):
            foreign, absent = (
                knock.ask(
                    path=address,
                    query_string=query,
                    headers=knock.world.headers[stranger],
                    json=knock.body,
                )
                for address in addresses
            )
            require_problem(foreign, 404)
            require_problem(absent, 404)
            assert seen(foreign) == seen(absent), knock.row


@every_room
def test_a_number_no_row_can_have_is_an_address_of_nothing(
    app: Flask, session: Session, room: ModuleType
) -> None:
    for knock in callers(app, session, room):
        path, _, query = knock.row.path.partition("?")
        if "{" not in path:
            continue
        for number in NO_IDS:
            answer = knock.ask(
                path=path.format(**dict.fromkeys(knock.world.ids, number)),
                query_string=matrix.filled(query, knock.world.ids),
                json=knock.body,
            )
            require_problem(answer, 404)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=2026-11-24T10:00:00", "#/from"),
        ("from=0001-01-01T00:00:00%2B14:00", "#/from"),
        ("to=9999-12-31T23:59:59-14:00", "#/to"),
        ("to=9999-12-31", "#/to"),
        ("limit=0", "#/limit"),
        (f"limit={10**30}", "#/limit"),
        ("limit=1.5", "#/limit"),
        ("format=xml", "#/format"),
        ("form=rows", "#/form"),
    ],
)
def test_a_wrong_query_of_a_diary_names_its_part(
    app: Flask, session: Session, query: str, pointer: str
) -> None:
    answer = ask(app, session, "readings", query)

    assert [each["pointer"] for each in require_problem(answer, 422)["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("worker=1&service=video&from=0001-01-01&to=2026-11-24", {"#/from"}),
        ("worker=1&service=video&from=2026-11-24&to=9999-12-31", {"#/to"}),
        (f"worker={10**30}&service=video&from=2026-11-24&to=2026-11-24", {"#/worker"}),
        ("worker=1.5&service=video&from=x&to=2026-11-24T10:00:00", {"#/worker", "#/from", "#/to"}),
        ("worker=1&service=video&from=2026-11-24&to=2026-11-24&day=1", {"#/day"}),
        ("", {"#/worker", "#/service", "#/from", "#/to"}),
    ],
)
def test_a_wrong_query_of_slots_names_each_part(
    app: Flask, session: Session, query: str, pointers: set[str]
) -> None:
    answer = ask(app, session, "slots", query)

    assert {each["pointer"] for each in require_problem(answer, 422)["errors"]} == pointers


@pytest.mark.parametrize("cursor", CURSORS, ids=range(len(CURSORS)))
@pytest.mark.parametrize("shape", ["rows", "columns"])
def test_a_made_up_cursor_leads_nowhere(
    app: Flask, session: Session, cursor: str, shape: str
) -> None:
    answer = ask(app, session, "readings", f"format={shape}&cursor={quote(cursor)}")

    errors = require_problem(answer, 422)["errors"]
    assert [(each["pointer"], each["code"]) for each in errors] == [("#/cursor", "bad_cursor")]


def test_a_query_with_a_nul_is_not_read(app: Flask, session: Session) -> None:
    for query in ("cursor=%00", "%00=1", "limit=1%00"):
        require_problem(ask(app, session, "readings", query), 400)


def ask(app: Flask, session: Session, what: str, query: str) -> TestResponse:
    """One question of a patient about themself."""
    ana = make.patient(session)
    headers = make.bearer(session, ana)
    address = f"/api/v1/patients/{ana.id}/{what}"
    return app.test_client().get(address, query_string=query, headers=headers)


def test_a_method_an_address_does_not_take_is_answered_with_those_it_takes(app: Flask) -> None:
    client = app.test_client()
    adapter = app.url_map.bind("localhost")

    for rule in app.url_map.iter_rules():
        built = rule.build(dict.fromkeys(rule.arguments, 1), append_unknown=False)
        assert built, rule
        path = built[1]
        allowed = set(adapter.allowed_methods(path))
        answer = client.open(path, method="PROPFIND")
        given = {method.strip() for method in answer.headers.get("Allow", "").split(",")}

        assert (answer.status_code, given) == (405, allowed), path
        if path.startswith("/api/"):
            assert require_problem(answer, 405)["code"] == "method-not-allowed"
        else:
            assert answer.mimetype == "text/html"


def test_an_unknown_address_of_the_api_is_a_problem(app: Flask) -> None:
    for path in ("/api/v1/nothing", "/api/", "/api/v2/me", "/api/v1/patients/x/readings"):
        problem = require_problem(app.test_client().get(path), 404)
        assert problem["code"] == "not-found"


def test_each_kind_of_problem_has_its_page_in_both_languages(app: Flask, session: Session) -> None:
    client = app.test_client()
    headers = make.bearer(session, make.patient(session))
    problems = [
        client.get("/api/v1/me"),
        client.get("/api/v1/nothing"),
        client.put("/api/v1/me"),
        client.post("/api/v1/sessions", data="{", content_type="application/json"),
        client.post("/api/v1/sessions", data="a"),
        client.post("/api/v1/sessions", json={}),
        client.post("/api/v1/offers", json={}, headers=headers),
        client.post("/api/v1/device-check/echo", json={"sdp": "v=0\r\n"}, headers=headers),
    ]

    for answer in problems:
        problem = require_problem(answer)
        for language in ("en", "sl"):
            client.set_cookie("lang", language)
            page = client.get(problem["type"])
            assert (page.status_code, page.mimetype) == (200, "text/html")
            assert f'lang="{language}"' in page.text
