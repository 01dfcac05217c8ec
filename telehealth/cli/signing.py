"""`consent`: look at a sealed document without the application."""

from telehealth.cli.root import root


@root.group()
def consent() -> None:
    """Signed consents."""
