"""The pages of booking, through the application, in both languages."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.booking import service as booking
from telehealth.booking.models import Appointment, Channel, Offer, Status
from telehealth.directory import service as directory
from telehealth.directory.models import CareKind
from telehealth.identity.models import Person
from tests import make
from tests.conftest import FixedClock
from tests.make import booking as made
from tests.make.booking import TOMORROW, at

SignIn = Callable[[FlaskClient, Person], None]


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of the page's form of slots."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))


def slots_in(html: str) -> list[str]:
    return re.findall(r'name="starts_at" value="([^"]+)"', html)


def csrf(html: str) -> dict[str, str]:
    found = re.search(r'name="csrf-token" content="([^"]+)"', html)
    assert found
    return {"csrf_token": found[1]}


def address(worker: Person, service: str = "video", under: str = "") -> str:
    return f"{under}/termini/nov?worker={worker.id}&service={service}&from={TOMORROW}"


@pytest.fixture
def patient(session: Session) -> Person:
    return make.patient(session)


@pytest.fixture
def doctor(session: Session, patient: Person) -> Person:
    return make.doctor(session, [patient])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["No appointments ahead", "Book an appointment"]),
        ("sl", ["Pred vami ni terminov", "Rezerviraj termin"]),
    ],
)
def test_a_patient_without_appointments_is_shown_the_way_to_one(
    client: FlaskClient, sign_in: SignIn, patient: Person, language: str, words: list[str]
):
    client.set_cookie("lang", language)
    sign_in(client, patient)

    page = client.get("/termini").get_data(as_text=True)

    assert all(word in page for word in words)


def test_a_patient_books_in_three_steps_without_javascript(
    client: FlaskClient, sign_in: SignIn, session: Session, patient: Person, doctor: Person
):
    made.offer(session, doctor, hours="08:00-09:00")
    sign_in(client, patient)

    kinds = client.get("/termini/nov").get_data(as_text=True)
    step = re.search(r'href="(/termini/nov\?[^"]+)"', kinds)
    assert step
    times = client.get(step[1].replace("&amp;", "&")).get_data(as_text=True)
    first, second = slots_in(times)
    done = client.post("/termini/nov", data={**hidden(times), "starts_at": second})

    row = session.scalars(select(Appointment)).one()
    assert done.status_code == 303
    assert done.location == f"/termini/{row.id}"
    assert row.starts_at.isoformat() == second
    assert first < second
    shown = client.get(done.location).get_data(as_text=True)
    assert "tomorrow at 08:30" in shown
    assert "The appointment is booked." in shown


def test_the_loser_of_a_race_sees_what_is_still_free_and_books_that(
    client: FlaskClient, sign_in: SignIn, session: Session, patient: Person, doctor: Person
):
    other = make.patient(session, "Eva")
    directory.register_with(session, other.id, doctor.id, CareKind.PERSONAL_DOCTOR, now=make.NOW)
    made.offer(session, doctor, hours="08:00-09:00")
    sign_in(client, patient)
    times = client.get(address(doctor)).get_data(as_text=True)
    first, second = slots_in(times)
    booking.book(session, made.as_self(other), made.wish(doctor, "08:00"), now=make.NOW)
    session.commit()

    lost = client.post("/termini/nov", data={**hidden(times), "starts_at": first})
    page = lost.get_data(as_text=True)

    assert lost.status_code == 409
    assert "This time has just been taken" in page
    assert slots_in(page) == [second]
    assert (
        client.post("/termini/nov", data={**hidden(page), "starts_at": second}).status_code == 303
    )


def test_sending_the_form_twice_is_one_booking(
    client: FlaskClient, sign_in: SignIn, session: Session, patient: Person, doctor: Person
):
    made.offer(session, doctor)
    sign_in(client, patient)
    times = client.get(address(doctor)).get_data(as_text=True)
    sent = {**hidden(times), "starts_at": slots_in(times)[0]}

    answers = [client.post("/termini/nov", data=sent) for _ in range(2)]

    assert answers[0].location == answers[1].location
    assert len(session.scalars(select(Appointment)).all()) == 1


def test_a_form_without_a_chosen_time_says_so_and_stays_where_it_was(
    client: FlaskClient, sign_in: SignIn, session: Session, patient: Person, doctor: Person
):
    made.offer(session, doctor)
    sign_in(client, patient)
    times = client.get(address(doctor)).get_data(as_text=True)

    answer = client.post("/termini/nov", data=hidden(times))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Choose one of the times." in page
    assert slots_in(page) == slots_in(times)


def test_days_without_free_times_lead_to_the_next_free_one(
    client: FlaskClient, sign_in: SignIn, session: Session, patient: Person, doctor: Person
):
    made.offer(session, doctor, day=TOMORROW.replace(month=12))
    sign_in(client, patient)

    page = client.get(address(doctor)).get_data(as_text=True)

    assert "No free times in these days" in page
    assert "Thu 24 Dec at 08:00" in page
    assert "from=2026-12-24" in page


@pytest.mark.parametrize(
    "query", ["worker=x&service=video", "worker=1", "worker=1&service=video&from=soon"]
)
def test_an_address_nobody_made_is_not_found(
    client: FlaskClient, sign_in: SignIn, patient: Person, query: str
):
    sign_in(client, patient)

    assert client.get(f"/termini/nov?{query}").status_code == 404


def test_the_join_button_wakes_ten_minutes_before(
    client: FlaskClient,
    sign_in: SignIn,
    session: Session,
    clock: FixedClock,
    patient: Person,
    doctor: Person,
):
    made.appointment(session, patient, doctor, "10:30", day=make.NOW.date())
    sign_in(client, patient)

    early = client.get("/termini").get_data(as_text=True)
    clock.at = at("10:20", make.NOW.date())
    late = client.get("/termini").get_data(as_text=True)

    assert "You can enter the call from 10:20 on." in early
    assert "You can enter the call" not in late
    assert "Enter the consultation" in late or "The video call is open." in late


def test_a_patient_moves_an_appointment(
    client: FlaskClient, sign_in: SignIn, session: Session, patient: Person, doctor: Person
):
    old = made.appointment(session, patient, doctor)
    sign_in(client, patient)

    times = client.get(f"/termini/{old.id}/prestavi").get_data(as_text=True)
    assert "tomorrow at 08:00" in times
    assert "disabled" in times.partition("08:00</label>")[0].rpartition("<label")[2]
    sent = {**hidden(times), "starts_at": slots_in(times)[1]}
    done = client.post(f"/termini/{old.id}/prestavi", data=sent)

    session.expire_all()
    row = session.scalars(select(Appointment).where(Appointment.moved_from_id == old.id)).one()
    assert done.location == f"/termini/{row.id}"
    assert session.get_one(Appointment, old.id).status is Status.CANCELLED
    assert row.starts_at == at("08:30")


def test_a_patient_cancels_after_reading_what_that_means(
    client: FlaskClient, sign_in: SignIn, session: Session, patient: Person, doctor: Person
):
    row = made.appointment(session, patient, doctor)
    sign_in(client, patient)
    shown = client.get(f"/termini/{row.id}").get_data(as_text=True)
    assert "This cannot be undone" in shown

    done = client.post(f"/termini/{row.id}/odpoved", data=csrf(shown))

    session.expire_all()
    assert done.location == "/termini"
    assert session.get_one(Appointment, row.id).status is Status.CANCELLED
    assert "its time is free again" in client.get("/termini").get_data(as_text=True)


def test_a_form_of_somewhere_else_cannot_cancel(
    client: FlaskClient, sign_in: SignIn, session: Session, patient: Person, doctor: Person
):
    row = made.appointment(session, patient, doctor)
    sign_in(client, patient)

    assert client.post(f"/termini/{row.id}/odpoved").status_code == 403
    session.expire_all()
    assert session.get_one(Appointment, row.id).status is Status.BOOKED


def test_the_file_for_a_calendar_is_in_utc_and_says_nothing_of_health(
    client: FlaskClient, sign_in: SignIn, session: Session, patient: Person, doctor: Person
):
    row = made.appointment(session, patient, doctor)
    sign_in(client, patient)

    answer = client.get(f"/termini/{row.id}/termin.ics")
    text = answer.get_data(as_text=True)

    assert answer.content_type == "text/calendar; charset=utf-8"
    assert "DTSTART:20261124T070000Z\r\n" in text
    assert "SUMMARY:Appointment\r\n" in text
    assert f"UID:{row.uid}\r\n" in text
    assert doctor.family_name not in text


@pytest.mark.parametrize("what", ["", "/termin.ics", "/prestavi"])
def test_the_appointment_of_somebody_else_is_not_found(
    client: FlaskClient,
    sign_in: SignIn,
    session: Session,
    patient: Person,
    doctor: Person,
    what: str,
):
    row = made.appointment(session, patient, doctor)
    sign_in(client, make.patient(session, "Eva"))

    foreign = client.get(f"/termini/{row.id}{what}")
    absent = client.get(f"/termini/{10**9}{what}")

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert patient.name not in foreign.get_data(as_text=True)


def test_a_parent_books_for_the_child_and_both_pages_say_who_did(
    client: FlaskClient, sign_in: SignIn, session: Session
):
    kid, parent = make.child(session), make.patient(session, "Petra", "Zupan")
    doctor = make.doctor(session, [kid])
    link = make.guardian(session, parent, kid)
    made.offer(session, doctor)
    sign_in(client, parent)
    under = f"/za/{link.id}"

    times = client.get(address(doctor, under=under)).get_data(as_text=True)
    sent = {**hidden(times), "starts_at": slots_in(times)[0]}
    done = client.post(f"{under}/termini/nov", data=sent)

    row = session.scalars(select(Appointment)).one()
    assert (row.patient_id, row.booked_by_id) == (kid.id, parent.id)
    assert done.location == f"{under}/termini/{row.id}"
    assert "Petra Zupan (as parent or guardian)" in client.get(done.location).get_data(as_text=True)
    assert "No appointments ahead" in client.get("/termini").get_data(as_text=True)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Calendar", "1 appointment", "Ana Novak", "Offered hours", "10:20"]),
        ("sl", ["Koledar", "1 termin", "Ana Novak", "Ponujene ure", "10.20"]),
    ],
)
def test_a_doctor_sees_the_week(
    client: FlaskClient,
    sign_in: SignIn,
    session: Session,
    patient: Person,
    doctor: Person,
    language: str,
    words: list[str],
):
    made.appointment(session, patient, doctor, "10:00")
    client.set_cookie("lang", language)
    sign_in(client, doctor)

    page = client.get("/koledar").get_data(as_text=True)

    assert [word for word in words if word not in page] == []
    assert patient.name not in client.get("/koledar?day=2026-12-07").get_data(as_text=True)


def test_a_doctor_offers_hours_every_week(
    client: FlaskClient, sign_in: SignIn, session: Session, doctor: Person
):
    sign_in(client, doctor)
    page = client.get("/koledar/ure").get_data(as_text=True)
    sent = {
        **csrf(page),
        "service": "video",
        "repeat": "weekly",
        "first_on": str(TOMORROW),
        "last_on": "",
        "starts": "08:00",
        "ends": "12:00",
        "slot_min": "",
    }

    done = client.post("/koledar/ure", data=sent)

    row = session.scalars(select(Offer)).one()
    assert done.status_code == 303
    assert (row.last_on, row.slot_min, row.zone) == (None, 20, "Europe/Ljubljana")
    shown = client.get("/koledar/ure").get_data(as_text=True)
    assert "every Tuesday, 08:00\N{EN DASH}12:00" in shown

    client.post(f"/koledar/ure/{row.id}/umik", data=csrf(shown))
    assert "every Tuesday" not in client.get("/koledar/ure").get_data(as_text=True)


def test_wrong_hours_are_refused_beside_their_fields_and_nothing_typed_is_lost(
    client: FlaskClient, sign_in: SignIn, session: Session, doctor: Person
):
    sign_in(client, doctor)
    sent = {
        **csrf(client.get("/koledar/ure").get_data(as_text=True)),
        "service": "phone",
        "repeat": "once",
        "first_on": "2026-11-01",
        "starts": "12:00",
        "ends": "08:00",
        "slot_min": "15",
    }

    turned = client.post("/koledar/ure", data=sent)
    nonsense = client.post(
        "/koledar/ure", data=sent | {"first_on": "", "ends": "late", "slot_min": "1000"}
    )

    page = turned.get_data(as_text=True)
    assert turned.status_code == nonsense.status_code == 422
    assert "This day is already over." in page
    assert "The end must be after the start." in page
    assert 'value="2026-11-01"' in page
    assert 'value="phone" checked' in page
    assert 'value="15"' in page
    page = nonsense.get_data(as_text=True)
    for sentence in ("Please fill this in.", "Write the time like this", "Between 5 and 480"):
        assert sentence in page
    assert session.scalars(select(Offer)).all() == []


def test_a_nurse_books_for_a_patient_on_the_phone(
    client: FlaskClient, sign_in: SignIn, session: Session, patient: Person, doctor: Person
):
    nurse = make.nurse(session, [patient])
    made.offer(session, doctor)
    sign_in(client, nurse)

    assert patient.name in client.get("/koledar/nov?q=nov").get_data(as_text=True)
    assert patient.name not in client.get("/koledar/nov?q=zzz").get_data(as_text=True)
    under = f"/pacienti/{patient.id}"
    kinds = client.get(f"{under}/termini/nov").get_data(as_text=True)
    assert f"Book for {patient.name}" in kinds
    times = client.get(address(doctor, under=under)).get_data(as_text=True)
    sent = {**hidden(times), "starts_at": slots_in(times)[0], "channel": "phone"}
    done = client.post(f"{under}/termini/nov", data=sent)

    row = session.scalars(select(Appointment)).one()
    assert (row.patient_id, row.booked_by_id, row.channel) == (
        patient.id,
        nurse.id,
        Channel.PHONE,
    )
    assert done.location == "/koledar?day=2026-11-24"


def test_a_doctor_marks_what_became_of_appointments(
    client: FlaskClient,
    sign_in: SignIn,
    session: Session,
    clock: FixedClock,
    patient: Person,
    doctor: Person,
):
    rows = [
        made.appointment(session, patient, doctor, wall, "visit") for wall in ("08:00", "10:00")
    ]
    later = made.appointment(session, patient, doctor, "18:00")
    clock.at = at("10:05")
    session.commit()
    client.set_cookie("session", make.browser_session(session, doctor, at=clock.at))
    session.commit()
    token = csrf(client.get("/koledar").get_data(as_text=True))

    client.post(f"/koledar/termini/{rows[0].id}/opravljeno", data=token)
    client.post(f"/koledar/termini/{rows[1].id}/ni-prisel", data=token)
    client.post(f"/pacienti/{patient.id}/termini/{later.id}/odpoved", data=token)

    session.expire_all()
    found = [session.get_one(Appointment, row.id).status for row in (*rows, later)]
    assert found == [Status.DONE, Status.NO_SHOW, Status.CANCELLED]


@pytest.mark.parametrize("path", ["/koledar", "/koledar/ure", "/koledar/nov"])
def test_the_staffs_pages_do_not_exist_for_patients(
    client: FlaskClient, sign_in: SignIn, patient: Person, path: str
):
    sign_in(client, patient)

    assert client.get(path).status_code == 404


def test_a_doctor_cannot_book_for_the_patient_of_another(
    client: FlaskClient, sign_in: SignIn, session: Session, patient: Person
):
    sign_in(client, make.doctor(session))

    assert client.get(f"/pacienti/{patient.id}/termini/nov").status_code == 404
