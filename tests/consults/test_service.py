"""A consultation from the waiting room to the note, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.booking import service as booking
from telehealth.booking.models import Status
from telehealth.consults import service as consults
from telehealth.consults.models import CallEvent, ConsultNote, EventKind
from telehealth.consults.service import Change, NewNote, Relays
from telehealth.core.errors import Conflict, NotAllowed, NotFound
from tests import make
from tests.make.booking import as_self, as_team
from tests.make.consults import representing, video_appointment
from video.messages import Candidate, Leave, MediaState, QualityReport
from video.quality import Level, Summary
from video.rooms import CallState, Participant, Place, Role

NOW = make.NOW
ON = MediaState(generation=1, camera=True, microphone=True)


class Visit:
    """A patient, her doctor and their appointment in five minutes."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.patient = make.patient(session)
        self.neighbour = make.patient(session, "Jure", "Kos")
        self.doctor = make.doctor(session, [self.patient, self.neighbour])
        self.appointment = video_appointment(session, self.patient, self.doctor)
        self.id = self.appointment.id
        self.ana = as_self(self.patient)
        self.miha = as_team(self.doctor, self.patient)

    def come(self) -> Participant:
        return me(consults.arrive(self.session, self.ana, self.id, now=NOW))

    def host(self) -> Participant:
        return me(consults.arrive(self.session, self.miha, self.id, now=NOW))

    def admit(self, guest: Participant) -> Change:
        return consults.admit(self.session, self.miha, self.id, guest.id, now=NOW)

    def kinds(self) -> list[EventKind]:
        return [event.kind for event in consults.history(self.session, self.id)]


@pytest.fixture
def visit(session: Session) -> Visit:
    return Visit(session)


def me(change: Change) -> Participant:
    return change.room.find(change.me)


def audited(session: Session, action: str) -> list[AuditEvent]:
    return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action)))


def test_a_patient_waits_until_the_doctor_lets_her_in(visit: Visit, session: Session) -> None:
    ana = visit.come()
    miha = visit.host()

    assert (ana.place, miha.place) == (Place.WAITING, Place.ADMITTED)
    assert visit.appointment.status is Status.ARRIVED

    change = visit.admit(ana)

    assert change.room.find(ana.id).place is Place.ADMITTED
    assert visit.appointment.status is Status.IN_PROGRESS
    assert visit.kinds() == [EventKind.ARRIVED, EventKind.ARRIVED, EventKind.ADMITTED]
    (row,) = audited(session, "consults.admit")
    assert (row.subject_id, row.actor_person_id) == (visit.patient.id, visit.doctor.id)


def test_what_others_learn_of_a_person_is_neither_number_nor_name(visit: Visit) -> None:
    ana = visit.come()

    assert str(visit.patient.id) not in ana.id
    assert len(ana.id) == 16


def test_admitting_from_the_list_counts_as_coming(visit: Visit) -> None:
    ana = visit.come()

    change = visit.admit(ana)

    roles = {one.role: one.place for one in change.room.participants}
    assert roles == {Role.PATIENT: Place.ADMITTED, Role.CLINICIAN: Place.ADMITTED}


def test_coming_back_takes_the_old_seat_without_waiting_again(visit: Visit) -> None:
    ana = visit.come()
    visit.admit(ana)
    consults.leave(visit.session, visit.ana, visit.id, Leave(generation=1), now=NOW)

    back = visit.come()

    assert (back.id, back.generation, back.place) == (ana.id, 2, Place.ADMITTED)


def test_an_older_window_is_told_that_the_call_goes_on_elsewhere(visit: Visit) -> None:
    ana = visit.come()

    change = consults.arrive(visit.session, visit.ana, visit.id, now=NOW)

    assert change.replaced == (ana.id, 1)
    with pytest.raises(Conflict) as refusal:
        consults.leave(visit.session, visit.ana, visit.id, Leave(generation=1), now=NOW)
    assert refusal.value.code == "stale"


