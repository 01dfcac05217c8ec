"""A consultation room from arrival to end, as stories and as rules that always hold."""

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from video import rooms
from video.rooms import CallState, Participant, Place, Role, Room, RoomRefusal, Why


def a_visit() -> Room:
    """A doctor and an admitted patient."""
    room = rooms.arrive(Room(), "doctor", Role.CLINICIAN)
    room = rooms.arrive(room, "patient", Role.PATIENT)
    return rooms.admit(room, "doctor", "patient")


def refused(deed: Callable[[], object]) -> Why:
    with pytest.raises(RoomRefusal) as caught:
        deed()
    return caught.value.why


def test_a_patient_waits_is_admitted_talks_and_leaves():
    room = rooms.arrive(Room(), "patient", Role.PATIENT)
    assert rooms.view(room, "patient").me.place is Place.WAITING
    assert rooms.view(room, "patient").peers == ()

    room = rooms.arrive(room, "doctor", Role.CLINICIAN)
    assert [one.id for one in rooms.view(room, "doctor").waiting] == ["patient"]

    room = rooms.admit(room, "doctor", "patient")
    room = rooms.enter_call(room, "patient", 1)
    assert room.find("patient").place is Place.IN_CALL
    assert [peer.id for peer in rooms.view(room, "patient").peers] == ["doctor"]

    room = rooms.leave(room, "patient", 1)
    assert room.find("patient").place is Place.LEFT
    assert rooms.view(room, "doctor").peers == ()


def test_who_waits_sees_nobody_and_nobody_else_who_waits():
    room = rooms.arrive(a_visit(), "mother", Role.COMPANION)

    seen = rooms.view(room, "mother")

    assert seen.peers == ()
    assert seen.waiting == ()


def test_coming_back_keeps_the_seat_and_needs_no_second_admission():
    room = rooms.leave(a_visit(), "patient", 1)

    room = rooms.arrive(room, "patient", Role.PATIENT)

    back = room.find("patient")
    assert (back.seat, back.generation, back.place) == (1, 2, Place.ADMITTED)


def test_a_reload_without_a_farewell_makes_the_old_connection_stale():
    room = rooms.arrive(a_visit(), "patient", Role.PATIENT)

    assert refused(lambda: rooms.leave(room, "patient", 1)) is Why.STALE
    assert refused(lambda: rooms.enter_call(room, "patient", 1)) is Why.STALE
    assert refused(lambda: rooms.require_relay(room, "patient", 1, "doctor", 1)) is Why.STALE
    assert refused(lambda: rooms.require_relay(room, "doctor", 1, "patient", 1)) is Why.STALE
    assert rooms.require_relay(room, "doctor", 1, "patient", 2).id == "patient"


def test_a_waiting_patient_who_reloads_keeps_the_place_in_the_queue():
    room = rooms.arrive(Room(), "first", Role.PATIENT)
    room = rooms.arrive(room, "second", Role.COMPANION)
    room = rooms.arrive(room, "first", Role.PATIENT)
    room = rooms.arrive(room, "doctor", Role.CLINICIAN)

    assert [one.id for one in rooms.view(room, "doctor").waiting] == ["first", "second"]


def test_the_second_to_arrive_is_polite_also_after_coming_back():
    room = rooms.arrive(a_visit(), "doctor", Role.CLINICIAN)

    assert [peer.is_polite for peer in rooms.view(room, "doctor").peers] == [False]
    assert [peer.is_polite for peer in rooms.view(room, "patient").peers] == [True]


def test_only_a_clinician_who_is_here_admits_and_ends():
    room = rooms.arrive(a_visit(), "mother", Role.COMPANION)
    gone = rooms.leave(room, "doctor", 1)

    assert refused(lambda: rooms.admit(room, "patient", "mother")) is Why.NOT_HOST
    assert refused(lambda: rooms.end(room, "patient")) is Why.NOT_HOST
    assert refused(lambda: rooms.admit(gone, "doctor", "mother")) is Why.NOT_HOST
    assert refused(lambda: rooms.end(gone, "doctor")) is Why.NOT_HOST


def test_a_full_room_lets_the_third_one_in_when_somebody_leaves():
    room = rooms.arrive(a_visit(), "mother", Role.COMPANION)
    assert refused(lambda: rooms.admit(room, "doctor", "mother")) is Why.FULL

    room = rooms.admit(rooms.leave(room, "patient", 1), "doctor", "mother")
    room = rooms.arrive(room, "patient", Role.PATIENT)

    assert room.find("mother").place is Place.ADMITTED
    assert room.find("patient").place is Place.WAITING


def test_admitting_twice_is_the_same_as_once():
    room = rooms.enter_call(a_visit(), "patient", 1)

    assert rooms.admit(room, "doctor", "patient") == room


def test_a_person_who_left_cannot_be_admitted():
    room = rooms.arrive(Room(), "doctor", Role.CLINICIAN)
    room = rooms.leave(rooms.arrive(room, "patient", Role.PATIENT), "patient", 1)

    assert refused(lambda: rooms.admit(room, "doctor", "patient")) is Why.NOT_HERE


def test_a_dismissed_person_is_deaf_at_once_and_waits_again():
    room = rooms.dismiss(a_visit(), "patient")
    assert refused(lambda: rooms.require_relay(room, "patient", 1, "doctor", 1)) is Why.STALE

    back = rooms.arrive(room, "patient", Role.PATIENT)

    assert back.find("patient").place is Place.WAITING


