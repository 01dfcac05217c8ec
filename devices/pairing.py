"""Answering the meter's question for its number while pairing (Linux, BlueZ).

bleak pairs but has no agent; without one BlueZ refuses every meter that shows a number. The
agent lives on a bus connection of its own and is asked to be the default, since a desktop's
agent may be there already.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol

from dbus_fast import BusType, DBusError, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusObjectPath, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method

from devices.trouble import RadioError, Trouble

AGENT_PATH = "/org/telehealth/glucometer/agent"
TYPING_S = 60.0
BUS_S = 10.0
CANCELED = "org.bluez.Error.Canceled"
REJECTED = "org.bluez.Error.Rejected"


class Asker(Protocol):
    """Somebody who can be asked while a meter waits."""

    async def passkey(self) -> int | None:
        """Return the six digits the meter shows; `None` to give up."""

    async def confirm(self, passkey: int | None) -> bool:
        """Say whether the meter shows this number, or may pair without one."""


class Agent(ServiceInterface):
    """`org.bluez.Agent1`: passes each question on to a person."""

    def __init__(self, asker: Asker) -> None:
        super().__init__("org.bluez.Agent1")
        self.was_asked = False
        """Tells a wrong number from a pairing that never came to the question."""
        self._asker = asker

    async def _number(self) -> int:
        self.was_asked = True
        try:
            async with asyncio.timeout(TYPING_S):
                number = await self._asker.passkey()
        except TimeoutError as error:
            raise DBusError(CANCELED, "nobody answered") from error
        if number is None:
            raise DBusError(CANCELED, "given up")
        return number

    async def _agree(self, number: int | None) -> None:
        self.was_asked = True
        try:
            async with asyncio.timeout(TYPING_S):
                is_agreed = await self._asker.confirm(number)
        except TimeoutError as error:
            raise DBusError(CANCELED, "nobody answered") from error
        if not is_agreed:
            raise DBusError(REJECTED, "not confirmed")

    @dbus_method(name="Release")
    def release(self) -> None:
        """BlueZ no longer needs us."""

    @dbus_method(name="Cancel")
    def cancel(self) -> None:
        """The question is no longer open; the answer to it will be ignored."""

    @dbus_method(name="RequestPasskey")
    async def request_passkey(self, _device: DBusObjectPath) -> DBusUInt32:
        """Ask for the number the meter shows."""
        return await self._number()

    @dbus_method(name="RequestPinCode")
    async def request_pin_code(self, _device: DBusObjectPath) -> DBusStr:
        """Ask for the number, as text for older meters."""
        return f"{await self._number():06d}"

    @dbus_method(name="RequestConfirmation")
    async def request_confirmation(self, _device: DBusObjectPath, passkey: DBusUInt32) -> None:
        """Ask whether both sides show the same number."""
        await self._agree(passkey)

    @dbus_method(name="RequestAuthorization")
    async def request_authorization(self, _device: DBusObjectPath) -> None:
        """Ask whether the meter may pair without a number."""
        await self._agree(None)


@contextlib.asynccontextmanager
async def agent(asker: Asker) -> AsyncIterator[Agent]:
    """Be the pairing agent for a block.

    Raises:
        RadioError: no D-Bus, or no BlueZ on it.
    """
    try:
        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    except PermissionError as error:
        raise RadioError(Trouble.DENIED, "the socket of the bus") from error
    except (OSError, EOFError) as error:
        raise RadioError(Trouble.NO_DBUS, type(error).__name__) from error
    try:
        answering = Agent(asker)
        bus.export(AGENT_PATH, answering)
        await _manage(bus, "RegisterAgent", "os", AGENT_PATH, "KeyboardDisplay")
        try:
            await _manage(bus, "RequestDefaultAgent", "o", AGENT_PATH)
            yield answering
        finally:
            with contextlib.suppress(RadioError):  # BlueZ may be gone; then so is the agent
                await _manage(bus, "UnregisterAgent", "o", AGENT_PATH)
    finally:
        bus.disconnect()


async def _manage(bus: MessageBus, member: str, signature: str, *body: str) -> None:
    request = Message(
        destination="org.bluez",
        path="/org/bluez",
        interface="org.bluez.AgentManager1",
        member=member,
        signature=signature,
        body=list(body),
    )
    try:
        async with asyncio.timeout(BUS_S):
            reply = await bus.call(request)
    except TimeoutError as error:
        raise RadioError(Trouble.NO_BLUEZ, "no answer") from error
    if reply is None or reply.message_type is MessageType.ERROR:
        raise RadioError(Trouble.NO_BLUEZ, "" if reply is None else str(reply.error_name))
