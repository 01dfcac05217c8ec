"""The simulated meter over a real Bluetooth stack in one process: ATT, GATT, pairing by passkey.

bumble (extra `radio-sim`) plays both ends of the air: the meter, with keys that it can lose, and
this computer, as a `transfer.Link`. What the emulated bus only acts out (a wrong number, the
error 0x05 before pairing, a bond that only one side remembers) happens here in the protocol.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from bumble import att, core, gatt, hci
from bumble.controller import Controller
from bumble.device import Connection, Device, Peer
from bumble.host import Host
from bumble.link import LocalLink
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.common import AsyncPipeSink

from devices.gatt import racp
from devices.gatt.glucose import CONTEXT, MEASUREMENT
from devices.sim.faults import Fault
from devices.sim.meter import Meter
from devices.transfer import Connect, Link, LinkLostError
from devices.trouble import RadioError, Trouble

METER_ADDRESS = "C0:26:DF:00:00:01"
OUR_ADDRESS = "F0:F1:F2:F3:F4:F5"
NOT_BONDED = frozenset({0x05, 0x08, 0x0C, 0x0F})
IO_S = 15.0
PROPERTIES = {
    "read": gatt.Characteristic.Properties.READ,
    "write": gatt.Characteristic.Properties.WRITE,
    "notify": gatt.Characteristic.Properties.NOTIFY,
    "indicate": gatt.Characteristic.Properties.INDICATE,
}
PERMISSIONS = {
    "read": att.Attribute.Permissions.READABLE
    | att.Attribute.Permissions.READ_REQUIRES_AUTHENTICATION,
    "write": att.Attribute.Permissions.WRITEABLE
    | att.Attribute.Permissions.WRITE_REQUIRES_AUTHENTICATION,
}


class Typist(Protocol):
    """Somebody who reads the number off the meter."""

    async def passkey(self) -> int | None:
        """Return the six digits the meter shows; `None` to give up."""


class _Shows(PairingDelegate):
    """The meter's side: it shows a number."""

    def __init__(self, pin: int) -> None:
        super().__init__(PairingDelegate.DISPLAY_OUTPUT_ONLY)
        self._pin = pin

    async def generate_passkey(self) -> int:
        """Return the number on its display."""
        return self._pin

    async def display_number(self, number: int, digits: int) -> None:
        """Show it; whoever types knows it already."""


class _Types(PairingDelegate):
    """This computer's side: a person types."""

    def __init__(self, typist: Typist) -> None:
        super().__init__(PairingDelegate.KEYBOARD_INPUT_ONLY)
        self._typist = typist
        self.was_asked = False
        self.gave_up = False

    async def get_number(self) -> int | None:
        """Ask for the number."""
        self.was_asked = True
        number = await self._typist.passkey()
        self.gave_up = number is None
        return number


def _device(link: LocalLink, name: str, address: str) -> Device:
    controller = Controller(name, link=link, public_address=address)
    return Device(
        name=name, address=hci.Address(address), host=Host(controller, AsyncPipeSink(controller))
    )


def _config(delegate: PairingDelegate) -> PairingConfig:
    """Ask for a bond made with a number, kept under the address that is on the air."""
    return PairingConfig(delegate=delegate, identity_address_type=PairingConfig.AddressType.RANDOM)


