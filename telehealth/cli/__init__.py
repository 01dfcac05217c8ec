"""The command `telehealth`: what an operator does. One module per group of commands."""

from telehealth.cli import (
    demonstrating,
    glycemia,
    readings,
    rehearsing,
    serving,
    signing,
    upkeep,
)
from telehealth.cli.root import root

__all__ = [
    "demonstrating",
    "glycemia",
    "main",
    "readings",
    "rehearsing",
    "serving",
    "signing",
    "upkeep",
]


def main() -> None:
    """Run the command line."""
    root(prog_name="telehealth")
