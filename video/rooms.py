"""The rules of one consultation room: who waits, who is in, which connection speaks.

A room is a frozen value. Every deed takes a room and returns the next one, or raises `RoomRefusal`
and changes nothing. Storage, sockets and clocks live elsewhere.

Places of a participant:

    waiting -> admitted -> in_call -> left        left -> (arrive again) -> waiting or admitted

A seat is the order of first arrival and is never given to anybody else. A generation counts a
participant's connections: whatever an older connection says is refused as `STALE`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

PEER_TO_PEER_CAPACITY: Final = 2
"""People inside at once while media goes directly between browsers."""

MAX_SEATS: Final = 16
"""Different people that one room remembers; bounds what a stored room can grow to."""


class Role(StrEnum):
    """What somebody is in this consultation."""

    CLINICIAN = "clinician"
    """Hosts: is let in at once, admits others, ends the call."""
    PATIENT = "patient"
    COMPANION = "companion"
    """Guardian, proxy, relative or interpreter, with a connection of their own."""


class Place(StrEnum):
    """Where a participant is now."""

    WAITING = "waiting"
    ADMITTED = "admitted"
    IN_CALL = "in_call"
    LEFT = "left"


class CallState(StrEnum):
    """An ended room stays ended."""

    OPEN = "open"
    ENDED = "ended"


class Why(StrEnum):
    """Why a deed was refused."""

    ENDED = "ended"
    UNKNOWN_PERSON = "unknown_person"
    OTHER_ROLE = "other_role"
    NOT_HOST = "not_host"
    NOT_HERE = "not_here"
    NOT_ADMITTED = "not_admitted"
    FULL = "full"
    STALE = "stale"


class RoomRefusal(Exception):
    """The deed is not possible in this room now."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


INSIDE: Final = frozenset({Place.ADMITTED, Place.IN_CALL})


@dataclass(frozen=True, slots=True)
class Participant:
    """One person and their newest connection."""

    id: str
    """Opaque; never a person's number or name, because it goes to other participants."""
    role: Role
    seat: int
    """Order of first arrival, from 0."""
    generation: int = 1
    """Number of the newest connection, from 1."""
    place: Place = Place.WAITING
    is_welcome: bool = False
    """Was admitted once and not dismissed since: comes back without waiting again."""
    has_camera_on: bool = False
    has_microphone_on: bool = False

    @property
    def is_inside(self) -> bool:
        """May exchange signalling with the others inside."""
        return self.place in INSIDE


@dataclass(frozen=True, slots=True)
class Peer:
    """Another person inside, as one participant must treat them."""

    id: str
    role: Role
    generation: int
    is_polite: bool
    """Whether the *viewer* yields when both offer at once. Exactly one of every two does."""
    has_camera_on: bool
    has_microphone_on: bool


@dataclass(frozen=True, slots=True)
class View:
    """The room as one participant may see it: sent whole after every change, never as history."""

    me: Participant
    state: CallState
    peers: tuple[Peer, ...]
    """Only for somebody inside; a person who waits sees nobody."""
    waiting: tuple[Participant, ...]
    """In order of seats; only for a clinician inside."""


@dataclass(frozen=True, slots=True)
class Room:
    """Everybody who ever arrived, in order of seats."""

    participants: tuple[Participant, ...] = ()
    state: CallState = CallState.OPEN
    capacity: int = PEER_TO_PEER_CAPACITY

    def __post_init__(self) -> None:
        """Refuse a stored room that these rules cannot have made."""
        ids = {one.id for one in self.participants}
        seats = [one.seat for one in self.participants]
        if len(ids) != len(seats) or seats != list(range(len(seats))):
            raise ValueError("participants must be unique and in order of seats 0, 1, 2, ...")
        if self.capacity < PEER_TO_PEER_CAPACITY:
            raise ValueError(f"a room holds at least {PEER_TO_PEER_CAPACITY}: {self.capacity}")

    @property
    def inside(self) -> tuple[Participant, ...]:
        """Those who are admitted or in the call."""
        return tuple(one for one in self.participants if one.is_inside)

    def find(self, participant_id: str) -> Participant:
        """Return the participant with this id.

        Raises:
            RoomRefusal: `UNKNOWN_PERSON`, nobody of that id ever arrived.
        """
        for one in self.participants:
            if one.id == participant_id:
                return one
        raise RoomRefusal(Why.UNKNOWN_PERSON)


def arrive(room: Room, participant_id: str, role: Role) -> Room:
    """Seat a person, or give them their old seat back under a new generation.

    A clinician is inside at once while there is room, and so is anybody who was admitted before;
    everybody else waits.

    Raises:
        RoomRefusal: `ENDED`; `OTHER_ROLE`, the id is known in another role; `FULL`, no seat left.
    """
    _require_open(room)
    known = next((one for one in room.participants if one.id == participant_id), None)
    if known is None:
        if len(room.participants) >= MAX_SEATS:
            raise RoomRefusal(Why.FULL)
        is_host = role is Role.CLINICIAN
        comer = Participant(participant_id, role, len(room.participants), is_welcome=is_host)
        room = replace(room, participants=(*room.participants, comer))
    elif known.role is not role:
        raise RoomRefusal(Why.OTHER_ROLE)
    else:
        comer = replace(
            known,
            generation=known.generation + 1,
            place=Place.WAITING,
            has_camera_on=False,
            has_microphone_on=False,
        )
        room = _with(room, comer)
    if comer.is_welcome and len(room.inside) < room.capacity:
        room = _with(room, replace(comer, place=Place.ADMITTED))
    return room


