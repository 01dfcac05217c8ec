"""The emulated `org.bluez`: takes method calls, plays the radio, sends the signals."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from dbus_fast import Message, MessageType

from devices.gatt.racp import RACP, Opcode
from devices.sim.bluez import objects
from devices.sim.bluez.objects import Peripheral
from devices.sim.bluez.wire import BUS_NAME, BusError, Connection, is_reply, variants
from devices.sim.faults import Fault

PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
AGENT = "org.bluez.Agent1"
ADVERTISING_S = 0.05
YIELD_EVERY = 50
ANSWER_S = 60.0
BLUEZ_NAME = ":1.0"
LONGEST_PATH = 107
"""Bytes a Unix socket's path may have."""

Reply = tuple[str, list[Any]]
NOTHING: Reply = ("", [])


def _failed(text: str, name: str = "Failed") -> BusError:
    return BusError(f"org.bluez.Error.{name}", text)


def _att(code: int) -> BusError:
    return _failed(f"Operation failed with ATT error: 0x{code:02x} (simulated)")


NO_BLUEZ = BusError(
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "The name org.bluez was not provided by any .service files",
)
NO_OWNER = BusError("org.freedesktop.DBus.Error.NameHasNoOwner", "org.bluez has no owner")
DENIED = BusError("org.freedesktop.DBus.Error.AccessDenied", "Rejected send message")
UNKNOWN_METHOD = BusError("org.freedesktop.DBus.Error.UnknownMethod", "No such method")
UNKNOWN_OBJECT = BusError("org.freedesktop.DBus.Error.UnknownObject", "No such object")


