"""The control door of a media node: a few JSON requests over a Unix socket, each with the token.

Speaks just enough HTTP/1.1 for `video.node.client`: one request per connection, a body only with
`Content-Length`. Whoever reaches the socket without the token learns nothing.

    GET /health            -> 200 {"version", "echoes", "echo_limit"}
    GET /stats             -> 200 {"sessions": [...], "echoes_started", "echoes_refused"}
    POST /echoes {"sdp"}   -> 201 {"session_id", "sdp"}
    DELETE /echoes/<id>    -> 204
    otherwise              -> 400, 401, 404, 413, 422, 429, 500 {"error": code}
"""

import asyncio
import contextlib
import dataclasses
import hmac
import json
import logging
import os
import re
import socket
import stat
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Final

from video.node.aiortc_node import AiortcNode
from video.node.base import NodeRefused

logger = logging.getLogger(__name__)

VERSION: Final = "1"
"""Of this control interface."""
REQUEST_TIME_LIMIT_S: Final = 5.0
MAX_HEAD_BYTES: Final = 8 * 1024
MAX_BODY_BYTES: Final = 256 * 1024
"""An offer of 64 kB can double and more as JSON escapes."""
_ECHO_PATH: Final = re.compile(r"/echoes/([0-9a-f]{32})")


class _Answered(Exception):
    def __init__(self, status: HTTPStatus, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclasses.dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    body: bytes


@contextlib.asynccontextmanager
async def listening(node: AiortcNode, socket_path: Path, token: str) -> AsyncIterator[None]:
    """Serve the node on this socket, readable by this user alone, until the block is left.

    Raises:
        OSError: the path cannot be bound, or something that is not a socket stands there.
    """
    listener = _bind(socket_path)
    door = _Door(node, token)
    server = await asyncio.start_unix_server(door.answer, sock=listener, limit=MAX_HEAD_BYTES)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
        await door.finish()
        _unlink(socket_path)


def _unlink(socket_path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(socket_path.lstat().st_mode):
            raise FileExistsError(f"not a socket: {socket_path}")
        socket_path.unlink()


def _bind(socket_path: Path) -> socket.socket:
    _unlink(socket_path)  # left behind by a node that was killed
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # so that the socket is private from its first moment
    try:
        listener.bind(str(socket_path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


class _Door:
    def __init__(self, node: AiortcNode, token: str) -> None:
        self._node = node
        self._token = token.encode()
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and hang up."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            async with asyncio.timeout(REQUEST_TIME_LIMIT_S):
                status, said = await self._respond(reader)
                writer.write(_response(status, said))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            logger.info("control request dropped: %s", type(error).__name__)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def finish(self) -> None:
        """Drop requests that are still under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _respond(self, reader: asyncio.StreamReader) -> tuple[HTTPStatus, object]:
        try:
            return await self._route(await self._read(reader))
        except _Answered as answered:
            return answered.status, {"error": answered.code}
        except NodeRefused as refused:
            is_busy = refused.code == "busy"
            status = HTTPStatus.TOO_MANY_REQUESTS if is_busy else HTTPStatus.UNPROCESSABLE_ENTITY
            return status, {"error": refused.code}
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            raise
        except Exception:  # the asker gets 500, the log the trace, and the node goes on
            logger.exception("control request failed")
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "failed"}

    async def _read(self, reader: asyncio.StreamReader) -> _Request:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError as error:
            raise _Answered(HTTPStatus.BAD_REQUEST, "bad_request") from error
        first, *lines = head.decode("latin-1").split("\r\n")
        parts = first.split(" ")
        if len(parts) != 3:  # noqa: PLR2004 - method, path, version
            raise _Answered(HTTPStatus.BAD_REQUEST, "bad_request")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        self._require_token(headers.get("authorization", ""))
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise _Answered(HTTPStatus.BAD_REQUEST, "bad_request")
        if int(length) > MAX_BODY_BYTES:
            raise _Answered(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
        return _Request(parts[0], parts[1], await reader.readexactly(int(length)))

    def _require_token(self, authorization: str) -> None:
        given = authorization.removeprefix("Bearer ").encode("latin-1")
        if not hmac.compare_digest(given, self._token):
            raise _Answered(HTTPStatus.UNAUTHORIZED, "token")

    async def _route(self, request: _Request) -> tuple[HTTPStatus, object]:
        match request.method, request.path:
            case "GET", "/health":
                return HTTPStatus.OK, {
                    "version": VERSION,
                    "echoes": self._node.echoes,
                    "echo_limit": self._node.echo_limit,
                }
            case "GET", "/stats":
                return HTTPStatus.OK, dataclasses.asdict(await self._node.stats())
            case "POST", "/echoes":
                echo = await self._node.echo(_offer(request.body))
                return HTTPStatus.CREATED, {
                    "session_id": echo.session_id,
                    "sdp": echo.answer_sdp,
                }
        found = _ECHO_PATH.fullmatch(request.path)
        if request.method == "DELETE" and found is not None:
            await self._node.close(found[1])
            return HTTPStatus.NO_CONTENT, None
        raise _Answered(HTTPStatus.NOT_FOUND, "not_found")


def _offer(body: bytes) -> str:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _Answered(HTTPStatus.BAD_REQUEST, "bad_request") from error
    if not isinstance(said, dict) or set(said) != {"sdp"} or not isinstance(said["sdp"], str):
        raise _Answered(HTTPStatus.BAD_REQUEST, "bad_request")
    return said["sdp"]


def _response(status: HTTPStatus, said: object) -> bytes:
    body = b"" if status is HTTPStatus.NO_CONTENT else json.dumps(said).encode()
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    ).encode("ascii") + body
