"""The first pages: what waits, the last value, the next appointment, who looked."""

from collections.abc import Callable
from datetime import date, timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.audit.models import Outcome
from telehealth.core.actor import Actor, Basis, system
from telehealth.home import service as home
from telehealth.home.policy import LogScope
from telehealth.identity.models import Person
from telehealth.inbox import service as inbox
from telehealth.inbox.models import ItemKind
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind
from tests import make
from tests.conftest import FixedClock
from tests.make import NOW
from tests.make import booking as make_booking
from tests.make import readings as make_readings

SignIn = Callable[[FlaskClient, Person], None]


def own(person: Person) -> Actor:
    return Actor(person.id, person.id, Basis.SELF)


def sensor(session: Session, person: Person, values: list[str], *, minutes_ago: int = 1) -> None:
    newest = NOW - timedelta(minutes=minutes_ago)
    readings = [
        make_readings.reading(
            f"{value} mmol/L", newest - timedelta(minutes=5 * n), kind=SourceKind.CGM, device="S"
        )
        for n, value in enumerate(reversed(values))
    ]
    make_readings.diary(session, person, readings)


def test_signed_out_the_first_page_is_the_way_in(client: FlaskClient) -> None:
    answer = client.get("/")

    assert (answer.status_code, answer.location) == (303, "/prijava")


