"""The JSON door: OpenAPI 3.1 by flask-smorest, errors as RFC 9457 problems."""

from typing import Any

from flask import Flask, current_app, request
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields
from werkzeug.exceptions import UnsupportedMediaType

from telehealth.core.web.problems import MEDIA_TYPE

API_PREFIX = "/api/v1"
_EXTENSION = "telehealth-api"
MAX_BODY_BYTES = 1024 * 1024
"""One MiB per request, everywhere except where a door says otherwise."""


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


def api_blueprint(name: str, description: str) -> Blueprint:
    """A blueprint under `/api/v1`; `name` is the room's."""
    blueprint = Blueprint(f"{name}_api", name, url_prefix=API_PREFIX, description=description)
    blueprint.before_request(_require_json)
    return blueprint


def _require_json() -> None:
    # webargs reads a text/plain body as an empty one: the caller would be told of missing fields.
    if (
        request.content_length
        and request.method in ("POST", "PUT", "PATCH")
        and not request.is_json
    ):
        raise UnsupportedMediaType


def install(app: Flask, blueprints: list[Blueprint], version: str) -> None:
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
    for path in spec["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                _announce_problems(operation["responses"], problem)
    return spec


def _announce_problems(responses: dict[str, Any], problem: dict[str, str]) -> None:
    content = {MEDIA_TYPE: {"schema": problem}}
    for status, meaning in _ALWAYS_POSSIBLE.items():
        responses.setdefault(status, {"description": meaning, "content": content})


_ALWAYS_POSSIBLE = {
    "400": "The body is not JSON",
    "401": "Not signed in",
    "403": "Not allowed",
    "404": "Absent, or not yours to know",
    "413": "More than one request may carry",
    "415": "Not application/json",
    "422": "Wrong content; see errors",
    "429": "Too many requests; see Retry-After",
    "503": "Not available at the moment; see Retry-After",
}

_DESCRIPTION = """\
Times carry an offset (RFC 3339). Errors are problem documents (RFC 9457).
Sign in with `POST /api/v1/sessions`, then send `Authorization: Bearer <token>`.
The person in the path is the person the data is about; the caller's right to act for that person
is checked and recorded on every request.
"""
