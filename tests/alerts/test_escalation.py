"""From a reading to mails in a real SMTP server: who is told, when, and what stops it."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.alerts.models import (
    DIRECTION,
    Alert,
    AlertNotice,
    AlertStep,
    AlertWatch,
    EndReason,
    Kind,
    Ring,
    State,
    StepState,
)
from telehealth.audit.models import AuditEvent
from telehealth.core.actor import Actor, Basis
from telehealth.core.db import Database
from telehealth.core.errors import Conflict
from telehealth.core.outbox import OutboxEvent
from telehealth.core.queue import Queue
from telehealth.directory.models import CareTeamMember
from telehealth.identity.models import Person
from telehealth.mandates import service as mandates
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind
from telehealth.settings import Settings
from tests import make
from tests.make import alerts as made
from tests.make import contacts as make_contacts
from tests.make.readings import diary, reading, sensor_days
from tests.stand_ins.mail import MailServer

At = Callable[[datetime], None]
MIN = timedelta(minutes=1)
NOW = make.NOW


def measures(
    session: Session,
    patient: Person,
    words: str,
    at: datetime,
    *,
    now: datetime | None = None,
    kind: SourceKind = SourceKind.CGM,
) -> None:
    """A reading is in the diary; the worker has not looked yet."""
    device = "Sensor" if kind is SourceKind.CGM else ""
    diary(session, patient, [reading(words, at, kind=kind, device=device)], now=now or at)


def told(mail_server: MailServer) -> list[str]:
    """Whom the mails went to, in order, but for mails about the inbox."""
    return [
        str(mail["To"]).partition("@")[0]
        for mail in mail_server.mails
        if "pozornost" in str(mail["Subject"])
    ]


def the_alert(session: Session) -> Alert:
    """The only one that anybody knows of."""
    return session.scalars(select(Alert).where(Alert.state != State.PENDING)).one()


def trail(session: Session, patient: Person) -> list[str]:
    query = select(AuditEvent.action).where(
        AuditEvent.subject_id == patient.id, AuditEvent.action.like("alerts.%")
    )
    return list(session.scalars(query.order_by(AuditEvent.seq)))


def test_nobody_answers_an_urgent_low_and_one_after_the_other_is_told(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    measures(session, family.patient, "2.7 mmol/L", NOW)
    at(NOW)
    assert told(mail_server) == ["ana"]
    assert the_alert(session).state is State.OPEN

    at(NOW + 4 * MIN)
    assert told(mail_server) == ["ana"]
    at(NOW + 5 * MIN)
    assert told(mail_server) == ["ana", "luka"]
    assert the_alert(session).state is State.ESCALATED
    at(NOW + 15 * MIN)
    assert sorted(told(mail_server)[2:]) == ["ana", "maja"]  # the patient is asked again
    at(NOW + 30 * MIN)
    assert sorted(told(mail_server)[4:]) == ["ana", "miha"]
    at(NOW + 45 * MIN)
    at(NOW + 59 * MIN)

    assert told(mail_server)[6:] == ["ana"]
    assert trail(session, family.patient).count("alerts.tell") == 7
    assert trail(session, family.patient).count("alerts.delivery") == 7
    steps = session.scalars(select(AlertStep.state)).all()
    assert steps == [StepState.TOLD] * 4


def test_an_acknowledgement_names_a_person_and_stops_the_escalation_for_its_time(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    measures(session, family.patient, "2.7 mmol/L", NOW)
    at(NOW)
    at(NOW + 5 * MIN)
    proxy = made.as_proxy(family.proxy, family.patient, family.mandate)

    alerts.acknowledge(session, proxy, family.patient.id, the_alert(session).id, now=NOW + 6 * MIN)
    at(NOW + 25 * MIN)

    row = the_alert(session)
    assert told(mail_server) == ["ana", "luka"]
    assert (row.state, row.acknowledged_by_id) == (State.ACKNOWLEDGED, family.proxy.id)
    stopped = session.scalars(
        select(AlertStep.ring).where(AlertStep.state == StepState.STOPPED)
    ).all()
    assert sorted(stopped) == [Ring.DOCTOR, Ring.NURSE]
    assert "alerts.acknowledge" in trail(session, family.patient)

    at(NOW + 26 * MIN)  # twenty minutes on, and no value in range has come

    row = the_alert(session)
    assert (row.state, row.acknowledged_by_id) == (State.ESCALATED, None)
    assert sorted(told(mail_server)[2:]) == ["ana", "maja"]
    assert trail(session, family.patient)[-1] != "alerts.acknowledge"
    assert "alerts.void" in trail(session, family.patient)


def test_an_escalation_goes_on_in_another_worker_after_a_restart(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    measures(session, family.patient, "2.7 mmol/L", NOW)
    at(NOW)

    # Nothing of it lives in the process: the plan is rows, and whoever comes next reads them.
    planned = session.scalars(
        select(OutboxEvent.run_at).where(
            OutboxEvent.topic == alerts.STEP_DUE, OutboxEvent.done_at.is_(None)
        )
    ).all()
    assert sorted(planned) == [NOW + 5 * MIN, NOW + 15 * MIN, NOW + 30 * MIN]
    at(NOW + 50 * MIN)

    assert told(mail_server)[0] == "ana"
    assert sorted(told(mail_server)[1:]) == ["ana", "luka", "maja", "miha"]


def test_every_event_twice_tells_nobody_twice(
    session: Session, at: At, queue: Queue, mail_server: MailServer, family: made.Family
) -> None:
    measures(session, family.patient, "2.7 mmol/L", NOW)
    at(NOW)
    at(NOW + 5 * MIN)
    for event in session.scalars(select(OutboxEvent).where(OutboxEvent.run_at <= NOW + 9 * MIN)):
        event.done_at = None

    at(NOW + 6 * MIN)

    assert told(mail_server) == ["ana", "luka"]
    assert the_alert(session).state is State.ESCALATED


@pytest.mark.parametrize("kind", [SourceKind.CGM, SourceKind.METER, SourceKind.MANUAL])
@pytest.mark.parametrize("age", [11, 35, 60])
def test_a_low_that_arrives_up_to_an_hour_late_still_rings(
    session: Session,
    at: At,
    mail_server: MailServer,
    family: made.Family,
    kind: SourceKind,
    age: int,
) -> None:
    measures(session, family.patient, "2.1 mmol/L", NOW - age * MIN, now=NOW, kind=kind)

    at(NOW)

    row = the_alert(session)
    assert told(mail_server) == ["ana"]
    assert (row.state, row.last_beyond_at, row.received_at) == (State.OPEN, NOW - age * MIN, NOW)


@pytest.mark.parametrize("age", [61, 6 * 60, 13 * 24 * 60])
def test_a_low_that_arrives_later_pages_nobody_and_waits_for_a_person(
    session: Session, at: At, mail_server: MailServer, family: made.Family, age: int
) -> None:
    measures(session, family.patient, "2.1 mmol/L", NOW - age * MIN, now=NOW)

    at(NOW)
    at(NOW + 60 * MIN)

    row = the_alert(session)
    assert told(mail_server) == []
    assert (row.state, row.end_reason) == (State.RESOLVED, EndReason.SEEN_LATE)
    assert (row.needs_review, row.worst_tick) == (True, 21)


def test_history_of_more_than_two_weeks_asks_nobody_for_anything(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    measures(session, family.patient, "2.1 mmol/L", NOW - timedelta(days=15), now=NOW)

    at(NOW)

    assert session.scalars(select(Alert)).all() == []


def test_a_worker_that_was_away_tells_what_it_missed(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    measures(session, family.patient, "2.1 mmol/L", NOW)

    at(NOW + 42 * MIN)

    row = the_alert(session)
    assert row.state is State.ESCALATED
    assert sorted(told(mail_server)) == ["ana", "luka", "maja", "miha"]


def test_what_was_missed_and_is_over_is_told_to_the_team_and_waits_for_it(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    measures(session, family.patient, "2.1 mmol/L", NOW)
    for minutes in (5, 10, 15, 20):
        measures(session, family.patient, "5.4 mmol/L", NOW + minutes * MIN)

    at(NOW + 42 * MIN)

    row = the_alert(session)
    assert (row.state, row.needs_review) == (State.RESOLVED, True)
    assert told(mail_server) == ["maja"]


def test_values_that_are_on_their_way_back_when_they_arrive_hold_the_others_back(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    measures(session, family.patient, "2.6 mmol/L", NOW - 8 * MIN, now=NOW)
    measures(session, family.patient, "4.4 mmol/L", NOW - MIN, now=NOW)
    at(NOW)
    assert told(mail_server) == ["ana"]

    for minutes in (4, 9, 14):
        measures(session, family.patient, "5.0 mmol/L", NOW + minutes * MIN)
        at(NOW + minutes * MIN)

    assert told(mail_server) == ["ana"]
    assert the_alert(session).end_reason is EndReason.RECOVERED


def test_a_child_is_spared_and_the_parents_are_told_at_once(
    session: Session, at: At, mail_server: MailServer
) -> None:
    tine, petra = make.child(session), make.patient(session, "Petra", "Zupan")
    row = make.guardian(session, petra, tine)
    nurse = make.nurse(session, [tine])
    for name, person in (("tine", tine), ("petra", petra), ("maja", nurse)):
        make_contacts.confirmed_email(session, person, f"{name}@posta.si")

    measures(session, tine, "2.7 mmol/L", NOW)
    at(NOW)
    at(NOW + 14 * MIN)
    assert told(mail_server) == ["petra"]
    at(NOW + 15 * MIN)

    assert sorted(told(mail_server)) == ["maja", "petra", "petra"]
    assert row.id in session.scalars(select(AlertNotice.representation_id)).all()


def test_a_mandate_that_ended_meanwhile_is_not_told_and_the_nurse_comes_at_once(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    measures(session, family.patient, "2.7 mmol/L", NOW)
    at(NOW)
    ana = Actor(family.patient.id, family.patient.id, Basis.SELF)
    mandates.end(session, ana, family.mandate.id, now=NOW + MIN)

    at(NOW + 5 * MIN)

    assert told(mail_server) == ["ana", "maja"]
    step = session.get_one(AlertStep, (the_alert(session).id, Ring.PROXY))
    assert step.state is StepState.NOBODY


def test_a_nurse_who_left_meanwhile_is_not_told(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    measures(session, family.patient, "2.7 mmol/L", NOW)
    at(NOW)
    member = session.scalars(
        select(CareTeamMember).where(CareTeamMember.worker_id == family.nurse.id)
    ).one()
    member.ended_on = NOW.date() - timedelta(days=1)

    at(NOW + 5 * MIN)
    at(NOW + 15 * MIN)

    assert sorted(told(mail_server)) == ["ana", "ana", "luka", "miha"]


def test_an_address_that_refuses_brings_the_next_step_at_once(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    mail_server.answers["ana@posta.si"] = "550 no such user"
    measures(session, family.patient, "2.7 mmol/L", NOW)

    at(NOW)

    assert told(mail_server) == ["luka"]
    first = session.scalars(select(AlertNotice).order_by(AlertNotice.id)).first()
    assert first
    assert first.outcome == "failed_perm"


def test_a_mail_server_that_is_away_delivers_nothing_and_says_so(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    mail_server.answers["ana@posta.si"] = "451 later"
    measures(session, family.patient, "2.7 mmol/L", NOW)
    at(NOW)

    shown = alerts.of_patient(
        session, made.as_team(family.nurse, family.patient), family.patient.id, now=NOW
    )

    (one,) = shown.open[0].told
    assert one.fate
    assert one.fate.state.value == "failed_temp"
    assert one.notice.seen_at is None


def test_somebody_who_wants_no_notices_of_lows_is_not_written_to_and_the_others_are(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    ana = made.as_self(family.patient)
    alerts.choose_notices(session, ana, family.patient.id, [Kind.LOW], now=NOW)
    for step in range(0, 15, 5):
        measures(session, family.patient, "3.4 mmol/L", NOW + step * MIN)
        at(NOW + step * MIN)

    at(NOW + 30 * MIN)

    assert the_alert(session).kind is Kind.LOW
    assert told(mail_server) == ["luka"]


def test_a_pause_holds_the_escalation_back_until_it_is_over(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    for step in range(0, 15, 5):
        measures(session, family.patient, "3.4 mmol/L", NOW + step * MIN)
        at(NOW + step * MIN)
    opened = NOW + 10 * MIN
    ana = made.as_self(family.patient)
    low = the_alert(session)
    assert told(mail_server) == ["ana"]
    alerts.snooze(session, ana, family.patient.id, low.id, 30, now=opened + 5 * MIN)

    at(opened + 20 * MIN)
    at(opened + 34 * MIN)
    assert told(mail_server) == ["ana"]
    at(opened + 35 * MIN)

    assert sorted(told(mail_server)[1:]) == ["ana", "luka"]


def test_a_pause_each_half_hour_holds_the_nurse_back_by_one_pause_only(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    ana = made.as_self(family.patient)
    measures(session, family.patient, "3.4 mmol/L", NOW, kind=SourceKind.MANUAL)
    at(NOW)
    low = the_alert(session)
    for minutes in (10, 40):
        alerts.snooze(session, ana, family.patient.id, low.id, 30, now=NOW + minutes * MIN)
        at(NOW + minutes * MIN)
    with pytest.raises(Conflict, match="twice"):
        alerts.snooze(session, ana, family.patient.id, low.id, 30, now=NOW + 70 * MIN)

    for minutes in range(45, 95, 5):
        measures(session, family.patient, "3.4 mmol/L", NOW + minutes * MIN, kind=SourceKind.METER)
        at(NOW + minutes * MIN)

    assert "maja" in told(mail_server)


def test_silence_is_an_alert_of_its_own_and_raises_nothing_else_again(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    for step in range(0, 65, 5):
        measures(session, family.patient, "15.0 mmol/L", NOW + step * MIN)
        at(NOW + step * MIN)
    last = NOW + 60 * MIN
    assert "ana" in told(mail_server)
    high = the_alert(session)

    at(last + 59 * MIN)
    assert the_alert(session).id == high.id
    at(last + 60 * MIN)

    kinds = session.scalars(select(Alert.kind).order_by(Alert.id)).all()
    assert kinds == [Kind.VERY_HIGH, Kind.NO_DATA]
    assert high.rounds == 1
    measures(session, family.patient, "7.0 mmol/L", last + 90 * MIN)
    at(last + 90 * MIN)
    silent = session.scalars(select(Alert).where(Alert.kind == Kind.NO_DATA)).one()
    assert silent.state is State.RESOLVED
    assert session.get_one(AlertWatch, family.patient.id).silent_at == last + 150 * MIN


def test_an_old_file_makes_nobody_expect_a_sensor(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    measures(session, family.patient, "7.0 mmol/L", NOW - timedelta(days=2), now=NOW)

    at(NOW)
    at(NOW + timedelta(hours=3))

    assert told(mail_server) == []
    assert session.scalars(select(Alert)).all() == []


def test_the_database_holds_one_live_alert_of_a_rule_and_direction(
    session: Session, family: made.Family
) -> None:
    first = made.open_alert(session, family.patient)
    session.flush()
    twin = Alert(
        patient_id=family.patient.id,
        kind=first.kind,
        direction=DIRECTION[first.kind],
        state=State.OPEN,
        delay_min=0,
        beyond_since=NOW,
        last_beyond_at=NOW,
        last_at=NOW,
        is_sensor=True,
        opened_at=NOW,
    )
    session.add(twin)

    with pytest.raises(IntegrityError):
        session.flush()


def test_the_minutes_deed_asks_the_same_number_of_questions_for_one_and_for_many(
    session: Session, queries: Callable[[Callable[[], object]], int]
) -> None:
    people = [make.patient(session) for _ in range(12)]
    made.open_alert(session, people[0], kind=SourceKind.MANUAL)
    later = NOW + 15 * MIN
    one = queries(lambda: alerts.enqueue_due(session, now=later) and session.flush())

    for person in people[1:]:
        made.open_alert(session, person, kind=SourceKind.MANUAL)
    many = queries(lambda: alerts.enqueue_due(session, now=later) and session.flush())

    assert many == one
    due = select(OutboxEvent.payload).where(OutboxEvent.topic == alerts.LOOK_DUE)
    waiting = {payload["patient_id"] for payload in session.scalars(due)}
    assert waiting == {person.id for person in people}


def test_a_value_that_was_a_mistake_is_removed_and_nobody_else_is_told(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    ana = made.as_self(family.patient)
    typed = diary(session, family.patient, [reading("2.7 mmol/L", NOW)], now=NOW)
    at(NOW)
    assert told(mail_server) == ["ana"]

    readings.remove(session, ana, family.patient.id, typed.new[0], now=NOW + 2 * MIN)
    at(NOW + 2 * MIN)
    at(NOW + 40 * MIN)

    row = session.scalars(select(Alert)).one()
    assert (row.state, row.end_reason) == (State.RESOLVED, EndReason.WITHDRAWN)
    assert told(mail_server) == ["ana"]


def test_an_end_and_a_new_beginning_that_arrive_together_are_both_seen(
    session: Session, at: At, mail_server: MailServer, family: made.Family
) -> None:
    measures(session, family.patient, "2.7 mmol/L", NOW)
    at(NOW)
    ana = made.as_self(family.patient)
    alerts.acknowledge(session, ana, family.patient.id, the_alert(session).id, now=NOW + MIN)
    for minutes, words in ((5, "4.6"), (10, "4.8"), (15, "4.9"), (20, "4.5"), (25, "2.6")):
        measures(
            session, family.patient, f"{words} mmol/L", NOW + minutes * MIN, now=NOW + 26 * MIN
        )

    at(NOW + 26 * MIN)

    rows = session.scalars(
        select(Alert).where(Alert.kind == Kind.URGENT_LOW).order_by(Alert.id)
    ).all()
    assert [row.state for row in rows] == [State.RESOLVED, State.OPEN]
    assert told(mail_server) == ["ana", "ana"]


def test_two_workers_at_once_open_one_alert_and_tell_once(
    fresh_db: Database, settings: Settings
) -> None:
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        diary(session, ana, [reading("2.7 mmol/L", NOW)])
    start = threading.Barrier(4)

    def work() -> None:
        start.wait(10)
        with fresh_db.unit_of_work() as session:
            alerts.look(session, ana.id, cause="test", now=NOW)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    with fresh_db.reading() as session:
        raised = session.scalars(select(Alert).where(Alert.state == State.OPEN)).all()
        assert [row.kind for row in raised] == [Kind.URGENT_LOW]
        assert len(session.scalars(select(AlertNotice)).all()) == 1


def test_looking_asks_as_much_of_a_long_diary_as_of_a_short_one(
    session: Session, queries: Callable[[Callable[[], object]], int]
) -> None:
    new, old = make.patient(session), make.patient(session, "Eva", "Kos")
    diary(session, new, sensor_days(NOW - timedelta(hours=6), 1))
    diary(session, old, sensor_days(NOW - timedelta(days=7), 7))

    short, long = (
        queries(lambda one=one: alerts.look(session, one.id, cause="test", now=NOW))
        for one in (new, old)
    )

    assert short == long
    assert short <= 14
