"""`demo` and `seed`: everything on one machine, with a clinic in it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from telehealth.cli.root import Operator, answering, root
from telehealth.cli.serving import Server, check_address, make_app
from telehealth.cli.upkeep import prepare_folder
from telehealth.core import clock, schema
from telehealth.core.db import Database
from telehealth.demo import people, story
from telehealth.identity import service as identity
from telehealth.settings import Settings
from video.node import child

_PASSWORD = "DEMO_PASSWORD"  # noqa: S105 - the name of a variable
_MAX_SOCKET_PATH = 90


@root.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--data", default=".demo", show_default=True, help="Folder of the demonstration.")
@click.option("--now", "start", help="Start of the demonstration's clock, with an offset.")
@answering
def demo(operator: Operator, *, port: int, host: str, data: str, start: str | None) -> None:
    """Set up and start everything on SQLite, with a demonstration clinic in it."""
    settings = demo_settings(operator, port, host, Path(data).resolve(), start)
    check_address(operator, settings)
    password = prepare(operator, settings)
    with _media_node(operator, settings) as complete:
        _greet(operator, complete, password)
        Server(complete, make_app(complete), has_worker=True).run()


@root.command()
@click.option("--data", default=".demo", show_default=True, help="Folder of the demonstration.")
@click.option("--now", "start", help="The present moment of the demonstration, with an offset.")
@answering
def seed(operator: Operator, *, data: str, start: str | None) -> None:
    """Migrate and fill a demonstration database without starting anything."""
    settings = demo_settings(operator, 8000, "127.0.0.1", Path(data).resolve(), start)
    prepare(operator, settings)
    operator.say("The demonstration is ready.", data=str(settings.data_dir))


def demo_settings(
    operator: Operator, port: int, host: str, folder: Path, start: str | None
) -> Settings:
    """Settings of the demonstration; its secret is made once and kept in its own folder."""
    prepare_folder(operator, folder)
    try:
        now = datetime.fromisoformat(start) if start else None
    except ValueError:
        now = None
    if start and (now is None or now.tzinfo is None):
        operator.fail(f"--now needs a time with an offset, not {start!r}.", "now")
    return Settings(
        secret_key=_kept(folder / "secret"),
        data_dir=folder,
        public_url=f"http://{host}:{port}",
        host=host,
        port=port,
        secure_cookies=False,
        demo=True,
        log_level="WARNING",
        now=now,
    )


def _kept(path: Path, given: str = "") -> str:
    """The line in a private file; `given`, or a new random one, when there is none yet."""
    if given or not path.exists():
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(given or secrets.token_urlsafe(32))
    return path.read_text().strip()


def prepare(operator: Operator, settings: Settings) -> str:
    """Migrate, tell the story once, set the password; returns the password of all sign-ins."""
    given = os.environ.get(_PASSWORD, "")
    kept = settings.data_dir / "password"
    known = kept.read_text().strip() if kept.exists() else ""
    password = given or known or secrets.token_urlsafe(9)
    now = settings.now or clock.real()
    database = Database(settings.database)
    try:
        schema.upgrade(database)
        if not story.is_told(database):
            operator.note("Making the demonstration clinic …")
            story.tell(database, password, now=now, say=operator.note)
        elif password != known:
            with database.unit_of_work() as session:
                for card in people.CARDS:
                    identity.set_password(session, card.login, password)
    finally:
        database.close()
    return _kept(kept, password)


@contextmanager
def _media_node(operator: Operator, settings: Settings) -> Iterator[Settings]:
    """Run the media node beside the server; without it calls work and the device check says so."""
    folder = settings.data_dir / "media"
    too_long = len(str(folder)) > _MAX_SOCKET_PATH
    if too_long or not child.is_installed():
        operator.note("No media node: the sound test of the device check is off, calls still work.")
        yield settings
        return
    with child.running(folder, is_loopback=settings.host == "127.0.0.1"):
        yield replace(
            settings,
            media_socket=str(folder / "node.sock"),
            media_token_file=str(folder / "node.token"),
        )


def _greet(operator: Operator, settings: Settings, password: str) -> None:
    logins = [card.login for card in people.CARDS]
    if operator.as_json:
        operator.say("", address=settings.public_url, password=password, logins=logins)
        return
    lines = [
        "",
        f"  {settings.public_url}    (Ctrl-C ends it; data in {settings.data_dir})",
        "",
        "  DEMONSTRATION: invented people, a test seal without legal value.",
        f"  Password of all sign-ins: {password}",
        *(f"    {card.login:<20} {_who(card)}" for card in people.CARDS),
        "",
        "  Eight things to try:",
        "    1. patient: write down a reading and a meal, see both in the diary; then as proxy@",
        "    2. patient: More > My glucose: profile, ranges, the report as PDF",
        "    3. nurse:   Patients: take one over, write a note, set the next review",
        "    4. nurse:   Alerts: who was told and when; acknowledge one",
        "    5. patient: More > Import a file: an import that waits for an answer",
        "    6. patient: connect a meter (More > Meters and sensors; docs/how-to/meter.md)",
        "    7. patient: fill in the well-being questionnaire and sign the consent in the inbox",
        "    8. doctor:  today's video consultation; open it as patient in a second browser",
        "",
    ]
    click.echo("\n".join(lines))


def _who(card: people.SignInCard) -> str:
    return f"{card.title} {card.given_name} {card.family_name}".strip()
