"""When a call may be entered, and how an appointment lives while it takes place."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from telehealth.booking import service as booking
from telehealth.booking.models import Status
from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import Conflict, NotFound
from tests import make
from tests.make import booking as made
from tests.make.booking import NOW, TOMORROW, as_doctor, as_self, as_team, at


@pytest.mark.parametrize(
    ("wall", "is_open"),
    [("07:49", False), ("07:50", True), ("08:10", True), ("08:50", True), ("08:51", False)],
)
def test_a_video_call_opens_ten_minutes_before_and_closes_thirty_after(
    session: Session, wall: str, *, is_open: bool
):
    patient = make.patient(session)
    row = made.appointment(session, patient, make.doctor(session, [patient]))

    assert booking.is_joinable(row, at(wall)) is is_open


def test_only_video_appointments_have_a_call(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    video = made.appointment(session, patient, doctor)
    visit = made.appointment(session, patient, doctor, "13:00", "visit")

    assert booking.appointment_for_call(session, video.id) is video
    assert not booking.is_joinable(visit, at("13:00"))
    for absent in (visit.id, 10**9):
        with pytest.raises(NotFound):
            booking.appointment_for_call(session, absent)


def test_a_consultation_from_arrival_to_end(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    row = made.appointment(session, patient, doctor)

    booking.arrive(session, as_self(patient), row.id, now=at("07:55"))
    assert row.status is Status.ARRIVED
    booking.start(session, as_team(doctor, patient), row.id, now=at("08:01"))
    booking.start(session, as_team(doctor, patient), row.id, now=at("08:05"))  # came back
    assert (row.status, row.started_at) == (Status.IN_PROGRESS, at("08:01"))
    booking.arrive(session, as_self(patient), row.id, now=at("08:06"))
    assert row.status is Status.IN_PROGRESS
    booking.finish(session, as_team(doctor, patient), row.id, now=at("08:15"))

    assert (row.status, row.finished_at) == (Status.DONE, at("08:15"))
    assert not booking.is_joinable(row, at("08:16"))
    with pytest.raises(Conflict):
        booking.start(session, as_team(doctor, patient), row.id, now=at("08:16"))
    assert [one.id for one in booking.past(session, as_self(patient), now=at("08:16"))] == [row.id]


def test_a_patient_cannot_arrive_too_early_nor_at_anothers_call(session: Session):
    patient, other = make.patient(session), make.patient(session, "Eva")
    row = made.appointment(session, patient, make.doctor(session, [patient, other]))

    with pytest.raises(Conflict):
        booking.arrive(session, as_self(patient), row.id, now=at("07:49"))
    with pytest.raises(NotFound):
        booking.arrive(session, as_self(other), row.id, now=at("08:00"))


def test_a_doctor_of_another_team_holds_nothing(session: Session):
    patient, other = make.patient(session), make.patient(session, "Eva")
    row = made.appointment(session, patient, make.doctor(session, [patient]))
    stranger = make.doctor(session, [other])

    for actor in (as_doctor(stranger), as_team(stranger, other), as_self(patient)):
        for deed in (booking.start, booking.finish, booking.miss):
            with pytest.raises(NotFound):
                deed(session, actor, row.id, now=at("08:10"))


def test_a_missed_appointment_is_marked_only_after_its_start(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    row = made.appointment(session, patient, doctor)

    with pytest.raises(Conflict):
        booking.miss(session, as_doctor(doctor), row.id, now=at("07:59"))
    booking.miss(session, as_doctor(doctor), row.id, now=at("08:20"))

    assert row.status is Status.NO_SHOW


def test_the_agenda_shows_own_appointments_of_the_asked_days_without_cancelled_ones(
    session: Session,
):
    patient = make.patient(session)
    doctor, nurse = make.doctor(session, [patient]), make.nurse(session, [patient])
    late = made.appointment(session, patient, doctor, "22:30")
    made.appointment(session, patient, doctor, "08:00", day=TOMORROW + timedelta(days=1))
    made.appointment(session, patient, nurse, "10:00")
    gone = made.appointment(session, patient, doctor, "12:00")
    booking.cancel(session, as_self(patient), gone.id, now=NOW)

    rows = booking.agenda(session, as_doctor(doctor), TOMORROW, TOMORROW, now=NOW)

    assert [row.id for row in rows] == [late.id]
    with pytest.raises(NotFound):
        booking.agenda(session, as_self(patient), TOMORROW, TOMORROW, now=NOW)


def test_an_appointment_that_runs_over_is_still_ahead_until_the_call_closes(session: Session):
    patient = make.patient(session)
    row = made.appointment(session, patient, make.doctor(session, [patient]))

    assert booking.upcoming(session, as_self(patient), now=at("08:50")) == [row]
    assert booking.upcoming(session, as_self(patient), now=at("08:51")) == []
    proxy = Actor(1, patient.id, Basis.MANDATE)
    assert booking.upcoming(session, proxy, now=NOW, limit=1) == [row]