class Bluez:
    """An adapter with meters in reach, for any number of clients."""

    def __init__(self, *peripherals: Peripheral, advertising_s: float = ADVERTISING_S) -> None:
        self.peripherals = list(peripherals)
        self._advertising_s = advertising_s
        self._connections: list[Connection] = []
        self._discovering: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = 0

    def _has(self, fault: Fault) -> bool:
        return any(fault in one.meter.faults for one in self.peripherals)

    @contextlib.asynccontextmanager
    async def serving(self, socket_path: Path) -> AsyncIterator[str]:
        """Listen on a socket for a block; gives the address for `DBUS_SYSTEM_BUS_ADDRESS`.

        Raises:
            OSError: the path is too long, taken, or not writable.
        """
        if len(str(socket_path).encode()) > LONGEST_PATH:
            raise OSError(f"the path of a socket has at most {LONGEST_PATH} bytes: {socket_path}")
        server = await asyncio.start_unix_server(self._serve, socket_path)
        try:
            yield f"unix:path={socket_path}"
        finally:
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for connection in list(self._connections):
                await connection.close()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(socket_path)  # noqa: PTH108 - the same call, and quick

    def _spawn(self, coroutine: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._numbers += 1
        client = Connection(self._numbers, reader, writer)
        self._connections.append(client)
        try:
            if await client.sign_in():
                while (message := await client.receive()) is not None:
                    if is_reply(message):
                        client.take_reply(message)
                    elif message.message_type is MessageType.METHOD_CALL:
                        self._take_call(client, message)
        finally:
            self._connections.remove(client)
            self._discovering.discard(client)
            for one in self.peripherals:
                if one.link is client:
                    self._drop(one)
            await client.close()

    def _take_call(self, client: Connection, call: Message) -> None:
        if call.member == "Pair":
            self._spawn(self._pair(client, call))
            return
        try:
            signature, body = self._call(client, call)
        except BusError as error:
            client.reply_error(call, error)
        else:
            client.reply(call, signature, body)

    def _call(self, client: Connection, call: Message) -> Reply:
        """Answer everything but pairing, which asks back."""
        if call.destination == BUS_NAME:
            return self._bus_call(client, call)
        if self._has(Fault.NO_BLUEZ):
            raise NO_BLUEZ
        if self._has(Fault.DENIED):
            raise DENIED
        path, member = str(call.path), str(call.member)
        match call.interface:
            case "org.freedesktop.DBus.ObjectManager" if member == "GetManagedObjects":
                reply = "a{oa{sa{sv}}}", [self._managed()]
            case "org.freedesktop.DBus.Properties" if member == "Set":
                reply = NOTHING
            case objects.ADAPTER_IFACE:
                reply = self._adapter_call(client, member, call.body)
            case "org.bluez.AgentManager1":
                reply = _agent_call(client, member, call.body)
            case objects.DEVICE_IFACE:
                reply = self._device_call(client, path, member)
            case objects.CHARACTERISTIC_IFACE:
                reply = self._gatt_call(path, member, call.body)
            case _:
                raise UNKNOWN_METHOD
        return reply

    def _bus_call(self, client: Connection, call: Message) -> Reply:
        match call.member:
            case "Hello":
                return "s", [client.name]
            case "AddMatch":
                client.match_rules += 1
                return NOTHING
            case "RemoveMatch":
                client.match_rules -= 1
                return NOTHING
            case "GetNameOwner" if self._has(Fault.NO_BLUEZ):
                raise NO_OWNER
            case "GetNameOwner":
                return "s", [BLUEZ_NAME]
        raise UNKNOWN_METHOD

    def _managed(self) -> dict[str, objects.Interfaces]:
        found: dict[str, objects.Interfaces] = {}
        if not self._has(Fault.NO_ADAPTER):
            is_powered = not self._has(Fault.POWERED_OFF)
            about = objects.adapter(
                is_powered=is_powered,
                is_discovering=bool(self._discovering),
                has_low_energy=not self._has(Fault.NO_LOW_ENERGY),
            )
            found[objects.ADAPTER] = objects.typed({objects.ADAPTER_IFACE: about})
        for one in filter(lambda one: one.is_known, self.peripherals):
            found[one.path] = objects.typed({objects.DEVICE_IFACE: one.device()})
            if one.is_connected:
                found |= {path: objects.typed(what) for path, what in one.gatt().items()}
        return found

    def _adapter_call(self, client: Connection, member: str, body: list[Any]) -> Reply:
        match member:
            case "SetDiscoveryFilter":
                return NOTHING
            case "StartDiscovery":
                self._discovering.add(client)
                self._spawn(self._advertise(client))
                return NOTHING
            case "StopDiscovery":
                self._discovering.discard(client)
                return NOTHING
            case "RemoveDevice":
                one = self._peripheral(str(body[0]))
                self._drop(one)
                one.is_paired, one.is_known = False, False
                for listener in self._connections:
                    gone = [one.path, [objects.DEVICE_IFACE]]
                    listener.signal("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", gone)
                return NOTHING
        raise UNKNOWN_METHOD

    async def _advertise(self, client: Connection) -> None:
        """Advertise again and again, as a meter does: what comes too early is not heard."""
        while client in self._discovering:
            await asyncio.sleep(self._advertising_s)
            for one in self.peripherals:
                if not one.is_known:
                    one.is_known = True
                    self._appeared(one.path, {objects.DEVICE_IFACE: one.device()})
                elif not one.is_connected:
                    heard = [objects.DEVICE_IFACE, variants({"RSSI": -58}), []]
                    client.signal(one.path, PROPERTIES, "PropertiesChanged", "sa{sv}as", heard)

    def _device_call(self, client: Connection, path: str, member: str) -> Reply:
        one = self._peripheral(path)
        match member:
            case "Connect":
                self._connect(client, one)
                return NOTHING
            case "Disconnect":
                self._drop(one)
                return NOTHING
        raise UNKNOWN_METHOD

    def _peripheral(self, path: str) -> Peripheral:
        for one in self.peripherals:
            if path == one.path or path.startswith(f"{one.path}/"):
                return one
        raise UNKNOWN_OBJECT

    def _changed(self, path: str, interface: str, **properties: Any) -> None:
        body = [interface, variants(properties), []]
        for client in self._connections:
            client.signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", body)

    def _appeared(self, path: str, interfaces: dict[str, objects.Properties]) -> None:
        body = [path, objects.typed(interfaces)]
        for client in self._connections:
            client.signal("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", body)

    def _connect(self, client: Connection, one: Peripheral) -> None:
        """Open the link: connected, then the objects, then "services resolved"."""
        if one.is_connected:
            return
        one.is_connected, one.link, one.sent = True, client, 0
        self._changed(one.path, objects.DEVICE_IFACE, Connected=True)
        for path, interfaces in one.gatt().items():
            self._appeared(path, interfaces)
        self._changed(one.path, objects.DEVICE_IFACE, ServicesResolved=True)

    def _drop(self, one: Peripheral) -> None:
        if not one.is_connected:
            return
        if one.stream is not None and one.stream is not asyncio.current_task():
            one.stream.cancel()
        for path in one.notifying:
            self._changed(path, objects.CHARACTERISTIC_IFACE, Notifying=False)
        one.notifying.clear()
        one.is_connected, one.link, one.stream = False, None, None
        self._changed(one.path, objects.DEVICE_IFACE, Connected=False, ServicesResolved=False)
        if Fault.BOND_LOST in one.meter.faults:
            one.forgot_bond = True

    async def _pair(self, client: Connection, call: Message) -> None:
        """Connect, ask an agent for the number, and bond when it is right."""
        try:
            one = self._peripheral(str(call.path))
            if one.is_paired:
                raise _failed("Already Exists", "AlreadyExists")
            self._connect(client, one)
            try:
                await self._ask_number(one)
            except BusError:
                self._drop(one)
                raise
            one.is_paired, one.forgot_bond = True, False
            self._changed(one.path, objects.DEVICE_IFACE, Paired=True, Bonded=True)
        except BusError as error:
            client.reply_error(call, error)
        else:
            client.reply(call)

    async def _ask_number(self, one: Peripheral) -> None:
        agent = next((c for c in self._connections if c.agent_path), None)
        if agent is None or agent.agent_path is None:
            raise _failed("Authentication Failed", "AuthenticationFailed")
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await agent.call(
                    agent.agent_path, AGENT, "RequestPasskey", "o", [one.path]
                )
        except TimeoutError as error:
            raise _failed("Authentication Timeout", "AuthenticationTimeout") from error
        if answer.message_type is MessageType.ERROR:
            raise _failed("Authentication Canceled", "AuthenticationCanceled")
        is_right = answer.body[0] == one.pin and Fault.WRONG_PIN not in one.meter.faults
        if not is_right:
            raise _failed("Authentication Failed", "AuthenticationFailed")

    def _gatt_call(self, path: str, member: str, body: list[Any]) -> Reply:
        one = self._peripheral(path)
        if not one.is_connected:
            raise _failed("Not connected", "NotConnected")
        if not one.is_paired or one.forgot_bond:
            raise _att(0x05)
        uuid = one.uuid_of(path)
        match member:
            case "ReadValue":
                value = one.meter.read(uuid)
                if value is None:
                    raise _failed("Read not permitted", "NotPermitted")
                return "ay", [value]
            case "StartNotify":
                one.notifying.add(path)
                self._changed(path, objects.CHARACTERISTIC_IFACE, Notifying=True)
                return NOTHING
            case "StopNotify":
                one.notifying.discard(path)
                return NOTHING
            case "WriteValue":
                return self._write(one, path, bytes(body[0]))
        raise UNKNOWN_METHOD

    def _write(self, one: Peripheral, path: str, raw: bytes) -> Reply:
        if one.uuid_of(path) != RACP:
            if not one.meter.write(one.uuid_of(path), raw):
                raise _failed("Write not permitted", "NotPermitted")
            return NOTHING
        if path not in one.notifying:
            raise _failed("Not subscribed", "ImproperlyConfigured")
        one.is_busy = one.is_busy and raw[0] != Opcode.ABORT
        if one.is_busy or (one.stream is not None and not one.stream.done()):
            raise _att(0xFE)
        # From a task, so that the answer to the write leaves first, as over the air.
        one.stream = self._spawn(self._notify(one, raw))
        return NOTHING

    async def _notify(self, one: Peripheral, raw: bytes) -> None:
        limit = one.meter.faults.number(Fault.DROP)
        pause_ms = one.meter.faults.number(Fault.SLOW)
        await asyncio.sleep(0)
        for uuid, value in one.meter.answer(raw):
            if limit is not None and one.sent >= limit:
                self._drop(one)
                return
            one.sent += 1
            if pause_ms is not None or one.sent % YIELD_EVERY == 0:
                await asyncio.sleep((pause_ms or 0) / 1000)
            path = one.path_of(uuid)
            if path in one.notifying:
                self._changed(path, objects.CHARACTERISTIC_IFACE, Value=value)


def _agent_call(client: Connection, member: str, body: list[Any]) -> Reply:
    match member:
        case "RegisterAgent":
            client.agent_path = str(body[0])
        case "UnregisterAgent":
            client.agent_path = None
        case "RequestDefaultAgent":
            pass
        case _:
            raise UNKNOWN_METHOD
    return NOTHING
