"""The simulated meter without any bus or radio: the same faults, at the speed of a function.

For tests that go through thousands of faults, and for anything that wants records from a
simulated meter without a socket.
"""

import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from devices.sim.faults import Fault
from devices.sim.meter import Meter
from devices.transfer import Connect, Link, LinkLostError
from devices.trouble import RadioError, Trouble

IN_THE_WAY = {
    Fault.NO_ADAPTER: Trouble.NO_ADAPTER,
    Fault.POWERED_OFF: Trouble.POWERED_OFF,
    Fault.NO_BLUEZ: Trouble.NO_BLUEZ,
    Fault.NO_LOW_ENERGY: Trouble.NO_LOW_ENERGY,
    Fault.DENIED: Trouble.DENIED,
    Fault.WRONG_PIN: Trouble.PAIRING_FAILED,
}
"""Faults that keep a link from being opened at all."""


@dataclass(slots=True)
class Wire:
    """A link to a meter beside us; keeps the contract of `transfer.Link`."""

    meter: Meter
    name: str = "meter+00000001"
    address: str = "C0:26:DF:00:00:01"
    is_up: bool = True
    _sent: int = 0
    _coming: deque[tuple[str, bytes]] = field(default_factory=deque)

    def _require_up(self) -> None:
        if not self.is_up:
            raise LinkLostError

    async def read(self, uuid: str) -> bytes | None:
        """Read a characteristic; `None` when the meter has none or does not give it."""
        self._require_up()
        return self.meter.read(uuid)

    def takes(self, uuid: str) -> bool:
        """Whether the meter lets a characteristic be written."""
        self._require_up()
        return any("write" in some.get(uuid, ()) for some in self.meter.services().values())

    async def set(self, uuid: str, raw: bytes) -> bool:
        """Write a characteristic; false when the meter refuses."""
        self._require_up()
        return self.meter.write(uuid, raw)

    async def subscribe(self) -> None:
        """Listen to records, contexts and the control point."""
        self._require_up()

    async def write(self, raw: bytes) -> None:
        """Write to the control point."""
        self._require_up()
        self._coming.extend(self.meter.answer(raw))

    async def next(self, wait_s: float) -> tuple[str, bytes]:
        """Return the next notification; nothing is ever late, so no time is spent waiting."""
        del wait_s
        self._require_up()
        if not self._coming:
            raise TimeoutError
        limit = self.meter.faults.number(Fault.DROP)
        if limit is not None and self._sent >= limit:
            self.is_up = False
            raise LinkLostError
        self._sent += 1
        return self._coming.popleft()


@dataclass(slots=True)
class Beside:
    """A meter beside us and whether it still knows us; gives `connect` to a `Reader`."""

    meter: Meter
    has_bond: bool = True

    def connect(self) -> Connect:
        """Return what a `Reader` connects with."""
        return lambda _address: self._linked()

    @contextlib.asynccontextmanager
    async def _linked(self) -> AsyncIterator[Link]:
        faults = self.meter.faults
        for fault, trouble in IN_THE_WAY.items():
            if fault in faults:
                raise RadioError(trouble)
        if not self.has_bond:
            raise RadioError(Trouble.NEEDS_PAIRING)
        wire = Wire(self.meter)
        try:
            yield wire
        finally:
            wire.is_up = False
            if Fault.BOND_LOST in faults:
                self.has_bond = False
