"""What the database itself refuses, whoever asks: overlaps, lies about blocking, lost races."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import inspect, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.booking import service as booking
from telehealth.booking.models import (
    Appointment,
    AppointmentResource,
    Resource,
    ResourceKind,
    Status,
)
from telehealth.booking.service import Wish
from telehealth.core import schema
from telehealth.core.actor import Actor
from telehealth.core.db import Database
from telehealth.core.errors import Conflict
from tests import make
from tests.make import booking as made
from tests.make.booking import NOW, as_doctor, as_self, at, wish

_COPIED = (
    "uid",
    "patient_id",
    "worker_id",
    "service_type_id",
    "offer_id",
    "modality",
    "starts_at",
    "ends_at",
    "zone",
    "starts_wall",
    "booked_by_id",
    "booked_basis",
    "channel",
    "booked_at",
)


@pytest.fixture
def taken(session: Session) -> AppointmentResource:
    """The doctor's time of one appointment: 08:00 to 08:20 and ten minutes after."""
    patient = make.patient(session)
    row = made.appointment(session, patient, make.doctor(session, [patient]))
    return session.scalars(
        select(AppointmentResource)
        .join(Resource)
        .where(Resource.kind == ResourceKind.WORKER, AppointmentResource.appointment_id == row.id)
    ).one()


def beside(session: Session, taken: AppointmentResource, starts_at: datetime, length_min: int):
    """Another appointment that takes the same doctor's time, past every service."""
    model = session.get_one(Appointment, taken.appointment_id)
    copied = {column: getattr(model, column) for column in _COPIED}
    row = Appointment(**copied, status=Status.BOOKED, attempt_key=str(starts_at))
    session.add(row)
    session.flush()
    claim = AppointmentResource(
        appointment_id=row.id,
        resource_id=taken.resource_id,
        blocking=True,
        blocked_from=starts_at,
        blocked_until=starts_at + timedelta(minutes=length_min),
    )
    session.add(claim)
    session.flush()
    return row, claim


@pytest.mark.parametrize(
    ("wall", "length_min"),
    [("07:50", 11), ("08:29", 20), ("08:10", 5), ("07:00", 180), ("08:00", 30)],
)
def test_an_overlap_is_refused(
    session: Session, taken: AppointmentResource, wall: str, length_min: int
):
    with pytest.raises(IntegrityError):
        beside(session, taken, at(wall), length_min)


@pytest.mark.parametrize(("wall", "length_min"), [("07:50", 10), ("08:30", 20)])
def test_back_to_back_is_allowed(
    session: Session, taken: AppointmentResource, wall: str, length_min: int
):
    _, claim = beside(session, taken, at(wall), length_min)

    assert claim.blocking


def test_an_appointment_cannot_be_stretched_into_the_next(
    session: Session, taken: AppointmentResource
):
    _, claim = beside(session, taken, at("08:30"), 20)
    claim.blocked_from = at("08:25")

    with pytest.raises(IntegrityError):
        session.flush()


def test_cancelling_frees_the_time_and_coming_back_over_another_is_refused(
    session: Session, taken: AppointmentResource
):
    old = session.get_one(Appointment, taken.appointment_id)
    booking.cancel(session, as_self(old.patient), old.id, now=NOW)
    beside(session, taken, at("08:10"), 20)

    with pytest.raises(IntegrityError):
        session.execute(
            update(Appointment)
            .where(Appointment.id == old.id)
            .values(status="booked", cancelled_at=None, cancel_reason=None)
        )


def test_a_claim_that_lies_about_blocking_is_refused(session: Session, taken: AppointmentResource):
    taken.blocking = False

    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.parametrize("status", ["done", "no_show", "cancelled"])
@pytest.mark.parametrize("before", ["booked", "arrived", "in_progress"])
def test_every_state_in_which_the_patient_is_expected_or_there_blocks(
    session: Session, taken: AppointmentResource, before: str, status: str
):
    change = text(
        "UPDATE appointment SET status = :status, cancelled_at = :at, cancel_reason = :why"
        " WHERE id = :id"
    )
    blocking = select(AppointmentResource.blocking).where(
        AppointmentResource.appointment_id == taken.appointment_id,
        AppointmentResource.resource_id == taken.resource_id,
    )

    session.execute(change, {"status": before, "at": None, "why": None, "id": taken.appointment_id})
    while_open = session.scalar(blocking)
    is_cancelled = status == "cancelled"
    session.execute(
        change,
        {
            "status": status,
            "at": "2026-11-23 09:00:00" if is_cancelled else None,
            "why": "clinic" if is_cancelled else None,
            "id": taken.appointment_id,
        },
    )

    assert (while_open, session.scalar(blocking)) == (True, False)


