"""The OpenAPI document and its page: whole, honest about errors, readable without a network."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask

from telehealth.core.web.access import Access, gate_of

METHODS = frozenset({"get", "put", "post", "delete", "patch"})
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
WHO = re.compile(
    r"\b(anybody|whoever|who |only |for |either of|care team|patient's|patient,|staff|doctors?"
    r"|owner|clinician)",
    re.IGNORECASE,
)
ANNOUNCED = {"400", "401", "403", "404", "409", "413", "415", "422", "429", "503", "507"}


@pytest.fixture
def dialect() -> str:
    """The document does not depend on the database."""
    return "sqlite"


@pytest.fixture
def spec(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = app.test_client().get("/api/v1/openapi.json").json
    return found


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in spec["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method.upper()} {path}", item[method]


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def resolved(spec: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        assert node["$ref"].startswith("#/"), node
        found: Any = spec
        for part in node["$ref"][2:].split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def test_it_says_what_it_is_and_how_to_sign_in(spec: dict[str, Any]) -> None:
    assert spec["openapi"].startswith("3.1.")
    assert {"title", "version", "description"} <= spec["info"].keys()
    assert spec["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}
    assert spec["security"] == [{"bearer": []}]


def test_every_reference_leads_somewhere(spec: dict[str, Any]) -> None:
    references = [node for node in nodes(spec) if "$ref" in node]

    assert references
    for node in references:
        assert resolved(spec, node)


def test_every_door_of_the_api_is_in_the_document(app: Flask, spec: dict[str, Any]) -> None:
    doors = {
        (method.upper(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0].endswith("_api")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert {tuple(name.split(" ")) for name, _ in operations(spec)} == doors


def test_every_operation_has_a_name_of_its_own(spec: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(spec)]

    assert len(set(names)) == len(names)


def test_every_operation_says_what_it_does_and_who_may_call_it(spec: dict[str, Any]) -> None:
    silent = [
        name
        for name, operation in operations(spec)
        if not operation["summary"].endswith(".")
        or not WHO.search(f"{operation['summary']} {operation.get('description', '')}")
    ]

    assert silent == []


def test_only_what_anybody_may_call_goes_without_a_token(app: Flask, spec: dict[str, Any]) -> None:
    public = {
        operation["operationId"]
        for _, operation in operations(spec)
        if operation.get("security") == []
    }
    open_doors = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint.partition(".")[0].endswith("_api") and gate_of(view) is Access.PUBLIC
    }

    assert public == open_doors == {"identity_api.sign_in"}


def test_every_path_parameter_is_declared_once_and_required(spec: dict[str, Any]) -> None:
    for path, item in spec["paths"].items():
        shared = item.get("parameters", [])
        for method in METHODS & item.keys():
            given = [resolved(spec, one) for one in shared + item[method].get("parameters", [])]
            in_path = [one["name"] for one in given if one["in"] == "path"]
            assert sorted(in_path) == sorted(re.findall(r"{(\w+)}", path)), path
            assert all(one["required"] for one in given if one["in"] == "path")
            assert all(one["schema"] for one in given)


def test_every_error_is_announced_as_a_problem(spec: dict[str, Any]) -> None:
    for name, operation in operations(spec):
        answers = {
            status: resolved(spec, answer) for status, answer in operation["responses"].items()
        }
        errors = {status for status in answers if not status.startswith("2")}
        assert {"400", "401", "403", "404", "409", "413", "415", "422", "429", "503"} <= errors, (
            name
        )
        for status in errors:
            assert answers[status]["content"] == PROBLEM, f"{name} {status}"
            assert answers[status]["description"], f"{name} {status}"


def test_every_success_is_announced_with_its_shape(spec: dict[str, Any]) -> None:
    for name, operation in operations(spec):
        good = {status for status in operation["responses"] if status.startswith("2")}
        assert len(good) == 1, name
        answer = operation["responses"][good.pop()]
        assert "content" in answer or "204" in operation["responses"], name


def test_bodies_are_json_with_a_shape_that_knows_its_required_fields(spec: dict[str, Any]) -> None:
    for name, operation in operations(spec):
        if "requestBody" in operation:
            body = resolved(spec, operation["requestBody"])
            assert body["required"], name
            schema = resolved(spec, body["content"]["application/json"]["schema"])
            assert schema["type"] == "object", name
            assert set(schema.get("required", ())) <= schema.get("properties", {}).keys(), name


def test_the_problem_has_the_members_of_the_standard(spec: dict[str, Any]) -> None:
    problem = spec["components"]["schemas"]["Problem"]

    assert set(problem["required"]) == {"type", "title", "status", "code"}
    assert {"detail", "instance", "errors"} <= problem["properties"].keys()


def test_it_is_the_same_each_time(app: Flask) -> None:
    client = app.test_client()

    first, second = (client.get("/api/v1/openapi.json") for _ in range(2))

    assert first.data == second.data
    assert first.mimetype == "application/json"


class _Addresses(HTMLParser):
    """All addresses a page makes a browser load or lets it follow."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [
            value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")
        ]


def test_the_page_of_the_document_needs_no_network_and_shows_every_operation(
    app: Flask, spec: dict[str, Any]
) -> None:
    client = app.test_client()
    client.set_cookie("lang", "en")

    page = client.get("/api/v1/docs")

    assert (page.status_code, page.mimetype) == (200, "text/html")
    addresses = _Addresses()
    addresses.feed(page.text)
    assert [one for one in addresses.found if one and not re.match(r"[/#?]", one)] == []
    for name, operation in operations(spec):
        method, path = name.split(" ")
        assert path in page.text
        assert f">{method}</strong>" in page.text
        assert operation["summary"].split("`")[0].split("'")[0] in page.text
