"""Whose alerts reach nobody: banner, list, the line in /readyz; the dead are told nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.alerts.models import Alert, EndReason, Kind, Ring, State
from telehealth.alerts.service import STARTING, Gap, circle, reach
from telehealth.alerts.service.circle import Circle
from telehealth.audit.models import AuditEvent
from telehealth.contacts import service as contacts
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import NotFound
from telehealth.core.web.platform import Platform
from telehealth.directory import service as directory
from telehealth.directory.models import CareKind, CareTeamMember, Employment, UnitKind
from telehealth.identity.models import Person
from telehealth.notifications.service import Recipient
from tests import make
from tests.alerts.test_pages import text_of
from tests.make import alerts as made
from tests.make import contacts as make_contacts

SignIn = Callable[[FlaskClient, Person], None]
NOW = make.NOW
DAY = timedelta(days=1)
VERY_LOW = STARTING[Kind.URGENT_LOW]
RINGS = (Ring.PATIENT, Ring.PROXY, Ring.NURSE, Ring.DOCTOR)


@pytest.fixture
def around(session: Session) -> made.Family:
    return made.family(session)


def at_clinic(person: Person, role: Role) -> Actor:
    return Actor(person.id, person.id, Basis.SELF, frozenset({role}))


def leave(session: Session, *workers: Person) -> None:
    """They look after nobody since yesterday."""
    for row in session.scalars(
        select(CareTeamMember).where(CareTeamMember.worker_id.in_([one.id for one in workers]))
    ):
        row.ended_on = (NOW - DAY).date()
    session.flush()


def gaps(session: Session, patient: Person) -> frozenset[Gap]:
    return reach.gaps(session, [patient.id], now=NOW).get(patient.id, frozenset())


@pytest.mark.parametrize("reached", list(product((False, True), repeat=4)))
def test_one_person_of_one_step_with_an_address_is_enough(reached: tuple[bool, ...]) -> None:
    around = Circle({ring: (Recipient(place),) for place, ring in enumerate(RINGS)})
    with_email = {place for place, is_reached in enumerate(reached) if is_reached}

    found = reach.gaps_of(around, VERY_LOW, with_email)

    assert (Gap.NO_STEP in found) is not any(reached)
    assert Gap.NO_TEAM not in found


def test_an_address_of_a_step_that_the_rule_leaves_out_reaches_nobody() -> None:
    around = Circle({ring: (Recipient(place),) for place, ring in enumerate(RINGS)})
    alone = replace(VERY_LOW, doctor_min=None)

    assert Gap.NO_STEP in reach.gaps_of(around, alone, {3})
    assert not reach.gaps_of(around, alone, {2})


def test_an_address_that_is_not_confirmed_reaches_nobody(
    session: Session, around: made.Family
) -> None:
    make_contacts.unconfirmed_email(session, around.patient, "ana@test.example")
    assert gaps(session, around.patient) == {Gap.NO_STEP}

    make_contacts.confirmed_email(session, around.nurse, "maja@test.example")
    assert not gaps(session, around.patient)


def test_a_child_of_whom_only_the_child_has_an_address_is_without_a_step(session: Session) -> None:
    kid, parent = make.child(session), make.patient(session, "Petra", "Zupan")
    make.guardian(session, parent, kid)
    make.nurse(session, [kid])
    make_contacts.confirmed_email(session, kid, "tine@test.example")
    assert gaps(session, kid) == {Gap.NO_STEP}

    make_contacts.confirmed_email(session, parent, "petra@test.example")
    assert not gaps(session, kid)


def test_who_has_left_or_died_reaches_nobody(session: Session, around: made.Family) -> None:
    make_contacts.confirmed_email(session, around.nurse, "maja@test.example")
    make_contacts.confirmed_email(session, around.proxy, "luka@test.example")
    assert not gaps(session, around.patient)

    around.proxy.died_on = (NOW - DAY).date()
    around.nurse.died_on = (NOW - DAY).date()
    session.flush()
    assert gaps(session, around.patient) == {Gap.NO_STEP}

    for job in session.scalars(select(Employment)):
        job.ended_on = (NOW - DAY).date()
    session.flush()
    assert gaps(session, around.patient) == {Gap.NO_STEP, Gap.NO_TEAM}


def test_the_gaps_of_many_take_as_many_statements_as_of_one(session: Session) -> None:
    people = [make.patient(session) for _ in range(12)]
    make.nurse(session, people)
    session.flush()

    def statements(some: list[Person]) -> int:
        seen: list[str] = []
        engine = session.get_bind()
        listen = lambda *args: seen.append(args[2])  # noqa: E731 - one line
        event.listen(engine, "before_cursor_execute", listen)
        session.expunge_all()
        reach.gaps(session, [one.id for one in some], now=NOW)
        event.remove(engine, "before_cursor_execute", listen)
        return len(seen)

    assert statements(people) == statements(people[:1])


def test_the_list_shows_own_patients_and_says_what_to_do(
    client: FlaskClient, sign_in: SignIn, session: Session, around: made.Family
) -> None:
    reached = make.patient(session, "Eva", "Kos")
    make_contacts.confirmed_email(session, reached, "eva@test.example")
    directory.register_with(session, reached.id, around.nurse.id, CareKind.DIABETES_NURSE, now=NOW)
    sign_in(client, around.nurse)

    for path in ("/klinika/opozorila", "/pacienti"):
        assert "/klinika/opozorila/brez-dosega" in client.get(path).get_data(as_text=True)
    words = text_of(client.get("/klinika/opozorila/brez-dosega"))

    assert "Novak Ana" in words
    assert "Kos Eva" not in words
    assert "What to do: Confirm your own e-mail address" in words


def test_who_has_no_team_is_on_the_list_of_the_unit_that_had_them_last(
    session: Session, around: made.Family
) -> None:
    colleague = make.worker(session, Role.NURSE, [], "Nina", "Hribar")
    other_unit = directory.add_unit(session, UnitKind.CLINIC, "Druga ambulanta", "01 222 33 44")
    stranger = make.doctor(session, unit=other_unit)
    admin = make.worker(session, Role.ADMIN, [], "Irena", "Oblak")
    leave(session, around.nurse, around.doctor)

    def names(actor: Actor) -> list[str]:
        found = alerts.unreached(session, actor, now=NOW)
        return [one.person.family_name for one in found.without_team]

    assert names(at_clinic(colleague, Role.NURSE)) == ["Novak"]
    assert names(at_clinic(stranger, Role.DOCTOR)) == []
    assert names(at_clinic(admin, Role.ADMIN)) == []
    trail = session.scalars(
        select(AuditEvent).where(
            AuditEvent.action == "alerts.list_unreached",
            AuditEvent.subject_id == around.patient.id,
        )
    ).one()
    assert (trail.actor_person_id, trail.basis) == (colleague.id, Basis.CLINIC_STAFF)


def test_administrators_see_only_whom_no_unit_with_staff_looked_after(
    session: Session, around: made.Family
) -> None:
    admin = make.worker(session, Role.ADMIN, [], "Irena", "Oblak")
    never = make.patient(session, "Nikolaj", "Nikogar")
    made.arrives(session, never, "6.0 mmol/L")
    make.patient(session, "Brez", "Meritev")

    def names() -> set[str]:
        found = alerts.unreached(session, at_clinic(admin, Role.ADMIN), now=NOW)
        assert not found.own
        return {one.person.family_name for one in found.without_team}

    assert names() == {"Nikogar"}
    for job in session.scalars(select(Employment).where(Employment.role != Role.ADMIN)):
        job.ended_on = (NOW - DAY).date()
    session.flush()
    assert names() == {"Nikogar", "Novak"}


def test_patients_do_not_see_the_list(session: Session, around: made.Family) -> None:
    with pytest.raises(NotFound):
        alerts.unreached(session, made.as_self(around.patient), now=NOW)


def count(app: Flask, session: Session) -> None:
    platform: Platform = app.extensions["telehealth"]
    session.commit()
    for jobs in platform.queue.timed.values():
        for job in jobs:
            job()
    session.expire_all()


def test_readyz_has_a_line_with_numbers_and_no_names(
    app: Flask, client: FlaskClient, session: Session, around: made.Family
) -> None:
    left = make.patient(session, "Eva", "Kos")
    made.arrives(session, left, "6.0 mmol/L")
    make_contacts.confirmed_email(session, left, "eva@test.example")
    dead = make.patient(session, "Jan", "Gams")
    made.arrives(session, dead, "6.0 mmol/L")
    dead.died_on = (NOW - DAY).date()
    assert client.get("/readyz").json["lines"]["alerts without reach"]["status"] == "ok"

    count(app, session)

    line = client.get("/readyz").json["lines"]["alerts without reach"]
    assert line == {"status": "warning", "no_step": 1, "no_team": 1, "counted_s": 0}


def test_the_count_leaves_nobody_out_that_the_list_has(session: Session) -> None:
    """The database leaves out who surely has no gap; here is everybody else, portion by portion."""
    people = [make.patient(session, f"A{n}") for n in range(5)]
    for one in people:
        made.arrives(session, one, "6.0 mmol/L")
    make_contacts.confirmed_email(session, people[1], "a1@test.example")
    make.nurse(session, people[:3])
    kid = make.child(session)
    make_contacts.confirmed_email(session, kid, "kid@test.example")
    make.nurse(session, [kid])
    expected = reach.gaps(session, [one.id for one in (*people, kid)], now=NOW).values()

    found, after_id = alerts.count_portion(session, 0, now=NOW)

    assert after_id == 0
    assert found.no_step == sum(Gap.NO_STEP in one for one in expected) == 5
    assert found.no_team == sum(Gap.NO_TEAM in one for one in expected) == 2


def told_nobody(session: Session, app: Flask, around: made.Family) -> Alert:
    """An alert of somebody without any address, after all its steps."""
    alert = made.open_alert(session, around.patient)
    session.commit()
    platform: Platform = app.extensions["telehealth"]
    platform.queue.drain()
    session.expire_all()
    return alert


@pytest.mark.parametrize("path", ["/", "/klinika/opozorila", "/pacienti"])
def test_an_alert_nobody_could_be_told_of_is_a_red_banner(
    app: Flask,
    client: FlaskClient,
    sign_in: SignIn,
    session: Session,
    around: made.Family,
    path: str,
) -> None:
    sign_in(client, around.nurse)
    assert "Nobody could be told" not in text_of(client.get(path))

    told_nobody(session, app, around)

    words = text_of(client.get(path))
    assert "Nobody could be told of 1 open alert" in words
    assert "Call the patient" in words


def test_the_banner_goes_when_somebody_has_acknowledged(
    app: Flask, session: Session, around: made.Family
) -> None:
    alert = told_nobody(session, app, around)
    nurse = at_clinic(around.nurse, Role.NURSE)
    assert alerts.untold_of_worker(session, nurse, now=NOW) == 1

    alerts.acknowledge(
        session, made.as_team(around.nurse, around.patient), around.patient.id, alert.id, now=NOW
    )

    assert alerts.untold_of_worker(session, nurse, now=NOW) == 0


def test_an_alert_that_is_still_being_told_is_no_banner(
    session: Session, around: made.Family
) -> None:
    make_contacts.confirmed_email(session, around.patient, "ana@test.example")
    made.open_alert(session, around.patient)

    assert alerts.untold_of_worker(session, at_clinic(around.nurse, Role.NURSE), now=NOW) == 0


def test_an_open_alert_of_somebody_who_has_died_ends_and_stays_in_the_history(
    app: Flask, session: Session, around: made.Family
) -> None:
    alert = made.open_alert(session, around.patient)
    around.patient.died_on = NOW.date()
    count(app, session)
    app.extensions["telehealth"].queue.drain()
    session.expire_all()

    assert (alert.state, alert.end_reason) == (State.RESOLVED, EndReason.DIED)
    assert not alert.needs_review
    found = alerts.of_patient(
        session, made.as_team(around.nurse, around.patient), around.patient.id, now=NOW
    )
    assert [one.alert.id for one in found.past] == [alert.id]
    assert not alerts.of_worker(session, at_clinic(around.nurse, Role.NURSE), now=NOW)


def test_no_alert_opens_for_somebody_who_has_died(session: Session, around: made.Family) -> None:
    around.patient.died_on = date(2026, 11, 20)
    made.arrives(session, around.patient, "2.0 mmol/L")

    assert not made.live(session, around.patient)


def test_everybody_the_circle_tells_is_alive(session: Session, around: made.Family) -> None:
    for one in (around.patient, around.proxy, around.nurse, around.doctor):
        one.died_on = (NOW - DAY).date()
    session.flush()

    assert not circle.circle_of(session, around.patient.id, now=NOW).person_ids


def test_addresses_of_many_are_the_ones_of_each(session: Session) -> None:
    people = [make.patient(session, f"A{n}") for n in range(3)]
    make_contacts.confirmed_email(session, people[0], "a@test.example")
    make_contacts.unconfirmed_email(session, people[1], "b@test.example")

    found = contacts.with_active_email(session, [one.id for one in people])

    assert found == {one.id for one in people if contacts.active_email(session, one.id)}
    assert found == {people[0].id}
