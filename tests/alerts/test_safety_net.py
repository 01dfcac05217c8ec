"""Whose rules count: a unit's, as they are for a population; the net that only doctors loosen."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.alerts import service as alerts
from telehealth.alerts.models import AlertRuleChange, AlertUnitRule, Kind
from telehealth.alerts.service import STARTING, Rule, Threshold
from telehealth.alerts.service.rule import for_population, is_looser
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import Invalid, NotAllowed
from telehealth.directory import service as directory
from telehealth.directory.models import UnitKind
from telehealth.identity.models import Person
from telehealth.readings.models import SourceKind
from telehealth.targets import service as targets
from telehealth.targets.models import Population
from tests import make
from tests.make import alerts as made

NOW = make.NOW
MIN = timedelta(minutes=1)
VERY_LOW, VERY_HIGH = STARTING[Kind.URGENT_LOW], STARTING[Kind.VERY_HIGH]


def mmol(tenths: int) -> Threshold:
    return Threshold(tenths, Unit.MMOL_L)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (VERY_LOW, False),
        (replace(VERY_LOW, threshold=mmol(33)), False),
        (replace(VERY_LOW, threshold=Threshold(54, Unit.MG_DL)), False),
        (replace(VERY_LOW, threshold=mmol(29)), True),
        (replace(VERY_LOW, threshold=Threshold(53, Unit.MG_DL)), True),
        (replace(VERY_LOW, is_on=False), True),
        (VERY_HIGH, False),
        (replace(VERY_HIGH, threshold=mmol(120), delay_min=0, values_n=1), False),
        (replace(VERY_HIGH, threshold=mmol(140)), True),
        (replace(VERY_HIGH, delay_min=61), True),
        (replace(VERY_HIGH, values_n=3), True),
        (replace(VERY_HIGH, values_within_min=1), True),
        (replace(VERY_HIGH, values_n=1, values_within_min=1), False),
        (replace(VERY_HIGH, is_on=False), True),
        (replace(STARTING[Kind.LOW], is_on=False), False),
        (replace(STARTING[Kind.NO_DATA], is_on=False), False),
    ],
)
def test_what_is_looser_than_the_safety_net(rule: Rule, *, expected: bool) -> None:
    assert is_looser(rule) is expected


def at_clinic(person: Person, role: Role = Role.DOCTOR) -> Actor:
    return Actor(person.id, person.id, Basis.SELF, frozenset({role}))


def test_a_nurse_loosens_nothing_and_a_doctor_only_with_a_reason(session: Session) -> None:
    around = made.family(session)
    off = replace(VERY_LOW, is_on=False)
    nurse = made.as_team(around.nurse, around.patient)
    doctor = made.as_team(around.doctor, around.patient, Role.DOCTOR)

    with pytest.raises(NotAllowed):
        alerts.set_rule(session, nurse, around.patient.id, replace(off, reason="calm"), now=NOW)
    with pytest.raises(Invalid) as refused:
        alerts.set_rule(session, doctor, around.patient.id, off, now=NOW)
    assert refused.value.errors[0].pointer == "#/reason"
    wanted = replace(off, reason="palliative care, agreed with the family")
    alerts.set_rule(session, doctor, around.patient.id, wanted, now=NOW)

    assert not made.rule(session, around.patient, Kind.URGENT_LOW).is_on
    change = session.scalars(select(AlertRuleChange)).one()
    assert (change.patient_id, change.by_id, change.reason) == (
        around.patient.id, around.doctor.id, "palliative care, agreed with the family",
    )  # fmt: skip


def test_a_nurse_may_make_the_net_tighter(session: Session) -> None:
    around = made.family(session)
    nurse = made.as_team(around.nurse, around.patient)

    alerts.set_rule(
        session, nurse, around.patient.id, replace(VERY_LOW, threshold=mmol(33)), now=NOW
    )

    assert made.rule(session, around.patient, Kind.URGENT_LOW).threshold == mmol(33)


def test_the_database_keeps_no_looser_net_without_a_reason(session: Session) -> None:
    doctor = make.doctor(session, [make.patient(session)])
    worker = alerts.unit_rules(session, at_clinic(doctor), now=NOW)
    assert worker.unit_name
    session.add(
        AlertUnitRule(
            unit_id=1, kind=Kind.URGENT_LOW, is_on=False, unit=Unit.MMOL_L, tick=30, delay_min=0,
            repeat_min=15, values_n=1, values_within_min=240, acknowledged_min=20, reason="",
            changed_at=NOW,
        )
    )  # fmt: skip

    with pytest.raises(IntegrityError):
        session.flush()


def test_a_doctor_changes_the_rules_of_the_own_unit_and_no_other(session: Session) -> None:
    mine, theirs = make.patient(session), make.patient(session, "Eva", "Kos")
    doctor = make.doctor(session, [mine])
    other = directory.add_unit(session, UnitKind.HEALTH_CENTRE, "Druga ambulanta", "01 234 56 78")
    make.doctor(session, [theirs], unit=other)

    low = replace(STARTING[Kind.LOW], threshold=mmol(45))
    alerts.set_default(session, at_clinic(doctor), low, now=NOW)

    assert made.rule(session, mine, Kind.LOW).threshold == mmol(45)
    assert made.rule(session, theirs, Kind.LOW).threshold == mmol(39)
    (change,) = alerts.unit_rules(session, at_clinic(doctor), now=NOW).changes
    assert (change.kind, change.by_id, change.after and change.after["tick"]) == (
        Kind.LOW, doctor.id, 45,
    )  # fmt: skip


@pytest.mark.parametrize("role", [Role.NURSE, Role.ADMIN])
def test_nobody_but_a_doctor_changes_the_rules_of_a_unit(session: Session, role: Role) -> None:
    worker = make.nurse(session, [make.patient(session)])

    with pytest.raises(NotAllowed):
        alerts.set_default(session, at_clinic(worker, role), STARTING[Kind.LOW], now=NOW)


@pytest.mark.parametrize("population", [Population.PREGNANCY_TYPE1, Population.PREGNANCY_TYPE2])
def test_rules_follow_the_population(session: Session, population: Population) -> None:
    around = made.family(session)
    nurse = made.as_team(around.nurse, around.patient)
    targets.set_targets(session, nurse, around.patient.id, targets.NewTargets(population), now=NOW)

    made.arrives(session, around.patient, "3.6 mmol/L", NOW, kind=SourceKind.MANUAL)
    assert made.live(session, around.patient) == []

    for minutes in (60, 240):
        made.arrives(
            session, around.patient, "12.0 mmol/L", NOW + minutes * MIN, kind=SourceKind.MANUAL
        )
    assert [row.kind for row in made.live(session, around.patient)] == [Kind.HIGH]


def test_a_stricter_rule_of_the_unit_stays_in_pregnancy() -> None:
    high = replace(STARTING[Kind.HIGH], is_on=True, threshold=mmol(80), nurse_min=0)

    found = for_population({**STARTING, Kind.HIGH: high}, Population.PREGNANCY_TYPE1)[Kind.HIGH]

    assert (found.threshold, found.nurse_min) == (mmol(80), 0)


def test_going_back_to_a_looser_net_of_the_unit_takes_a_doctor(session: Session) -> None:
    around = made.family(session)
    nurse = made.as_team(around.nurse, around.patient)
    stricter = replace(VERY_HIGH, threshold=mmol(120))
    alerts.set_rule(session, nurse, around.patient.id, stricter, now=NOW)
    loose = replace(VERY_HIGH, threshold=mmol(200), reason="a trial of the unit")
    alerts.set_default(session, at_clinic(around.doctor), loose, now=NOW)

    with pytest.raises(NotAllowed):
        alerts.reset_rule(session, nurse, around.patient.id, Kind.VERY_HIGH, now=NOW)


def test_fifteen_all_day_in_pregnancy_is_a_very_high_alert(session: Session) -> None:
    around = made.family(session)
    nurse = made.as_team(around.nurse, around.patient)
    wanted = targets.NewTargets(Population.PREGNANCY_TYPE2)
    targets.set_targets(session, nurse, around.patient.id, wanted, now=NOW)

    for minutes in (0, 180):
        made.arrives(
            session, around.patient, "15.5 mmol/L", NOW + minutes * MIN, kind=SourceKind.MANUAL
        )

    assert Kind.VERY_HIGH in [row.kind for row in made.live(session, around.patient)]


def test_rules_of_many_patients_take_as_many_statements_as_of_one(
    session: Session, queries: object
) -> None:
    people = [make.patient(session) for _ in range(5)]
    make.doctor(session, people)

    from telehealth.alerts.service import rules

    one = queries(lambda: rules.in_force_for(session, [people[0].id], now=NOW))  # type: ignore[operator]
    many = queries(  # type: ignore[operator]
        lambda: rules.in_force_for(session, [person.id for person in people], now=NOW)
    )

    assert one == many
