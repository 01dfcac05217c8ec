"""The engine on aiortc: echoes what a browser sends, through aiortc's public interface.

An echo decodes and encodes again, so it is bounded in number and time. Forwarding for rooms will
not: it needs packets as they came.
"""

import asyncio
import contextlib
import logging
import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)

from video.node.base import (
    ECHO_LIMIT,
    ECHO_TIME_LIMIT_S,
    MAX_OFFER_BYTES,
    Echo,
    NodeRefused,
    SessionStats,
    Stats,
)

logger = logging.getLogger(__name__)

_NEEDED: Final = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:sha-")
_OVER: Final = frozenset({"failed", "closed"})


@dataclass(slots=True)
class _Session:
    """One connection and the task that ends it."""

    connection: RTCPeerConnection
    started_at_s: float
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    watch: asyncio.Task[None] | None = None


class AiortcNode:
    """Echoes of one process. All methods belong to the event loop it was made in.

    Args:
        time_limit_s: after which an echo is closed.
        echo_limit: how many run at once.
    """

    def __init__(
        self, *, time_limit_s: float = ECHO_TIME_LIMIT_S, echo_limit: int = ECHO_LIMIT
    ) -> None:
        self._time_limit_s = time_limit_s
        self._echo_limit = echo_limit
        self._sessions: dict[str, _Session] = {}
        self._started = 0
        self._refused = 0

    @property
    def echoes(self) -> int:
        """Echoes that run or are being opened."""
        return len(self._sessions)

    @property
    def echo_limit(self) -> int:
        """How many may run at once."""
        return self._echo_limit

    async def echo(self, offer_sdp: str) -> Echo:
        """Answer an offer; see `MediaNode.echo`.

        Raises:
            NodeRefused: `busy` or `bad_offer`.
        """
        try:
            return await self._start(offer_sdp)
        except NodeRefused:
            self._refused += 1
            raise

    async def close(self, session_id: str) -> None:
        """End an echo; one that has ended already is no error."""
        session = self._sessions.get(session_id)
        if session is None:
            return
        session.is_over.set()
        if session.watch is not None:
            await asyncio.wait([session.watch])

    async def close_all(self) -> None:
        """End every echo and wait until nothing of them is left."""
        await asyncio.gather(*(self.close(session_id) for session_id in list(self._sessions)))

    async def stats(self) -> Stats:
        """Return what runs now."""
        now_s = asyncio.get_running_loop().time()
        sessions = []
        for session_id, session in list(self._sessions.items()):
            received, sent = await _packets(session.connection)
            sessions.append(
                SessionStats(
                    session_id=session_id,
                    state=session.connection.connectionState,
                    age_s=round(now_s - session.started_at_s, 1),
                    packets_received=received,
                    packets_sent=sent,
                )
            )
        return Stats(tuple(sessions), self._started, self._refused)

    async def _start(self, offer_sdp: str) -> Echo:
        offer = _without_candidates(offer_sdp)
        if len(self._sessions) >= self._echo_limit:
            raise NodeRefused("busy")
        session_id = secrets.token_hex(16)
        session = self._open(session_id)
        try:
            answer = await _answer(session.connection, offer)
        except BaseException:
            # Also on cancellation: the asker gave up, and nothing may stay open behind it.
            await self.close(session_id)
            raise
        self._started += 1
        return Echo(session_id, answer)

    def _open(self, session_id: str) -> _Session:
        connection = RTCPeerConnection(
            # Without `iceServers` aiortc would ask a public STUN server.
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        session = _Session(connection, asyncio.get_running_loop().time())
        self._sessions[session_id] = session

        def send_back(track: MediaStreamTrack) -> None:
            connection.addTrack(track)

        def look_for_the_end() -> None:
            if connection.connectionState in _OVER:
                session.is_over.set()

        connection.on("track", send_back)
        connection.on("connectionstatechange", look_for_the_end)
        session.watch = asyncio.create_task(self._end(session_id, session))
        return session

    async def _end(self, session_id: str, session: _Session) -> None:
        """Wait for the end of an echo, by whatever comes first, and close it."""
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(session.is_over.wait(), self._time_limit_s)
        finally:
            try:
                await session.connection.close()
            finally:  # whatever closing met, the place is free again
                del self._sessions[session_id]
                logger.info("echo %s closed", session_id)


def _without_candidates(offer_sdp: str) -> str:
    """Return an offer that the echo takes, without its candidates.

    The browser reaches for the node, which learns the address from that. So the node never sends to
    an address that somebody wrote into an offer, never resolves `.local` names, and no end of
    candidates makes it give up before the browser came.

    Raises:
        NodeRefused: `bad_offer`: too long, not at most one audio and one video line, or without
            what a connection needs (aiortc would wait for it until the time limit).
    """
    if len(offer_sdp.encode(errors="replace")) > MAX_OFFER_BYTES:
        raise NodeRefused("bad_offer")
    lines = offer_sdp.splitlines()
    kinds = Counter(line[2:].split(" ", 1)[0] for line in lines if line.startswith("m="))
    has_keys = all(any(line.startswith(key) for line in lines) for key in _NEEDED)
    if not kinds or kinds - Counter(audio=1, video=1) or not has_keys:
        raise NodeRefused("bad_offer")
    kept = [line for line in lines if not line.startswith(("a=candidate:", "a=end-of-candidates"))]
    return "\r\n".join(kept) + "\r\n"


async def _answer(connection: RTCPeerConnection, offer: str) -> str:
    try:
        await connection.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        answer = await connection.createAnswer()
        await connection.setLocalDescription(answer)
    except Exception as error:  # aiortc's parser raises whatever a line provokes; the asker is told
        logger.info("offer refused: %s", type(error).__name__)
        raise NodeRefused("bad_offer") from error
    return connection.localDescription.sdp


async def _packets(connection: RTCPeerConnection) -> tuple[int, int]:
    received = sent = 0
    for line in (await connection.getStats()).values():
        received += line.packetsReceived if line.type == "inbound-rtp" else 0
        sent += line.packetsSent if line.type == "outbound-rtp" else 0
    return received, sent
