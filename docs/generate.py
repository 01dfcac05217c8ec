"""Write the reference pages that follow from the code: settings, command lines, API.

`python docs/generate.py` writes them; `--check` writes nothing and fails if one of them is stale.
"""

import ast
import dataclasses
import inspect
import sys
import tempfile
from collections.abc import Iterator, Mapping
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import click

import devices.cli
import telehealth.cli
import telehealth.settings
from telehealth.app import create_app
from telehealth.core.web import api
from telehealth.settings import MIN_SECRET_CHARS, PREFIX, Settings

REFERENCE = Path(__file__).parent / "reference"
COLUMNS = 88
NOTICE = (
    "<!-- Written by docs/generate.py from the code. Change the code, then run: make docs -->\n"
)
METHODS = ("get", "post", "put", "patch", "delete")
CLI_PREFACE = """\
Every command has `--help`, ends with a code other than 0 when it fails, and prints JSON with
`--json`.
"""
API_PREFACE = """\
A running installation serves the same as OpenAPI 3.1 at `/api/v1/openapi.json` and as a page at
`/api/v1/docs`; `telehealth openapi` prints it. Answers that every operation may give (400, 401,
403, 404, 413, 415, 422, 429, 503) are not repeated below.
"""
KINDS = {"str": "text", "int": "whole number", "bool": "`1` or `0`", "Path": "folder"}


def main() -> int:
    """Write or check all pages; 1 when a checked page is stale."""
    pages = {
        REFERENCE / "settings.md": settings_page(),
        REFERENCE / "cli.md": cli_page(),
        REFERENCE / "api.md": api_page(_openapi()),
    }
    if "--check" not in sys.argv[1:]:
        for path, text in pages.items():
            path.write_text(text, "utf-8")
        return 0
    stale = [path.name for path, text in pages.items() if _stored(path) != text]
    if stale:
        sys.stderr.write(f"Stale: {', '.join(stale)}. Run: make docs\n")
    return 1 if stale else 0


def _stored(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def settings_page() -> str:
    """Every field of `Settings`, in the order of the class."""
    described = _field_docstrings()
    rows = [
        _row(
            f"`{PREFIX}{item.name.upper()}`",
            KINDS.get(_kind(item), "time with an offset"),
            _default(item),
            described.get(item.name, ""),
        )
        for item in dataclasses.fields(Settings)
    ]
    return (
        f"{NOTICE}# Settings\n\n"
        f"An installation is configured by environment variables that begin with `{PREFIX}`.\n"
        "A name that is not in this table, or a value of the wrong kind, ends the program with\n"
        f"one line. `{PREFIX}SECRET_KEY` (at least {MIN_SECRET_CHARS} characters) and"
        f" `{PREFIX}DATA_DIR`\nhave no default. The demonstration sets all of them itself.\n\n"
        + _table(("Variable", "Value", "Default", "Meaning"), rows)
    )


def _field_docstrings() -> dict[str, str]:
    """The string under each field: Python does not keep it, so it is read from the source."""
    tree = ast.parse(inspect.getsource(telehealth.settings))
    body = next(
        node.body
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == Settings.__name__
    )
    found = {}
    for field, note in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(note, ast.Expr)
            and isinstance(note.value, ast.Constant)
        ):
            found[field.target.id] = " ".join(str(note.value.value).split())
    return found


def _kind(item: "dataclasses.Field[Any]") -> str:
    return getattr(item.type, "__name__", "")


def _default(item: "dataclasses.Field[Any]") -> str:
    if item.default is dataclasses.MISSING:
        return "must be set"
    if isinstance(item.default, bool):
        return f"`{int(item.default)}`"
    return f"`{item.default}`" if item.default not in ("", None) else "empty"


def cli_page() -> str:
    """The help text of every command of both command lines."""
    parts = [
        f"{NOTICE}# Command lines\n",
        CLI_PREFACE,
    ]
    for name, group, note in (
        ("telehealth", telehealth.cli.root, "Runs and looks after an installation."),
        ("glucometer", devices.cli.main, f"{inspect.getdoc(devices.cli)}"),
    ):
        parts.append(f"## {name}\n\n{note}\n")
        parts += [_help(command, words) for words, command in _commands(group, (name,))]
    return "\n".join(parts)