def test_who_waits_can_neither_speak_nor_be_spoken_to():
    room = rooms.arrive(a_visit(), "mother", Role.COMPANION)

    assert refused(lambda: rooms.require_relay(room, "mother", 1, "doctor", 1)) is Why.NOT_ADMITTED
    assert refused(lambda: rooms.require_relay(room, "doctor", 1, "mother", 1)) is Why.NOT_HERE
    assert refused(lambda: rooms.require_relay(room, "doctor", 1, "doctor", 1)) is Why.NOT_HERE
    assert refused(lambda: rooms.require_relay(room, "doctor", 1, "ghost", 1)) is Why.UNKNOWN_PERSON


def test_a_late_comer_learns_who_has_the_camera_on():
    room = rooms.show_media(a_visit(), "doctor", 1, camera=True, microphone=False)

    room = rooms.arrive(room, "patient", Role.PATIENT)

    (peer,) = rooms.view(room, "patient").peers
    assert (peer.has_camera_on, peer.has_microphone_on) == (True, False)


def test_an_ended_call_has_nobody_inside_and_stays_ended():
    room = rooms.end(a_visit(), "doctor")

    assert room.inside == ()
    assert rooms.end(room, "doctor") == room
    assert refused(lambda: rooms.end(room, "patient")) is Why.ENDED
    assert refused(lambda: rooms.arrive(room, "patient", Role.PATIENT)) is Why.ENDED
    assert refused(lambda: rooms.enter_call(room, "patient", 1)) is Why.ENDED


def test_an_id_keeps_its_role():
    assert refused(lambda: rooms.arrive(a_visit(), "patient", Role.CLINICIAN)) is Why.OTHER_ROLE


def test_a_room_does_not_grow_without_end():
    room = Room()
    for number in range(rooms.MAX_SEATS):
        room = rooms.arrive(room, f"p{number}", Role.COMPANION)

    assert refused(lambda: rooms.arrive(room, "one-more", Role.PATIENT)) is Why.FULL
    assert rooms.arrive(room, "p3", Role.COMPANION).find("p3").seat == 3


def test_a_stored_room_that_cannot_be_is_refused():
    someone = Participant("a", Role.PATIENT, seat=0)

    with pytest.raises(ValueError, match="unique"):
        Room(participants=(someone, someone))
    with pytest.raises(ValueError, match="order of seats"):
        Room(participants=(Participant("a", Role.PATIENT, seat=1),))
    with pytest.raises(ValueError, match="at least"):
        Room(capacity=1)


class Consultation(RuleBasedStateMachine):
    """Anybody does anything in any order; the rules below hold all the time."""

    people = Bundle("people")

    def __init__(self) -> None:
        super().__init__()
        self.room = Room()
        self.seats: dict[str, int] = {}
        self.generations: dict[str, int] = {}
        self.admitted: set[str] = set()
        self.was_ended = False

    def attempt(self, deed: Callable[[], Room]) -> bool:
        try:
            self.room = deed()
        except RoomRefusal:
            return False
        return True

    @rule(target=people, number=st.integers(0, 4), role=st.sampled_from(Role))
    def arrive(self, number: int, role: Role) -> str:
        name = f"{role.value}{number}"
        self.attempt(lambda: rooms.arrive(self.room, name, role))
        return name

    @rule(by=people, who=people)
    def admit(self, by: str, who: str) -> None:
        if self.attempt(lambda: rooms.admit(self.room, by, who)):
            self.admitted.add(who)
            assert self.room.find(by).role is Role.CLINICIAN

    @rule(who=people, age=st.integers(0, 2))
    def enter(self, who: str, age: int) -> None:
        generation = self.generations.get(who, 1) - age
        if self.attempt(lambda: rooms.enter_call(self.room, who, generation)):
            assert age == 0

    @rule(who=people, age=st.integers(0, 2))
    def leave(self, who: str, age: int) -> None:
        generation = self.generations.get(who, 1) - age
        if self.attempt(lambda: rooms.leave(self.room, who, generation)):
            assert age == 0

    @rule(who=people)
    def dismiss(self, who: str) -> None:
        if self.attempt(lambda: rooms.dismiss(self.room, who)):
            self.admitted.discard(who)

    @rule(by=people)
    def end(self, by: str) -> None:
        self.was_ended |= self.attempt(lambda: rooms.end(self.room, by))

    @invariant()
    def seats_are_for_life(self) -> None:
        for one in self.room.participants:
            assert self.seats.setdefault(one.id, one.seat) == one.seat
        assert len(set(self.seats.values())) == len(self.seats)

    @invariant()
    def generations_only_grow(self) -> None:
        for one in self.room.participants:
            assert one.generation >= self.generations.get(one.id, 1)
            self.generations[one.id] = one.generation

    @invariant()
    def nobody_is_inside_unadmitted_or_in_excess(self) -> None:
        assert len(self.room.inside) <= self.room.capacity
        for one in self.room.inside:
            assert one.role is Role.CLINICIAN or one.id in self.admitted

    @invariant()
    def of_every_two_exactly_one_yields(self) -> None:
        yields = {
            (one.id, peer.id): peer.is_polite
            for one in self.room.inside
            for peer in rooms.view(self.room, one.id).peers
        }
        for (one, other), is_polite in yields.items():
            assert yields[other, one] is not is_polite

    @invariant()
    def the_end_is_the_end(self) -> None:
        if self.was_ended:
            assert self.room.state is CallState.ENDED
            assert self.room.inside == ()


TestConsultation = Consultation.TestCase
TestConsultation.settings = settings(deadline=None)  # a busy machine is no fault