class Air:
    """A meter and this computer in reach of each other."""

    def __init__(self, meter: Meter, *, pin: int = 123_456) -> None:
        self.meter = meter
        self.name = "meter+00000001"
        make_link: Callable[[], LocalLink] = LocalLink  # bumble leaves its constructor untyped
        link = make_link()
        self._there = _device(link, self.name, METER_ADDRESS)
        self._here = _device(link, "computer", OUR_ADDRESS)
        self._there.pairing_config_factory = lambda _: _config(_Shows(pin))
        self._characteristics: dict[str, Any] = {}
        self._streams: set[asyncio.Task[None]] = set()
        self._there.add_services(self._services())
        self._there.on(Device.EVENT_CONNECTION, self._watch_encryption)

    @contextlib.asynccontextmanager
    async def powered(self) -> AsyncIterator["Air"]:
        """Switch both sides on for a block."""
        await self._there.power_on()
        await self._here.power_on()
        try:
            yield self
        finally:
            for stream in self._streams:
                stream.cancel()
            await asyncio.gather(*self._streams, return_exceptions=True)
            await self._here.power_off()
            await self._there.power_off()

    def connect(self) -> Connect:
        """Return what a `Reader` connects with."""
        return lambda _address: self._linked()

    async def pair(self, typist: Typist) -> None:
        """Pair by passkey, as a person with the meter in hand does.

        Raises:
            RadioError: the wrong number, or nobody typed one.
        """
        delegate = _Types(typist)
        self._here.pairing_config_factory = lambda _: _config(delegate)
        async with self._connected() as connection:
            try:
                await connection.pair()
            except (core.ProtocolError, core.BaseBumbleError) as error:
                if delegate.gave_up:
                    raise RadioError(Trouble.PAIRING_CANCELED) from error
                what = Trouble.WRONG_NUMBER if delegate.was_asked else Trouble.PAIRING_FAILED
                raise RadioError(what, str(error)) from error

    async def meter_forgets(self) -> None:
        """Let the meter lose its side of the bond."""
        if self._there.keystore is not None:
            await self._there.keystore.delete_all()

    async def computer_forgets(self) -> None:
        """Remove the bond on this side, as before pairing again."""
        if self._here.keystore is not None:
            await self._here.keystore.delete_all()

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        await self._there.start_advertising(advertising_interval_min=1.0)
        connection = await self._here.connect(self._there.random_address)
        try:
            yield connection
        finally:
            if connection.handle in self._here.connections:  # else it is gone already
                await connection.disconnect()

    @contextlib.asynccontextmanager
    async def _linked(self) -> AsyncIterator[Link]:
        async with self._connected() as connection:
            await self._encrypt(connection)
            link = RadioLink(connection, self.name)
            await link.discover()
            yield link
        if Fault.BOND_LOST in self.meter.faults:
            await self.meter_forgets()

    async def _encrypt(self, connection: Connection) -> None:
        """Use the bond of before, if this side has one; without one the meter will refuse."""
        keystore = self._here.keystore
        if keystore is None or await keystore.get(str(connection.peer_address)) is None:
            return
        try:
            await connection.encrypt()
        except core.BaseBumbleError as error:
            raise RadioError(Trouble.NEEDS_PAIRING, str(error)) from error

    def _watch_encryption(self, connection: Connection) -> None:
        """Trust a link that was encrypted by an earlier bond as much as when it was made."""

        def encrypted() -> None:
            self._run(self._trust(connection))

        connection.on(connection.EVENT_CONNECTION_ENCRYPTION_CHANGE, encrypted)

    async def _trust(self, connection: Connection) -> None:
        keystore = self._there.keystore
        keys = keystore and await keystore.get(str(connection.peer_address))
        if keys and keys.ltk and keys.ltk.authenticated:
            connection.authenticated = True

    def _run(self, deed: Coroutine[Any, Any, None]) -> None:
        stream = asyncio.get_running_loop().create_task(deed)
        self._streams.add(stream)
        stream.add_done_callback(self._streams.discard)

    def _services(self) -> list[gatt.Service]:
        return [
            gatt.Service(uuid, [self._characteristic(one, can) for one, can in some.items()])
            for uuid, some in self.meter.services().items()
        ]

    def _characteristic(self, uuid: str, can: tuple[str, ...]) -> Any:
        properties = gatt.Characteristic.Properties(0)
        permissions = att.Attribute.Permissions(0)
        for word in can:
            properties |= PROPERTIES[word]
            permissions |= PERMISSIONS.get(word, att.Attribute.Permissions(0))

        def read(_connection: Connection) -> bytes:
            return self.meter.read(uuid) or b""

        def write(connection: Connection, raw: bytes) -> None:
            self._written(connection, uuid, raw)

        made: gatt.Characteristic[bytes] = gatt.Characteristic(
            uuid, properties, permissions, gatt.CharacteristicValue(read=read, write=write)
        )
        self._characteristics[uuid] = made
        return made

    def _written(self, connection: Connection, uuid: str, raw: bytes) -> None:
        if uuid == racp.RACP:
            self._run(self._stream(connection, raw))
        elif not self.meter.write(uuid, raw):
            raise att.ATT_Error(att.ErrorCode.WRITE_NOT_PERMITTED)

    async def _stream(self, connection: Connection, raw: bytes) -> None:
        limit = self.meter.faults.number(Fault.DROP)
        with contextlib.suppress(core.BaseBumbleError, core.ProtocolError):  # the link is gone
            for number, (uuid, value) in enumerate(self.meter.answer(raw)):
                if limit is not None and number >= limit:
                    await connection.disconnect()
                    return
                send = (
                    self._there.indicate_subscriber
                    if uuid == racp.RACP
                    else self._there.notify_subscriber
                )
                await send(connection, self._characteristics[uuid], value)


