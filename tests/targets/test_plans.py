"""Measurement plans: agreed on, kept in versions, read as of each day."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import Invalid, NotAllowed, NotFound
from telehealth.core.outbox import OutboxEvent
from telehealth.glycemia.adherence import EVERY_DAY, Planned
from telehealth.glycemia.slots import Slot
from telehealth.identity.models import Person
from telehealth.targets import service as targets
from telehealth.targets.models import PlanSlot, PlanVersion
from telehealth.targets.service import NewPlan
from tests import make

MORNING = Planned(Slot.BEFORE_BREAKFAST, EVERY_DAY, 6 * 60, 8 * 60)
EVENING = Planned(Slot.BEDTIME, 0b001_1111, 21 * 60, 24 * 60)


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


@pytest.fixture
def nurse(session: Session, ana: Person) -> Actor:
    return Actor(make.nurse(session, [ana]).id, ana.id, Basis.CARE_TEAM, frozenset({Role.NURSE}))


def test_a_plan_holds_from_its_day_on_and_never_before(session: Session, ana: Person, nurse: Actor):
    later = make.NOW + timedelta(days=3)
    targets.set_plan(session, nurse, ana.id, NewPlan((MORNING,)), now=make.NOW)
    targets.set_plan(session, nurse, ana.id, NewPlan((EVENING, MORNING), 15), now=later)

    versions = targets.look_at_plan(session, nurse, ana.id, now=later)

    assert [plan.slots for plan in versions] == [(MORNING, EVENING), (MORNING,)]
    assert versions[0].a_week == 12
    assert targets.plan_on(versions, date(2026, 11, 22)) is None
    assert targets.plan_on(versions, date(2026, 11, 25)) == versions[1]
    assert targets.plan_on(versions, date(2026, 11, 26)) == versions[0]
    assert [window.slot for window in versions[0].windows_on(date(2026, 11, 28))] == [MORNING.slot]


def test_agreeing_on_the_same_again_adds_nothing(session: Session, ana: Person, nurse: Actor):
    for note in ("", " "):
        targets.set_plan(session, nurse, ana.id, NewPlan((MORNING,), note=note), now=make.NOW)
    session.flush()

    topic = OutboxEvent.topic == targets.PLAN_CHANGED
    assert len(session.scalars(select(OutboxEvent).where(topic)).all()) == 1
    assert len(targets.plans_of(session, [ana.id])[ana.id]) == 1


def test_a_plan_ends_by_agreeing_on_an_empty_one(session: Session, ana: Person, nurse: Actor):
    targets.set_plan(session, nurse, ana.id, NewPlan(()), now=make.NOW)
    assert targets.plans_of(session, [ana.id]) == {}

    targets.set_plan(session, nurse, ana.id, NewPlan((MORNING,)), now=make.NOW)
    targets.set_plan(session, nurse, ana.id, NewPlan(()), now=make.NOW)

    assert targets.plans_of(session, [ana.id])[ana.id][0].slots == ()


@pytest.mark.parametrize(
    ("plan", "pointer"),
    [
        (NewPlan((MORNING,), tolerance_min=31), "#/tolerance_min"),
        (NewPlan((MORNING, MORNING)), "#/slots/1/slot"),
        (NewPlan((Planned(Slot.NIGHT, 0, 120, 240),)), "#/slots/0/weekdays"),
        (NewPlan((Planned(Slot.NIGHT, 128, 120, 240),)), "#/slots/0/weekdays"),
        (NewPlan((Planned(Slot.NIGHT, 1, 240, 240),)), "#/slots/0/ends"),
        (NewPlan((Planned(Slot.NIGHT, 1, 120, 1441),)), "#/slots/0/ends"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(
    session: Session, ana: Person, nurse: Actor, plan: NewPlan, pointer: str
):
    with pytest.raises(Invalid) as refused:
        targets.set_plan(session, nurse, ana.id, plan, now=make.NOW)

    assert refused.value.errors[0].pointer == pointer


@pytest.mark.parametrize("basis", sorted(set(Basis) - {Basis.CARE_TEAM}))
def test_only_the_care_team_plans(session: Session, ana: Person, basis: Basis):
    actor = Actor(ana.id, ana.id, basis, frozenset({Role.NURSE}))

    with pytest.raises(NotAllowed):
        targets.set_plan(session, actor, ana.id, NewPlan((MORNING,)), now=make.NOW)
    with pytest.raises(NotFound):
        targets.look_at_plan(session, actor, ana.id + 1, now=make.NOW)


@pytest.mark.parametrize(
    "wrong",
    [{"weekdays": 0}, {"weekdays": 128}, {"starts_min": 480}, {"ends_min": 1441}],
)
def test_the_database_refuses_a_slot_that_cannot_be(
    session: Session, ana: Person, wrong: dict[str, int]
):
    plan = PlanVersion(
        patient_id=ana.id, tolerance_min=30, note="", set_by_id=ana.id, set_at=make.NOW
    )
    slot = {"slot": Slot.NIGHT, "weekdays": 1, "starts_min": 120, "ends_min": 480, **wrong}
    plan.slots = [PlanSlot(**slot)]
    session.add(plan)

    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


@pytest.mark.parametrize("statement", ["DELETE FROM plan_version", "DELETE FROM plan_slot"])
def test_the_database_keeps_every_version(
    session: Session, ana: Person, nurse: Actor, statement: str
):
    targets.set_plan(session, nurse, ana.id, NewPlan((MORNING,)), now=make.NOW)

    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))
    session.rollback()
