"""Refusals and faults, rendered: RFC 9457 problem for the API, page for people."""

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from flask import Flask, Response, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from telehealth.core.errors import (
    Conflict,
    Fault,
    FieldError,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refusal,
    StorageFull,
    TooLarge,
    TooMany,
    Unavailable,
)
from telehealth.core.i18n import N_
from telehealth.core.web.platform import Denial, maybe_signed_in, now, platform, unit_of_work

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_AUDITED = (NotAllowed, NotFound)
_POSTGRES_DISK_FULL = "53100"

_BY_STATUS = {
    kind.status: kind
    for kind in (NotSignedIn, NotAllowed, NotFound, TooLarge, Invalid, TooMany, Fault, Unavailable)
}
"""Kinds of problem for errors that Flask, Werkzeug or flask-smorest raise."""
_CODES = {400: "malformed", 405: "method-not-allowed", 415: "unsupported-media-type"}
"""Codes of errors that have no kind of their own."""
_RETRY_S = {429: 60, 503: 30, 507: 60}
"""Whoever is told to come back is told when, also where nobody knows better."""

_HTTP_DETAIL = {
    400: N_("We could not read this request."),
    404: N_("There is nothing here."),
    405: N_("This address does not take that method."),
    413: N_("This is more than one request may carry."),
    415: N_("Send JSON with the media type application/json."),
    422: N_("Please check what you entered."),
    429: N_("Too many tries. Please wait."),
    500: N_("Something went wrong on our side. Nothing was changed."),
}


def wants_problem() -> bool:
    """Whether the caller is a program (the API) and not a person with a browser."""
    return request.path.startswith("/api/")


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """The refusal as the members of an RFC 9457 problem, in the reader's language."""
    problem: dict[str, Any] = {
        "type": f"/problems/{refusal.slug}",
        "title": gettext(refusal.title),
        "status": refusal.status,
        "code": refusal.code,
    }
    if refusal.detail:
        problem["detail"] = gettext(refusal.detail, **refusal.params)
    if refusal.errors:
        problem["errors"] = [
            {"pointer": error.pointer, "detail": gettext(error.detail), "code": error.code}
            for error in refusal.errors
        ]
    return problem


def flatten(messages: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """Marshmallow's nested messages as a flat list of pointers, without the location key."""
    found: list[FieldError] = []
    waiting: list[tuple[str, Any]] = [("#", inner) for inner in messages.values()]
    while waiting:
        pointer, node = waiting.pop()
        if isinstance(node, Mapping):
            waiting += [
                (pointer if key == "_schema" else f"{pointer}/{_escaped(key)}", inner)
                for key, inner in node.items()
            ]
        else:
            found += [
                FieldError(pointer, str(text))
                for text in (node if isinstance(node, list) else [node])
            ]
    return tuple(sorted(found, key=lambda error: error.pointer))


def _escaped(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def answer(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """The refusal as this door says it."""
    if wants_problem():
        body = problem_of(refusal) | {"instance": request.path}
        response = Response(orjson.dumps(body), refusal.status, mimetype=MEDIA_TYPE)
    else:
        response = Response(_page(refusal), refusal.status, mimetype="text/html")
    retry_after_s = refusal.retry_after_s or _RETRY_S.get(refusal.status)
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    if refusal.status == NotSignedIn.status:
        response.headers["WWW-Authenticate"] = "Bearer"
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def _page(refusal: Refusal) -> str:
    return render_template(
        "core/error.html", problem=problem_of(refusal), request_id=g.get("request_id", "")
    )


def on_refusal(refusal: Refusal) -> AnyResponse:
    """Record what was denied to whom, then say no."""
    if isinstance(refusal, _AUDITED) and (maybe_signed_in() or isinstance(refusal, NotAllowed)):
        record_denial(refusal, request.endpoint or "unknown")
    if isinstance(refusal, NotSignedIn) and request.method == "GET" and not wants_problem():
        return redirect(url_for("identity.sign_in", naprej=request.full_path.rstrip("?")), 303)
    return answer(refusal)


def record_denial(refusal: Refusal, action: str) -> None:
    """One audit row, in a transaction of its own: the refused one has been rolled back."""
    denial = Denial(
        action=action,
        code=refusal.code,
        sign_in=maybe_signed_in(),
        subject_id=g.get("subject_id"),
        representation_id=g.get("representation_id"),
        request_id=g.get("request_id", ""),
    )
    with unit_of_work() as session:
        platform().answers.record_denial(session, denial, now())


def on_http_error(error: HTTPException) -> Response:
    """Errors that Flask, Werkzeug or flask-smorest raise by themselves, in our form."""
    status = error.code or 500
    data: Mapping[str, Any] = getattr(error, "data", None) or {}
    original = error.get_response()
    kept = {
        name: original.headers[name]
        for name in ("Allow", "Retry-After")
        if name in original.headers
    }
    if status in (301, 302, 307, 308):
        return Response(original.get_data(), status, headers=dict(original.headers))
    kind = _BY_STATUS.get(status, Refusal)
    refusal = kind(
        _HTTP_DETAIL.get(status, ""),
        code=_CODES.get(status, ""),
        errors=flatten(data.get("messages") or {}),
    )
    refusal.status = status
    return answer(refusal, kept)


def on_database_error(error: DBAPIError) -> Response:
    """A database that cannot serve is 503, full is 507, a broken rule at commit is 409."""
    log.warning("database refused", extra={"fault": type(error.orig).__name__})
    if isinstance(error, IntegrityError):
        return answer(Conflict(N_("Someone changed this meanwhile. Reload and try again.")))
    if is_full(error):
        return answer(StorageFull(N_("Storage is full. What is stored is safe."), retry_after_s=60))
    if isinstance(error, OperationalError):
        return answer(Unavailable(N_("Please try again in a moment."), retry_after_s=5))
    return on_fault(error)


def is_full(error: DBAPIError) -> bool:
    """Whether the database says that there is no room left."""
    full_on_postgres = getattr(error.orig, "sqlstate", None) == _POSTGRES_DISK_FULL
    return full_on_postgres or "database or disk is full" in str(error.orig)


def on_fault(error: Exception) -> Response:
    """The last resort: logged without its text, answered without its cause."""
    log.error("unexpected fault", exc_info=error, extra={"request_id": g.get("request_id", "")})
    return answer(Fault(_HTTP_DETAIL[500]))


def register(app: Flask) -> None:
    """Let `app` answer all refusals and faults this way."""
    app.register_error_handler(Refusal, on_refusal)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(DBAPIError, on_database_error)
    app.register_error_handler(Exception, on_fault)
