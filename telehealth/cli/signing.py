"""`consent`: look at a sealed document without the application."""

from pathlib import Path

import click

from telehealth.cli.root import Operator, answering, root


@root.group()
def consent() -> None:
    """Signed consents."""