def in_threads(deeds: list[Callable[[], object]]) -> Counter[str]:
    """All deeds at one moment, each in its own thread; how they ended."""
    start = Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> str:
        start.wait(timeout=30)
        try:
            deed()
        except Conflict as refusal:
            return refusal.code
        return "booked"

    with ThreadPoolExecutor(len(deeds)) as pool:
        return Counter(pool.map(run, deeds))


def booking_deed(db: Database, actor: Actor, wanted: Wish) -> Callable[[], object]:
    def deed() -> object:
        with db.unit_of_work() as session:
            return booking.book(session, actor, wanted, now=NOW).id

    return deed


def overlaps(session: Session) -> int:
    """Pairs of blocking claims on one person's time that share a moment."""
    rows = session.scalars(select(AppointmentResource).where(AppointmentResource.blocking)).all()
    return sum(
        one.appointment_id < other.appointment_id
        and one.resource_id == other.resource_id
        and one.blocked_from < other.blocked_until
        and other.blocked_from < one.blocked_until
        for one in rows
        for other in rows
    )


def test_of_patients_racing_for_one_slot_exactly_one_wins(fresh_db: Database):
    with fresh_db.unit_of_work() as session:
        patients = [make.patient(session, f"P{number}") for number in range(8)]
        doctor = make.doctor(session, patients)
        made.offer(session, doctor)

    ended = in_threads(
        [booking_deed(fresh_db, as_self(one), wish(doctor, "08:30")) for one in patients]
    )

    assert ended == {"booked": 1, "slot_taken": 7}
    with fresh_db.unit_of_work() as session:
        assert len(session.scalars(select(Appointment)).all()) == 1


def test_racing_over_overlapping_services_leaves_no_overlap(fresh_db: Database):
    with fresh_db.unit_of_work() as session:
        patients = [make.patient(session, f"P{number}") for number in range(8)]
        doctor = make.doctor(session, patients)
        made.offer(session, doctor, "video", "08:00-09:00")
        made.offer(session, doctor, "phone", "08:00-09:00")
    times = [("08:00", "video"), ("08:15", "phone"), ("08:30", "video"), ("08:45", "phone")]

    ended = in_threads(
        [
            booking_deed(fresh_db, as_self(one), wish(doctor, *times[number % 4]))
            for number, one in enumerate(patients)
        ]
    )

    assert set(ended) == {"booked", "slot_taken"}
    with fresh_db.unit_of_work() as session:
        stored = session.scalars(select(Appointment)).all()
        assert len(stored) == ended["booked"] >= 2
        assert overlaps(session) == 0
        assert len(
            booking.agenda(session, as_doctor(doctor), made.TOMORROW, made.TOMORROW, now=NOW)
        ) == len(stored)


def test_one_attempt_sent_many_times_at_once_is_one_booking(fresh_db: Database):
    with fresh_db.unit_of_work() as session:
        patient = make.patient(session)
        doctor = make.doctor(session, [patient])
        made.offer(session, doctor)
    wanted = wish(doctor, "08:30")

    ended = in_threads([booking_deed(fresh_db, as_self(patient), wanted) for _ in range(6)])

    assert ended == {"booked": 6}  # all six are told of the same one
    with fresh_db.unit_of_work() as session:
        assert len(session.scalars(select(Appointment)).all()) == 1


def test_the_migration_goes_down_and_up_again_with_rows_in_its_tables(fresh_db: Database):
    with fresh_db.unit_of_work() as session:
        patient = make.patient(session)
        made.appointment(session, patient, make.doctor(session, [patient]))
    before = set(inspect(fresh_db.engine).get_table_names())

    schema.downgrade(fresh_db, "0008")
    without = set(inspect(fresh_db.engine).get_table_names())
    schema.upgrade(fresh_db)

    assert before - without >= {"appointment", "appointment_resource", "offer", "service_type"}
    assert set(inspect(fresh_db.engine).get_table_names()) == before
    with fresh_db.unit_of_work() as session:
        patient = make.patient(session)
        doctor = make.doctor(session, [patient])
        made.appointment(session, patient, doctor)
        with pytest.raises(Conflict):
            booking.book(session, as_self(patient), wish(doctor), now=NOW)
