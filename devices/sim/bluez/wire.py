"""One connection of the emulated bus: sign-in, framing, and messages both ways.

dbus-fast reads and writes messages only for clients; the two private entry points a server
needs are used here and nowhere else.
"""

import asyncio
import io
import itertools
import secrets
import struct
from typing import Any, cast

from dbus_fast import Message, MessageType, Variant
from dbus_fast._private.unmarshaller import Unmarshaller

BUS_NAME = "org.freedesktop.DBus"
HEADER_SIZE = 16
LARGEST_BODY = 1 << 20


class BusError(Exception):
    """An error a method call is answered with."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name
        self.text = text


class Connection:
    """A client of the bus."""

    def __init__(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.name = f":1.{number}"
        self.match_rules = 0
        """Signals go only to clients that asked for any."""
        self.agent_path: str | None = None
        self._reader = reader
        self._writer = writer
        self._serials = itertools.count(1)
        self._replies: dict[int, asyncio.Future[Message]] = {}

    async def sign_in(self) -> bool:
        """Carry out the text part of the protocol; false when the client went away."""
        if await self._reader.read(1) != b"\0":
            return False
        while line := await self._reader.readline():
            word = line.split(maxsplit=1)[0] if line.strip() else b""
            if word == b"BEGIN":
                return True
            answers = {
                b"AUTH": f"OK {secrets.token_hex(16)}",
                b"NEGOTIATE_UNIX_FD": "AGREE_UNIX_FD",
            }
            self._writer.write(f"{answers.get(word, 'ERROR')}\r\n".encode())
        return False

    async def receive(self) -> Message | None:
        """Wait for the next message; `None` when the client went away."""
        try:
            head = await self._reader.readexactly(HEADER_SIZE)
            order = "<" if head[:1] == b"l" else ">"
            body, _, fields = struct.unpack(f"{order}III", head[4:])
            size = -(-fields // 8) * 8 + body
            if size > LARGEST_BODY:
                return None
            frame = head + await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        stream = cast(Any, io.BytesIO(frame))  # it only reads, whatever its annotation says
        return Unmarshaller(stream).unmarshall()

    def send(self, message: Message) -> int:
        """Write a message; returns its serial number."""
        message.serial = next(self._serials)
        if not self._writer.is_closing():
            self._writer.write(bytes(message._marshall(False)))  # noqa: SLF001 - see the module
        return message.serial

    def reply(self, call: Message, signature: str = "", body: list[Any] | None = None) -> None:
        """Answer a method call."""
        call.sender = self.name
        self.send(Message.new_method_return(call, signature, body or []))

    def reply_error(self, call: Message, error: BusError) -> None:
        """Answer a method call with an error."""
        call.sender = self.name
        self.send(Message.new_error(call, error.name, error.text))

    def signal(
        self, path: str, interface: str, member: str, signature: str, body: list[Any]
    ) -> None:
        """Send a signal to this client, if it listens to any."""
        if self.match_rules:
            self.send(Message.new_signal(path, interface, member, signature, body))

    async def call(
        self, path: str, interface: str, member: str, signature: str, body: list[Any]
    ) -> Message:
        """Call a method of this client and wait for its answer."""
        serial = self.send(
            Message(
                destination=self.name,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=body,
            )
        )
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._replies[serial] = answer
        return await answer

    def take_reply(self, message: Message) -> None:
        """Hand an answer to whoever waits for it."""
        waiting = self._replies.pop(message.reply_serial, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    async def close(self) -> None:
        """Hang up."""
        for waiting in self._replies.values():
            waiting.cancel()
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return


def is_reply(message: Message) -> bool:
    """Whether a message answers one of our calls."""
    return message.message_type in (MessageType.METHOD_RETURN, MessageType.ERROR)


def variants(properties: dict[str, Any]) -> dict[str, Variant]:
    """Give each property its D-Bus type."""
    return {
        name: Variant(TYPES.get(name) or _type(value), value) for name, value in properties.items()
    }


TYPES = {"RSSI": "n", "MTU": "q", "Value": "ay"}


def _type(value: Any) -> str:
    match value:
        case bool():
            return "b"
        case str():
            return "o" if value.startswith("/org/bluez/") else "s"
        case _:
            return "as"
