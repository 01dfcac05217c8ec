"""Ended is not gone, and what is removed or corrected is read anew."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.alerts.models import (
    RAISED,
    Action,
    Alert,
    AlertAcknowledgement,
    AlertStep,
    EndReason,
    Kind,
    Ring,
    State,
    StepState,
    VoidReason,
)
from telehealth.core.actor import Role
from telehealth.core.errors import Conflict, NotAllowed
from telehealth.directory.models import CareTeamMember
from telehealth.mandates import service as mandates
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond, SourceKind
from telehealth.targets import service as targets
from telehealth.targets.models import Population
from tests import make
from tests.make import alerts as made
from tests.make.readings import diary, reading

NOW = make.NOW
MIN = timedelta(minutes=1)


@pytest.fixture
def around(session: Session) -> made.Family:
    return made.family(session)


def every(session: Session, kind: Kind | None = None) -> list[Alert]:
    query = select(Alert).order_by(Alert.id)
    return list(session.scalars(query.where(Alert.kind == kind) if kind else query))


def waiting(session: Session, around: made.Family) -> list[alerts.OpenAlert]:
    patient_id = around.patient.id
    return alerts.to_review_for(session, [patient_id])[patient_id]


def low_and_back(session: Session, around: made.Family, shown: str = "2.4 mmol/L") -> Alert:
    """A fingerstick, and one in range ten minutes later; it is over after 25 minutes."""
    row = made.open_alert(session, around.patient, shown, kind=SourceKind.MANUAL)
    made.arrives(session, around.patient, "5.4 mmol/L", NOW + 10 * MIN, kind=SourceKind.MANUAL)
    alerts.look(session, around.patient.id, cause="test", now=NOW + 25 * MIN)
    session.refresh(row)
    assert row.state is State.RESOLVED
    return row


def test_a_very_low_value_waits_for_the_team_even_if_it_was_acknowledged(
    session: Session, around: made.Family
) -> None:
    row = made.open_alert(session, around.patient, "2.4 mmol/L", kind=SourceKind.MANUAL)
    alerts.acknowledge(
        session, made.as_self(around.patient), around.patient.id, row.id, Action.EATEN,
        now=NOW + MIN,
    )  # fmt: skip
    made.arrives(session, around.patient, "5.4 mmol/L", NOW + 10 * MIN, kind=SourceKind.MANUAL)
    alerts.look(session, around.patient.id, cause="test", now=NOW + 25 * MIN)

    (one,) = waiting(session, around)
    assert (one.kind, one.worst_tick, one.is_over) == (Kind.URGENT_LOW, 24, True)


def test_the_team_closes_what_has_ended_and_nobody_else_does(
    session: Session, around: made.Family
) -> None:
    row = low_and_back(session, around)
    later = NOW + 60 * MIN

    with pytest.raises(NotAllowed):
        alerts.review(session, made.as_self(around.patient), around.patient.id, now=later)
    nurse = made.as_team(around.nurse, around.patient)
    assert alerts.review(session, nurse, around.patient.id, now=later) == 1

    assert (row.reviewed_at, row.reviewed_by_id) == (later, around.nurse.id)
    assert waiting(session, around) == []


def test_nothing_is_closed_while_an_alert_rings(session: Session, around: made.Family) -> None:
    made.open_alert(session, around.patient, "2.4 mmol/L", kind=SourceKind.MANUAL)

    with pytest.raises(Conflict, match="still rings"):
        alerts.review(
            session, made.as_team(around.nurse, around.patient), around.patient.id, now=NOW
        )


@pytest.mark.parametrize("is_acknowledged", [True, False])
def test_a_low_waits_only_if_nobody_acknowledged_it(
    session: Session, around: made.Family, *, is_acknowledged: bool
) -> None:
    row = made.open_alert(session, around.patient, "3.4 mmol/L", kind=SourceKind.MANUAL)
    if is_acknowledged:
        alerts.acknowledge(
            session, made.as_self(around.patient), around.patient.id, row.id, now=NOW + MIN
        )
    made.arrives(session, around.patient, "5.4 mmol/L", NOW + 10 * MIN, kind=SourceKind.MANUAL)
    alerts.look(session, around.patient.id, cause="test", now=NOW + 25 * MIN)

    assert bool(waiting(session, around)) is not is_acknowledged


def test_every_low_of_somebody_who_must_not_be_low_waits(
    session: Session, around: made.Family
) -> None:
    nurse = made.as_team(around.nurse, around.patient)
    wanted = targets.NewTargets(Population.OLDER)
    targets.set_targets(session, nurse, around.patient.id, wanted, now=NOW)
    row = made.open_alert(session, around.patient, "3.4 mmol/L", kind=SourceKind.MANUAL)
    alerts.acknowledge(
        session, made.as_self(around.patient), around.patient.id, row.id, now=NOW + MIN
    )
    made.arrives(session, around.patient, "5.4 mmol/L", NOW + 10 * MIN, kind=SourceKind.MANUAL)
    alerts.look(session, around.patient.id, cause="test", now=NOW + 25 * MIN)

    (one,) = waiting(session, around)
    assert one.kind is Kind.LOW


def test_a_night_of_lo_read_out_at_breakfast_waits_as_one_alert(
    session: Session, around: made.Family
) -> None:
    night = [
        reading("2.0 mmol/L", NOW - (600 - minutes) * MIN, kind=SourceKind.CGM, device="Sensor")
        ._replace(digits=Beyond.LO)
        for minutes in range(0, 125, 5)
    ]  # fmt: skip
    back = [
        reading("6.0 mmol/L", NOW - minutes * MIN, kind=SourceKind.CGM, device="Sensor")
        for minutes in range(470, 400, -5)
    ]
    diary(session, around.patient, [*night, *back], now=NOW)

    alerts.look(session, around.patient.id, cause="test", since=NOW - 600 * MIN, now=NOW)

    (one,) = waiting(session, around)
    assert (one.end_reason, one.worst_tick, one.worst_unit is not None) == (
        EndReason.SEEN_LATE, None, True
    )  # fmt: skip
    assert one.last_beyond_at - one.beyond_since == 120 * MIN
    alerts.look(session, around.patient.id, cause="test", since=NOW - 600 * MIN, now=NOW + MIN)
    assert len(every(session)) == 1


def test_hi_waits_whatever_became_of_it(session: Session, around: made.Family) -> None:
    hi = reading("20 mmol/L", NOW, kind=SourceKind.METER, device="Meter")._replace(digits=Beyond.HI)
    diary(session, around.patient, [hi])
    alerts.look(session, around.patient.id, cause="test", now=NOW)
    (row,) = made.live(session, around.patient)
    assert row.kind is Kind.VERY_HIGH
    alerts.acknowledge(
        session, made.as_self(around.patient), around.patient.id, row.id, now=NOW + MIN
    )
    made.arrives(session, around.patient, "9.0 mmol/L", NOW + 60 * MIN, kind=SourceKind.MANUAL)
    alerts.look(session, around.patient.id, cause="test", now=NOW + 80 * MIN)

    (one,) = waiting(session, around)
    assert (one.kind, one.worst_tick) == (Kind.VERY_HIGH, None)


def test_a_mistaken_value_in_range_that_is_removed_lets_the_alert_ring_again(
    session: Session, around: made.Family
) -> None:
    patient_id, ana = around.patient.id, made.as_self(around.patient)
    row = made.open_alert(session, around.patient, "2.5 mmol/L", kind=SourceKind.MANUAL)
    wrong = diary(
        session, around.patient, [reading("6.2 mmol/L", NOW + 2 * MIN)], now=NOW + 2 * MIN
    )
    alerts.look(session, patient_id, cause="test", now=NOW + 17 * MIN)
    assert row.state is State.RESOLVED

    readings.remove(session, ana, patient_id, wrong.new[0], now=NOW + 18 * MIN)
    alerts.look_after_changes(session, patient_id, cause="test", now=NOW + 18 * MIN)

    assert (row.state, row.resolved_at, row.back_since) == (State.OPEN, None, None)
    assert len(every(session)) == 1
    proxy = session.get_one(AlertStep, (row.id, Ring.PROXY))
    assert (proxy.state, proxy.due_at) == (StepState.WAITING, NOW + 18 * MIN)


def test_a_removed_lowest_value_is_no_longer_what_the_alert_says(
    session: Session, around: made.Family
) -> None:
    patient_id, ana = around.patient.id, made.as_self(around.patient)
    row = made.open_alert(session, around.patient, "2.9 mmol/L", kind=SourceKind.MANUAL)
    typed = diary(
        session, around.patient, [reading("2.1 mmol/L", NOW + 2 * MIN)], now=NOW + 2 * MIN
    )
    alerts.look(session, patient_id, cause="test", now=NOW + 2 * MIN)
    assert (row.tick, row.worst_tick) == (21, 21)

    readings.remove(session, ana, patient_id, typed.new[0], now=NOW + 4 * MIN)
    alerts.look_after_changes(session, patient_id, cause="test", now=NOW + 4 * MIN)

    assert (row.tick, row.worst_tick, row.last_beyond_at) == (29, 29, NOW)


def test_what_was_late_and_a_mistake_is_nobodys_to_close(
    session: Session, around: made.Family
) -> None:
    patient_id, ana = around.patient.id, made.as_self(around.patient)
    typed = diary(session, around.patient, [reading("2.1 mmol/L", NOW - 300 * MIN)], now=NOW)
    alerts.look(session, patient_id, cause="test", since=NOW - 300 * MIN, now=NOW)
    assert len(waiting(session, around)) == 1

    readings.remove(session, ana, patient_id, typed.new[0], now=NOW + MIN)
    alerts.look_after_changes(session, patient_id, cause="test", now=NOW + MIN)

    assert waiting(session, around) == []


def test_a_closed_alert_is_asked_about_again_only_when_more_of_it_comes(
    session: Session, around: made.Family
) -> None:
    low_and_back(session, around)
    nurse = made.as_team(around.nurse, around.patient)
    alerts.review(session, nurse, around.patient.id, now=NOW + 60 * MIN)
    alerts.look_after_changes(session, around.patient.id, cause="test", now=NOW + 61 * MIN)
    assert waiting(session, around) == []

    late = reading("2.2 mmol/L", NOW - 8 * MIN, kind=SourceKind.METER, device="Meter")
    diary(session, around.patient, [late], now=NOW + 120 * MIN)
    alerts.look(session, around.patient.id, cause="test", since=NOW - 8 * MIN, now=NOW + 120 * MIN)

    (one,) = waiting(session, around)
    assert one.worst_tick == 22


def test_a_low_that_comes_late_into_a_closed_very_low_is_asked_about_again(
    session: Session, around: made.Family
) -> None:
    stream = [reading("2.8 mmol/L", NOW - minutes * MIN, kind=SourceKind.CGM, device="Sensor")
              for minutes in (60, 55, 50, 10, 5, 0)]  # fmt: skip
    diary(session, around.patient, stream, now=NOW)
    alerts.look(session, around.patient.id, cause="test", since=NOW - 60 * MIN, now=NOW)
    made.arrives(session, around.patient, "5.4 mmol/L", NOW + MIN, kind=SourceKind.MANUAL)
    alerts.look(session, around.patient.id, cause="test", now=NOW + 20 * MIN)
    nurse = made.as_team(around.nurse, around.patient)
    alerts.review(session, nurse, around.patient.id, now=NOW + 30 * MIN)
    assert waiting(session, around) == []

    gap = [reading("2.0 mmol/L", NOW - minutes * MIN, kind=SourceKind.CGM, device="Sensor")
           ._replace(digits=Beyond.LO) for minutes in (40, 35, 30)]  # fmt: skip
    diary(session, around.patient, gap, now=NOW + 60 * MIN)
    alerts.look(session, around.patient.id, cause="test", since=NOW - 40 * MIN, now=NOW + 60 * MIN)

    (one,) = waiting(session, around)
    assert (one.worst_tick, one.worse_at) == (None, NOW + 60 * MIN)


def test_hi_that_comes_late_into_an_acknowledged_very_high_waits(
    session: Session, around: made.Family
) -> None:
    made.arrives(session, around.patient, "19.0 mmol/L", NOW - 30 * MIN, kind=SourceKind.METER)
    made.arrives(session, around.patient, "20.0 mmol/L", NOW, kind=SourceKind.METER)
    (row,) = made.live(session, around.patient)
    nurse = made.as_team(around.nurse, around.patient)
    alerts.acknowledge(session, nurse, around.patient.id, row.id, now=NOW + MIN)
    made.arrives(session, around.patient, "8.0 mmol/L", NOW + 30 * MIN, kind=SourceKind.METER)
    alerts.look(session, around.patient.id, cause="test", now=NOW + 60 * MIN)
    assert waiting(session, around) == []

    late = reading("20 mmol/L", NOW + 10 * MIN, kind=SourceKind.METER, device="Meter")
    diary(session, around.patient, [late._replace(digits=Beyond.HI)], now=NOW + 300 * MIN)
    alerts.look(session, around.patient.id, cause="test", since=NOW, now=NOW + 300 * MIN)

    (one,) = waiting(session, around)
    assert (one.kind, one.worst_tick, one.worse_at) == (Kind.VERY_HIGH, None, NOW + 300 * MIN)


def test_whoever_acknowledged_and_is_revoked_has_acknowledged_no_longer(
    session: Session, around: made.Family
) -> None:
    patient_id = around.patient.id
    row = made.open_alert(session, around.patient, "2.4 mmol/L", kind=SourceKind.MANUAL)
    proxy = made.as_proxy(around.proxy, around.patient, around.mandate)
    alerts.acknowledge(session, proxy, patient_id, row.id, Action.HELPED, now=NOW + 2 * MIN)
    mandates.end(session, made.as_self(around.patient), around.mandate.id, now=NOW + 3 * MIN)

    alerts.look(session, patient_id, cause="mandates.ended", now=NOW + 3 * MIN)

    given = session.scalars(select(AlertAcknowledgement)).one()
    assert (given.action, given.void_reason) == (Action.HELPED, VoidReason.RIGHT_ENDED)
    assert row.state in (State.OPEN, State.ESCALATED)


def test_a_nurse_who_has_left_has_acknowledged_no_longer(
    session: Session, around: made.Family
) -> None:
    row = made.open_alert(session, around.patient, "2.4 mmol/L", kind=SourceKind.MANUAL)
    nurse = made.as_team(around.nurse, around.patient, Role.NURSE)
    alerts.acknowledge(session, nurse, around.patient.id, row.id, Action.SPOKEN, now=NOW + MIN)
    member = session.scalars(
        select(CareTeamMember).where(CareTeamMember.worker_id == around.nurse.id)
    ).one()
    member.ended_on = NOW.date() - timedelta(days=1)
    session.flush()

    alerts.look(session, around.patient.id, cause="test", now=NOW + 2 * MIN)

    assert row.state in (State.OPEN, State.ESCALATED)


def test_a_reading_of_the_future_neither_hides_nor_ends_a_low(
    session: Session, around: made.Family
) -> None:
    ahead = reading("6.0 mmol/L", NOW + 9 * MIN, kind=SourceKind.METER, device="Meter")
    diary(session, around.patient, [ahead], now=NOW)
    alerts.look(session, around.patient.id, cause="test", now=NOW)

    made.arrives(session, around.patient, "2.2 mmol/L", NOW, kind=SourceKind.MANUAL)

    (row,) = made.live(session, around.patient)
    assert (row.kind, row.state, row.back_since) == (Kind.URGENT_LOW, State.OPEN, None)


def test_a_low_that_does_not_count_beside_a_meters_value_alerts(
    session: Session, around: made.Family
) -> None:
    meter = reading("5.5 mmol/L", NOW, kind=SourceKind.METER, device="Meter")
    diary(session, around.patient, [meter, reading("2.4 mmol/L", NOW)])

    alerts.look(session, around.patient.id, cause="test", now=NOW)

    (row,) = made.live(session, around.patient)
    assert (row.kind, row.tick) == (Kind.URGENT_LOW, 24)


def test_an_alert_of_somebody_who_has_died_tells_nobody(
    session: Session, around: made.Family
) -> None:
    row = made.open_alert(session, around.patient, "2.4 mmol/L", kind=SourceKind.MANUAL)
    around.patient.died_on = date(2026, 11, 23)
    session.flush()

    alerts.look(session, around.patient.id, cause="test", now=NOW + 5 * MIN)

    assert (row.state, row.end_reason, row.needs_review) == (
        State.RESOLVED, EndReason.DIED, False
    )  # fmt: skip
    assert session.scalars(select(Alert).where(Alert.state.in_(RAISED))).all() == []
    assert not session.scalars(select(AlertStep).where(AlertStep.state == StepState.WAITING)).all()
