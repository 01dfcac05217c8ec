"""The JSON door: OpenAPI 3.1 by flask-smorest, errors as RFC 9457 problems."""

import json
import re
from typing import Any

from flask import Flask, Request, current_app, request
from flask_smorest import Api
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema, ValidationError, fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from telehealth.core.i18n import N_
from telehealth.core.text import unstorable
from telehealth.core.web.problems import MEDIA_TYPE

API_PREFIX = "/api/v1"
_EXTENSION = "telehealth-api"
MAX_BODY_BYTES = 1024 * 1024
"""One MiB per request, everywhere except where a door says otherwise."""
MAX_READ_AWAY_BYTES = 32 * MAX_BODY_BYTES
"""Of a body that is too large and did not say so; above, the connection breaks."""


class ProblemErrorSchema(Schema):
    """One wrong field of a problem."""

    pointer = fields.String(
        required=True, metadata={"description": "JSON pointer: #/readings/0/value"}
    )
    detail = fields.String(required=True)
    code = fields.String(required=True)


class ProblemSchema(Schema):
    """RFC 9457 problem details."""

    type = fields.String(
        required=True, metadata={"description": "Help page of this kind of problem"}
    )
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "Stable, machine-readable reason"})
    detail = fields.String()
    instance = fields.String()
    errors = fields.List(fields.Nested(ProblemErrorSchema))


class JsonApi(Api):
    """flask-smorest with our errors: the application's own handlers render all of them."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """Leave errors to `core.web.problems`, which knows pages from the API."""


class _Parser(FlaskParser):
    """Reads bodies; what no database could hold and no parser can follow stops here."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": None}
    """None: the schema decides, so that a mistyped filter is refused and not ignored."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body as JSON.

        Raises:
            ValidationError: a text with NUL or half a surrogate pair. A schema that sets such
                values aside by itself says so with `takes_any_text = True`.
        """
        try:
            value = super().load_json(req, schema)
        except (RecursionError, ValueError):  # deep nesting, a number of 5,000 digits
            self._handle_invalid_json_error(json.JSONDecodeError("unreadable", "", 0), req)
        if _ESCAPED.search(req.get_data(cache=True)) and not getattr(
            schema, "takes_any_text", False
        ):
            _require_storable(value)
        return value


_ESCAPED = re.compile(rb"\\u(0000|[dD][89a-fA-F])")
"""Only written so can such a character be in JSON; few bodies are searched further."""


def _require_storable(value: Any) -> None:
    wrong: dict[str | int, Any] = {}
    for way in unstorable(value):
        place = wrong
        for key in way[:-1]:
            place = place.setdefault(key, {})
        place[way[-1] if way else "_schema"] = [N_("This must be text.")]
    if wrong:
        raise ValidationError(wrong)


class Blueprint(SmorestBlueprint):
    """flask-smorest's blueprint with our reader of bodies."""

    ARGUMENTS_PARSER = _Parser()


def api_blueprint(name: str, description: str) -> Blueprint:
    """A blueprint under `/api/v1`; `name` is the room's."""
    blueprint = Blueprint(f"{name}_api", name, url_prefix=API_PREFIX, description=description)
    blueprint.before_request(_require_whole)
    blueprint.before_request(_require_json)
    return blueprint


def _require_whole() -> None:
    # Werkzeug cuts a body without a length at the limit and says nothing: the rest of a batch
    # would be lost, or its beginning taken. What is left is read away, so that a client that is
    # still sending hears the answer.
    if request.content_length is not None or not request.headers.get("Transfer-Encoding"):
        return
    if len(request.get_data()) >= MAX_BODY_BYTES:
        rest = request.environ["wsgi.input"]
        for _ in range(MAX_READ_AWAY_BYTES // MAX_BODY_BYTES):
            if not rest.read(MAX_BODY_BYTES):
                break
        raise RequestEntityTooLarge


def _require_json() -> None:
    # webargs reads a text/plain body as an empty one: the caller would be told of missing fields.
    has_body = request.content_length or request.headers.get("Transfer-Encoding")
    if has_body and request.method in ("POST", "PUT", "PATCH") and not request.is_json:
        raise UnsupportedMediaType


def install(app: Flask, blueprints: list[SmorestBlueprint], version: str) -> None:
    """Register the rooms' JSON doors and the OpenAPI document."""
    app.config.update(
        API_TITLE="Telehealth",
        API_VERSION=version,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=None,
    )
    api = JsonApi(app, spec_kwargs={"info": {"description": _DESCRIPTION}})
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    api.spec.options["security"] = [{"bearer": []}]
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    app.extensions[_EXTENSION] = api


def document() -> dict[str, Any]:
    """The OpenAPI document, with errors announced as what they are: problem documents."""
    spec: dict[str, Any] = current_app.extensions[_EXTENSION].spec.to_dict()
    problem = {"$ref": "#/components/schemas/Problem"}
    responses = spec.get("components", {}).get("responses", {})
    for response in responses.values():
        if "content" in response:
            response["content"] = {MEDIA_TYPE: {"schema": problem}}
    names = _endpoints()
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict) and "responses" in operation:
                operation["operationId"] = names[method.upper(), path]
                _announce_problems(operation["responses"], problem)
    return spec


_VARIABLE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


def _endpoints() -> dict[tuple[str, str], str]:
    """Method and path of each rule to its endpoint, which is the operation's name."""
    return {
        (method, _VARIABLE.sub(r"{\1}", rule.rule)): rule.endpoint
        for rule in current_app.url_map.iter_rules()
        for method in rule.methods or ()
    }


def _announce_problems(responses: dict[str, Any], problem: dict[str, str]) -> None:
    content = {MEDIA_TYPE: {"schema": problem}}
    for status, meaning in _ALWAYS_POSSIBLE.items():
        responses.setdefault(status, {"description": meaning, "content": content})


_ALWAYS_POSSIBLE = {
    "400": "The body is not JSON",
    "401": "Not signed in",
    "403": "Not allowed",
    "404": "Absent, or not yours to know",
    "409": "No longer possible: somebody was faster, or the state has changed",
    "413": "More than one request may carry",
    "415": "Not application/json",
    "422": "Wrong content; see errors",
    "429": "Too many requests; see Retry-After",
    "503": "Not available at the moment; see Retry-After",
    "507": "No room to store this; see Retry-After",
}

_DESCRIPTION = """\
Times carry an offset (RFC 3339). Errors are problem documents (RFC 9457).
Sign in with `POST /api/v1/sessions`, then send `Authorization: Bearer <token>`.
The person in the path is the person the data is about; the caller's right to act for that person
is checked and recorded on every request.
"""
