"""The net holds for steps and repeats too, in the tables, and in every population's order."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.alerts import service as alerts
from telehealth.alerts.models import AlertRule, Kind
from telehealth.alerts.service import STARTING, Rule, Threshold
from telehealth.alerts.service.rule import flaws, for_population, is_looser
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import Invalid, NotAllowed
from telehealth.directory import service as directory
from telehealth.directory.models import Employment, UnitKind
from telehealth.targets import service as targets
from telehealth.targets.models import Population
from tests import make
from tests.make import alerts as made

NOW, DAY = make.NOW, timedelta(days=1)
VERY_LOW = STARTING[Kind.URGENT_LOW]
PREGNANT = Population.PREGNANCY_TYPE1


def mmol(tenths: int) -> Threshold:
    return Threshold(tenths, Unit.MMOL_L)


LOOSER = [
    {"proxy_min": None},
    {"nurse_min": None},
    {"doctor_min": None},
    {"proxy_min": 6, "nurse_min": 15},
    {"nurse_min": 16},
    {"doctor_min": 31},
    {"repeat_min": 0},
    {"repeat_min": 16},
]


@pytest.mark.parametrize("change", LOOSER)
def test_a_nurse_neither_leaves_out_nor_delays_a_step_of_very_low(
    session: Session, change: dict[str, int | None]
) -> None:
    around = made.family(session)
    looser = replace(VERY_LOW, **change)
    nurse = made.as_team(around.nurse, around.patient)
    doctor = made.as_team(around.doctor, around.patient, Role.DOCTOR)
    assert is_looser(looser)

    with pytest.raises(NotAllowed):
        alerts.set_rule(session, nurse, around.patient.id, looser, now=NOW)
    with pytest.raises(Invalid) as refused:
        alerts.set_rule(session, doctor, around.patient.id, looser, now=NOW)
    assert refused.value.errors[0].pointer == "#/reason"
    known = replace(looser, reason="agreed with the family")
    alerts.set_rule(session, doctor, around.patient.id, known, now=NOW)


def test_sooner_is_no_looser() -> None:
    assert not is_looser(replace(VERY_LOW, proxy_min=0, nurse_min=5, doctor_min=10, repeat_min=5))


def own_rule(patient_id: int, **more: object) -> dict[str, object]:
    return {
        "patient_id": patient_id, "kind": Kind.URGENT_LOW, "is_on": True, "unit": Unit.MMOL_L,
        "tick": 30, "delay_min": 0, "repeat_min": 15, "proxy_min": 5, "nurse_min": 15,
        "doctor_min": 30, "values_n": 1, "values_within_min": 240, "acknowledged_min": 20,
        "changed_at": NOW, **more,
    }  # fmt: skip


@pytest.mark.parametrize("change", [*LOOSER, {"is_on": False}, {"tick": 29}])
def test_the_database_refuses_a_looser_own_rule_without_a_reason(
    session: Session, change: dict[str, object]
) -> None:
    patient = make.patient(session)

    session.add(AlertRule(**own_rule(patient.id, reason="known", **change)))
    session.flush()
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(AlertRule).values(reason=""))
    session.execute(update(AlertRule).values(tick=30, is_on=True))


def test_the_previous_release_which_asks_for_no_reason_still_writes(session: Session) -> None:
    patient = make.patient(session)
    columns = AlertRule.__table__
    row = own_rule(patient.id, is_on=False)

    session.execute(insert(columns).values(has_net=columns.c.has_net.server_default.arg, **row))

    stored = session.scalars(select(AlertRule)).one()
    assert not stored.has_net


def test_limits_rise_in_pregnancy_whatever_very_low_a_unit_has() -> None:
    book = {**STARTING, Kind.URGENT_LOW: replace(VERY_LOW, threshold=mmol(38))}
    found = for_population(book, PREGNANT)

    assert found[Kind.LOW].threshold == mmol(38)
    assert not flaws(found[Kind.LOW], found)


@pytest.mark.parametrize("edge", [mmol(36), Threshold(64, Unit.MG_DL)])
def test_a_units_very_low_above_the_low_of_pregnancy_is_refused_beside_the_field(
    session: Session, edge: Threshold
) -> None:
    around = made.family(session)
    doctor = Actor(around.doctor.id, around.doctor.id, Basis.SELF, frozenset({Role.DOCTOR}))

    with pytest.raises(Invalid) as refused:
        alerts.set_default(session, doctor, replace(VERY_LOW, threshold=edge), now=NOW)

    (error,) = refused.value.errors
    assert error.pointer == "#/threshold"
    assert "In pregnancy a low is below 3.5 mmol/L" in error.detail
    alerts.set_default(session, doctor, replace(VERY_LOW, threshold=mmol(35)), now=NOW)


def test_an_own_very_low_lifts_the_low_of_a_population_that_is_set_later(
    session: Session,
) -> None:
    around = made.family(session)
    doctor = made.as_team(around.doctor, around.patient, Role.DOCTOR)
    alerts.set_rule(
        session, doctor, around.patient.id, replace(VERY_LOW, threshold=mmol(38)), now=NOW
    )
    targets.set_targets(session, doctor, around.patient.id, targets.NewTargets(PREGNANT), now=NOW)

    assert made.rule(session, around.patient, Kind.LOW).threshold == mmol(38)


CHAINS = [
    {"doctor_min": 60},
    {"doctor_min": 20, "proxy_min": 15},
    {"nurse_min": 10, "doctor_min": 20},
    {"proxy_min": 600, "nurse_min": 700, "doctor_min": 800},
    {"proxy_min": 600},
]


@pytest.mark.parametrize("population", list(Population))
@pytest.mark.parametrize("kind", [Kind.LOW, Kind.HIGH])
@pytest.mark.parametrize("chain", CHAINS)
def test_the_order_of_steps_holds_for_every_population(
    population: Population, kind: Kind, chain: dict[str, int]
) -> None:
    steps = {"proxy_min": None, "nurse_min": None, "doctor_min": None, **chain}
    rule: Rule = replace(STARTING[kind], is_on=True, **steps)  # type: ignore[arg-type]
    found = for_population({**STARTING, kind: rule}, population)

    assert not flaws(found[kind], found)


def test_the_unit_is_where_the_doctor_works_today(session: Session) -> None:
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    old = session.scalars(select(Employment).where(Employment.person_id == doctor.id)).one()
    old.started_on, old.ended_on = date(2026, 1, 1), date(2026, 10, 1)
    unit = directory.add_unit(session, UnitKind.HEALTH_CENTRE, "Nova ambulanta", "01 234 56 78")
    directory.employ(session, directory.NewEmployment(doctor.id, unit.id, Role.DOCTOR), now=NOW)

    assert directory.units_of(session, [patient.id], now=NOW) == {patient.id: unit.id}
    assert directory.units_of(session, [patient.id], now=NOW - 60 * DAY) == {
        patient.id: old.unit_id
    }


def test_a_unit_where_the_doctor_will_work_is_not_the_unit_yet(session: Session) -> None:
    patient = make.patient(session)
    doctor = make.doctor(session, [patient])
    old = session.scalars(select(Employment).where(Employment.person_id == doctor.id)).one()
    old.ended_on = (NOW + 5 * DAY).date()
    unit = directory.add_unit(session, UnitKind.HEALTH_CENTRE, "Nova ambulanta", "01 234 56 78")
    coming = directory.NewEmployment(doctor.id, unit.id, Role.DOCTOR)
    directory.employ(session, coming, now=NOW + 6 * DAY)

    assert directory.units_of(session, [patient.id], now=NOW) == {patient.id: old.unit_id}


def test_for_a_child_a_low_reaches_the_nurse_within_30_minutes(session: Session) -> None:
    kid = make.child(session)
    nurse = make.nurse(session, [kid])
    assert made.rule(session, kid, Kind.LOW).nurse_min == 30

    chosen = targets.NewTargets(Population.ADULT)
    targets.set_targets(session, made.as_team(nurse, kid), kid.id, chosen, now=NOW)
    assert made.rule(session, kid, Kind.LOW).nurse_min == STARTING[Kind.LOW].nurse_min

    chosen = targets.NewTargets(Population.CHILD)
    targets.set_targets(session, made.as_team(nurse, kid), kid.id, chosen, now=NOW)
    low = made.rule(session, kid, Kind.LOW)
    assert (low.nurse_min, low.population) == (30, Population.CHILD)
    assert made.rule(session, kid, Kind.URGENT_LOW) == STARTING[Kind.URGENT_LOW]
