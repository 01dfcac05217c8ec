"""Reading a meter over the radio: the only module that imports bleak.

Finds a meter, connects while the scan runs, reads who it is and what its clock shows, and
lets `transfer` bring its records into the queue.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)

from devices.gatt import racp
from devices.gatt.glucose import CONTEXT, GLUCOSE_SERVICE, MEASUREMENT
from devices.queue import Queue
from devices.quirks import Quirk, quirk_of
from devices.rows import MeterRow
from devices.transfer import LinkLostError, Patience, Progress, Reader, Report, about
from devices.trouble import RadioError, Trouble

NOT_BONDED = frozenset({0x05, 0x08, 0x0C, 0x0F})
"""ATT errors that mean: this bond is missing or lost."""
BUSY = frozenset({0x80, 0xFE})
"""ATT errors of the glucose service that mean: another procedure is running."""
BUSY_PAUSE_S = 1.0
BUS_S = 10.0
"""A bus that does not answer within this time never will."""

NOT_PERMITTED = "org.bluez.Error.NotPermitted"

REASONS = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: Trouble.NO_ADAPTER,
    BleakBluetoothNotAvailableReason.POWERED_OFF: Trouble.POWERED_OFF,
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: Trouble.NO_LOW_ENERGY,
    BleakBluetoothNotAvailableReason.DENIED_BY_USER: Trouble.DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: Trouble.DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_UNKNOWN: Trouble.DENIED,
}
DBUS_ERRORS = {
    "org.freedesktop.DBus.Error.ServiceUnknown": Trouble.NO_BLUEZ,
    "org.freedesktop.DBus.Error.NameHasNoOwner": Trouble.NO_BLUEZ,
    "org.freedesktop.DBus.Error.AccessDenied": Trouble.DENIED,
    "org.bluez.Error.AuthenticationFailed": Trouble.PAIRING_FAILED,
    "org.bluez.Error.AuthenticationRejected": Trouble.PAIRING_FAILED,
    "org.bluez.Error.AuthenticationCanceled": Trouble.PAIRING_CANCELED,
    "org.bluez.Error.AuthenticationTimeout": Trouble.PAIRING_HANGS,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A meter in reach."""

    address: str
    name: str
    rssi_dbm: int
    quirk: Quirk
    is_paired: bool = True
    """Whether this computer has a bond with it, as far as the system tells."""


@contextlib.contextmanager
def plainly(timeout: Trouble = Trouble.LINK_LOST) -> Iterator[None]:
    """Turn whatever the Bluetooth stack raises into one named trouble.

    Raises:
        RadioError: always instead of an error of the stack.
    """
    try:
        yield
    except BleakBluetoothNotAvailableError as error:
        raise RadioError(REASONS.get(error.reason, Trouble.RADIO), str(error.args[0])) from error
    except BleakGATTProtocolError as error:
        is_bond = int(error.code) in NOT_BONDED
        what = Trouble.NEEDS_PAIRING if is_bond else Trouble.RADIO
        raise RadioError(what, f"ATT 0x{int(error.code):02x}") from error
    except BleakDBusError as error:
        raise RadioError(DBUS_ERRORS.get(error.dbus_error, Trouble.RADIO), str(error)) from error
    except BleakDeviceNotFoundError as error:
        raise RadioError(Trouble.NOT_FOUND) from error
    except LinkLostError as error:
        raise RadioError(Trouble.LINK_LOST) from error
    except TimeoutError as error:
        raise RadioError(timeout, "timeout") from error
    except BleakError as error:
        raise RadioError(Trouble.RADIO, str(error)) from error
    except PermissionError as error:
        raise RadioError(Trouble.DENIED, "the socket of the bus") from error
    except (OSError, EOFError) as error:  # the socket of the bus: absent, closed
        raise RadioError(Trouble.NO_DBUS, type(error).__name__) from error


async def scan(seconds: float) -> list[Found]:
    """List the glucose meters that advertise themselves for a while.

    Raises:
        RadioError: Bluetooth is not to be used here.
    """
    with plainly(Trouble.RADIO):
        async with asyncio.timeout(seconds + BUS_S):
            heard = await BleakScanner.discover(timeout=seconds, return_adv=True)
    found = []
    for device, advert in heard.values():
        name = advert.local_name or device.name or ""
        quirk = quirk_of(name=name)
        if GLUCOSE_SERVICE in advert.service_uuids or not quirk.is_usable:
            found.append(Found(device.address, name, advert.rssi, quirk, _is_paired(device)))
    return sorted(found, key=lambda one: -one.rssi_dbm)


