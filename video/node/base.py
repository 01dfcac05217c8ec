"""What the application asks of a media node, whichever engine answers.

Now: the echo of the device check. Rooms for more than two people, recording and events will join
this contract: `create_room`, `close_room`, `publish(room, participant, source, offer)`,
`subscribe` (the node makes the offer), `set_layer`, `pause`, `kick`, `start_recording`,
`stop_recording`, and events `joined left speaking quality recording failed`.
"""

from dataclasses import dataclass
from typing import Final, NoReturn, Protocol

ECHO_LIMIT: Final = 4
"""Echoes at once: each one decodes and encodes, which costs far more than forwarding."""

ECHO_TIME_LIMIT_S: Final = 60.0

MAX_OFFER_BYTES: Final = 64 * 1024


class NodeError(Exception):
    """A media node did not do what it was asked."""


class NodeUnavailable(NodeError):
    """No node answers: absent, hung, or answering nonsense. Calls between two go on without it."""


class NodeRefused(NodeError):
    """The node understood and will not: `code` is `busy`, `bad_offer`, `token` or `bad_request`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the media node refused: {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Echo:
    """A running echo: what is sent comes back, for at most `ECHO_TIME_LIMIT_S`."""

    session_id: str
    answer_sdp: str


@dataclass(frozen=True, slots=True)
class Health:
    """A node that answers."""

    version: str
    echoes: int
    echo_limit: int


@dataclass(frozen=True, slots=True)
class SessionStats:
    """One running echo."""

    session_id: str
    state: str
    """`connectionState` of WebRTC: `new`, `connecting`, `connected`, `failed`, `closed`."""
    age_s: float
    packets_received: int
    packets_sent: int


@dataclass(frozen=True, slots=True)
class Stats:
    """What the node does now, and how often it had to refuse since it started."""

    sessions: tuple[SessionStats, ...]
    echoes_started: int
    echoes_refused: int


class MediaNode(Protocol):
    """Asked from web workers, so every call blocks, for at most a few seconds.

    Every call raises `NodeUnavailable` where no node answers and `NodeRefused` where it says no.
    """

    def echo(self, offer_sdp: str) -> Echo:
        """Answer an offer with at most one audio and one video line; both are sent back.

        The answer holds all candidates of the node. Candidates in the offer are not used: the
        browser reaches for the node, so it need not wait for its own.
        """
        ...

    def close(self, session_id: str) -> None:
        """End an echo; one that has ended already is no error."""
        ...

    def stats(self) -> Stats:
        """Return what runs now."""
        ...

    def health(self) -> Health:
        """Return whether the node answers."""
        ...


class NoNode:
    """Stands in where no media node is set up: says so to every question."""

    def echo(self, offer_sdp: str) -> Echo:
        """Refuse: there is nobody to echo."""
        del offer_sdp
        _say_absent()

    def close(self, session_id: str) -> None:
        """Agree: nothing runs."""
        del session_id

    def stats(self) -> Stats:
        """Refuse: there is nobody to count."""
        _say_absent()

    def health(self) -> Health:
        """Refuse: there is nobody to ask."""
        _say_absent()


def _say_absent() -> NoReturn:
    raise NodeUnavailable("no media node is set up")
