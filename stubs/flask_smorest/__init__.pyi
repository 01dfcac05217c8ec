"""The part of flask-smorest we use; the library ships no types."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint as FlaskBlueprint
from flask import Flask
from marshmallow import Schema

View = TypeVar("View", bound=Callable[..., Any])

class Blueprint(FlaskBlueprint):
    def arguments(
        self, schema: type[Schema] | Schema, *, location: str = ..., required: bool = ..., **kwargs: Any
    ) -> Callable[[View], View]: ...
    def response(
        self, status_code: int, schema: type[Schema] | Schema | dict[str, Any] | None = ..., **kwargs: Any
    ) -> Callable[[View], View]: ...
    def alt_response(self, status_code: int, **kwargs: Any) -> Callable[[View], View]: ...
    def doc(self, **kwargs: Any) -> Callable[[View], View]: ...

class Api:
    ERROR_SCHEMA: type[Schema]
    spec: Any
    _app: Flask
    def __init__(self, app: Flask | None = ..., *, spec_kwargs: dict[str, Any] | None = ...) -> None: ...
    def register_blueprint(self, blp: Blueprint, **kwargs: Any) -> None: ...
    def _register_error_handlers(self) -> None: ...
