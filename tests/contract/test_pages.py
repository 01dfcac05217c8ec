"""What every page and file answers with: headers, cookies, language, ways onward, odd forms."""

import re
from collections.abc import Callable
from types import ModuleType

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.app import create_app
from telehealth.core.db import Database
from telehealth.core.web.access import CSRF_HEADER
from telehealth.core.web.assets import asset
from telehealth.identity.models import Person
from telehealth.settings import Settings
from tests import make
from tests.access import matrix
from tests.access.matrix import DOCTOR, PATIENT
from tests.access.test_matrix import MODULES
from tests.contract.doors import undone
from tests.home.browser import csrf_of

SignIn = Callable[[FlaskClient, Person], None]
OUTSIDE = (
    "https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example",
    "/\n/evil.example", "/\r/evil.example", "\\\\evil.example", "evil.example", " //evil.example",
    "javascript:alert()", "",
)  # fmt: skip
PAGES_WITH_FORMS = [
    module
    for module in MODULES
    if any(row.is_page and row.form and isinstance(row.form, dict) for row in module.ROWS)
]
SLOW = ("/prijava", "/potrditev")
"""Each try hashes a password."""
ODD = ("a\0b", "x" * 100_000, "9" * 40, "-1", "0001-01-01", "9999-12-31", "č\U0010ffff")


@pytest.fixture
def dialect() -> str:
    """What pages answer with does not depend on the database; the rooms' tests run on both."""
    return "sqlite"


def test_security_headers_are_on_every_answer(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    sign_in(client, make.patient(session))
    answers = {
        "page": client.get("/vec"),
        "absent page": client.get("/nothing"),
        "wrong method": client.put("/vec"),
        "no CSRF": client.post("/odjava"),
        "foreign": client.get("/za/999/vec"),
        "static": client.get(asset("core/base.css")),
        "absent static": client.get("/static/x/nothing.css"),
        "health": client.get("/healthz"),
        "redirect": client.post("/jezik/en", data={"csrf_token": csrf_of(client)}),
        "API": client.get("/api/v1/me"),
        "API error": client.get("/api/v1/nothing"),
        "docs": client.get("/api/v1/docs"),
    }

    for name, answer in answers.items():
        headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert "unsafe" not in policy, name
        assert headers["X-Content-Type-Options"] == "nosniff", name
        assert headers["Referrer-Policy"] == "same-origin", name
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", name
        assert "geolocation=()" in headers["Permissions-Policy"], name
        is_file = name == "static"
        assert ("no-store" in headers["Cache-Control"]) is not is_file, name
        assert "Strict-Transport-Security" not in headers, "the demo speaks plain http"
        answer.close()


def test_each_page_has_a_nonce_of_its_own(client: FlaskClient) -> None:
    first, second = (
        re.findall(r"'nonce-([^']+)'", client.get("/prijava").headers["Content-Security-Policy"])
        for _ in range(2)
    )

    assert len(set(first)) == 1
    assert first != second


def test_outside_the_demo_cookies_are_bound_to_the_host_and_to_https(
    db: Database, settings: Settings, session: Session
) -> None:
    values = {name: getattr(settings, name) for name in settings.__slots__}
    strict = Settings(**values | {"secure_cookies": True, "demo": False})
    browser = create_app(strict, db, lambda: make.NOW).test_client()
    make.account(session, make.person(session), "ana@test.example")
    session.commit()
    page = browser.get("/prijava", base_url="https://localhost")
    token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page.text)
    assert token

    answer = browser.post(
        "/prijava",
        base_url="https://localhost",
        data={"login": "ana@test.example", "password": make.PASSWORD, "csrf_token": token[1]},
    )
    theme = browser.post(
        "/videz/dark", base_url="https://localhost", headers={CSRF_HEADER: token[1]}
    )

    assert answer.status_code == 303
    cookies = page.headers.getlist("Set-Cookie") + answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-form", "__Host-session"}
    for cookie in cookies + theme.headers.getlist("Set-Cookie"):
        assert "; Secure" in cookie
        assert "; HttpOnly" in cookie
        assert "; SameSite=Lax" in cookie
        assert "; Path=/" in cookie
        assert "Domain" not in cookie
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize("target", OUTSIDE)
def test_no_form_leads_to_another_site(
    client: FlaskClient, session: Session, sign_in: SignIn, target: str
) -> None:
    token = csrf_of(client)
    make.account(session, make.person(session), "ana@test.example")
    form = {"login": "ana@test.example", "password": make.PASSWORD, "csrf_token": token}

    answers = [
        client.post("/jezik/en", data={"back": target, "csrf_token": token}),
        client.post("/videz/dark", data={"back": target, "csrf_token": token}),
        client.post("/prijava", data=form | {"naprej": target}),
    ]
    sign_in(client, make.patient(session))
    form = {"password": make.PASSWORD, "naprej": target, "csrf_token": csrf_of(client)}
    answers.append(client.post("/potrditev", data=form))

    assert [(answer.status_code, answer.location) for answer in answers] == [(303, "/")] * 4