def _commands(
    group: click.Group, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _commands(command, (*words, name))
        else:
            yield (*words, name), command


def _help(command: click.Command, words: tuple[str, ...]) -> str:
    line = " ".join(words)
    context = click.Context(command, info_name=line, terminal_width=COLUMNS)
    return f"### {line}\n\n```text\n{command.get_help(context)}\n```\n"


def _openapi() -> dict[str, Any]:
    """The API's document, from an application with an empty folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(secret_key="-" * MIN_SECRET_CHARS, data_dir=Path(folder)))
        with app.test_request_context():
            return api.document()


def api_page(document: Mapping[str, Any]) -> str:
    """Every operation and every schema of the OpenAPI document."""
    schemas: dict[str, Any] = document["components"]["schemas"]
    operations = _operations(document)
    parts = [
        f"{NOTICE}# API\n",
        f"{document['info']['description']}",
        API_PREFACE,
    ]
    for tag, group in groupby(operations, key=lambda operation: operation[0]):
        parts.append(f"## {tag.removesuffix('_api')}\n")
        parts += [_operation(path, method, found) for _, path, method, found in group]
    parts.append("## Schemas\n")
    parts += [_schema(name, schema) for name, schema in sorted(schemas.items())]
    return "\n".join(parts).rstrip() + "\n"


def _operations(document: Mapping[str, Any]) -> list[tuple[str, str, str, dict[str, Any]]]:
    found = [
        (operation.get("tags", ["other"])[0], path, method, _with_path(operation, item))
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    return sorted(found, key=lambda one: (one[0], one[1], METHODS.index(one[2])))


def _with_path(operation: dict[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of the path stand beside the operations in OpenAPI."""
    return operation | {
        "parameters": [*item.get("parameters", []), *operation.get("parameters", [])]
    }


def _operation(path: str, method: str, found: Mapping[str, Any]) -> str:
    lines = [f"### {method.upper()} `{path}`\n", *_prose(found)]
    if found["parameters"]:
        rows = [
            _row(f"`{one['name']}`", one["in"], _type(one.get("schema", {})), _says(one))
            for one in found["parameters"]
        ]
        lines.append(_table(("Parameter", "In", "Type", ""), rows))
    if body := found.get("requestBody"):
        lines.append(f"Body: {_content(body)}.\n")
    for status, answer in sorted(found["responses"].items()):
        if status[0] in "23":
            content = f": {_content(answer)}" if "content" in answer else ""
            lines.append(f"Answer {status} {answer.get('description', '')}{content}.\n")
    return "\n".join(lines)


def _prose(found: Mapping[str, Any]) -> list[str]:
    texts = (found.get("summary", ""), found.get("description", ""))
    return [f"{text.strip()}\n" for text in texts if text]


def _content(body: Mapping[str, Any]) -> str:
    return ", ".join(
        f"`{kind}` {_type(what.get('schema', {}))}" for kind, what in body["content"].items()
    )


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = [
        _row(f"`{field}`", _type(what), "yes" if field in required else "", _says(what))
        for field, what in schema.get("properties", {}).items()
    ]
    head = f"### {name}\n"
    return f"{head}\n{_table(('Field', 'Type', 'Required', ''), rows)}" if rows else head


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(_type(one) for one in schema[key])
    if "enum" in schema:
        return " ".join(f"`{value or '(empty)'}`" for value in schema["enum"])
    kind = schema.get("type", "any")
    words = " or ".join(kind) if isinstance(kind, list) else kind
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    return f"{words} ({schema['format']})" if "format" in schema else words


def _says(what: Mapping[str, Any]) -> str:
    limits = {"minimum": "at least", "maximum": "at most", "maxLength": "characters at most"}
    said = [what["description"]] if "description" in what else []
    bounds = what.get("schema", what)
    said += [f"{words} {bounds[key]}" for key, words in limits.items() if key in bounds]
    return "; ".join(said)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _table(head: tuple[str, ...], rows: list[str]) -> str:
    return "\n".join([_row(*head), "|" + " --- |" * len(head), *rows]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
