"""What every command of `glucometer` shares: its options, its two ways to print, its endings."""

import asyncio
import contextlib
import functools
import getpass
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from devices.queue import Queue, QueueDamagedError, QueueError
from devices.trouble import EXIT_CODES, RadioError, Trouble
from devices.upload import Server, Stop
from devices.visits import OtherRecordsError, VisitError, VisitOverError
from devices.words import LANGUAGES, TROUBLES, language_of, pick, say

T = TypeVar("T")

UNEXPECTED, QUEUE, NO_SUCH_METER, UNREADABLE = 1, 3, 4, 5
UNCLAIMED, SOME_REJECTED, NOT_CONFIRMED, NO_VISIT = 6, 7, 8, 9
STOP_CODES = {stop: 10 + place for place, stop in enumerate(Stop)}
CLOCK_NOT_SET, NOT_DECIDED, HUB_CLOCK = 17, 18, 19
"""Exit codes: 0 done, 1 unexpected (also bytes `decode` cannot read), 2 usage, 3 queue,
4 no such meter, 5 file not readable, 6 meter not claimed, 7 some readings refused, 8 waiting for
a confirmation, 9 no such visit, from 10 the server, 17 a meter's clock was not set because this
computer's is not known to be right, 18 a record that cannot be decided about, 19 this computer's
clock, from 20 Bluetooth."""

VISIT_SENTENCES = {VisitOverError: "visit_over", OtherRecordsError: "visit_other"}

DEFAULT_ZONE = "Europe/Ljubljana"
CLOCK_FORMATS = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]


@dataclass(frozen=True, slots=True)
class Console:
    """Where a command prints and where it keeps its things."""

    data: Path
    lang: str
    as_json: bool
    is_debug: bool

    def queue(self) -> Queue:
        """Open the local queue.

        Raises:
            QueueError: it cannot be opened.
        """
        return Queue(self.data / "queue.sqlite3")

    def queue_trouble(self, error: QueueError) -> str:
        """Say why the queue cannot be used, and what to do about it."""
        name = "queue_damaged" if isinstance(error, QueueDamagedError) else "queue"
        return self.say(name, detail=str(error))

    def say(self, name: str, /, **values: object) -> str:
        """Return a sentence in the chosen language."""
        return say(name, self.lang, **values)

    def result(self, data: Any, *lines: str) -> None:
        """Print the result: data for programs, lines for people."""
        if self.as_json:
            click.echo(json.dumps(data, ensure_ascii=False))
        else:
            for line in lines:
                click.echo(line)

    def note(self, text: str) -> None:
        """Tell a person something that is not part of the result."""
        if not self.as_json:
            click.echo(text, err=True)

    def fail(self, name: str, message: str, code: int) -> NoReturn:
        """End with a plain message."""
        if self.as_json:
            click.echo(json.dumps({"error": name, "message": message}, ensure_ascii=False))
        else:
            click.echo(message, err=True)
        raise SystemExit(code)

    def fail_trouble(self, error: RadioError) -> NoReturn:
        """End with the advice for a trouble with the meter."""
        self.fail(error.trouble, self.advice(error.trouble), EXIT_CODES[error.trouble])

    def advice(self, trouble: Trouble) -> str:
        """Return what to do about a trouble."""
        return pick(TROUBLES[trouble], self.lang)


def with_console(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared options, and turn every failure into a plain ending."""

    @click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="GLUCOMETER_DATA",
        default=lambda: Path(click.get_app_dir("glucometer")),
        show_default="the user's folder for program data",
        help="Folder of the local queue.",
    )
    @click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        envvar="GLUCOMETER_LANG",
        help="Language of the messages; that of the system by default.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print data instead of sentences.")
    @click.option("--debug", is_flag=True, help="Show technical details of failures.")
    @functools.wraps(command)
    def run(data: Path, lang: str | None, *, as_json: bool, debug: bool, **rest: Any) -> None:
        console = Console(data, language_of(lang), as_json, debug)
        logging.basicConfig(level=logging.DEBUG if debug else logging.CRITICAL)
        try:
            command(console, **rest)
        except RadioError as error:
            _reraise_when(console, error)
            console.fail_trouble(error)
        except VisitError as error:
            name = VISIT_SENTENCES.get(type(error), "no_visit")
            console.fail(name, console.say(name), NO_VISIT)
        except QueueError as error:
            _reraise_when(console, error)
            console.fail("queue", console.queue_trouble(error), QUEUE)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:  # noqa: BLE001 - the person is told below, in plain words
            _reraise_when(console, error)
            console.fail("unexpected", console.say("unexpected"), UNEXPECTED)

    return run


def _reraise_when(console: Console, error: Exception) -> None:
    if console.is_debug:
        raise error


class ZoneType(click.ParamType[ZoneInfo]):
    """A time zone by its IANA name."""

    name = "zone"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ZoneInfo:
        """Look the zone up."""
        if isinstance(value, ZoneInfo):
            return value
        try:
            return ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(f"{value!r} is not a time zone, such as Europe/Ljubljana.", param, ctx)


zone_option = click.option(
    "--zone",
    type=ZoneType(),
    envvar="GLUCOMETER_ZONE",
    default=DEFAULT_ZONE,
    show_default=True,
    help="Time zone in which the meter's clock is set.",
)


def clock_type() -> click.DateTime:
    """Return the option type of a clock time without a zone."""
    return click.DateTime(CLOCK_FORMATS)


def user_name() -> str:
    """Return who uses this computer, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "?"


def server_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that name the server."""

    @click.option("--server", "url", envvar="GLUCOMETER_SERVER", help="Address of the server.")
    @click.option("--token", envvar="GLUCOMETER_TOKEN", help="Device token.")
    @click.option("--patient", envvar="GLUCOMETER_PATIENT", help="The patient's id.")
    @functools.wraps(command)
    def run(*args: Any, url: str | None, token: str | None, **rest: Any) -> None:
        server = None
        if url and token:
            try:
                server = Server(url, token)
            except ValueError as error:
                raise click.BadParameter(str(error), param_hint="--server") from error
        command(*args, server=server, **rest)

    return run


class Person:
    """The person at the keyboard, asked while a meter waits."""

    def __init__(self, console: Console, passkey: int | None) -> None:
        self._console = console
        self._passkey = passkey

    async def passkey(self) -> int | None:
        """Ask for the six digits, unless they were given on the command line."""
        if self._passkey is not None:
            return self._passkey
        question = self._console.say("ask_number")
        typed = await _in_thread(
            lambda: str(click.prompt(question, default="", show_default=False, err=True))
        )
        digits = typed.replace(" ", "")
        return int(digits) if digits.isascii() and digits.isdigit() else None

    async def confirm(self, passkey: int | None) -> bool:
        """Ask whether the numbers agree."""
        number = "-" if passkey is None else f"{passkey:06d}"
        question = self._console.say("ask_confirm", number=number)
        return await _in_thread(lambda: click.confirm(question, err=True))


async def _in_thread(ask: Callable[[], T]) -> T:
    """Ask without holding up the bus; the thread may outlive the question unanswered."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(cast(T, value))
        else:
            answer.set_exception(error)

    def work() -> None:
        try:
            value, error = ask(), None
        except (click.Abort, EOFError, OSError) as failure:
            value, error = None, failure
        with contextlib.suppress(RuntimeError):  # the loop ended while nobody answered
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=work, daemon=True).start()
    return await answer