@pytest.mark.parametrize("minutes", [-11, 61 + 5])
def test_nobody_enters_too_early_or_too_late(visit: Visit, minutes: int) -> None:
    at = visit.appointment.starts_at + timedelta(minutes=minutes)

    with pytest.raises(Conflict) as refusal:
        consults.arrive(visit.session, visit.ana, visit.id, now=at)

    assert refusal.value.code == "not_joinable"


def test_a_cancelled_appointment_has_no_call(visit: Visit) -> None:
    booking.cancel(visit.session, visit.miha, visit.id, now=NOW)

    with pytest.raises(Conflict):
        visit.come()


def test_an_appointment_in_person_has_no_call(visit: Visit) -> None:
    with pytest.raises(NotFound):
        consults.patient_of(visit.session, visit.id + 1000)


def test_signalling_goes_to_who_is_inside_and_to_nobody_else(visit: Visit) -> None:
    ana, miha = visit.come(), visit.host()
    said = Candidate(1, miha.id, 1, candidate="candidate:1")

    with pytest.raises(NotAllowed):
        consults.relay_to(visit.session, visit.ana, visit.id, said, now=NOW)

    visit.admit(ana)
    found = consults.relay_to(visit.session, visit.ana, visit.id, said, now=NOW)

    assert found is not None
    assert (found[0], found[1].id) == (ana.id, miha.id)


def test_a_message_of_an_older_connection_is_dropped(visit: Visit) -> None:
    ana, miha = visit.come(), visit.host()
    visit.admit(ana)
    visit.come()

    stale = Candidate(1, miha.id, 1, candidate=None)

    assert consults.relay_to(visit.session, visit.ana, visit.id, stale, now=NOW) is None


def test_the_first_sign_of_media_counts_as_being_in_the_call(visit: Visit) -> None:
    visit.admit(visit.come())

    for _ in range(2):
        change = consults.show_media(visit.session, visit.ana, visit.id, ON, now=NOW)

    assert me(change).place is Place.IN_CALL
    assert me(change).has_camera_on
    assert visit.kinds().count(EventKind.ENTERED) == 1


def test_every_change_of_the_room_is_newer_than_the_one_before(visit: Visit) -> None:
    first = consults.arrive(visit.session, visit.ana, visit.id, now=NOW)
    second = visit.admit(me(first))
    third = consults.show_media(visit.session, visit.ana, visit.id, ON, now=NOW)

    assert first.revision < second.revision < third.revision


def test_a_changed_quality_is_remembered_once(visit: Visit) -> None:
    visit.admit(visit.come())
    bad = QualityReport(1, Summary(is_video_expected=True, loss_pct=30))

    for _ in range(2):
        found = consults.report_quality(visit.session, visit.ana, visit.id, bad, now=NOW)

    assert found.level is Level.POOR
    assert visit.kinds().count(EventKind.QUALITY) == 1


def test_the_doctor_ends_the_call_and_the_appointment_is_done(visit: Visit) -> None:
    ana = visit.come()
    visit.admit(ana)

    for _ in range(2):
        change = consults.end(visit.session, visit.miha, visit.id, now=NOW)

    assert change.room.state is CallState.ENDED
    assert visit.appointment.status is Status.DONE
    assert visit.kinds().count(EventKind.ENDED) == 1
    with pytest.raises(Conflict) as refusal:
        visit.come()
    assert refusal.value.code == "ended"


def test_a_call_to_which_nobody_came_is_not_ended_but_missed(visit: Visit) -> None:
    visit.host()

    with pytest.raises(Conflict) as refusal:
        consults.end(visit.session, visit.miha, visit.id, now=NOW)

    assert refusal.value.code == "nobody_came"


def test_a_forgotten_call_is_ended_hours_later(visit: Visit) -> None:
    visit.come()

    change = consults.end(visit.session, visit.miha, visit.id, now=NOW + timedelta(hours=3))

    assert change.room.state is CallState.ENDED


