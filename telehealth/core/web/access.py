"""Who may come in at all: every view declares it, undeclared views stop the application's start.

This is the outer gate (signed in? staff? a device token?). What may be done to whose data is
decided in each room's `policy.py`, again, with the actor of the request.
"""

import hmac
import secrets
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, g, request

from telehealth.core.actor import Role, SignIn, SignInKind
from telehealth.core.errors import NotAllowed, NotFound, NotSignedIn
from telehealth.core.i18n import N_
from telehealth.core.web import bodies
from telehealth.core.web.platform import maybe_signed_in, now, platform, reading, unit_of_work

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
_ATTRIBUTE = "__access__"
_TOUCH_EVERY = timedelta(minutes=1)


class Access(StrEnum):
    """The outer gate of a view or a socket event."""

    PUBLIC = "public"
    """Anybody, also signed out."""
    SIGNED_IN = "signed_in"
    """Any person with a sign-in (not a device)."""
    DEVICE = "device"
    """As SIGNED_IN, and device tokens too."""
    STAFF = "staff"
    """Health workers."""
    ADMIN = "admin"
    """Administrators of the clinic."""


View = TypeVar("View", bound=Callable[..., Any])


def access(gate: Access) -> Callable[[View], View]:
    """Declare the outer gate of a view: `@access(Access.SIGNED_IN)`, right above the function."""

    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, gate)  # read back by `gate_of`; functools.wraps carries it along
        return view

    return declare


def gate_of(view: object) -> Access | None:
    """The gate a view declares, or None."""
    return cast("Access | None", getattr(view, _ATTRIBUTE, None))


def require_gates(app: Flask) -> None:
    """Refuse to start with a view that does not say who may call it."""
    open_doors = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if gate_of(app.view_functions[rule.endpoint]) is None
    ]
    if open_doors:
        raise RuntimeError(f"views without a declared access: {sorted(set(open_doors))}")


def check_gate(gate: Access, sign_in: SignIn | None) -> None:
    """Let `sign_in` pass `gate`, or refuse."""
    if gate is Access.PUBLIC:
        return
    if sign_in is None:
        raise NotSignedIn(N_("Your sign-in has ended. Nothing was lost: sign in to continue."))
    if sign_in.kind is SignInKind.DEVICE and gate is not Access.DEVICE:
        raise NotAllowed(N_("A device token may only upload readings."), code="device_scope")
    if gate is Access.STAFF and not sign_in.is_staff:
        raise NotFound
    if gate is Access.ADMIN and Role.ADMIN not in sign_in.roles:
        raise NotFound


def cookie_name() -> str:
    """`__Host-` binds the cookie to this host; a demo on plain http cannot use that prefix."""
    return "__Host-session" if platform().settings.secure_cookies else "session"


def bearer_token() -> str | None:
    """The token of an `Authorization: Bearer` header, if there is one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def find_sign_in(*, is_activity: bool = False) -> SignIn | None:
    """The sign-in this request proves by bearer token or cookie (the token wins).

    Args:
        is_activity: whether a person did something; live messages and polling are none.
    """
    token, kind = bearer_token(), SignInKind.TOKEN
    if token is None:
        token, kind = request.cookies.get(cookie_name()), SignInKind.BROWSER
    if not token:
        return None
    moment = now()
    with reading() as session:
        found = platform().answers.sign_in_of(session, kind, token, moment)
    if found and is_activity and moment - found.seen_at >= _TOUCH_EVERY:
        with unit_of_work() as session:
            platform().answers.touch(session, found, moment)
    return found


def enter() -> None:
    """Before each request: who is it, may they come in, did they mean it (CSRF)?"""
    g.sign_in = None
    g.request_id = secrets.token_hex(8)
    if request.endpoint is None:
        return
    view = current_app.view_functions[request.endpoint]
    gate = gate_of(view)
    if gate is Access.PUBLIC and request.path.startswith(("/static/", "/healthz")):
        return
    g.sign_in = find_sign_in(is_activity=True)
    bodies.widen(view)
    if request.method not in SAFE_METHODS and bearer_token() is None:
        _check_csrf()
    check_gate(gate or Access.ADMIN, g.sign_in)


def csrf_token() -> str:
    """The token of this browser's forms: bound to its session, or to a cookie of its own."""
    return _csrf_for(_csrf_seed(issue=True))


def _csrf_for(seed: str) -> str:
    key = platform().settings.secret_key.encode()
    return hmac.new(key, b"csrf:" + seed.encode(), sha256).hexdigest()


def _seed_cookie() -> str:
    return "__Host-form" if platform().settings.secure_cookies else "form"


def _csrf_seed(*, issue: bool) -> str:
    if maybe_signed_in() and (token := request.cookies.get(cookie_name())):
        return token
    seed = request.cookies.get(_seed_cookie()) or cast("str | None", g.get("form_seed"))
    if not seed and issue:
        seed = g.form_seed = secrets.token_urlsafe(32)
    return seed or ""


def _check_csrf() -> None:
    api_without_cookie = request.path.startswith("/api/") and not request.cookies.get(cookie_name())
    if api_without_cookie:
        return
    seed = _csrf_seed(issue=False)
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not seed or not hmac.compare_digest(given.encode(), _csrf_for(seed).encode()):
        raise NotAllowed(
            N_("This form is too old. Nothing was lost: go back, reload the page, send it again."),
            code="csrf",
        )


def keep_seed(response: Response) -> Response:
    """After a request that showed a form to a signed-out visitor: give the browser the seed."""
    if seed := g.get("form_seed"):
        response.set_cookie(
            _seed_cookie(),
            seed,
            max_age=86_400,
            secure=platform().settings.secure_cookies,
            httponly=True,
            samesite="Lax",
            path="/",
        )
    return response
