"""The command `unit`: the files a home hub needs, ready to be put in place."""

import sys
from importlib import resources
from pathlib import Path

import click

from devices.console import Console, with_console

FILES = {
    "service": "glucometer.service",
    "user": "glucometer.sysusers",
    "settings": "glucometer.env",
}
COMMAND = "@COMMAND@"


@click.command()
@click.argument("what", type=click.Choice(list(FILES)), default="service")
@with_console
def unit(console: Console, what: str) -> None:
    """Print the systemd unit of a home hub, its user, or its settings.

    The unit starts the very program that prints it.
    """
    name = FILES[what]
    text = resources.files("devices.hub").joinpath(name).read_text(encoding="utf-8")
    text = text.replace(COMMAND, str(_this_command()))
    console.result({"file": name, "text": text}, text.rstrip())


def _this_command() -> Path:
    """Return where this program is; beside the interpreter where it was not started by name."""
    started = Path(sys.argv[0])
    is_named = started.name == "glucometer" and started.exists()
    return started.resolve() if is_named else Path(sys.executable).with_name("glucometer")
