"""Sign-ins in the browser: begun, limited, confirmed, listed, ended."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent, Outcome
from telehealth.core.web.access import SAFE_METHODS
from telehealth.identity.models import Person, SignInSession
from tests import make
from tests.conftest import FixedClock
from tests.home.browser import csrf_of

SignIn = Callable[[FlaskClient, Person], None]
TESTS_LOGIN = "ana@test.example"


def try_to_sign_in(client: FlaskClient, password: str, **more: str) -> int:
    form = {"login": TESTS_LOGIN, "password": password, "csrf_token": csrf_of(client), **more}
    return client.post("/prijava", data=form).status_code


def newest(session: Session) -> SignInSession:
    session.expire_all()
    return session.scalars(select(SignInSession).order_by(SignInSession.id.desc())).first()  # type: ignore[return-value]  # the tests made one


def test_the_cookie_cannot_be_read_by_scripts_and_leads_on_to_the_wanted_page(
    client: FlaskClient, session: Session
) -> None:
    make.account(session, make.person(session), TESTS_LOGIN)
    form = {"login": TESTS_LOGIN, "password": make.PASSWORD, "csrf_token": csrf_of(client)}

    answer = client.post("/prijava", data=form | {"naprej": "/pooblastila"})

    assert (answer.status_code, answer.location) == (303, "/pooblastila")
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if "session=" in value)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert newest(session).token_hash not in cookie


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_sent_to_another_site_after_signing_in(
    client: FlaskClient, session: Session, target: str
) -> None:
    make.account(session, make.person(session), TESTS_LOGIN)
    form = {"login": TESTS_LOGIN, "password": make.PASSWORD, "csrf_token": csrf_of(client)}

    assert client.post("/prijava", data=form | {"naprej": target}).location == "/"


def test_after_eight_wrong_passwords_even_the_right_one_waits_a_quarter_of_an_hour(
    client: FlaskClient, session: Session, clock: FixedClock
) -> None:
    ana = make.person(session)
    make.account(session, ana, TESTS_LOGIN)
    body = {"login": TESTS_LOGIN, "password": "not the password"}

    tries = [client.post("/api/v1/sessions", json=body).status_code for _ in range(8)]
    refused = client.post("/api/v1/sessions", json=body | {"password": make.PASSWORD})

    assert tries == [401] * 8
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    assert try_to_sign_in(client, make.PASSWORD) == 429
    clock.at += timedelta(minutes=15)
    assert try_to_sign_in(client, make.PASSWORD) == 303
    denied = session.scalars(
        select(AuditEvent).where(
            AuditEvent.subject_id == ana.id, AuditEvent.outcome == Outcome.DENY
        )
    ).all()
    assert [event.action for event in denied] == ["identity.sign_in"] * 8


def test_confirming_gives_the_session_a_new_token_and_the_old_one_is_dead(
    client: FlaskClient, session: Session, sign_in: SignIn, clock: FixedClock
) -> None:
    ana = make.patient(session)
    sign_in(client, ana)
    before = client.get_cookie("session")
    assert before
    clock.at += timedelta(minutes=10)
    form = {"password": make.PASSWORD, "naprej": "/vec", "csrf_token": csrf_of(client)}

    answer = client.post("/potrditev", data=form)

    assert (answer.status_code, answer.location) == (303, "/vec")
    after = client.get_cookie("session")
    assert after
    assert after.value != before.value
    assert newest(session).confirmed_at == clock.at
    client.set_cookie("session", before.value)
    assert client.get("/vec").status_code == 303


def test_a_wrong_password_does_not_confirm(
    client: FlaskClient, session: Session, sign_in: SignIn, clock: FixedClock
) -> None:
    sign_in(client, make.patient(session))
    clock.at += timedelta(minutes=10)
    form = {"password": "not mine", "csrf_token": csrf_of(client)}

    page = client.post("/potrditev", data=form)

    assert page.status_code == 422
    assert "The password is wrong." in page.text
    assert newest(session).confirmed_at == make.NOW


@pytest.mark.parametrize(("is_staff", "idle_min"), [(False, 30), (True, 15)])
def test_an_idle_sign_in_ends_sooner_for_staff(
    client: FlaskClient,
    session: Session,
    sign_in: SignIn,
    clock: FixedClock,
    *,
    is_staff: bool,
    idle_min: int,
) -> None:
    sign_in(client, make.doctor(session) if is_staff else make.patient(session))

    clock.at += timedelta(minutes=idle_min) - timedelta(seconds=1)
    assert client.get("/vec").status_code == 200
    clock.at += timedelta(minutes=idle_min)
    assert client.get("/vec").location == "/prijava?naprej=/vec"


def test_a_busy_sign_in_ends_after_twelve_hours(
    client: FlaskClient, session: Session, sign_in: SignIn, clock: FixedClock
) -> None:
    sign_in(client, make.patient(session))

    for _ in range(12 * 3 - 1):
        clock.at += timedelta(minutes=20)
        assert client.get("/vec").status_code == 200
    clock.at += timedelta(minutes=20)
    assert client.get("/vec").status_code == 303


def test_i_see_where_i_am_signed_in_and_end_another_device(
    client: FlaskClient, app: Flask, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    other = app.test_client()
    other.set_cookie("session", make.browser_session(session, ana))
    other_id = newest(session).id
    sign_in(client, ana)
    assert other.get("/vec").status_code == 200
    assert f"/seje/{other_id}/konec" in client.get("/seje").text

    ended = client.post(f"/seje/{other_id}/konec", data={"csrf_token": csrf_of(client)})

    assert ended.status_code == 303
    assert other.get("/vec").status_code == 303
    assert f"/seje/{other_id}/konec" not in client.get("/seje").text


def test_a_foreign_sign_in_cannot_be_ended(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    eva = make.patient(session, "Eva", "Kos")
    make.browser_session(session, eva)
    foreign = newest(session).id
    sign_in(client, make.patient(session))

    answer = client.post(f"/seje/{foreign}/konec", data={"csrf_token": csrf_of(client)})

    assert answer.status_code == 404
    session.expire_all()
    assert session.get_one(SignInSession, foreign).ended_at is None


def test_signing_out_ends_the_sign_in_and_clears_the_browser(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    sign_in(client, make.patient(session))
    kept = client.get_cookie("session")
    assert kept

    answer = client.post("/odjava", data={"csrf_token": csrf_of(client)})

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    client.set_cookie("session", kept.value)
    assert client.get("/vec").status_code == 303
    assert newest(session).ended_at == make.NOW


def test_every_unsafe_door_refuses_a_browser_without_the_token_of_its_form(
    client: FlaskClient, app: Flask, session: Session, sign_in: SignIn
) -> None:
    sign_in(client, make.doctor(session))
    open_doors = []
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - SAFE_METHODS:
            path = rule.build(dict.fromkeys(rule.arguments, 1), append_unknown=False)
            assert path, rule
            bodies = (None, {"csrf_token": "0" * 64})
            statuses = {
                client.open(path[1], method=method, data=body).status_code for body in bodies
            }
            if statuses != {403}:
                open_doors.append((method, rule.rule, statuses))

    assert open_doors == []


def test_a_token_of_another_browser_does_not_open_a_form(
    client: FlaskClient, app: Flask, session: Session, sign_in: SignIn
) -> None:
    sign_in(client, make.patient(session))
    stranger = app.test_client()

    answer = client.post("/odjava", data={"csrf_token": csrf_of(stranger)})

    assert answer.status_code == 403
    assert newest(session).ended_at is None