@contextlib.asynccontextmanager
async def _in_reach(
    address: str | None, patience: Patience, *, pairs: bool
) -> AsyncIterator[BLEDevice]:
    """Find a meter and keep scanning for the block: some vanish when the scan stops."""
    scanner = BleakScanner(service_uuids=[GLUCOSE_SERVICE])
    async with asyncio.timeout(BUS_S):
        await scanner.start()
    try:
        search = _Search(address, patience, takes_strangers=pairs or address is not None)
        try:
            async with asyncio.timeout(patience.find_s):
                device = await search.first(scanner)
        except TimeoutError as error:
            if search.stranger is None:
                raise RadioError(Trouble.NOT_FOUND) from error
            device = search.stranger
        yield device
    finally:
        await scanner.stop()


class _Search:
    """Choosing among the meters that are heard."""

    def __init__(self, address: str | None, patience: Patience, *, takes_strangers: bool) -> None:
        self.stranger: BLEDevice | None = None
        """The first meter heard that is not paired with this computer."""
        self._address = address
        self._grace_s = 0.0 if takes_strangers else patience.grace_s
        self._heard_at = 0.0

    async def first(self, scanner: BleakScanner) -> BLEDevice:
        """Return a paired meter as soon as one is heard, a stranger's after a while."""
        now = asyncio.get_running_loop().time
        async for device, advert in scanner.advertisement_data():
            if self._address and device.address.upper() != self._address.upper():
                continue
            quirk = quirk_of(name=advert.local_name or "")
            if not quirk.is_usable:
                raise RadioError(Trouble.NOT_USABLE, quirk.name)
            if _is_paired(device):
                return device
            if self.stranger is None:
                self.stranger, self._heard_at = device, now()
            if now() - self._heard_at >= self._grace_s:
                return self.stranger
        raise RadioError(Trouble.NOT_FOUND)


def _is_paired(device: BLEDevice) -> bool:
    """Whether the system says that it is paired; only BlueZ tells."""
    details = device.details
    props = details.get("props", {}) if isinstance(details, dict) else {}
    return bool(props.get("Paired", True))


class _Link:
    """A connected meter; notifications and the break of the link come out of one queue."""

    def __init__(self, device: BLEDevice, patience: Patience, *, pairs: bool) -> None:
        self._events: asyncio.Queue[tuple[str, bytes] | None] = asyncio.Queue()
        self._patience = patience
        self.name = device.name or ""
        self.client = BleakClient(
            device,
            disconnected_callback=lambda _: self._events.put_nowait(None),
            timeout=patience.pair_s if pairs else patience.connect_s,
            pair=pairs,
        )

    @property
    def address(self) -> str:
        """The meter's address; after pairing the one that stays."""
        return self.client.address

    @contextlib.asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        """Bound one exchange in time, and tell a broken link from an error."""
        try:
            async with asyncio.timeout(self._patience.io_s):
                yield
        except (BleakError, TimeoutError) as error:
            if not self.client.is_connected:
                raise LinkLostError from error
            raise

    def _offers(self, uuid: str) -> bool:
        if not self.client.is_connected:
            raise LinkLostError
        return self.client.services.get_characteristic(uuid) is not None

    async def read(self, uuid: str) -> bytes | None:
        """Read a characteristic; `None` when the meter has none or does not give it."""
        if not self._offers(uuid):
            return None
        try:
            async with self._asking():
                return bytes(await self.client.read_gatt_char(uuid))
        except BleakGATTProtocolError as error:
            if int(error.code) in NOT_BONDED:
                raise
            return None

    def takes(self, uuid: str) -> bool:
        """Whether the meter lets a characteristic be written with an answer."""
        found = self.client.services.get_characteristic(uuid) if self._offers(uuid) else None
        return found is not None and "write" in found.properties

    async def set(self, uuid: str, raw: bytes) -> bool:
        """Write a characteristic; false when the meter refuses."""
        try:
            async with self._asking():
                await self.client.write_gatt_char(uuid, raw, response=True)
        except BleakGATTProtocolError as error:
            if int(error.code) in NOT_BONDED:
                raise
            return False
        except BleakDBusError as error:
            if error.dbus_error != NOT_PERMITTED:
                raise
            return False
        return True

    async def subscribe(self) -> None:
        """Listen: measurement, context where there is one, and the control point last."""
        for uuid in (MEASUREMENT, CONTEXT, racp.RACP):
            if not self._offers(uuid):
                if uuid == CONTEXT:
                    continue
                raise RadioError(Trouble.NOT_USABLE, "no record access")
            async with self._asking():
                # One ordered stream: AcquireNotify may let the end overtake a record.
                await self.client.start_notify(
                    uuid, self._listener(uuid), bluez={"use_start_notify": True}
                )

    def _listener(self, uuid: str) -> Callable[[object, bytearray], None]:
        def hear(_sender: object, raw: bytearray) -> None:
            self._events.put_nowait((uuid, bytes(raw)))

        return hear

    async def write(self, raw: bytes) -> None:
        """Write to the control point; a procedure still running there is aborted first."""
        try:
            await self._write(raw)
        except BleakGATTProtocolError as error:
            if int(error.code) not in BUSY:
                raise
            with contextlib.suppress(BleakGATTProtocolError):
                await self._write(racp.abort().to_bytes())
            await asyncio.sleep(BUSY_PAUSE_S)
            await self._write(raw)

    async def _write(self, raw: bytes) -> None:
        async with self._asking():
            await self.client.write_gatt_char(racp.RACP, raw, response=True)

    async def next(self, wait_s: float) -> tuple[str, bytes]:
        """Return the next notification.

        Raises:
            LinkLostError: the link broke.
            TimeoutError: nothing came.
        """
        if self._events.empty():
            async with asyncio.timeout(wait_s):
                event = await self._events.get()
        else:
            event = self._events.get_nowait()
        if event is None:
            raise LinkLostError
        return event


