"""Playing a simulated meter in the foreground, for the demo and for trying the command out."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from devices.sim.bluez.endpoint import Bluez
from devices.sim.bluez.objects import Peripheral
from devices.sim.faults import Faults
from devices.sim.meter import Meter


@dataclass(frozen=True, slots=True)
class Play:
    """What is played."""

    socket_path: Path
    records: int
    seed: int
    faults: Faults
    now_wall: datetime
    is_paired: bool = False


async def play(what: Play, announce: Callable[..., None]) -> None:
    """Play until interrupted or terminated, then take the socket away.

    Args:
        what: the meter.
        announce: told, once the socket is there, the facts and the lines to print.

    Raises:
        OSError: the socket cannot be made there.
    """
    meter = Meter.believable(
        what.records, seed=what.seed, now_wall=what.now_wall, faults=what.faults
    )
    peripheral = Peripheral(meter, is_paired=what.is_paired)
    is_over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, is_over.set)
    async with Bluez(peripheral).serving(what.socket_path) as address:
        announce(
            {
                "address": address,
                "meter": peripheral.address,
                "passkey": f"{peripheral.pin:06d}",
                "records": len(meter.memory),
            },
            f"{meter.manufacturer} {meter.model}, {len(meter.memory)} records,"
            f" passkey {peripheral.pin:06d}",
            f"export DBUS_SYSTEM_BUS_ADDRESS={address}",
        )
        await is_over.wait()