def test_a_proxy_comes_in_the_patients_place_and_goes_when_the_mandate_ends(
    visit: Visit, session: Session
) -> None:
    proxy = make.patient(session, "Eva", "Zupan")
    mandate = make.mandate(session, visit.patient, proxy)
    eva = representing(mandate)
    seat = me(consults.arrive(session, eva, visit.id, now=NOW))
    change = visit.admit(seat)
    assert change.people[seat.id] == consults.Who("Eva Zupan", stands_for="Ana Novak")

    (dismissed,) = consults.dismiss_under(session, mandate.id, now=NOW)

    gone = dismissed.room.find(seat.id)
    assert (gone.place, gone.is_welcome, gone.generation) == (Place.LEFT, False, 2)
    assert consults.dismiss_under(session, mandate.id, now=NOW) == []
    (row,) = audited(session, "consults.dismiss")
    assert (row.subject_id, row.cause) == (visit.patient.id, "mandates.ended")


def test_turn_names_are_for_people_inside_and_say_nothing_of_them(visit: Visit) -> None:
    relays = Relays(("turn:relay.example:3478",), ("secret",))
    ana = visit.come()
    with pytest.raises(NotAllowed):
        consults.connection(visit.session, visit.ana, visit.id, relays, now=NOW)
    visit.admit(ana)

    found = consults.connection(visit.session, visit.ana, visit.id, relays, now=NOW)

    expiry, name = found["iceServers"][0]["username"].split(":")
    assert name == ana.id
    until = visit.appointment.ends_at + timedelta(minutes=30)
    assert int(expiry) == int(until.timestamp())


def test_a_note_is_kept_in_versions(visit: Visit, session: Session) -> None:
    first = consults.write_note(
        session, visit.miha, visit.id, NewNote("Počutje", False, 0), now=NOW
    )
    same = consults.write_note(session, visit.miha, visit.id, NewNote("Počutje", False, 0), now=NOW)
    second = consults.write_note(
        session, visit.miha, visit.id, NewNote("Počutje dobro", True, 1), now=NOW
    )

    assert (first.version, same.version, second.version) == (1, 1, 2)
    stored = session.scalars(select(ConsultNote.text).order_by(ConsultNote.version)).all()
    assert stored == ["Počutje", "Počutje dobro"]


def test_two_windows_never_overwrite_each_other(visit: Visit, session: Session) -> None:
    consults.write_note(session, visit.miha, visit.id, NewNote("Prvo okno", False, 0), now=NOW)

    with pytest.raises(Conflict) as refusal:
        consults.write_note(session, visit.miha, visit.id, NewNote("Drugo okno", False, 0), now=NOW)

    assert refusal.value.code == "note_changed"
    found = consults.read_note(session, visit.miha, visit.id, now=NOW)
    assert found is not None
    assert found.text == "Prvo okno"


def test_the_patient_sees_a_note_only_while_it_is_shared(visit: Visit, session: Session) -> None:
    consults.write_note(session, visit.miha, visit.id, NewNote("Skrivno", False, 0), now=NOW)
    (hidden,) = consults.visits_of(session, visit.ana, now=NOW)
    consults.write_note(session, visit.miha, visit.id, NewNote("Za vas", True, 1), now=NOW)
    (shared,) = consults.visits_of(session, visit.ana, now=NOW)

    assert hidden.note is None
    assert shared.note is not None
    assert shared.note.text == "Za vas"


@pytest.mark.parametrize("table", ["call_event", "consult_note"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET at = at", "DELETE FROM {}"])
def test_history_and_notes_cannot_be_rewritten(
    visit: Visit, session: Session, table: str, deed: str
) -> None:
    visit.come()
    consults.write_note(session, visit.miha, visit.id, NewNote("x", False, 0), now=NOW)

    with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
        session.execute(text(deed.format(table)))

    assert session.scalars(select(CallEvent)).all()


def test_the_place_in_the_queue_counts_who_came_for_an_earlier_turn(
    visit: Visit, session: Session
) -> None:
    later = video_appointment(session, visit.neighbour, visit.doctor, NOW + timedelta(minutes=60))
    at = later.starts_at - timedelta(minutes=5)
    jure = as_self(visit.neighbour)

    assert consults.lobby(session, jure, later.id, now=at).before == 0
    visit.come()

    assert consults.lobby(session, jure, later.id, now=at).before == 1
