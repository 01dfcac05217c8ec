"""What a browser may say about a call, and what it is told.

`parse` turns an event and its JSON into one frozen message or raises `BadMessage`; no dictionary
travels further in. `forward` and `state` make the JSON that goes out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from video.quality import Summary
from video.rooms import Participant, Peer, View
from video.wire import MAX_GENERATION, BadMessage, Code, Fields

__all__ = [
    "BadMessage",
    "Candidate",
    "Code",
    "Description",
    "Event",
    "Join",
    "Leave",
    "MediaState",
    "Message",
    "QualityReport",
    "forward",
    "parse",
    "state",
]

MAX_SDP_BYTES: Final = 64 * 1024
MAX_CANDIDATE_BYTES: Final = 2 * 1024
MAX_MEDIA_LINES: Final = 64


class Event(StrEnum):
    """Names on the socket."""

    JOIN = "join"
    DESCRIPTION = "description"
    CANDIDATE = "candidate"
    MEDIA = "media"
    QUALITY = "quality"
    LEAVE = "leave"
    STATE = "state"
    """Only to the browser."""


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody opens the room with a new connection."""

    room: str


@dataclass(frozen=True, slots=True)
class Description:
    """An offer or an answer for one connection of one other person."""

    generation: int
    to: str
    to_generation: int
    type: str
    """`offer` or `answer`; a rollback is local and never sent."""
    sdp: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An ICE candidate as `RTCIceCandidate.toJSON()` writes it; `candidate` None ends the list."""

    generation: int
    to: str
    to_generation: int
    candidate: str | None
    sdp_mid: str | None = None
    sdp_m_line_index: int | None = None
    username_fragment: str | None = None


@dataclass(frozen=True, slots=True)
class MediaState:
    """What somebody sends now."""

    generation: int
    camera: bool
    microphone: bool


@dataclass(frozen=True, slots=True)
class QualityReport:
    """A summary of `getStats`, a few times a minute."""

    generation: int
    summary: Summary


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody closes the call on purpose."""

    generation: int


Message = Join | Description | Candidate | MediaState | QualityReport | Leave


def parse(event: str, payload: object) -> Message:
    """Read one event of a browser.

    Raises:
        BadMessage: unknown event, unknown or missing key, wrong type, too long or out of range.
    """
    reader = _READERS.get(event)
    if reader is None:
        raise BadMessage("event", Code.UNKNOWN_EVENT)
    return reader(payload)


def forward(message: Description | Candidate, sender_id: str) -> dict[str, object]:
    """Return the JSON that the receiver of a description or candidate gets."""
    out: dict[str, object] = {
        "from": sender_id,
        "from_generation": message.generation,
        "to_generation": message.to_generation,
    }
    if isinstance(message, Description):
        return out | {"description": {"type": message.type, "sdp": message.sdp}}
    if message.candidate is None:
        return out | {"candidate": None}
    return out | {
        "candidate": {
            "candidate": message.candidate,
            "sdpMid": message.sdp_mid,
            "sdpMLineIndex": message.sdp_m_line_index,
            "usernameFragment": message.username_fragment,
        }
    }


def state(view: View) -> dict[str, object]:
    """Return the JSON of the room as one participant may see it."""
    me = view.me
    return {
        "state": view.state.value,
        "me": {**_person(me), "place": me.place.value},
        "peers": [{**_person(one), "polite": one.is_polite} for one in view.peers],
        "waiting": [
            {"id": one.id, "role": one.role.value, "seat": one.seat} for one in view.waiting
        ],
    }


def _person(one: Participant | Peer) -> dict[str, object]:
    return {
        "id": one.id,
        "role": one.role.value,
        "generation": one.generation,
        "camera": one.has_camera_on,
        "microphone": one.has_microphone_on,
    }


_ADDRESSED: Final = frozenset({"generation", "to", "to_generation"})


def _generation(fields: Fields, key: str = "generation") -> int:
    return fields.integer(key, low=1, high=MAX_GENERATION)


def _join(payload: object) -> Join:
    return Join(room=Fields(payload, frozenset({"room"})).opaque_id("room"))


def _description(payload: object) -> Description:
    fields = Fields(payload, _ADDRESSED | {"description"})
    inner = Fields(fields.raw("description"), frozenset({"type", "sdp"}), at="description")
    sdp = inner.text("sdp", max_bytes=MAX_SDP_BYTES)
    if not sdp.startswith("v=0"):
        raise BadMessage("description.sdp", Code.NOT_ALLOWED)
    return Description(
        generation=_generation(fields),
        to=fields.opaque_id("to"),
        to_generation=_generation(fields, "to_generation"),
        type=inner.choice("type", frozenset({"offer", "answer"})),
        sdp=sdp,
    )


def _candidate(payload: object) -> Candidate:
    fields = Fields(payload, _ADDRESSED | {"candidate"})
    generation, to = _generation(fields), fields.opaque_id("to")
    to_generation = _generation(fields, "to_generation")
    if fields.is_null("candidate"):
        return Candidate(generation, to, to_generation, candidate=None)
    inner = Fields(
        fields.raw("candidate"),
        frozenset({"candidate"}),
        frozenset({"sdpMid", "sdpMLineIndex", "usernameFragment"}),
        at="candidate",
    )
    line = inner.text("candidate", max_bytes=MAX_CANDIDATE_BYTES)
    if line and not line.startswith("candidate:"):  # empty: end of one generation's candidates
        raise BadMessage("candidate.candidate", Code.NOT_ALLOWED)
    return Candidate(
        generation=generation,
        to=to,
        to_generation=to_generation,
        candidate=line,
        sdp_mid=_optional_text(inner, "sdpMid", max_bytes=64),
        sdp_m_line_index=(
            None
            if inner.is_null("sdpMLineIndex")
            else inner.integer("sdpMLineIndex", low=0, high=MAX_MEDIA_LINES)
        ),
        username_fragment=_optional_text(inner, "usernameFragment", max_bytes=256),
    )


def _optional_text(fields: Fields, key: str, *, max_bytes: int) -> str | None:
    return None if fields.is_null(key) else fields.text(key, max_bytes=max_bytes)


def _media(payload: object) -> MediaState:
    fields = Fields(payload, frozenset({"generation", "camera", "microphone"}))
    return MediaState(
        generation=_generation(fields),
        camera=fields.flag("camera"),
        microphone=fields.flag("microphone"),
    )


def _quality(payload: object) -> QualityReport:
    fields = Fields(
        payload,
        frozenset({"generation", "camera"}),
        frozenset({"rtt_ms", "loss_pct", "jitter_ms", "frames_per_s"}),
    )
    return QualityReport(
        generation=_generation(fields),
        summary=Summary(
            is_video_expected=fields.flag("camera"),
            rtt_ms=_optional_number(fields, "rtt_ms", high=60_000),
            loss_pct=_optional_number(fields, "loss_pct", high=100),
            jitter_ms=_optional_number(fields, "jitter_ms", high=60_000),
            frames_per_s=_optional_number(fields, "frames_per_s", high=1000),
        ),
    )


def _optional_number(fields: Fields, key: str, *, high: float) -> float | None:
    return None if fields.is_null(key) else fields.number(key, low=0, high=high)


def _leave(payload: object) -> Leave:
    return Leave(generation=_generation(Fields(payload, frozenset({"generation"}))))


_READERS: Final[Mapping[str, Callable[[object], Message]]] = {
    Event.JOIN: _join,
    Event.DESCRIPTION: _description,
    Event.CANDIDATE: _candidate,
    Event.MEDIA: _media,
    Event.QUALITY: _quality,
    Event.LEAVE: _leave,
}
