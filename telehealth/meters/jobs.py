"""What meters does in the background."""

from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform


def register(_queue: Queue, _platform: Platform) -> None:
    """Nothing yet."""
