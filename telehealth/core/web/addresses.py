"""What may stand in addresses and forms: ids of rows, text a database takes, own ways onward."""

from flask import Flask, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.routing import IntegerConverter

from telehealth.core.text import is_storable


class RowIdConverter(IntegerConverter):
    r"""`<int:…>` in a rule: a larger number than any row can have is an address that is absent.

    By its pattern, because Werkzeug's `max` says 405 where another method has a rule of its own;
    `\d` would also take the digits of other scripts.
    """

    regex = "[0-9]{1,18}"


def install(app: Flask) -> None:
    """Before any rule is registered: give `app` these ids."""
    app.url_map.converters["int"] = RowIdConverter


def own_address(target: str) -> str:
    """`target` where it is a path of this application, else nothing: nobody is sent elsewhere.

    Browsers drop tabs and line ends from addresses, so `/<tab>/evil.example` would lead outside.
    """
    is_path = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if is_path and target.isprintable() else ""


def require_text() -> None:
    """Before each request: no NUL in address, query or form; nobody can type one.

    Raises:
        BadRequest: there is one.
    """
    given = [str(value) for value in (request.view_args or {}).values()]
    given += _texts(request.args)
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        given += _texts(request.form)
    if not all(is_storable(text) for text in given):
        raise BadRequest


def _texts(values: "MultiDict[str, str]") -> list[str]:
    return [text for pair in values.items(multi=True) for text in pair]