def test_a_form_leads_back_to_its_own_page(client: FlaskClient) -> None:
    form = {"back": "/dnevnik?dni=14", "csrf_token": csrf_of(client)}

    assert client.post("/jezik/en", data=form).location == "/dnevnik?dni=14"


def test_language_and_look_are_kept_by_the_browser_and_only_known_ones_are_taken(
    app: Flask,
) -> None:
    browser = app.test_client()
    assert '<html lang="sl"' in browser.get("/prijava").text
    assert '<html lang="en"' in browser.get("/prijava", headers={"Accept-Language": "en"}).text
    token = {"csrf_token": csrf_of(browser)}

    assert browser.post("/jezik/en", data=token).status_code == 303
    assert browser.post("/videz/dark", data=token).status_code == 303
    page = browser.get("/prijava", headers={"Accept-Language": "sl"}).text
    assert '<html lang="en"' in page
    assert 'data-theme="dark"' in page

    assert browser.post("/jezik/xx", data=token).status_code == 404
    assert browser.post("/videz/pink", data=token).status_code == 404
    browser.set_cookie("lang", "../../etc")
    browser.set_cookie("theme", '"><script>')
    page = browser.get("/prijava").text
    assert '<html lang="sl"' in page
    assert "<script>" not in page.partition("<body")[0].replace("<script nonce", "")


def test_an_absent_page_says_so_in_the_readers_language(app: Flask) -> None:
    for language, words in (("sl", "Tukaj ni ničesar."), ("en", "There is nothing here.")):
        browser = app.test_client()
        browser.set_cookie("lang", language)
        page = browser.get("/nothing")
        assert (page.status_code, page.mimetype) == (404, "text/html")
        assert words in page.text
        assert f'<html lang="{language}"' in page.text


@pytest.mark.parametrize("representation", ["999999", "0", str(2**63)])
def test_an_acting_context_that_is_nobodys_is_a_page_that_can_be_left(
    client: FlaskClient, session: Session, sign_in: SignIn, representation: str
) -> None:
    sign_in(client, make.patient(session))

    page = client.get(f"/za/{representation}/dnevnik")

    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert f'href="/za/{representation}' not in page.text
    assert 'href="/"' in page.text


@pytest.mark.parametrize(
    "room",
    PAGES_WITH_FORMS,
    ids=[module.__name__.rpartition("_")[2] for module in PAGES_WITH_FORMS],
)
def test_odd_things_typed_into_a_form_are_never_a_fault(
    app: Flask, session: Session, room: ModuleType
) -> None:
    world = matrix.world(session)
    if hasattr(room, "furnish"):
        world.ids |= room.furnish(session, world)
    session.flush()
    for row in room.ROWS:
        column = next((kind for kind in (PATIENT, DOCTOR) if kind in row.allow), None)
        if not row.is_page or not row.form or column is None or row.path in SLOW:
            continue
        browser = app.test_client()
        browser.set_cookie("session", world.cookies[column])
        token = {CSRF_HEADER: csrf_of(browser)}
        form = matrix.filled(row.form, world.ids)
        for name in form:
            for value in ODD:
                with undone(session):
                    answer = browser.post(
                        matrix.filled(row.path, world.ids),
                        data=form | {name: value},
                        headers=token,
                    )
                _require_shown(answer, f"{row}: {name}={value[:20]!r}")


def _require_shown(answer: TestResponse, where: str) -> None:
    assert answer.status_code < 500, where
    assert answer.status_code in (303, 404) or answer.mimetype == "text/html", where
