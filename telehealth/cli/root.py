"""The command itself: settings from the environment, plain errors, JSON on request."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from telehealth.core import schema
from telehealth.core.db import Database
from telehealth.core.errors import Refusal
from telehealth.settings import BadSettings, Settings

Command = TypeVar("Command", bound=Callable[..., Any])

EXIT_REFUSED = 1
EXIT_USAGE = 2


@dataclass(slots=True)
class Operator:
    """How the operator wants to be answered."""

    as_json: bool = False

    def say(self, text: str, **data: object) -> None:
        """One answer: a sentence for people, an object for programs."""
        click.echo(json.dumps(data, ensure_ascii=False, default=str) if self.as_json else text)

    def note(self, text: str) -> None:
        """Something on the way; for people only."""
        if not self.as_json:
            click.echo(text)

    def fail(self, text: str, code: str, **data: object) -> None:
        """Say what went wrong in one line on standard error and end with exit code 1."""
        if self.as_json:
            click.echo(json.dumps({"error": code, "detail": text} | data, default=str), err=True)
        else:
            click.echo(text, err=True)
        sys.exit(EXIT_REFUSED)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def root() -> None:
    """Telehealth and remote patient monitoring: run and look after an installation.

    Settings come from environment variables TELEHEALTH_*; see docs/reference/settings.md.
    """


def answering(command: Command) -> Command:
    """Give a command `--json` and an `Operator` as its first argument."""

    @click.option("--json", "as_json", is_flag=True, help="Answer with JSON.")
    @click.pass_context
    def wrapped(context: click.Context, /, *, as_json: bool, **options: Any) -> Any:
        operator = Operator(as_json)
        context.obj = operator
        try:
            return command(operator, **options)
        except Refusal as refusal:
            reasons = [error.detail for error in refusal.errors]
            sentence = " ".join([refusal.detail or refusal.title, *reasons])
            operator.fail(sentence % refusal.params if refusal.params else sentence, refusal.code)

    wrapped.__name__ = command.__name__
    wrapped.__doc__ = command.__doc__
    wrapped.__click_params__ = (  # type: ignore[attr-defined]  # click collects options there
        getattr(command, "__click_params__", []) + wrapped.__click_params__  # type: ignore[attr-defined]
    )
    return wrapped  # type: ignore[return-value]  # the same command, with one more option


def settings_of(operator: Operator) -> Settings:
    """The settings in the environment, or one clear line and exit code 1."""
    try:
        return Settings.from_env(os.environ)
    except BadSettings as error:
        operator.fail(str(error), "bad_settings")
        raise  # never reached: `fail` ends the process


@contextmanager
def database_of(operator: Operator) -> Iterator[tuple[Settings, Database]]:
    """The settings and the database they name, closed afterwards."""
    settings = settings_of(operator)
    database = Database(settings.database)
    try:
        yield settings, database
    finally:
        database.close()


def require_schema(operator: Operator, database: Database) -> None:
    """End with advice when the schema is not the one this release needs."""
    with database.engine.connect() as connection:
        found = schema.current(connection)
    if found != schema.head():
        operator.fail(
            f"The database is at {found or 'nothing'}, this release needs {schema.head()}."
            " Run: telehealth init",
            "schema",
        )
