"""Offering hours, booking, moving and cancelling, as patients and workers live it."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.booking import service as booking
from telehealth.booking.models import (
    Appointment,
    CancelReason,
    Channel,
    Modality,
    ServiceType,
    Status,
)
from telehealth.booking.service import NewHours, SlotQuery
from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import Conflict, Invalid, NotAllowed, NotFound
from telehealth.core.outbox import OutboxEvent
from telehealth.inbox.models import InboxItem
from tests import make
from tests.make import booking as made
from tests.make.booking import NOW, TOMORROW, as_doctor, as_self, as_team, at, wish

WEEK_LATER = TOMORROW + timedelta(days=7)


def walls_free(session: Session, actor: Actor, worker_id: int, **more: object) -> list[str]:
    asked = SlotQuery(worker_id, "video", TOMORROW, TOMORROW, **more)  # type: ignore[arg-type]  # of a test
    found = booking.find_slots(session, actor, asked, now=NOW)
    return [f"{slot.starts_at:%H:%M}" for slot in found.slots]


def topics(session: Session) -> list[str]:
    return [
        topic
        for topic in session.scalars(select(OutboxEvent.topic).order_by(OutboxEvent.id))
        if topic.startswith("booking.")
    ]


def inbox_of(session: Session, person_id: int) -> list[str]:
    return list(session.scalars(select(InboxItem.title).where(InboxItem.person_id == person_id)))


def actions(session: Session, subject_id: int) -> list[str]:
    query = select(AuditEvent.action).where(AuditEvent.subject_id == subject_id)
    return list(session.scalars(query.order_by(AuditEvent.seq)))


def test_a_patient_books_an_offered_slot_and_both_sides_know(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    made.offer(session, doctor, hours="08:00-09:00")

    row = booking.book(session, as_self(patient), wish(doctor, "08:30"), now=NOW)

    assert (row.starts_at, row.ends_at) == (at("08:30"), at("08:50"))
    assert row.starts_wall.isoformat() == "2026-11-24T08:30:00"
    assert row.status is Status.BOOKED
    assert row.modality is Modality.VIDEO
    assert not row.is_for_another
    assert walls_free(session, as_self(patient), doctor.id) == ["07:00"]
    assert inbox_of(session, patient.id) == ["Appointment booked"]
    assert topics(session) == ["booking.booked"]
    assert "booking.book" in actions(session, patient.id)


def test_a_taken_slot_is_refused_and_changes_nothing(session: Session):
    ana, eva = make.patient(session), make.patient(session, "Eva")
    doctor = make.doctor(session, [ana, eva])
    made.offer(session, doctor, hours="08:00-09:00")
    booking.book(session, as_self(ana), wish(doctor), now=NOW)

    with pytest.raises(Conflict) as refused:
        booking.book(session, as_self(eva), wish(doctor), now=NOW)

    assert refused.value.code == "slot_taken"
    assert booking.upcoming(session, as_self(eva), now=NOW) == []
    assert inbox_of(session, eva.id) == []
    assert topics(session) == ["booking.booked"]


def test_two_services_in_the_same_hours_share_one_doctor(session: Session):
    ana, eva = make.patient(session), make.patient(session, "Eva")
    doctor = make.doctor(session, [ana, eva])
    made.offer(session, doctor, "video", "08:00-09:00")
    made.offer(session, doctor, "phone", "08:00-09:00")
    booking.book(session, as_self(ana), wish(doctor, "08:00"), now=NOW)

    with pytest.raises(Conflict):
        booking.book(session, as_self(eva), wish(doctor, "08:15", "phone"), now=NOW)

    row = booking.book(session, as_self(eva), wish(doctor, "08:30", "phone"), now=NOW)
    assert row.starts_at == at("08:30")  # touches the end of the buffer: that is free


def test_a_patient_cannot_be_in_two_places(session: Session):
    patient = make.patient(session)
    doctor, nurse = make.doctor(session, [patient]), make.nurse(session, [patient])
    made.offer(session, doctor, hours="08:00-09:00")
    made.offer(session, nurse, hours="08:00-09:00")
    booking.book(session, as_self(patient), wish(doctor), now=NOW)

    assert walls_free(session, as_self(patient), nurse.id) == ["07:30"]
    with pytest.raises(Conflict):
        booking.book(session, as_self(patient), wish(nurse), now=NOW)


def test_a_double_click_finds_the_first_booking(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    made.offer(session, doctor)
    wanted = wish(doctor)

    first = booking.book(session, as_self(patient), wanted, now=NOW)
    again = booking.book(session, as_self(patient), wanted, now=NOW)

    assert again is first
    assert inbox_of(session, patient.id) == ["Appointment booked"]
    with pytest.raises(Conflict) as refused:
        booking.book(session, as_self(patient), replace(wanted, starts_at=at("09:00")), now=NOW)
    assert refused.value.code == "key_reused"


def test_a_guardian_books_for_a_child_and_the_record_says_so(session: Session):
    kid, parent = make.child(session), make.patient(session, "Petra")
    doctor = make.doctor(session, [kid])
    made.offer(session, doctor)
    link = make.guardian(session, parent, kid)
    actor = Actor(parent.id, kid.id, Basis.GUARDIAN, representation_id=link.id)

    row = booking.book(session, actor, wish(doctor), now=NOW)

    assert row.is_for_another
    assert (row.booked_by.name, row.booked_basis) == (parent.name, Basis.GUARDIAN)
    assert row.patient_id == kid.id
    assert inbox_of(session, kid.id) == ["Appointment booked"]


def test_a_child_does_not_book_for_itself(session: Session):
    kid = make.child(session)
    doctor = make.doctor(session, [kid])
    made.offer(session, doctor)

    with pytest.raises(NotAllowed) as refused:
        booking.book(session, as_self(kid), wish(doctor), now=NOW)

    assert refused.value.code == "too_young"


def test_only_workers_of_the_own_care_team_can_be_booked(session: Session):
    patient = make.patient(session)
    stranger = make.doctor(session, [])
    made.offer(session, stranger)

    with pytest.raises(NotFound):
        booking.book(session, as_self(patient), wish(stranger), now=NOW)
    with pytest.raises(NotFound):
        walls_free(session, as_self(patient), stranger.id)


def test_nobody_books_for_somebody_who_has_died(session: Session):
    patient, proxy = make.patient(session), make.patient(session, "Petra")
    doctor = make.doctor(session, [patient])
    made.offer(session, doctor)
    patient.died_on = date(2026, 11, 20)

    with pytest.raises(NotFound):
        booking.book(session, as_team(doctor, patient), wish(doctor), now=NOW)
    assert proxy.died_on is None


def test_the_clinic_books_by_phone_and_is_not_bound_by_the_lead_time(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    made.offer(session, doctor, "visit", "10:30-12:00", NOW.date())  # in half an hour
    soon = wish(doctor, "10:30", "visit", NOW.date())

    with pytest.raises(Conflict) as refused:
        booking.book(session, as_self(patient), soon, now=NOW)
    assert refused.value.code == "slot_closed"

    by_phone = replace(soon, channel=Channel.PHONE)
    row = booking.book(session, as_team(doctor, patient), by_phone, now=NOW)
    assert (row.channel, row.booked_basis, row.is_for_another) == (
        Channel.PHONE,
        Basis.CARE_TEAM,
        True,
    )


def test_a_patient_cannot_pretend_to_have_called(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    made.offer(session, doctor)

    with pytest.raises(NotAllowed):
        booking.book(session, as_self(patient), wish(doctor, channel=Channel.PHONE), now=NOW)


@pytest.mark.parametrize("wall", ["08:10", "07:30", "12:00", "23:00"])
def test_a_time_that_is_not_offered_is_refused(session: Session, wall: str):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    made.offer(session, doctor)

    with pytest.raises(Conflict) as refused:
        booking.book(session, as_self(patient), wish(doctor, wall), now=NOW)

    assert refused.value.code == "slot_not_offered"


def test_nothing_is_booked_beyond_the_horizon_or_in_the_past(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    made.offer(session, doctor, weekly=True)
    far = TOMORROW + timedelta(weeks=14)

    with pytest.raises(Conflict):
        booking.book(session, as_self(patient), wish(doctor, day=far), now=NOW)
    with pytest.raises(Conflict):
        booking.book(session, as_self(patient), wish(doctor), now=at("08:01"))


def test_where_nothing_is_free_the_next_free_slot_is_named(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    made.offer(session, doctor, hours="08:00-08:20", weekly=True)
    booking.book(session, as_self(patient), wish(doctor), now=NOW)

    asked = SlotQuery(doctor.id, "video", TOMORROW, TOMORROW)
    found = booking.find_slots(session, as_self(patient), asked, now=NOW)

    assert found.slots == ()
    assert found.next_free is not None
    assert found.next_free.starts_at == at("08:00", WEEK_LATER)


def test_choices_name_what_is_offered_and_when_it_is_first_free(session: Session):
    patient = make.patient(session)
    doctor, _nurse = make.doctor(session, [patient]), make.nurse(session, [patient])
    made.offer(session, doctor, "phone", "13:00-14:00")

    (only,) = booking.choices(session, as_self(patient), now=NOW)

    assert (only.worker.person_id, only.service.key) == (doctor.id, "phone")
    assert only.next_free is not None
    assert only.next_free.starts_at == at("13:00")


def test_a_cancelled_slot_is_free_again_and_the_doctor_hears_of_it(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    row = made.appointment(session, patient, doctor)

    booking.cancel(session, as_self(patient), row.id, now=NOW)
    booking.cancel(session, as_self(patient), row.id, now=NOW)

    assert (row.status, row.cancel_reason) == (Status.CANCELLED, CancelReason.PATIENT)
    assert inbox_of(session, doctor.id) == ["Appointment cancelled"]
    assert topics(session) == ["booking.booked", "booking.cancelled"]
    assert "07:00" in walls_free(session, as_self(patient), doctor.id)
    assert actions(session, patient.id).count("booking.cancel") == 1


def test_the_clinic_cancels_and_the_patient_hears_of_it(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    row = made.appointment(session, patient, doctor)

    booking.cancel(session, as_team(doctor, patient), row.id, now=at("07:50"))

    assert row.cancel_reason is CancelReason.CLINIC
    assert inbox_of(session, patient.id) == ["Appointment booked", "Appointment cancelled"]


def test_shortly_before_the_start_patients_call_instead_of_cancelling(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    row = made.appointment(session, patient, doctor)

    with pytest.raises(Conflict) as refused:
        booking.cancel(session, as_self(patient), row.id, now=at("07:01"))

    assert refused.value.code == "too_late"
    assert row.status is Status.BOOKED


def test_somebody_elses_appointment_is_as_absent_as_none(session: Session):
    ana, eva = make.patient(session), make.patient(session, "Eva")
    doctor = make.doctor(session, [ana, eva])
    row = made.appointment(session, ana, doctor)

    for deed in (booking.cancel, booking.find):
        with pytest.raises(NotFound):
            deed(session, as_self(eva), row.id, now=NOW)
        with pytest.raises(NotFound):
            deed(session, as_self(eva), 10**9, now=NOW)
    with pytest.raises(NotFound):
        booking.move(session, as_self(eva), row.id, wish(doctor, "08:30"), now=NOW)


def test_moving_books_the_new_time_and_frees_the_old_one(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    old = made.appointment(session, patient, doctor)

    row = booking.move(session, as_self(patient), old.id, wish(doctor, "08:30"), now=NOW)

    assert (old.status, old.cancel_reason) == (Status.CANCELLED, CancelReason.MOVED)
    assert (row.uid, row.sequence, row.moved_from_id) == (old.uid, old.sequence + 1, old.id)
    assert walls_free(session, as_self(patient), doctor.id) == ["07:00"]
    assert [one.id for one in booking.upcoming(session, as_self(patient), now=NOW)] == [row.id]
    assert booking.past(session, as_self(patient), now=NOW) == []
    assert inbox_of(session, doctor.id) == ["Appointment moved"]


def test_moving_to_a_taken_slot_leaves_everything_as_it_was(session: Session):
    ana, eva = make.patient(session), make.patient(session, "Eva")
    doctor = make.doctor(session, [ana, eva])
    old = made.appointment(session, ana, doctor)
    booking.book(session, as_self(eva), wish(doctor, "08:30"), now=NOW)
    session.commit()

    with pytest.raises(Conflict):
        booking.move(session, as_self(ana), old.id, wish(doctor, "08:30"), now=NOW)
    session.rollback()

    assert session.get_one(Appointment, old.id).status is Status.BOOKED


def test_the_time_being_moved_counts_as_free_for_the_move(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    old = made.appointment(session, patient, doctor)

    assert walls_free(session, as_self(patient), doctor.id) == ["07:30"]
    assert walls_free(session, as_self(patient), doctor.id, moving_id=old.id) == ["07:00", "07:30"]


def test_withdrawn_hours_make_no_slots_but_keep_what_is_booked(session: Session):
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    row = made.appointment(session, patient, doctor)

    booking.withdraw(session, as_doctor(doctor), row.offer_id, now=NOW)

    assert walls_free(session, as_self(patient), doctor.id) == []
    assert row.status is Status.BOOKED
    assert booking.offered_by(session, as_doctor(doctor), now=NOW) == []


def test_a_doctor_withdraws_only_own_hours(session: Session):
    doctor, other = make.doctor(session), make.doctor(session)
    row = made.offer(session, doctor)

    with pytest.raises(NotFound):
        booking.withdraw(session, as_doctor(other), row.id, now=NOW)


@pytest.mark.parametrize(
    ("wanted", "field", "code"),
    [
        (NewHours("video", date(2026, 11, 22), None, time(8), time(9)), "#/first_on", "past"),
        (NewHours("video", TOMORROW, date(2026, 11, 23), time(8), time(9)), "#/last_on", "order"),
        (NewHours("video", TOMORROW, None, time(9), time(8)), "#/ends", "order"),
        (NewHours("video", TOMORROW, None, time(8), time(8, 10)), "#/ends", "too_short"),
        (NewHours("magic", TOMORROW, None, time(8), time(9)), "#/service", "unknown_service"),
    ],
)
def test_hours_that_make_no_sense_are_refused_at_their_field(
    session: Session, wanted: NewHours, field: str, code: str
):
    doctor = make.doctor(session)

    with pytest.raises(Invalid) as refused:
        booking.offer(session, as_doctor(doctor), wanted, now=NOW)

    assert [(error.pointer, error.code) for error in refused.value.errors] == [(field, code)]


def test_the_same_service_is_not_offered_twice_at_one_time(session: Session):
    doctor = make.doctor(session)
    made.offer(session, doctor, hours="08:00-10:00", weekly=True)

    with pytest.raises(Invalid):
        made.offer(session, doctor, hours="09:00-11:00", day=WEEK_LATER)

    made.offer(session, doctor, hours="10:00-11:00")
    made.offer(session, doctor, hours="09:00-11:00", day=TOMORROW + timedelta(days=1))


def test_the_clinic_begins_with_three_services(session: Session):
    kinds = session.scalars(select(ServiceType).order_by(ServiceType.id)).all()

    assert [(kind.key, kind.name("sl")) for kind in kinds] == [
        ("video", "Video posvet"),
        ("visit", "Pregled v ambulanti"),
        ("phone", "Telefonski posvet"),
    ]
