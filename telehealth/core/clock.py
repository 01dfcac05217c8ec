"""The application's clock. Services never look at it: `now` is passed to them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

HOME_ZONE = ZoneInfo("Europe/Ljubljana")
"""Zone of the installation's people; days, birthdays and office hours are counted in it."""

Clock = Callable[[], datetime]


def real() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def starting_at(start: datetime) -> Clock:
    """A clock that shows `start` now and goes on at the usual speed."""
    begun = time.monotonic()
    return lambda: start.astimezone(UTC) + timedelta(seconds=time.monotonic() - begun)


def local(moment: datetime) -> datetime:
    """The same instant on the wall clock of the installation."""
    return moment.astimezone(HOME_ZONE)
