"""What people answer and set: acknowledge, pause, rules, notices, the self-test, the lists."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.alerts import service as alerts
from telehealth.alerts.models import (
    Alert,
    AlertMute,
    AlertNotice,
    AlertRule,
    EndReason,
    Kind,
    Ring,
    State,
)
from telehealth.alerts.service import Threshold
from telehealth.audit.models import AuditEvent
from telehealth.core.actor import Role
from telehealth.core.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from telehealth.core.queue import Queue
from telehealth.readings.models import Beyond, SourceKind
from tests import make
from tests.make import alerts as made
from tests.make.readings import diary, reading
from tests.stand_ins.mail import MailServer

MIN = timedelta(minutes=1)
NOW = make.NOW
At = Callable[[datetime], None]


@pytest.fixture
def around(session: Session) -> made.Family:
    """A patient, a proxy, a nurse and a doctor, none with an address."""
    return made.family(session)


def low(session: Session, around: made.Family) -> Alert:
    """A low value that has lasted ten minutes, at `NOW`."""
    made.lasts(session, around.patient, "3.4 mmol/L", NOW - 10 * MIN, 10)
    return made.live(session, around.patient)[0]


def test_acknowledged_twice_the_first_name_stays(session: Session, around: made.Family) -> None:
    row = low(session, around)
    nurse, doctor = (made.as_team(one, around.patient) for one in (around.nurse, around.doctor))

    alerts.acknowledge(session, nurse, around.patient.id, row.id, now=NOW)
    alerts.acknowledge(session, doctor, around.patient.id, row.id, now=NOW + MIN)

    assert (row.acknowledged_by_id, row.acknowledged_at) == (around.nurse.id, NOW)


def test_who_acknowledged_by_mistake_takes_it_back_and_the_rest_is_told_after_all(
    session: Session, around: made.Family
) -> None:
    row = low(session, around)
    ana = made.as_self(around.patient)
    alerts.acknowledge(session, ana, around.patient.id, row.id, now=NOW + MIN)

    alerts.withdraw_acknowledgement(session, ana, around.patient.id, row.id, now=NOW + 5 * MIN)
    alerts.look_at_step(session, row.id, Ring.PROXY, cause="test", now=NOW + 20 * MIN)

    assert row.state is State.ESCALATED
    assert row.acknowledged_by_id is None


@pytest.mark.parametrize(("who", "after"), [("nurse", 1), ("patient", 11)])
def test_nobody_else_takes_it_back_and_nobody_later(
    session: Session, around: made.Family, who: str, after: int
) -> None:
    row = low(session, around)
    ana = made.as_self(around.patient)
    alerts.acknowledge(session, ana, around.patient.id, row.id, now=NOW)
    actor = ana if who == "patient" else made.as_team(around.nurse, around.patient)

    with pytest.raises(Conflict, match="ten minutes"):
        alerts.withdraw_acknowledgement(
            session, actor, around.patient.id, row.id, now=NOW + after * MIN
        )


def test_an_alert_that_is_over_is_no_longer_answered(session: Session, around: made.Family) -> None:
    row = low(session, around)
    made.lasts(session, around.patient, "5.0 mmol/L", NOW + 5 * MIN, 15)
    ana = made.as_self(around.patient)

    assert (row.state, row.end_reason) == (State.RESOLVED, EndReason.RECOVERED)
    for deed in (alerts.acknowledge, alerts.end_snooze):
        with pytest.raises(Conflict, match="over"):
            deed(session, ana, around.patient.id, row.id, now=NOW + 30 * MIN)


def test_an_alert_of_somebody_else_is_not_there(session: Session, around: made.Family) -> None:
    row = low(session, around)
    eva = make.patient(session, "Eva", "Kos")

    with pytest.raises(NotFound):
        alerts.acknowledge(session, made.as_self(eva), eva.id, row.id, now=NOW)


def test_a_child_does_not_answer_and_the_parent_does(session: Session) -> None:
    tine, petra = make.child(session), make.patient(session, "Petra", "Zupan")
    guardianship = make.guardian(session, petra, tine)
    row = made.open_alert(session, tine)

    with pytest.raises(NotAllowed, match="parent"):
        alerts.acknowledge(session, made.as_self(tine), tine.id, row.id, now=NOW)
    parent = made.as_guardian(petra, tine, guardianship)
    alerts.acknowledge(session, parent, tine.id, row.id, now=NOW)

    assert row.acknowledged_by_id == petra.id


def test_pausing_a_high_silences_no_low_and_ends_with_the_high(
    session: Session, around: made.Family
) -> None:
    ana = made.as_self(around.patient)
    end = made.lasts(session, around.patient, "15.2 mmol/L", NOW, 60)
    (high,) = made.live(session, around.patient)
    alerts.snooze(session, ana, around.patient.id, high.id, 240, now=end)

    made.lasts(session, around.patient, "5.0 mmol/L", end + 5 * MIN, 15)
    assert (high.state, high.snoozed_until) == (State.RESOLVED, None)
    urgent = made.open_alert(session, around.patient, "2.5 mmol/L", end + 30 * MIN)

    assert urgent.state is State.OPEN
    assert urgent.rounds == 1


def test_a_very_low_value_is_never_paused_not_even_by_the_database(
    session: Session, around: made.Family
) -> None:
    row = made.open_alert(session, around.patient)
    ana = made.as_self(around.patient)

    with pytest.raises(Conflict, match="cannot be paused"):
        alerts.snooze(session, ana, around.patient.id, row.id, 15, now=NOW)
    row.snoozed_until = NOW + 15 * MIN
    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.parametrize("minutes", [0, 31, 240])
def test_a_pause_is_bounded(session: Session, around: made.Family, minutes: int) -> None:
    row = low(session, around)

    with pytest.raises(Invalid):
        alerts.snooze(
            session, made.as_self(around.patient), around.patient.id, row.id, minutes, now=NOW
        )


def test_a_pause_that_is_ended_rings_again(session: Session, around: made.Family) -> None:
    row = low(session, around)
    ana = made.as_self(around.patient)
    alerts.snooze(session, ana, around.patient.id, row.id, 30, now=NOW)
    alerts.look_at_step(session, row.id, Ring.PROXY, cause="test", now=NOW + 20 * MIN)
    assert row.state is State.OPEN

    alerts.end_snooze(session, ana, around.patient.id, row.id, now=NOW + 22 * MIN)
    alerts.look_at_step(session, row.id, Ring.PROXY, cause="test", now=NOW + 22 * MIN)

    assert row.state is State.ESCALATED


def test_the_sharper_rule_takes_over_and_both_end_only_in_range(
    session: Session, around: made.Family
) -> None:
    low(session, around)
    made.arrives(session, around.patient, "2.8 mmol/L", NOW + 5 * MIN)
    milder, sharper = made.live(session, around.patient)
    assert [milder.kind, sharper.kind] == [Kind.LOW, Kind.URGENT_LOW]

    made.lasts(session, around.patient, "2.8 mmol/L", NOW + 10 * MIN, 25)
    assert (milder.rounds, sharper.rounds) == (1, 3)
    made.lasts(session, around.patient, "3.5 mmol/L", NOW + 40 * MIN, 30)
    assert sharper.state in (State.OPEN, State.ESCALATED)  # 3.5 is still a low
    made.lasts(session, around.patient, "3.9 mmol/L", NOW + 75 * MIN, 15)

    assert [sharper.state, milder.state] == [State.RESOLVED, State.RESOLVED]


def test_a_meter_that_says_lo_is_a_very_low_value(session: Session, around: made.Family) -> None:
    lo = reading("2.0 mmol/L", NOW, kind=SourceKind.METER, device="Meter")._replace(
        digits=Beyond.LO
    )
    diary(session, around.patient, [lo])

    alerts.look(session, around.patient.id, cause="test", now=NOW)

    (row,) = made.live(session, around.patient)
    assert (row.kind, row.tick, row.unit) == (Kind.URGENT_LOW, None, Unit.MMOL_L)


def test_the_care_team_sets_a_rule_and_it_counts_at_once(
    session: Session, around: made.Family
) -> None:
    nurse = made.as_team(around.nurse, around.patient)
    wanted = replace(
        made.rule(session, around.patient, Kind.LOW), threshold=Threshold(45, Unit.MMOL_L)
    )

    alerts.set_rule(session, nurse, around.patient.id, replace(wanted, delay_min=0), now=NOW)
    made.arrives(session, around.patient, "4.4 mmol/L", NOW + MIN)

    assert [row.kind for row in made.live(session, around.patient)] == [Kind.LOW]
    details = session.scalars(
        select(AuditEvent.detail).where(AuditEvent.action == "alerts.set_rule")
    ).one()
    assert "tick" in details["fields"]
    assert "45" not in str(details)


def test_a_rule_that_is_switched_off_or_moved_ends_its_alert(
    session: Session, around: made.Family
) -> None:
    row = low(session, around)
    nurse = made.as_team(around.nurse, around.patient)
    rule = made.rule(session, around.patient, Kind.LOW)

    moved = replace(rule, threshold=Threshold(33, Unit.MMOL_L))
    alerts.set_rule(session, nurse, around.patient.id, moved, now=NOW)
    assert (row.state, row.end_reason) == (State.RESOLVED, EndReason.RULE_CHANGED)
    urgent = made.open_alert(session, around.patient, at=NOW + 5 * MIN)
    doctor = made.as_team(around.doctor, around.patient, Role.DOCTOR)
    usual = made.rule(session, around.patient, Kind.URGENT_LOW)
    off = replace(usual, is_on=False, reason="palliative care")
    alerts.set_rule(session, doctor, around.patient.id, off, now=NOW + 6 * MIN)

    assert (urgent.state, urgent.end_reason) == (State.RESOLVED, EndReason.RULE_OFF)


def test_a_clinics_rule_reaches_patients_without_one_of_their_own(
    session: Session, around: made.Family
) -> None:
    row = low(session, around)
    eva = make.patient(session, "Eva", "Kos")
    make.doctor(session, [eva])
    doctor = made.as_team(around.doctor, around.patient, Role.DOCTOR)
    own = replace(made.rule(session, around.patient, Kind.LOW), delay_min=10)
    alerts.set_rule(session, doctor, around.patient.id, own, now=NOW)

    off = replace(made.rule(session, eva, Kind.LOW), is_on=False)
    alerts.set_default(session, doctor, off, now=NOW)
    alerts.follow_default(session, Kind.LOW, 0, now=NOW)

    assert not made.rule(session, eva, Kind.LOW).is_on
    assert row.state is State.OPEN
    alerts.reset_rule(session, doctor, around.patient.id, Kind.LOW, now=NOW)
    assert row.state is State.RESOLVED


def test_a_rule_of_ones_own_expects_a_fingerstick_too(
    session: Session, around: made.Family
) -> None:
    made.arrives(session, around.patient, "6.0 mmol/L", kind=SourceKind.MANUAL)
    nurse = made.as_team(around.nurse, around.patient)
    rule = replace(made.rule(session, around.patient, Kind.NO_DATA), delay_min=48 * 60)

    alerts.set_rule(session, nurse, around.patient.id, rule, now=NOW)
    later = NOW + timedelta(hours=48)
    assert alerts.enqueue_due(session, now=later - MIN) == 0
    assert alerts.enqueue_due(session, now=later) == 1
    alerts.look(session, around.patient.id, cause="test", now=later)

    assert [row.kind for row in made.live(session, around.patient)] == [Kind.NO_DATA]


def test_nobody_switches_notices_of_a_very_low_value_off(
    session: Session, around: made.Family
) -> None:
    ana = made.as_self(around.patient)

    with pytest.raises(NotAllowed, match="very low"):
        alerts.choose_notices(session, ana, around.patient.id, [Kind.URGENT_LOW], now=NOW)
    session.add(
        AlertMute(
            patient_id=around.patient.id,
            person_id=around.patient.id,
            kind=Kind.URGENT_LOW,
            since=NOW,
        )
    )
    with pytest.raises(IntegrityError):
        session.flush()


def test_a_threshold_without_a_unit_cannot_be_stored(session: Session, around: made.Family) -> None:
    session.add(
        AlertRule(
            patient_id=around.patient.id, kind=Kind.LOW, is_on=True, tick=39, unit=None,
            delay_min=0, repeat_min=0, changed_at=NOW,
        )
    )  # fmt: skip

    with pytest.raises(IntegrityError):
        session.flush()


def test_the_self_test_goes_the_real_way_and_says_what_became_of_it(
    session: Session, at: At, queue: Queue, mail_server: MailServer, family: made.Family
) -> None:
    nurse = made.as_team(family.nurse, family.patient)
    mail_server.answers["luka@posta.si"] = "550 no such user"

    alerts.try_out(session, nurse, family.patient.id, now=NOW)
    at(NOW)

    found = alerts.of_patient(session, nurse, family.patient.id, now=NOW)
    assert found.tried
    outcomes = {one.name: one.fate.state.value for one in found.tried.told if one.fate}
    assert outcomes == {
        "Ana Novak": "accepted",
        "Luka Mrak": "failed_perm",
        "Maja Čebulj": "accepted",
        "Miha Kovač": "accepted",
    }
    tests = [mail for mail in mail_server.mails if "Preizkus" in str(mail["Subject"])]
    assert len(tests) == 3
    assert session.scalars(select(Alert)).all() == []


def test_the_patient_tests_only_their_own_side_and_not_all_the_time(
    session: Session, around: made.Family
) -> None:
    ana = made.as_self(around.patient)

    alerts.try_out(session, ana, around.patient.id, now=NOW)
    with pytest.raises(TooMany):
        alerts.try_out(session, ana, around.patient.id, now=NOW + 9 * MIN)
    alerts.try_out(session, ana, around.patient.id, now=NOW + 10 * MIN)

    rings = session.scalars(select(AlertNotice.ring)).all()
    assert sorted(rings) == [Ring.PATIENT, Ring.PATIENT, Ring.PROXY, Ring.PROXY]


def test_looking_at_an_alert_is_the_receipt_of_the_notice(
    session: Session, around: made.Family
) -> None:
    row = made.open_alert(session, around.patient)
    alerts.look_at_step(session, row.id, Ring.NURSE, cause="test", now=NOW + 15 * MIN)
    nurse = made.as_team(around.nurse, around.patient)
    own = replace(nurse, subject_id=around.nurse.id)

    alerts.of_worker(session, own, now=NOW + 20 * MIN)

    seen = {notice.recipient_id: notice.seen_at for notice in session.scalars(select(AlertNotice))}
    assert seen == {around.patient.id: None, around.nurse.id: NOW + 20 * MIN}
    noted = session.scalars(
        select(AuditEvent.actor_person_id).where(
            AuditEvent.action == "alerts.seen", AuditEvent.subject_id == around.patient.id
        )
    ).all()
    assert noted == [around.nurse.id]


def test_others_get_the_open_alerts_of_many_patients_with_one_question(
    session: Session, queries: Callable[[Callable[[], object]], int]
) -> None:
    people = [make.patient(session) for _ in range(5)]
    for person in people[:3]:
        made.open_alert(session, person)
    made.lasts(session, people[0], "15.0 mmol/L", NOW + 20 * MIN, 60)
    ids = [person.id for person in people]

    asked = queries(lambda: alerts.open_for(session, ids))
    found = alerts.open_for(session, ids)

    assert asked == 1
    assert [len(found[one]) for one in ids] == [1, 1, 1, 0, 0]
    assert found[ids[0]][0].kind is Kind.VERY_HIGH
    assert found[ids[1]][0].kind is Kind.URGENT_LOW
