"""What a browser says is read whole or refused with one named fault."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from video import messages, rooms
from video.messages import BadMessage, Code, Event
from video.quality import Summary

ADDRESS = {"generation": 2, "to": "p_7", "to_generation": 1}
OFFER = ADDRESS | {"description": {"type": "offer", "sdp": "v=0\r\n"}}
LINE = "candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host"
CANDIDATE = ADDRESS | {
    "candidate": {
        "candidate": LINE,
        "sdpMid": "0",
        "sdpMLineIndex": 0,
        "usernameFragment": "ab+/",
    }
}


def fault(event: str, payload: object) -> tuple[str, Code]:
    with pytest.raises(BadMessage) as caught:
        messages.parse(event, payload)
    return caught.value.field, caught.value.code


def test_every_message_is_read():
    assert messages.parse("join", {"room": "r-1"}) == messages.Join(room="r-1")
    assert messages.parse("description", OFFER) == messages.Description(
        generation=2, to="p_7", to_generation=1, type="offer", sdp="v=0\r\n"
    )
    assert messages.parse("candidate", CANDIDATE) == messages.Candidate(
        2, "p_7", 1, LINE, sdp_mid="0", sdp_m_line_index=0, username_fragment="ab+/"
    )
    assert messages.parse(
        "media", {"generation": 1, "camera": True, "microphone": False}
    ) == messages.MediaState(generation=1, camera=True, microphone=False)
    assert messages.parse(
        "quality", {"generation": 1, "camera": True, "rtt_ms": 40, "loss_pct": None}
    ) == messages.QualityReport(1, Summary(is_video_expected=True, rtt_ms=40.0))
    assert messages.parse("leave", {"generation": 3}) == messages.Leave(generation=3)


def test_both_ways_of_ending_the_candidates_are_read():
    ended = messages.parse("candidate", ADDRESS | {"candidate": None})
    empty = messages.parse("candidate", ADDRESS | {"candidate": {"candidate": ""}})

    assert isinstance(ended, messages.Candidate)
    assert ended.candidate is None
    assert isinstance(empty, messages.Candidate)
    assert empty.candidate == ""


@pytest.mark.parametrize(
    ("event", "payload", "field", "code"),
    [
        ("shutdown", {}, "event", Code.UNKNOWN_EVENT),
        ("state", {}, "event", Code.UNKNOWN_EVENT),
        ("join", None, "", Code.WRONG_TYPE),
        ("join", ["r"], "", Code.WRONG_TYPE),
        ("join", {}, "room", Code.MISSING),
        ("join", {"room": 7}, "room", Code.WRONG_TYPE),
        ("join", {"room": "../etc"}, "room", Code.NOT_ALLOWED),
        ("join", {"room": ""}, "room", Code.NOT_ALLOWED),
        ("join", {"room": "r", "admin": True}, "admin", Code.UNKNOWN_KEY),
        ("join", {"room": "r", "<script>": 1}, "?", Code.UNKNOWN_KEY),
        ("leave", {"generation": True}, "generation", Code.WRONG_TYPE),
        ("leave", {"generation": 1.0}, "generation", Code.WRONG_TYPE),
        ("leave", {"generation": 0}, "generation", Code.OUT_OF_RANGE),
        ("leave", {"generation": 2**31}, "generation", Code.OUT_OF_RANGE),
        (
            "media",
            {"generation": 1, "camera": 1, "microphone": True},
            "camera",
            Code.WRONG_TYPE,
        ),
        ("description", ADDRESS | {"description": "v=0"}, "description", Code.WRONG_TYPE),
        (
            "description",
            ADDRESS | {"description": {"type": "rollback", "sdp": "v=0"}},
            "description.type",
            Code.NOT_ALLOWED,
        ),
        (
            "description",
            ADDRESS | {"description": {"type": "offer", "sdp": "hello"}},
            "description.sdp",
            Code.NOT_ALLOWED,
        ),
        (
            "description",
            ADDRESS | {"description": {"type": "offer", "sdp": "v=0\0"}},
            "description.sdp",
            Code.WRONG_TYPE,
        ),
        (
            "description",
            ADDRESS | {"description": {"type": "offer", "sdp": "v=0\ud800"}},
            "description.sdp",
            Code.WRONG_TYPE,
        ),
        (
            "candidate",
            ADDRESS | {"candidate": {"candidate": "evil"}},
            "candidate.candidate",
            Code.NOT_ALLOWED,
        ),
        (
            "quality",
            {"generation": 1, "camera": True, "loss_pct": 101},
            "loss_pct",
            Code.OUT_OF_RANGE,
        ),
        (
            "quality",
            {"generation": 1, "camera": True, "rtt_ms": float("nan")},
            "rtt_ms",
            Code.OUT_OF_RANGE,
        ),
    ],
)
def test_what_is_wrong_is_named(event: str, payload: object, field: str, code: Code):
    assert fault(event, payload) == (field, code)


def test_sizes_are_counted_in_bytes():
    def description(sdp: str) -> dict[str, object]:
        return ADDRESS | {"description": {"type": "offer", "sdp": sdp}}

    fits = "v=0" + "x" * (64 * 1024 - 3)
    assert isinstance(messages.parse("description", description(fits)), messages.Description)
    too_long = ("description.sdp", Code.TOO_LONG)
    assert fault("description", description(fits + "x")) == too_long
    assert fault("description", description("v=0" + "č" * 33 * 1024)) == too_long

    line = "candidate:" + "x" * 2048
    assert fault("candidate", ADDRESS | {"candidate": {"candidate": line}}) == (
        "candidate.candidate",
        Code.TOO_LONG,
    )


def test_a_fault_repeats_nothing_of_what_was_sent():
    with pytest.raises(BadMessage) as caught:
        messages.parse("description", ADDRESS | {"description": {"type": "secret", "sdp": "v=0"}})

    assert "secret" not in str(caught.value)


def test_what_is_forwarded_is_what_the_other_browser_can_take():
    offer = messages.parse("description", OFFER)
    candidate = messages.parse("candidate", CANDIDATE)
    last = messages.parse("candidate", ADDRESS | {"candidate": None})
    assert isinstance(offer, messages.Description)
    assert isinstance(candidate, messages.Candidate)
    assert isinstance(last, messages.Candidate)

    head = {"from": "me", "from_generation": 2, "to_generation": 1}
    assert messages.forward(offer, "me") == head | {"description": OFFER["description"]}
    assert messages.forward(candidate, "me") == head | {"candidate": CANDIDATE["candidate"]}
    assert messages.forward(last, "me") == head | {"candidate": None}


def test_the_state_names_peers_only_to_who_is_inside():
    room = rooms.arrive(rooms.Room(), "doctor", rooms.Role.CLINICIAN)
    room = rooms.arrive(room, "patient", rooms.Role.PATIENT)

    assert messages.state(rooms.view(room, "patient")) == {
        "state": "open",
        "me": {
            "id": "patient",
            "role": "patient",
            "generation": 1,
            "camera": False,
            "microphone": False,
            "place": "waiting",
        },
        "peers": [],
        "waiting": [],
    }
    to_doctor = messages.state(rooms.view(room, "doctor"))
    assert to_doctor["waiting"] == [{"id": "patient", "role": "patient", "seat": 1}]

    room = rooms.admit(room, "doctor", "patient")
    assert messages.state(rooms.view(room, "patient"))["peers"] == [
        {
            "id": "doctor",
            "role": "clinician",
            "generation": 1,
            "camera": False,
            "microphone": False,
            "polite": True,
        }
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
known_keys = st.sampled_from([*OFFER, *CANDIDATE, "room", "camera", "microphone", "rtt_ms"])


@settings(deadline=None)
@given(event=st.sampled_from(Event), payload=json_values | st.dictionaries(known_keys, json_values))
def test_whatever_comes_is_read_or_refused_by_name(event: Event, payload: object):
    try:
        message = messages.parse(event, payload)
    except BadMessage:
        return
    assert isinstance(message, messages.Message)


@settings(deadline=None)
@given(
    generation=st.integers(1, 2**31 - 1),
    sdp=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200),
    kind=st.sampled_from(["offer", "answer"]),
)
def test_a_description_survives_the_way_through_the_server(generation: int, sdp: str, kind: str):
    sent = {"type": kind, "sdp": "v=0" + sdp}
    payload = {"generation": generation, "to": "b", "to_generation": 1, "description": sent}

    message = messages.parse("description", json.loads(json.dumps(payload)))
    assert isinstance(message, messages.Description)

    assert messages.forward(message, "a")["description"] == sent
