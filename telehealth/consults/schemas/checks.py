"""The device check on the wire: an offer for the echo, measurements in, sentences out."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from telehealth.core.i18n import N_
from video import precheck
from video.node.base import MAX_OFFER_BYTES

_PROBLEMS = {problem.value: problem for problem in precheck.Problem}
_MEASURED = validate.Range(min=0, max=1_000_000)


class EchoOfferSchema(Schema):
    """A browser's offer with at most one audio and one video line."""

    sdp = fields.String(required=True, validate=validate.Length(min=1, max=MAX_OFFER_BYTES))

    @post_load
    def _make(self, given: dict[str, Any], **_: object) -> str:
        return str(given["sdp"])


class EchoSchema(Schema):
    """A running echo."""

    session_id = fields.String(required=True)
    answer_sdp = fields.String(required=True)


def _problem() -> fields.String:
    """The name of the browser's DOMException; names we do not know count as `other`."""
    return fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))


class CameraSchema(Schema):
    """What the camera gave."""

    problem = _problem()
    height_px = fields.Integer(load_default=0, strict=True, validate=_MEASURED)
    frames_per_s = fields.Float(load_default=0.0, validate=_MEASURED)

    @post_load
    def _make(self, given: dict[str, Any], **_: object) -> precheck.Camera:
        return precheck.Camera(**given | {"problem": _named(given["problem"])})


class MicrophoneSchema(Schema):
    """The loudest moment, in dB below full scale."""

    problem = _problem()
    peak_dbfs = fields.Float(load_default=-100.0, validate=validate.Range(min=-200, max=0))

    @post_load
    def _make(self, given: dict[str, Any], **_: object) -> precheck.Microphone:
        return precheck.Microphone(**given | {"problem": _named(given["problem"])})


class SpeakerSchema(Schema):
    """What the person says."""

    is_heard = fields.Boolean(required=True)

    @post_load
    def _make(self, given: dict[str, Any], **_: object) -> precheck.Speaker:
        return precheck.Speaker(**given)


class NetworkSchema(Schema):
    """The echo through the media node."""

    is_node_there = fields.Boolean(required=True)
    is_connected = fields.Boolean(load_default=False)
    rtt_ms = fields.Float(load_default=None, allow_none=True, validate=_MEASURED)
    loss_pct = fields.Float(
        load_default=None, allow_none=True, validate=validate.Range(min=0, max=100)
    )

    @post_load
    def _make(self, given: dict[str, Any], **_: object) -> precheck.Network:
        return precheck.Network(**given)


class RelaySchema(Schema):
    """Whether a relay candidate came."""

    is_configured = fields.Boolean(required=True)
    is_found = fields.Boolean(load_default=False)
    took_ms = fields.Float(load_default=0.0, validate=_MEASURED)

    @post_load
    def _make(self, given: dict[str, Any], **_: object) -> precheck.Relay:
        return precheck.Relay(**given)


class ResultsSchema(Schema):
    """Everything that was measured; a step that was not taken is absent."""

    camera = fields.Nested(CameraSchema, load_default=None, allow_none=True)
    microphone = fields.Nested(MicrophoneSchema, load_default=None, allow_none=True)
    speaker = fields.Nested(SpeakerSchema, load_default=None, allow_none=True)
    network = fields.Nested(NetworkSchema, load_default=None, allow_none=True)
    relay = fields.Nested(RelaySchema, load_default=None, allow_none=True)

    @post_load
    def _make(self, given: dict[str, Any], **_: object) -> precheck.Results:
        try:
            return precheck.Results(**given)
        except ValueError as error:
            raise ValidationError(N_("This cannot be measured.")) from error


class VerdictSchema(Schema):
    """One line of the result."""

    step = fields.String(required=True)
    outcome = fields.String(
        required=True, metadata={"description": "good, warning, bad or skipped"}
    )
    sentence = fields.String(required=True)


class VerdictsSchema(Schema):
    """What the measurements mean for the coming call."""

    is_ready = fields.Boolean(required=True)
    verdicts = fields.List(fields.Nested(VerdictSchema), required=True)


class IceServerSchema(Schema):
    """One `RTCIceServer`."""

    urls = fields.List(fields.String(), required=True)
    username = fields.String()
    credential = fields.String()


class IceSchema(Schema):
    """The part of `RTCConfiguration` that the server decides."""

    iceServers = fields.List(fields.Nested(IceServerSchema), required=True)  # noqa: N815 - WebRTC's name
    iceTransportPolicy = fields.String(required=True)  # noqa: N815 - WebRTC's name


def _named(problem: str | None) -> precheck.Problem | None:
    return None if problem is None else _PROBLEMS.get(problem, precheck.Problem.OTHER)
