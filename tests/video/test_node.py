"""The media node as a process: an echo through real WebRTC, and everything that may go wrong."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from av import AudioFrame, VideoFrame
from av.frame import Frame

from video.node import child
from video.node.aiortc_node import AiortcNode
from video.node.base import ECHO_LIMIT, Echo, MediaNode, NodeRefused, NodeUnavailable, NoNode
from video.node.client import NodeClient

TONE_HZ = 440
RATE_HZ = 48_000
PATIENCE_S = 20.0


class Tone(MediaStreamTrack):
    """A person humming one note."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._samples = 0

    async def recv(self) -> Frame:
        size = RATE_HZ // 50
        await asyncio.sleep(size / RATE_HZ)  # the pace of sound, not a wait for anything
        at = np.arange(self._samples, self._samples + size)
        wave = (12_000 * np.sin(2 * np.pi * TONE_HZ * at / RATE_HZ)).astype(np.int16)
        frame = AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.pts, frame.sample_rate = self._samples, RATE_HZ
        self._samples += size
        return frame


class Caller:
    """A browser's place: offers sound and picture and listens to what comes back."""

    def __init__(self, node: MediaNode) -> None:
        self.node = node
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.returned: dict[str, MediaStreamTrack] = {}
        self.connection.on("track", self._take)
        self.connection.addTrack(Tone())
        self.connection.addTrack(VideoStreamTrack())

    def _take(self, track: MediaStreamTrack) -> None:
        self.returned[track.kind] = track

    async def call(self) -> Echo:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        offer = self.connection.localDescription.sdp
        echo = await asyncio.to_thread(self.node.echo, offer)
        await self.connection.setRemoteDescription(
            RTCSessionDescription(sdp=echo.answer_sdp, type="answer")
        )
        return echo

    async def until_heard(self) -> float:
        """Listen until the tone comes back and return its pitch in Hz."""
        while True:
            frame = await self.returned["audio"].recv()
            assert isinstance(frame, AudioFrame)
            wave = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)].astype(float)
            if np.abs(wave).max() > 4_000:
                spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 48_000))
                return float(spectrum.argmax()) * frame.sample_rate / 48_000


@pytest.fixture
def offer(loopback: None) -> str:
    del loopback

    async def made() -> str:
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        connection.addTransceiver("audio")
        await connection.setLocalDescription(await connection.createOffer())
        sdp: str = connection.localDescription.sdp
        await connection.close()
        return sdp

    return asyncio.run(made())


def refused(deed: Callable[[], object]) -> str:
    with pytest.raises(NodeRefused) as caught:
        deed()
    return caught.value.code


async def until_none(count: Callable[[], int]) -> None:
    """Ask again and again: another process, or a clock, decides when."""
    async with asyncio.timeout(PATIENCE_S):
        while await asyncio.to_thread(count):  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("loopback")
def test_a_person_hears_and_sees_themselves(node: NodeClient):
    async def story() -> None:
        caller = Caller(node)
        try:
            async with asyncio.timeout(PATIENCE_S):
                echo = await caller.call()
                assert await caller.until_heard() == pytest.approx(TONE_HZ, abs=30)
                picture = await caller.returned["video"].recv()
                assert isinstance(picture, VideoFrame)
                assert (picture.width, picture.height) == (640, 480)

                stats = await asyncio.to_thread(node.stats)
                (session,) = stats.sessions
                assert (session.session_id, session.state) == (echo.session_id, "connected")
                assert session.packets_received > 0
                assert session.packets_sent > 0

                await asyncio.to_thread(node.close, echo.session_id)
                assert (await asyncio.to_thread(node.health)).echoes == 0
        finally:
            await caller.connection.close()

    asyncio.run(story())


@pytest.mark.usefixtures("loopback")
def test_a_person_who_hangs_up_frees_the_place(node: NodeClient):
    async def story() -> None:
        caller = Caller(node)
        async with asyncio.timeout(PATIENCE_S):
            await caller.call()
            await caller.until_heard()
            await caller.connection.close()
            await until_none(lambda: node.health().echoes)

    asyncio.run(story())


