"""Tokens that prove nothing any more, or never did: the same 401 everywhere."""

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis
from telehealth.identity import service as identity
from telehealth.identity.models import Account, Person, SignInSession
from tests import make
from tests.access.matrix import ANONYMOUS
from tests.contract.doors import callers, every_room, require_problem

Header = dict[str, str]


def _bearer(token: str) -> Header:
    return {"Authorization": f"Bearer {token}"}


def _expired(session: Session, ana: Person) -> Header:
    return make.bearer(session, ana, at=make.NOW - timedelta(hours=12))


def _ended(session: Session, ana: Person) -> Header:
    headers = make.bearer(session, ana)
    newest = select(SignInSession.id).order_by(SignInSession.id.desc()).limit(1)
    actor = Actor(ana.id, ana.id, Basis.SELF)
    identity.end_session(session, actor, session.scalars(newest).one(), now=make.NOW)
    return headers


def _of_a_disabled_account(session: Session, ana: Person) -> Header:
    headers = make.bearer(session, ana)
    session.execute(update(Account).where(Account.person_id == ana.id).values(disabled_at=make.NOW))
    return headers


def _revoked_device(session: Session, ana: Person) -> Header:
    actor = Actor(ana.id, ana.id, Basis.SELF)
    device = identity.give_device_token(session, actor, ana.id, "meter", now=make.NOW)
    identity.revoke_device_token(session, actor, device.id, now=make.NOW)
    return _bearer(device.token)


def _cookie_as_token(session: Session, ana: Person) -> Header:
    return _bearer(make.browser_session(session, ana))


def _token_as_cookie(session: Session, ana: Person) -> Header:
    token = make.bearer(session, ana)["Authorization"].removeprefix("Bearer ")
    return {"Cookie": f"session={token}"}


DEAD: dict[str, Callable[[Session, Person], Header]] = {
    "expired": _expired,
    "ended": _ended,
    "of a disabled account": _of_a_disabled_account,
    "of a revoked device": _revoked_device,
    "a browser's cookie": _cookie_as_token,
    "in a cookie": _token_as_cookie,
    "garbage": lambda *_: _bearer("x" * 43),
    "of a device, garbage": lambda *_: _bearer(identity.DEVICE_PREFIX + "x" * 43),
    "very long": lambda *_: _bearer("x" * 100_000),
    "not ASCII": lambda *_: _bearer("č\u00ff"),
    "empty": lambda *_: {"Authorization": "Bearer "},
    "another scheme": lambda *_: {"Authorization": "Basic YTpi"},
    "absent": lambda *_: {},
}


@pytest.mark.parametrize("kind", DEAD)
def test_a_token_that_proves_nothing_is_told_so(app: Flask, session: Session, kind: str) -> None:
    ana = make.patient(session)
    headers = DEAD[kind](session, ana)
    session.commit()

    for path in ("/api/v1/me", f"/api/v1/patients/{ana.id}/readings"):
        problem = require_problem(app.test_client().get(path, headers=headers), 401)
        assert problem["code"] == "not-signed-in"
        assert problem["type"] == "/problems/not-signed-in"


@every_room
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_every_operation_asks_for_a_token_before_it_reads_the_body(
    app: Flask, session: Session, room: ModuleType
) -> None:
    for knock in callers(app, session, room):
        if ANONYMOUS not in knock.row.allow:
            for body in (b"{", b"x" * 2_000_000):
                answer = app.test_client().open(
                    knock.path, method=knock.row.method, data=body, content_type="application/json"
                )
                require_problem(answer, 401)