@dataclass
class RadioLink:
    """A link through the whole stack; keeps the contract of `transfer.Link`."""

    connection: Connection
    name: str
    address: str = METER_ADDRESS
    _events: asyncio.Queue[tuple[str, bytes] | None] = field(default_factory=asyncio.Queue)
    _found: dict[str, Any] = field(default_factory=dict)
    _is_up: bool = True

    async def discover(self) -> None:
        """Find the characteristics, and hear when the link breaks."""
        self.connection.on(self.connection.EVENT_DISCONNECTION, self._broke)
        peer = Peer(self.connection)
        async with self._asking():
            await peer.discover_services()
            for service in peer.services:
                for one in await service.discover_characteristics():
                    self._found[one.uuid.to_hex_str("-").lower()] = one

    def _broke(self, *_: object) -> None:
        self._is_up = False
        self._events.put_nowait(None)

    @contextlib.asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        """Bound one exchange, tell a broken link from an error, and name a missing bond."""
        if not self._is_up:
            raise LinkLostError
        try:
            async with asyncio.timeout(IO_S):
                yield
        except att.ATT_Error as error:
            if error.error_code in NOT_BONDED:
                detail = f"ATT 0x{error.error_code:02x}"
                raise RadioError(Trouble.NEEDS_PAIRING, detail) from error
            raise
        except (core.BaseBumbleError, TimeoutError, asyncio.CancelledError) as error:
            if not self._is_up:
                raise LinkLostError from error
            raise

    async def read(self, uuid: str) -> bytes | None:
        """Read a characteristic; `None` when the meter has none or does not give it."""
        found = self._found.get(uuid)
        if found is None:
            return None
        try:
            async with self._asking():
                return bytes(await found.read_value())
        except att.ATT_Error:
            return None

    def takes(self, uuid: str) -> bool:
        """Whether the meter lets a characteristic be written with an answer."""
        found = self._found.get(uuid)
        return found is not None and bool(found.properties & PROPERTIES["write"])

    async def set(self, uuid: str, raw: bytes) -> bool:
        """Write a characteristic; false when the meter refuses."""
        try:
            async with self._asking():
                await self._found[uuid].write_value(raw, with_response=True)
        except att.ATT_Error:
            return False
        return True

    async def subscribe(self) -> None:
        """Listen: measurement, context where there is one, and the control point last."""
        for uuid in (MEASUREMENT, CONTEXT, racp.RACP):
            if uuid in self._found:
                async with self._asking():
                    await self._found[uuid].subscribe(self._listener(uuid))

    def _listener(self, uuid: str) -> Callable[[bytes], None]:
        return lambda raw: self._events.put_nowait((uuid, bytes(raw)))

    async def write(self, raw: bytes) -> None:
        """Write to the control point."""
        async with self._asking():
            await self._found[racp.RACP].write_value(raw, with_response=True)

    async def next(self, wait_s: float) -> tuple[str, bytes]:
        """Return the next notification.

        Raises:
            LinkLostError: the link broke.
            TimeoutError: nothing came.
        """
        async with asyncio.timeout(wait_s):
            event = await self._events.get()
        if event is None:
            raise LinkLostError
        return event
