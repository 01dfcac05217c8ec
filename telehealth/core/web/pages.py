"""The HTML doors: pages that know for whom they are opened, and forms that lose nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Blueprint, Flask, g, request
from flask_babel import gettext
from marshmallow import EXCLUDE, Schema, ValidationError

from telehealth.core.errors import Invalid
from telehealth.core.web.access import CSRF_FIELD
from telehealth.core.web.platform import Acting, maybe_signed_in, now, platform, reading
from telehealth.core.web.problems import flatten

ACTING_PREFIX = "/za/<int:representation>"
"""Every page for another person lives under this prefix: two tabs can never mix two people up."""

View = TypeVar("View", bound=Callable[..., Any])


class Pages(Blueprint):
    """A room's pages: `Pages("readings", __name__)`; templates under `templates/readings/`."""

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(name, import_name, template_folder="templates")

    def for_patient(self, rule: str, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
        """Register a patient's page twice: for oneself and, under `/za/…`, for another."""

        def register(view: View) -> View:
            self.add_url_rule(rule, endpoint=view.__name__, view_func=view, methods=list(methods))
            self.add_url_rule(
                ACTING_PREFIX + rule, endpoint=view.__name__, view_func=view, methods=list(methods)
            )
            return view

        return register


def keep_context(app: Flask) -> None:
    """Take the acting context out of the URL on the way in, put it into links on the way out."""

    @app.url_value_preprocessor
    def _take(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.representation_id = (values or {}).pop("representation", None)

    @app.url_defaults
    def _put(endpoint: str, values: dict[str, Any]) -> None:
        representation_id = g.get("representation_id")
        if representation_id and app.url_map.is_endpoint_expecting(endpoint, "representation"):
            values.setdefault("representation", representation_id)


def acting() -> Acting | None:
    """For whom this page acts, if for another; looked up on each request.

    Raises:
        NotFound: the representation is not the viewer's or not in effect.
    """
    sign_in = maybe_signed_in()
    representation_id = g.get("representation_id")
    if sign_in is None or representation_id is None:
        return None
    if "acting" not in g:
        with reading() as session:
            g.acting = platform().answers.acting_of(session, sign_in, representation_id, now())
    found: Acting | None = g.acting
    return found


def require_acting() -> None:
    """Before each page under `/za/…`: the representation is in effect, whatever the page does."""
    acting()


@dataclass(slots=True)
class Form:
    """What somebody typed, and what is wrong with it: nothing typed is ever lost."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    """Field name to sentence; the empty name belongs to the form as a whole."""

    def value(self, name: str, otherwise: Any = "") -> Any:
        """What was typed into a field."""
        return self.values.get(name, otherwise)

    def chosen(self, name: str) -> list[str]:
        """All values of a field that may be ticked several times."""
        getlist = getattr(self.values, "getlist", None)
        return list(getlist(name)) if getlist else list(self.values.get(name, ()))

    def error(self, name: str) -> str:
        """The sentence beside a field; empty when it is all right."""
        return self.errors.get(name, "")

    @classmethod
    def refused(cls, refusal: Invalid) -> "Form":
        """The request's form, with what a service or schema refused, ready to be shown again."""
        errors: dict[str, str] = {}
        for error in refusal.errors:
            name = error.pointer.removeprefix("#").strip("/").split("/")[0]
            errors.setdefault(name, gettext(error.detail))
        if not errors:
            errors[""] = gettext(refusal.detail or refusal.title, **refusal.params)
        return cls(request.form, errors)


def read_form(schema: Schema) -> Any:
    """The posted form as the schema's command.

    Raises:
        Invalid: with one error per field.
    """
    given = {name: value for name, value in request.form.items() if name != CSRF_FIELD}
    try:
        return schema.load(given, unknown=EXCLUDE)
    except ValidationError as error:
        raise Invalid(errors=flatten({"form": error.messages_dict})) from error
