"""A meter's clock: what it shows, and setting it when a person asks for that.

Set only after a whole transfer: what was measured by the wrong clock is then in the queue with
the drift it had. The drift is written beside the records and never worked into their times.
"""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from devices.gatt import clock
from devices.gatt.wire import WireError
from devices.quirks import Quirk

EXACT_S = 5
"""This close a clock is right: less than the seconds a transfer takes."""


class ClockOutcome(StrEnum):
    """What came of setting a meter's clock."""

    SET = "set"
    RIGHT = "right"
    """It was right already; nothing was written."""
    NOT_OFFERED = "not_offered"
    """This meter lets nobody set its clock by Bluetooth."""
    REFUSED = "refused"
    """The meter refused, or shows its old time all the same."""


class Dial(Protocol):
    """What a link must offer to see and set a clock."""

    async def read(self, uuid: str) -> bytes | None:
        """Read a characteristic; `None` when the meter has none or does not give it."""

    def takes(self, uuid: str) -> bool:
        """Whether the meter lets a characteristic be written."""

    async def set(self, uuid: str, raw: bytes) -> bool:
        """Write a characteristic; false when the meter refuses."""


async def shown(dial: Dial) -> datetime | None:
    """Return what the meter's clock shows; `None` where it cannot be read or is no date."""
    for uuid in (clock.DATE_TIME, clock.CURRENT_TIME):
        raw = await dial.read(uuid)
        if raw:
            return _wall(raw)
    return None


def _wall(raw: bytes) -> datetime | None:
    try:
        return clock.decode_date_time(raw).wall()
    except WireError:
        return None


async def put_right(
    dial: Dial, quirk: Quirk, at_wall: datetime, *, drift_s: int | None
) -> ClockOutcome:
    """Set the clock to a local time, unless it shows that already, and look whether it took it."""
    if drift_s is not None and abs(drift_s) <= EXACT_S:
        return ClockOutcome.RIGHT
    door = next((door for door in quirk.clocks if dial.takes(door.uuid)), None)
    if door is None:
        return ClockOutcome.NOT_OFFERED
    if not await dial.set(door.uuid, door.request(at_wall)):
        return ClockOutcome.REFUSED
    now_shown = await shown(dial)
    if now_shown is not None and abs((now_shown - at_wall).total_seconds()) > EXACT_S:
        return ClockOutcome.REFUSED
    return ClockOutcome.SET