def admit(room: Room, by_id: str, participant_id: str) -> Room:
    """Let a waiting person in; somebody inside already stays where they are.

    Raises:
        RoomRefusal: `ENDED`, `UNKNOWN_PERSON`; `NOT_HOST`, only a clinician who is here admits;
            `NOT_HERE`, the person has left; `FULL`.
    """
    _require_host(room, by_id)
    wanted = room.find(participant_id)
    if wanted.is_inside:
        return room
    if wanted.place is Place.LEFT:
        raise RoomRefusal(Why.NOT_HERE)
    if len(room.inside) >= room.capacity:
        raise RoomRefusal(Why.FULL)
    return _with(room, replace(wanted, place=Place.ADMITTED, is_welcome=True))


def enter_call(room: Room, participant_id: str, generation: int) -> Room:
    """Count an admitted person as in the call: their media flows.

    Raises:
        RoomRefusal: `ENDED`, `UNKNOWN_PERSON`, `STALE`, `NOT_ADMITTED`.
    """
    one = require_inside(room, participant_id, generation)
    return _with(room, replace(one, place=Place.IN_CALL))


def show_media(
    room: Room, participant_id: str, generation: int, *, camera: bool, microphone: bool
) -> Room:
    """Remember what somebody sends, so that a person who comes later knows it.

    Raises:
        RoomRefusal: `ENDED`, `UNKNOWN_PERSON`, `STALE`, `NOT_ADMITTED`.
    """
    one = require_inside(room, participant_id, generation)
    return _with(room, replace(one, has_camera_on=camera, has_microphone_on=microphone))


def leave(room: Room, participant_id: str, generation: int) -> Room:
    """Take a person out and keep their seat. The late farewell of an older connection is refused.

    Raises:
        RoomRefusal: `UNKNOWN_PERSON`, `STALE`.
    """
    one = room.find(participant_id)
    if one.generation != generation:
        raise RoomRefusal(Why.STALE)
    return _with(room, _gone(one))


def dismiss(room: Room, participant_id: str) -> Room:
    """Take a person out against their will, deaf at once to what is still under way from them.

    Used when a right to be here ends, such as a revoked mandate. Who may do it is decided by the
    caller. They wait again if they may come back.

    Raises:
        RoomRefusal: `UNKNOWN_PERSON`.
    """
    one = room.find(participant_id)
    return _with(room, replace(_gone(one), generation=one.generation + 1, is_welcome=False))


def end(room: Room, by_id: str) -> Room:
    """End the call for everybody; ending twice is the same as once.

    Raises:
        RoomRefusal: `UNKNOWN_PERSON`; `NOT_HOST`, only a clinician who is here ends a call.
    """
    if room.state is CallState.ENDED and room.find(by_id).role is Role.CLINICIAN:
        return room
    _require_host(room, by_id)
    return replace(
        room, state=CallState.ENDED, participants=tuple(_gone(one) for one in room.participants)
    )


def require_inside(room: Room, participant_id: str, generation: int) -> Participant:
    """Return the participant if this connection of theirs may speak now.

    Raises:
        RoomRefusal: `ENDED`, `UNKNOWN_PERSON`, `STALE`, `NOT_ADMITTED`.
    """
    _require_open(room)
    one = room.find(participant_id)
    if one.generation != generation:
        raise RoomRefusal(Why.STALE)
    if not one.is_inside:
        raise RoomRefusal(Why.NOT_ADMITTED)
    return one


def require_relay(
    room: Room, sender_id: str, generation: int, to_id: str, to_generation: int
) -> Participant:
    """Return the receiver of a signalling message if it may be passed on.

    Raises:
        RoomRefusal: `STALE`, either end has reconnected since; `ENDED`, `UNKNOWN_PERSON`,
            `NOT_ADMITTED`; `NOT_HERE`, the receiver is not inside, or is the sender.
    """
    require_inside(room, sender_id, generation)
    receiver = room.find(to_id)
    if receiver.generation != to_generation:
        raise RoomRefusal(Why.STALE)
    if not receiver.is_inside or receiver.id == sender_id:
        raise RoomRefusal(Why.NOT_HERE)
    return receiver


def view(room: Room, participant_id: str) -> View:
    """Return what this participant may see.

    Raises:
        RoomRefusal: `UNKNOWN_PERSON`.
    """
    me = room.find(participant_id)
    peers: tuple[Peer, ...] = ()
    waiting: tuple[Participant, ...] = ()
    if me.is_inside:
        peers = tuple(_peer(me, one) for one in room.inside if one.id != me.id)
        if me.role is Role.CLINICIAN:
            waiting = tuple(one for one in room.participants if one.place is Place.WAITING)
    return View(me=me, state=room.state, peers=peers, waiting=waiting)


def _peer(me: Participant, other: Participant) -> Peer:
    return Peer(
        id=other.id,
        role=other.role,
        generation=other.generation,
        is_polite=me.seat > other.seat,
        has_camera_on=other.has_camera_on,
        has_microphone_on=other.has_microphone_on,
    )


def _gone(one: Participant) -> Participant:
    return replace(one, place=Place.LEFT, has_camera_on=False, has_microphone_on=False)


def _with(room: Room, changed: Participant) -> Room:
    return replace(
        room,
        participants=tuple(changed if one.id == changed.id else one for one in room.participants),
    )


def _require_open(room: Room) -> None:
    if room.state is CallState.ENDED:
        raise RoomRefusal(Why.ENDED)


def _require_host(room: Room, participant_id: str) -> None:
    _require_open(room)
    one = room.find(participant_id)
    if one.role is not Role.CLINICIAN or one.place is Place.LEFT:
        raise RoomRefusal(Why.NOT_HOST)