@pytest.mark.usefixtures("loopback")
def test_an_echo_ends_when_its_time_is_over(offer: str):
    async def story() -> None:
        engine = AiortcNode(time_limit_s=0.05)
        await engine.echo(offer)
        assert engine.echoes == 1
        await until_none(lambda: engine.echoes)

    asyncio.run(story())


def test_the_fifth_echo_at_once_is_refused_and_a_closed_one_makes_room(
    node: NodeClient, offer: str
):
    running = [node.echo(offer) for _ in range(ECHO_LIMIT)]
    assert refused(lambda: node.echo(offer)) == "busy"

    node.close(running[0].session_id)
    node.close(running[0].session_id)  # twice is no error

    assert node.echo(offer).session_id not in {echo.session_id for echo in running}
    stats = node.stats()
    assert (stats.echoes_started, stats.echoes_refused) == (ECHO_LIMIT + 1, 1)


def test_an_offer_that_is_none_is_refused_and_holds_no_place(node: NodeClient, offer: str):
    audio = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
    for sdp in [
        "",
        "hello",
        "v=0\r\n" + audio,
        "v=0\r\n" + audio * 2,
        offer + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
        offer.replace("a=ice-ufrag", "a=x-ufrag"),
        offer.replace("fingerprint:sha", "fingerprint:md"),
        "v=0\r\n" + "x" * 70_000,
        "\ud800",
    ]:
        assert refused(lambda sdp=sdp: node.echo(sdp)) == "bad_offer", sdp[:60]

    assert node.health().echoes == 0
    assert node.echo(offer).answer_sdp.startswith("v=0")


def test_candidates_in_an_offer_are_not_believed(offer: str):
    """Otherwise an offer could make the node knock on addresses inside the network."""
    asked: list[str] = []

    async def story() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
            victim.bind(("127.0.0.1", 0))
            victim.setblocking(False)
            port = victim.getsockname()[1]
            line = f"a=candidate:9 1 udp 2130706431 127.0.0.1 {port} typ host\r\n"
            engine = AiortcNode(time_limit_s=1)
            await engine.echo(offer + line)
            loop = asyncio.get_running_loop()
            loop.add_reader(victim, lambda: asked.append(repr(victim.recv(100))))
            await until_none(lambda: engine.echoes)
            loop.remove_reader(victim)

    asyncio.run(story())

    assert asked == []


def test_a_wrong_token_learns_nothing(node: NodeClient, short_folder: Path, offer: str):
    stranger = NodeClient(short_folder / "node.sock", secrets.token_urlsafe(32))

    assert refused(stranger.health) == "token"
    assert refused(stranger.stats) == "token"
    assert refused(lambda: stranger.echo(offer)) == "token"
    assert refused(lambda: stranger.close("0" * 32)) == "token"
    assert node.health().echoes == 0


def raw(folder: Path, request: bytes) -> tuple[int, object]:
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(PATIENCE_S)
        door.connect(str(folder / "node.sock"))
        door.sendall(request)
        answer = b""
        while piece := door.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def test_what_is_no_request_is_answered_and_the_node_goes_on(node: NodeClient, short_folder: Path):
    token = (short_folder / "node.token").read_text()

    def request(line: str, body: bytes = b"", *, length: str | None = None) -> tuple[int, object]:
        size = str(len(body)) if length is None else length
        head = f"{line} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Length: {size}\r\n\r\n"
        return raw(short_folder, head.encode() + body)

    bad = (400, {"error": "bad_request"})
    assert raw(short_folder, b"\r\n\r\n") == bad
    assert raw(short_folder, b"GET /" + b"x" * 20_000 + b"\r\n\r\n") == bad
    assert request("GET /nothing") == (404, {"error": "not_found"})
    assert request("DELETE /echoes/../stats") == (404, {"error": "not_found"})
    assert request("POST /echoes", b"{") == bad
    assert request("POST /echoes", b"[" * 100_000) == bad
    assert request("POST /echoes", b'{"sdp": 7}') == bad
    assert request("POST /echoes", b'{"sdp": "v=0", "more": 1}') == bad
    assert request("POST /echoes", length="-1") == bad
    assert request("POST /echoes", length="99999999") == (413, {"error": "too_large"})

    assert node.health().echoes == 0


