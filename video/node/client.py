"""Talks to a media node over its Unix socket: JSON over HTTP/1.1, one connection per call."""

import http.client
import json
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from video.node.base import Echo, Health, NodeRefused, NodeUnavailable, SessionStats, Stats

TIMEOUT_S: Final = 2.0
MAX_ANSWER_BYTES: Final = 1024 * 1024
_T = TypeVar("_T")
_SESSION_ID: Final = re.compile(r"[0-9a-f]{32}")


class NodeClient:
    """A `MediaNode` on the other end of a Unix socket.

    Args:
        socket_path: where the node listens.
        token: the secret that the node was started with.
        timeout_s: for connecting and for each wait on the answer.
    """

    def __init__(self, socket_path: Path, token: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._socket_path = socket_path
        self._token = token
        self._timeout_s = timeout_s

    def echo(self, offer_sdp: str) -> Echo:
        """Start an echo; see `MediaNode.echo`."""
        said = self._ask("POST", "/echoes", {"sdp": offer_sdp})
        return _read(lambda: Echo(_session_id(said["session_id"]), _text(said["sdp"])))

    def close(self, session_id: str) -> None:
        """End an echo; see `MediaNode.close`.

        Raises:
            ValueError: not the form of a session id, so nothing of ours.
        """
        if _SESSION_ID.fullmatch(session_id) is None:
            raise ValueError("not a session id")
        self._ask("DELETE", f"/echoes/{session_id}")

    def stats(self) -> Stats:
        """Return what runs now."""
        said = self._ask("GET", "/stats")
        return _read(
            lambda: Stats(
                sessions=tuple(SessionStats(**one) for one in said["sessions"]),
                echoes_started=int(said["echoes_started"]),
                echoes_refused=int(said["echoes_refused"]),
            )
        )

    def health(self) -> Health:
        """Return whether the node answers."""
        said = self._ask("GET", "/health")
        return _read(
            lambda: Health(_text(said["version"]), int(said["echoes"]), int(said["echo_limit"]))
        )

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        status, raw = self._exchange(method, path, body)
        try:
            said = json.loads(raw) if raw else {}
        except ValueError as error:
            raise NodeUnavailable("the media node answered nonsense") from error
        if not isinstance(said, dict):
            raise NodeUnavailable("the media node answered nonsense")
        if 400 <= status < 500:  # noqa: PLR2004 - HTTP classes
            raise NodeRefused(str(said.get("error", "bad_request")))
        if not 200 <= status < 300:  # noqa: PLR2004 - HTTP classes
            raise NodeUnavailable(f"the media node failed with status {status}")
        return said

    def _exchange(self, method: str, path: str, body: object) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._token}", "Connection": "close"}
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection = _UnixConnection(self._socket_path, self._timeout_s)
        try:
            # A node that refuses the token answers without reading the rest, and hangs up.
            with suppress(BrokenPipeError):
                connection.request(method, path, body=content, headers=headers)
            answer = connection.getresponse()
            raw = answer.read(MAX_ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise NodeUnavailable(f"no media node answers: {type(error).__name__}") from error
        finally:
            connection.close()
        if len(raw) > MAX_ANSWER_BYTES:
            raise NodeUnavailable("the media node answered more than it may")
        return answer.status, raw


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket: only the way of connecting differs."""

    def __init__(self, socket_path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._socket_path = socket_path
        self._timeout_s = timeout_s

    def connect(self) -> None:
        """Connect, or raise `OSError` with the socket closed."""
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.settimeout(self._timeout_s)
            opened.connect(str(self._socket_path))
        except OSError:
            opened.close()
            raise
        self.sock = opened


def _read(build: Callable[[], _T]) -> _T:
    """Build an answer, or say that what came is none of ours."""
    try:
        return build()
    except (KeyError, TypeError, ValueError) as error:
        raise NodeUnavailable("the media node answered nonsense") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _session_id(value: object) -> str:
    text = _text(value)
    if _SESSION_ID.fullmatch(text) is None:
        raise ValueError("session id expected")
    return text