def test_a_new_patient_is_told_what_to_do(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    sign_in(client, make.patient(session))

    page = client.get("/").text

    assert "No readings yet." in page
    assert "No appointment is booked." in page
    assert "nobody else so far" in page


def test_the_last_value_stands_with_its_band_age_and_trend(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    sensor(session, ana, ["6.0", "6.6", "7.2", "7.9"], minutes_ago=4)
    sign_in(client, ana)

    page = client.get("/").text

    assert '<span class="glucose-value">7.9</span>' in page
    assert "in range" in page
    assert "rising" in page
    assert "4 minutes ago" in page
    assert "4 readings today" in page


def test_a_trend_is_only_said_where_a_sensor_says_it(session: Session) -> None:
    cases = [
        (["7.0", "7.0", "7.1", "7.0"], 1, "steady"),
        (["9.0", "8.3", "7.5", "6.8"], 1, "falling"),
        (["9.0", "8.3", "7.5", "6.8"], 16, ""),
        (["9.0", "8.3"], 1, ""),
    ]
    for values, minutes_ago, expected in cases:
        person = make.patient(session)
        sensor(session, person, values, minutes_ago=minutes_ago)
        found = home.today(session, own(person), now=NOW).latest
        assert found
        assert found.trend == expected


def test_a_value_in_mg_dl_stays_in_mg_dl_and_others_of_the_day_are_drawn_with_it(
    session: Session,
) -> None:
    ana = make.patient(session)
    make_readings.diary(
        session,
        ana,
        [
            make_readings.reading("10.0 mmol/L", NOW - timedelta(hours=2)),
            make_readings.reading("126 mg/dL", NOW - timedelta(hours=1)),
        ],
    )

    found = home.today(session, own(ana), now=NOW).latest

    assert found
    assert (str(found.last.digits), found.last.unit) == ("126", "mg/dL")
    assert [value for _, value in found.points] == [180.2, 126.0]
    assert found.target == (70.0, 180.0)


def test_the_thing_due_first_is_shown_first(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    for ref, title, days in (("1", "Later thing", 9), ("2", "Urgent thing", 2)):
        item = inbox.Delivery(
            ana.id, ItemKind.CONSENT, ref, title, due_at=NOW + timedelta(days=days)
        )
        inbox.deliver(session, item, now=NOW)
    sign_in(client, ana)

    page = client.get("/").text

    assert "2 things wait for you" in page
    assert "Urgent thing" in page
    assert "Later thing" not in page


def test_the_join_button_wakes_ten_minutes_before(
    client: FlaskClient, session: Session, sign_in: SignIn, clock: FixedClock
) -> None:
    ana = make.patient(session)
    doctor = make.doctor(session, [ana])
    row = make_booking.appointment(session, ana, doctor, "08:20")
    sign_in(client, ana)

    clock.at = row.starts_at - timedelta(minutes=10, seconds=30)
    client.set_cookie("session", make.browser_session(session, ana, at=clock.at))
    asleep = client.get("/").text
    clock.at += timedelta(seconds=30)
    awake = client.get("/").text

    assert 'data-wakes-in="30"' in asleep
    assert f"/posveti/{row.id}" not in asleep
    assert f'href="/posveti/{row.id}"' in awake
    assert "data-wakes-in" not in awake


def test_a_proxy_sees_the_other_persons_day_and_the_bar(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    row = make.mandate(session, ana, luka, date(2026, 12, 31))
    sensor(session, ana, ["3.1"])
    sign_in(client, luka)

    page = client.get(f"/za/{row.id}/").text

    assert "You are acting for:" in page
    assert "<strong>Ana Novak</strong>" in page
    assert '<span class="glucose-value">3.1</span>' in page
    assert "No readings yet." in client.get("/").text


def test_a_worker_begins_with_the_day_and_the_head_of_the_worklist(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana, eva = make.patient(session), make.patient(session, "Eva", "Kos")
    stranger = make.patient(session, "Tuja", "Oseba")
    doctor = make.doctor(session, [ana, eva])
    make_booking.appointment(
        session, ana, doctor, "13:00", day=date(2026, 11, 23), now=NOW - timedelta(days=2)
    )
    for person in (eva, stranger):
        make_readings.diary(
            session,
            person,
            [make_readings.reading("2.8 mmol/L", NOW - timedelta(hours=h)) for h in (2, 30)],
        )
    sign_in(client, doctor)

    page = client.get("/").text

    assert "13:00" in page
    assert "Ana Novak" in page
    assert "Kos Eva" in page
    assert "readings below 3.0 mmol/L" in page
    assert "Oseba Tuja" not in page
    seen = audit.of_person(session, eva.id, audit.Excerpt(only_actor_id=doctor.id))
    assert [event.action for event in seen] == ["home.day"]
    own = audit.of_person(session, doctor.id, audit.Excerpt(only_actor_id=doctor.id))
    assert "monitoring.list" in [event.action for event in own]


def test_the_log_says_who_for_whom_and_what_was_refused(session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    doctor = make.doctor(session, [ana])
    proxy = Actor(luka.id, ana.id, Basis.MANDATE, representation_id=1)
    team = Actor(doctor.id, ana.id, Basis.CARE_TEAM)
    for n in range(2):
        at = NOW - timedelta(days=1, minutes=10 - n)
        audit.record(session, team, "readings.read", now=at)
    audit.record(session, proxy, "booking.book", now=NOW - timedelta(hours=2))
    refused = {"code": "declaration_of_will"}
    at = NOW - timedelta(hours=2)
    audit.record(session, proxy, "consents.sign", now=at, outcome=Outcome.DENY, detail=refused)
    audit.record(session, system("mail", ana.id), "contacts.withdraw", now=NOW)
    audit.record(session, own(ana), "readings.record", now=NOW)

    log = home.log_of(session, own(ana), with_own=False, now=NOW)
    with_own = home.log_of(session, own(ana), with_own=True, now=NOW)

    lines = [
        (v.name, v.is_denied, v.is_for_you, [d.room if v.is_denied else d.words for d in v.deeds])
        for v in log.visits
    ]
    assert lines == [
        ("", False, False, ["set an address aside because mail to it comes back"]),
        ("Luka Mrak", True, True, ["consents"]),
        ("Luka Mrak", False, True, ["booked an appointment"]),
        ("dr. Miha Kovač", False, False, ["looked at readings"]),
    ]
    last = log.visits[-1]
    assert (last.deeds[0].times, last.place) == (2, "Zdravstveni dom Bled")
    assert [v.is_own for v in with_own.visits].count(True) == 1


def test_a_guardian_sees_the_childs_log_the_child_does_not_and_a_proxy_sees_own_deeds(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    petra, kid, ana = (
        make.patient(session, "Petra", "Zupan"),
        make.child(session),
        make.patient(session),
    )
    doctor = make.doctor(session, [kid, ana])
    guardianship, mandate = make.guardian(session, petra, kid), make.mandate(session, ana, petra)
    for patient in (kid, ana):
        team = Actor(doctor.id, patient.id, Basis.CARE_TEAM)
        audit.record(session, team, "readings.read", now=NOW)
    sign_in(client, petra)

    of_child = client.get(f"/za/{guardianship.id}/kdo-je-gledal").text
    client.get(f"/za/{mandate.id}/")
    of_ana = client.get(f"/za/{mandate.id}/kdo-je-gledal").text
    sign_in(client, kid)

    assert "dr. Miha Kovač" in of_child
    assert "dr. Miha Kovač" not in of_ana
    assert "looked at readings" in of_ana
    assert client.get("/kdo-je-gledal").status_code == 403


def test_a_long_log_is_read_page_by_page_without_loss(session: Session) -> None:
    ana = make.patient(session)
    doctor = make.doctor(session, [ana])
    team = Actor(doctor.id, ana.id, Basis.CARE_TEAM)
    for n in range(450):
        audit.record(session, team, "readings.read", now=NOW + timedelta(minutes=n))

    total, before = 0, None
    while True:
        log = home.log_of(session, own(ana), with_own=False, before_seq=before, now=NOW)
        total += sum(deed.times for visit in log.visits for deed in visit.deeds)
        before = log.before_seq
        if before is None:
            break

    assert log.scope is LogScope.ALL
    assert total == 450


def test_the_account_page_leads_to_everything_and_to_whom_i_act_for(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    petra, kid = make.patient(session, "Petra", "Zupan"), make.child(session)
    row = make.guardian(session, petra, kid)
    sign_in(client, petra)

    page = client.get("/vec").text

    for target in (
        f"/za/{row.id}/",
        "/pooblastila",
        "/kdo-je-gledal",
        "/stiki",
        "/merilniki",
        "/seje",
    ):
        assert f'href="{target}"' in page
    assert "Tine Zupan" in page
    assert "until Mon 22 Nov 2032" in page


def test_a_mandate_puts_a_neutral_notice_into_both_inboxes(
    session: Session, client: FlaskClient
) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    make.mandate(session, ana, luka)
    session.commit()

    client.application.extensions["telehealth"].queue.drain()

    for person in (ana, luka):
        items = inbox.list_items(session, own(person), now=NOW)
        assert [item.title for item in items] == ["A mandate or guardianship has begun"]


def test_today_counts_and_names_what_the_diary_counts_of_one_minute(session: Session) -> None:
    ana = make.patient(session)
    at = NOW - timedelta(minutes=30)
    make_readings.diary(
        session,
        ana,
        [make_readings.reading(words, at) for words in ("7.2 mmol/L", "6.4 mmol/L", "126 mg/dL")],
    )
    make_readings.diary(session, ana, [make_readings.beyond("HI", at, kind=SourceKind.MANUAL)])
    make_readings.diary(session, ana, [make_readings.beyond("LO", at, kind=SourceKind.MANUAL)])
    make_readings.diary(
        session, ana, [make_readings.reading("5.5 mmol/L", NOW - timedelta(minutes=90))]
    )

    found = home.today(session, own(ana), now=NOW).latest

    period = readings.period_of(1, NOW)
    overview = readings.overview(session, own(ana), ana.id, period, now=NOW)
    assert found is not None
    assert (found.count, overview.n) == (2, 2)
    assert str(found.last.digits) == "LO"
    assert overview.newest == found.last
