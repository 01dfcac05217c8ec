"""How fast a meter is read: into the queue on disk, beside the bare notifications of bleak.

Both go through the same simulated bus in a process of its own; each round asks a fresh bond for
the same records. The quiet time at the end of a transfer is a wait, not work, and left out of
both; finding and connecting are the same for both and left out too.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from zoneinfo import ZoneInfo

from bleak import BleakClient, BleakScanner

from bench.table import Line, paired_ratio
from devices import sync
from devices.gatt import racp
from devices.gatt.glucose import CONTEXT, GLUCOSE_SERVICE, MEASUREMENT
from devices.queue import Queue
from devices.transfer import Patience

RECORDS = 1_000
ROUNDS = 7
ZONE = ZoneInfo("Europe/Ljubljana")
AT_ONCE = Patience(quiet_s=0.0)


def run() -> Sequence[Line]:
    """Read 1,000 records with their contexts, in turn bare and into a queue."""
    if sys.platform != "linux":
        return [Line("meter by Bluetooth", "only on Linux")]
    bare, ours = [], []
    with TemporaryDirectory(prefix="bm") as folder, _simulated(Path(folder)):
        for number in range(ROUNDS + 1):
            pair = asyncio.run(_bare()), _into_queue(Path(folder) / f"queue{number}")
            if number:  # the first round warms up
                for found, time_s in zip((bare, ours), pair, strict=True):
                    found.append(time_s)
    raw = f"bare notifications {median(bare) * 1000:.0f} ms"
    ratio = 1 / paired_ratio(ours, bare)
    return [
        Line(
            f"meter of {RECORDS:,} records + contexts, into the queue",
            f"{median(ours) * 1000:.0f} ms",
            f"{raw}; ratio {ratio:.2f}",
        )
    ]


@contextmanager
def _simulated(folder: Path) -> Iterator[None]:
    """Play a paired meter in another process and point bleak at it."""
    words = ["simulate", "--socket", str(folder / "s"), "--records", str(RECORDS), "--paired"]
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "devices.cli", *words], stdout=subprocess.PIPE, text=True
    ) as meter:
        try:
            assert meter.stdout is not None  # noqa: S101 - a pipe was asked for
            meter.stdout.readline()
            _, _, address = meter.stdout.readline().strip().partition("=")
            before = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS")
            os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = address
            yield
        finally:
            os.environ.pop("DBUS_SYSTEM_BUS_ADDRESS", None)
            if before is not None:
                os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = before
            meter.terminate()


@asynccontextmanager
async def _connected() -> AsyncIterator[BleakClient]:
    device = await BleakScanner.find_device_by_filter(
        lambda _, advert: GLUCOSE_SERVICE in advert.service_uuids
    )
    if device is None:
        raise RuntimeError("the simulated meter was not found")
    async with BleakClient(device) as client:
        yield client


async def _bare() -> float:
    """Count notifications from the request to the end of the procedure."""
    async with _connected() as client:
        heard, is_over = 0, asyncio.Event()

        def hear(_: object, _raw: bytearray) -> None:
            nonlocal heard
            heard += 1

        for uuid in (MEASUREMENT, CONTEXT):
            await client.start_notify(uuid, hear, bluez={"use_start_notify": True})
        await client.start_notify(
            racp.RACP, lambda *_: is_over.set(), bluez={"use_start_notify": True}
        )
        begun = perf_counter()
        await client.write_gatt_char(racp.RACP, racp.report_all().to_bytes(), response=True)
        await is_over.wait()
        took_s = perf_counter() - begun
    if heard != 2 * RECORDS:
        raise RuntimeError(f"heard {heard} notifications")
    return took_s


def _into_queue(path: Path) -> float:
    """Read the meter into a new queue; from the first word of the conversation to the last."""
    heard: list[float] = []

    def note(_received: int, _count: int | None) -> None:
        heard.append(perf_counter())

    with Queue(path) as queue:
        report = asyncio.run(
            sync.read(
                queue,
                zone=ZONE,
                patience=AT_ONCE,
                now=lambda: datetime.now(UTC),
                progress=note,
            )
        )
        if report.trouble is not None or len(report.new) != RECORDS:
            raise RuntimeError(f"{report.trouble}, {len(report.new)} records")
        return heard[-1] - heard[0]
