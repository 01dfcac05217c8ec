"""Doors that belong to no room: static files, health, help on problems, the API's document."""

from typing import Any

import orjson
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from telehealth.core import errors
from telehealth.core.i18n import LOCALES
from telehealth.core.web import api as api_door
from telehealth.core.web import assets, readiness
from telehealth.core.web.access import Access, access
from telehealth.core.web.addresses import own_address
from telehealth.core.web.platform import now, platform, reading
from telehealth.core.web.words import LOCALE_COOKIE, THEME_COOKIE

core = Blueprint("core", __name__, template_folder="../templates")

_YEAR_S = 31_536_000
_KINDS = {
    kind.slug: kind
    for kind in (
        errors.NotSignedIn,
        errors.NotAllowed,
        errors.StepUpNeeded,
        errors.NotFound,
        errors.Conflict,
        errors.TooLarge,
        errors.Invalid,
        errors.TooMany,
        errors.Unavailable,
        errors.StorageFull,
        errors.Fault,
        errors.Refusal,
    )
}


@core.get("/static/<digest>/<path:name>")
@access(Access.PUBLIC)
def static_file(digest: str, name: str) -> Response:
    """A static file of any room."""
    return assets.send(digest, name)


@core.get("/healthz")
@access(Access.PUBLIC)
def healthz() -> Response:
    """The process answers. Says nothing of what it depends on: a lost Redis must not restart us."""
    return _json({"status": "ok"})


@core.get("/readyz")
@access(Access.PUBLIC)
def readyz() -> Response:
    """Whether the installation does its work: the database, alerts within a minute, mail.

    503 when alerts are not worked. For a proxy that chooses servers there is `/readyz/web`: a
    server without a worker still takes readings.
    """
    try:
        with reading() as session:
            found = readiness.lines(session, platform().checks, now=now())
    except SQLAlchemyError:
        return _away()
    health = readiness.worst(list(found.values()))
    is_ready = health is not readiness.Health.FAILING
    lines = {name: {"status": line.health, **line.facts} for name, line in found.items()}
    body = {"status": "ok" if is_ready else "unavailable", "database": _dialect(), "lines": lines}
    return _json(body, 200 if is_ready else 503)


@core.get("/readyz/web")
@access(Access.PUBLIC)
def readyz_web() -> Response:
    """Whether this server can serve requests: the database answers."""
    try:
        with reading() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return _away()
    return _json({"status": "ok", "database": _dialect()})


def _away() -> Response:
    return _json({"status": "unavailable", "database": "away"}, 503)


def _dialect() -> str:
    return platform().database.dialect


@core.get("/problems/<slug>")
@access(Access.PUBLIC)
def problem(slug: str) -> str:
    """What a kind of problem means and what to do about it."""
    if slug not in _KINDS:
        raise errors.NotFound
    return render_template("core/problem.html", kind=_KINDS[slug])


@core.post("/jezik/<code>")
@access(Access.PUBLIC)
def language(code: str) -> AnyResponse:
    """Choose the language of the pages in this browser."""
    return _remember(LOCALE_COOKIE, code, LOCALES)


@core.post("/videz/<code>")
@access(Access.PUBLIC)
def theme(code: str) -> AnyResponse:
    """Choose light, dark or the device's own appearance in this browser."""
    return _remember(THEME_COOKIE, code, ("light", "dark", "auto"))


def _remember(cookie: str, code: str, allowed: tuple[str, ...]) -> AnyResponse:
    if code not in allowed:
        raise errors.NotFound
    response = make_response(redirect(_back(), 303))
    response.set_cookie(
        cookie,
        code,
        max_age=_YEAR_S,
        samesite="Lax",
        httponly=True,
        secure=platform().settings.secure_cookies,
    )
    return response


def _back() -> str:
    """The page the form stood on; never an address outside of here."""
    return own_address(request.form.get("back", "")) or url_for("home.start")


@core.get(api_door.API_PREFIX + "/openapi.json")
@access(Access.PUBLIC)
def openapi() -> Response:
    """The API as an OpenAPI 3.1 document."""
    return _json(api_door.document())


@core.get(api_door.API_PREFIX + "/docs")
@access(Access.PUBLIC)
def docs() -> str:
    """The same document as a page; needs no network."""
    return render_template("core/api_docs.html", spec=api_door.document())


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, mimetype="application/json")