def test_the_socket_and_the_token_are_private(node: NodeClient, short_folder: Path):
    node.health()

    for name in ("node.sock", "node.token"):
        assert stat.S_IMODE((short_folder / name).stat().st_mode) == 0o600


def test_without_a_node_every_question_says_so(tmp_path: Path):
    for absent in (NodeClient(tmp_path / "none.sock", "t"), NoNode()):
        for deed in (absent.health, absent.stats, lambda absent=absent: absent.echo("v=0")):
            with pytest.raises(NodeUnavailable):
                deed()


def test_a_node_that_hangs_is_given_up(short_folder: Path):
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(short_folder / "s"))
        deaf.listen()

        with pytest.raises(NodeUnavailable):
            NodeClient(short_folder / "s", "t", timeout_s=0.05).health()


@contextlib.contextmanager
def start(
    folder: Path, *, mode: int = 0o600, token: str = "t" * 32
) -> Iterator[subprocess.Popen[bytes]]:
    (folder / "token").write_text(token)
    (folder / "token").chmod(mode)
    command = [sys.executable, "-m", "video.node", "--loopback", "--socket", str(folder / "s")]
    with subprocess.Popen(
        [*command, "--token-file", str(folder / "token")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()  # a node that did not end by itself fails its test and stays not behind


def test_the_node_ends_with_its_parent_and_leaves_nothing(short_folder: Path):
    with start(short_folder) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"ready {short_folder / 's'}\n".encode()

        assert process.communicate(timeout=PATIENCE_S) == (b"", b"")  # closes its standard input

    assert process.returncode == 0
    assert not (short_folder / "s").exists()


def test_the_node_ends_on_sigterm_with_an_echo_open(short_folder: Path, offer: str):
    with start(short_folder) as process:
        assert process.stdout is not None
        process.stdout.readline()
        NodeClient(short_folder / "s", "t" * 32).echo(offer)

        os.kill(process.pid, signal.SIGTERM)
        process.wait(PATIENCE_S)
        assert process.communicate() == (b"", b"")

    assert process.returncode == 0


@pytest.mark.parametrize(
    ("mode", "token", "words"),
    [(0o644, "t" * 32, b"others may read"), (0o600, "short", b"shorter than 32")],
)
def test_a_careless_token_is_one_clear_line(
    short_folder: Path, mode: int, token: str, words: bytes
):
    with start(short_folder, mode=mode, token=token) as process:
        _, said = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 2
    assert words in said
    assert said.count(b"\n") == 1


def test_a_file_in_the_place_of_the_socket_is_kept(short_folder: Path):
    (short_folder / "s").write_text("mine")

    with start(short_folder) as process:
        _, said = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 2
    assert b"not a socket" in said
    assert (short_folder / "s").read_text() == "mine"


def test_a_socket_left_behind_by_a_killed_node_is_taken_over(short_folder: Path):
    with child.running(short_folder, is_loopback=True):
        pass
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(short_folder / "node.sock"))

    with child.running(short_folder, is_loopback=True) as client:
        assert client.health().echoes == 0


def test_the_web_side_never_loads_media_code():
    code = (
        "import sys; import video.node.base, video.node.client, video.node.child, "
        "video.rooms, video.messages, video.ice, video.precheck, video.quality; "
        "print(sorted({'aiortc', 'aioice', 'av', 'flask', 'sqlalchemy'} & set(sys.modules)))"
    )

    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert out.stdout.strip() == "[]"
