"""Messages of a call: the face the live doors need over `video.messages`, and what is told back.

The strict reading stays in the library; a message that it refuses is refused whole.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, post_load

from telehealth.consults.service import Change
from telehealth.core import sockets
from telehealth.core.i18n import N_
from video import messages
from video.messages import BadMessage, Code, Message
from video.rooms import CallState, Participant, Place, view

_SENTENCE: Mapping[Code, str] = {
    Code.UNKNOWN_EVENT: N_("This message is not known."),
    Code.UNKNOWN_KEY: N_("Unknown field."),
    Code.MISSING: N_("This field is missing."),
    Code.WRONG_TYPE: N_("This is of the wrong kind."),
    Code.TOO_LONG: N_("This is too long."),
    Code.OUT_OF_RANGE: N_("This number is too small or too large."),
    Code.NOT_ALLOWED: N_("This value is not allowed."),
}

STATE = "consults:state"
REPLACED = "consults:replaced"
"""To an older connection of the same person: the call goes on elsewhere."""
CHANGED = "consults:changed"
"""To a clinician's list of today: somebody came, left or was let in."""


class NothingSchema(Schema):
    """An event without content."""


class SignalSchema(Schema):
    """One event of a call, as `video.messages` reads it.

    Args:
        event: its name there, such as `description`.
    """

    class Meta:
        """Every key is taken, because the library decides which ones are known."""

        unknown = INCLUDE

    def __init__(self, event: str) -> None:
        super().__init__()
        self._event = event

    @post_load
    def _read(self, given: dict[str, Any], **_: object) -> Message:
        try:
            return messages.parse(self._event, given)
        except BadMessage as fault:
            found: Any = [_SENTENCE[fault.code]]
            for key in reversed(fault.field.split(".") if fault.field else ["_schema"]):
                found = {key: found}
            raise ValidationError(found) from fault


def room_id(said: str) -> int:
    """The consultation a browser asks to join; 0, which nobody has, when it is none of ours."""
    return int(said) if said.isascii() and said.isdecimal() and len(said) < len(str(2**63)) else 0


def channel(one: Participant) -> str:
    """The Socket.IO room of one connection; an older connection of the person hears another one."""
    return _channel(one.id, one.generation)


def day_of(worker_id: int) -> str:
    """The Socket.IO room of a clinician's list of today."""
    return f"consults-of:{worker_id}"


def state_for(change: Change, participant_id: str) -> dict[str, Any]:
    """The room as one participant may see it, with the names of those they see."""
    seen = view(change.room, participant_id)
    ids = [peer.id for peer in seen.peers] + [one.id for one in seen.waiting]
    names = {one: _named(change, one) for one in ids}
    return {**messages.state(seen), "names": names, "revision": change.revision}


def tell(change: Change) -> None:
    """Tell every connection in the room how it stands now; called after the commit."""
    if change.replaced is not None:
        sockets.emit(REPLACED, {}, _channel(*change.replaced))
    is_ended = change.room.state is CallState.ENDED
    for one in change.room.participants:
        if is_ended or one.place is not Place.LEFT:
            sockets.emit(STATE, state_for(change, one.id), channel(one))
    sockets.emit(CHANGED, {}, day_of(change.worker_id))


def _channel(participant_id: str, generation: int) -> str:
    return f"seat:{participant_id}:{generation}"


def _named(change: Change, participant_id: str) -> dict[str, str]:
    who = change.people[participant_id]
    return {"name": who.name, "for": who.stands_for}