async def _open(link: _Link, *, pairs: bool) -> None:
    """Connect; a connection that comes to nothing is a broken link, worth another round."""
    try:
        await link.client.connect()
    except (BleakError, TimeoutError) as error:
        if pairs or (isinstance(error, BleakDBusError) and error.dbus_error in DBUS_ERRORS):
            raise
        raise LinkLostError from error


@contextlib.asynccontextmanager
async def _linked(
    address: str | None, patience: Patience, *, pairs: bool = False
) -> AsyncIterator[_Link]:
    async with _in_reach(address, patience, pairs=pairs) as device:
        link = _Link(device, patience, pairs=pairs)
        await _open(link, pairs=pairs)
    try:
        yield link
    finally:
        # A meter that is already gone, or a bus that is, cannot be said goodbye to.
        with contextlib.suppress(BleakError, TimeoutError, OSError, EOFError):
            await link.client.disconnect()


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def pair(
    queue: Queue,
    *,
    address: str | None = None,
    again: bool = False,
    patience: Patience | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> MeterRow:
    """Pair with a meter in pairing mode, prove the bond by reading, and make the meter known.

    Args:
        queue: where the meter is noted.
        address: which meter; the first one heard when `None`.
        again: forget the old bond first, for a meter that lost its side of it.
        patience: how long to wait.
        now: the clock.

    Raises:
        RadioError: what went wrong.
    """
    patience = patience or Patience()
    with plainly(Trouble.PAIRING_HANGS):
        if again:
            async with _in_reach(address, patience, pairs=True) as device:
                address = device.address
                await BleakClient(device).unpair()
        async with _linked(address, patience, pairs=True) as link:
            meter = await about(link, now)
    return queue.meter(meter.identity, name=meter.name, address=meter.address)


async def read(
    queue: Queue,
    *,
    zone: ZoneInfo,
    address: str | None = None,
    patience: Patience | None = None,
    now: Callable[[], datetime] = _utc_now,
    progress: Progress = lambda _received, _count: None,
    sets_clock: bool = False,
    judges_clock: bool = True,
) -> Report:
    """Bring every record of a meter into the queue, resuming after broken links.

    Returns:
        What came, and in `trouble` what ended it early. Errors of the queue are raised.
    """
    patience = patience or Patience()
    reader = Reader(
        queue,
        lambda found: _linked(found, patience),
        zone=zone,
        patience=patience,
        now=now,
        progress=progress,
        sets_clock=sets_clock,
        judges_clock=judges_clock,
    )
    try:
        with plainly():
            async with asyncio.timeout(patience.overall_s):
                await reader.read(address)
    except RadioError as error:
        reader.report.trouble = error
    return reader.report
