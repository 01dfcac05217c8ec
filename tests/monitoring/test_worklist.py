"""The worklist through its pages and doors: what stands where, and what people do about it."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from telehealth.core.errors import Conflict, Invalid, NotFound
from telehealth.glycemia.adherence import EVERY_DAY, Planned
from telehealth.glycemia.slots import Slot
from telehealth.identity.models import Person
from telehealth.monitoring import service as monitoring
from telehealth.monitoring.models import Deed, Kind, Rule, Stage
from telehealth.monitoring.service import Act, Code, Filter, Owner, Sort
from telehealth.targets import service as targets
from telehealth.targets.models import Population
from tests import make
from tests.conftest import FixedClock
from tests.monitoring.steps import LOW, TODAY, codes, drain, entry_of, measure, names, own, team


def test_the_most_urgent_stand_first_and_good_patients_last(
    session: Session, doctor: Person, app: Flask
):
    session.commit()
    drain(app)

    assert names(session, doctor) == ["Šuštar Ana", "Žagar Bor", "Cerar Cene", "Čuk Dana"]


def test_the_list_reads_sums_and_never_a_reading(
    session: Session, doctor: Person, app: Flask, statements: list[str]
):
    session.commit()
    drain(app)
    statements.clear()

    names(session, doctor)
    names(session, doctor, search="sus", sort=Sort.NAME, owner=Owner.NOBODY)
    monitoring.judge_all(session, [1], now=make.NOW)

    said = " ".join(statements).lower()
    assert "worklist_entry" in said
    assert "day_summary" in said
    assert "from reading" not in said
    assert "join reading" not in said


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"reason": Code.LOW}, ["Šuštar Ana"]),
        ({"reason": Code.NEVER}, ["Cerar Cene"]),
        ({"kind": Kind.NONE}, ["Cerar Cene"]),
        ({"stage": Stage.CLOSED}, ["Čuk Dana"]),
        ({"search": "sust"}, ["Šuštar Ana"]),
        ({"search": "ANA čuk"}, ["Čuk Dana"]),
        ({"search": "%"}, []),
        ({"owner": Owner.ME}, []),
        ({"is_due": True}, []),
        ({"sort": Sort.NAME}, ["Cerar Cene", "Čuk Dana", "Šuštar Ana", "Žagar Bor"]),
        ({"sort": Sort.OLDEST, "kind": Kind.NONE}, ["Cerar Cene"]),
        ({"sort": Sort.REVIEW, "reason": Code.HIGH}, ["Žagar Bor"]),
    ],
)
def test_filters_and_orders(
    session: Session,
    doctor: Person,
    app: Flask,
    wanted: dict[str, object],
    expected: list[str],
):
    session.commit()
    drain(app)

    assert names(session, doctor, **wanted) == expected


@pytest.mark.parametrize("sort", Sort)
def test_every_order_pages_through_everybody_once(
    session: Session, doctor: Person, app: Flask, sort: Sort
):
    session.commit()
    drain(app)

    seen, cursor = [], None
    for _ in range(9):
        wanted = Filter(sort=sort, cursor=cursor, limit=1)
        page = monitoring.worklist(session, own(doctor), wanted, now=make.NOW).page
        seen += [row.name for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert sorted(seen) == sorted(names(session, doctor))
    assert seen == names(session, doctor, sort=sort)


@pytest.mark.parametrize("sort", [Sort.URGENCY, Sort.REVIEW, Sort.OLDEST])
def test_a_cursor_nobody_gave_is_refused(session: Session, doctor: Person, sort: Sort):
    for cursor in ("x", "WyJ4IiwgMV0"):
        with pytest.raises(Invalid):
            names(session, doctor, sort=sort, cursor=cursor)


def test_a_due_review_is_a_filter(
    session: Session, doctor: Person, four: dict[str, Person], app: Flask
):
    session.commit()
    drain(app)
    for name, days in (("good", 0), ("high", 1)):
        wish = Act(Deed.REVIEW, review_on=TODAY + timedelta(days=days))
        monitoring.act(session, team(doctor, four[name]), four[name].id, wish, now=make.NOW)

    assert names(session, doctor, is_due=True) == ["Čuk Dana"]
    assert names(session, doctor, sort=Sort.REVIEW)[:2] == ["Čuk Dana", "Žagar Bor"]


def test_time_alone_makes_reasons_once_a_day(
    session: Session, doctor: Person, four: dict[str, Person], app: Flask, clock: FixedClock
):
    session.commit()
    drain(app)
    dana = four["good"]
    assert codes(entry_of(session, dana)) == ["good"]

    clock.at = make.NOW + timedelta(days=5)
    app.extensions["telehealth"].queue.sweep()
    session.expire_all()

    entry = entry_of(session, dana)
    assert codes(entry) == ["missed", "thin"]
    assert entry.judged_on == TODAY + timedelta(days=5)
    assert monitoring.due_today(session, now=clock.at) == 0


def test_a_plan_that_is_not_kept_is_a_reason(
    session: Session, doctor: Person, four: dict[str, Person], app: Flask
):
    dana = four["good"]
    slots = (
        Planned(Slot.BEFORE_LUNCH, EVERY_DAY, 8 * 60, 12 * 60),
        Planned(Slot.BEDTIME, EVERY_DAY, 21 * 60, 23 * 60),
        Planned(Slot.NIGHT, EVERY_DAY, 2 * 60, 4 * 60),
    )
    before = make.NOW - timedelta(days=30)
    targets.set_plan(
        session, team(doctor, dana), dana.id, targets.NewPlan(slots, note=""), now=before
    )
    session.commit()
    drain(app)

    entry = entry_of(session, dana)
    assert entry.reasons[0] == ["adherence", {"limit": 50.0, "done": 13, "planned": 42}]


def test_targets_of_an_older_patient_make_a_low_reading_urgent(
    session: Session, doctor: Person, four: dict[str, Person], app: Flask
):
    bor = four["high"]
    measure(session, bor, "3.6")
    session.commit()
    drain(app)
    assert "low" not in codes(entry_of(session, bor))

    older = targets.NewTargets(Population.OLDER)
    targets.set_targets(session, team(doctor, bor), bor.id, older, now=make.NOW)
    session.commit()
    drain(app)

    assert codes(entry_of(session, bor)) == ["low", "unacknowledged"]


def test_a_clinic_and_a_patient_have_thresholds_of_their_own(
    session: Session, doctor: Person, four: dict[str, Person], app: Flask
):
    monitoring.set_for_unit(
        session, own(doctor), {Rule.STICKS_HIGH_PCT: 50.0, Rule.STICKS_LOW_PCT: None}, now=make.NOW
    )
    session.commit()
    drain(app)
    bor, ana = four["high"], four["low"]
    assert codes(entry_of(session, bor)) == ["good"]
    assert codes(entry_of(session, ana)) == ["good"]

    monitoring.set_for_patient(
        session, team(doctor, bor), bor.id, {Rule.STICKS_HIGH_PCT: 30.0}, now=make.NOW
    )
    session.commit()
    drain(app)
    assert codes(entry_of(session, bor)) == ["high"]

    wish = {Rule.STICKS_HIGH_PCT: monitoring.DEFAULT}
    monitoring.set_for_patient(session, team(doctor, bor), bor.id, wish, now=make.NOW)
    session.commit()
    drain(app)
    assert codes(entry_of(session, bor)) == ["good"]


@pytest.mark.parametrize(
    "wish",
    [
        {Rule.CGM_LOW_PCT: 0.0},
        {Rule.CGM_LOW_PCT: 101.0},
        {Rule.CGM_LOW_PCT: float("nan")},
        {Rule.STICKS_VERY_HIGH_N: 1.5},
        {Rule.STICKS_MISSED_DAYS: 8.0},
    ],
)
def test_thresholds_that_cannot_be_are_refused(
    session: Session, doctor: Person, wish: dict[Rule, float]
):
    with pytest.raises(Invalid):
        monitoring.set_for_unit(session, own(doctor), wish, now=make.NOW)


def test_views_are_ones_own(session: Session, doctor: Person):
    other = make.doctor(session)
    view = monitoring.save_view(session, own(doctor), " Moji ", "lastnik=jaz")
    monitoring.save_view(session, own(doctor), "Moji", "lastnik=nihce")

    assert [(one.name, one.query) for one in monitoring.views_of(session, own(doctor))] == [
        ("Moji", "lastnik=nihce")
    ]
    assert monitoring.views_of(session, own(other)) == []
    with pytest.raises(NotFound):
        monitoring.remove_view(session, own(other), view.id)
    with pytest.raises(Invalid):
        monitoring.save_view(session, own(doctor), " ", "")
    for n in range(19):
        monitoring.save_view(session, own(doctor), f"V{n}", "")
    with pytest.raises(Conflict):
        monitoring.save_view(session, own(doctor), "one too many", "")


def test_the_version_moves_only_when_the_list_does(
    session: Session, doctor: Person, four: dict[str, Person], app: Flask, clock: FixedClock
):
    session.commit()
    drain(app)
    first = monitoring.version_of(session, own(doctor), now=make.NOW)
    monitoring.judge_all(session, [four["low"].id], now=make.NOW + timedelta(minutes=1))
    assert monitoring.version_of(session, own(doctor), now=make.NOW) == first

    clock.at = make.NOW + timedelta(minutes=2)
    measure(session, four["low"], "2.5")
    session.commit()
    drain(app)
    session.expire_all()
    assert monitoring.version_of(session, own(doctor), now=make.NOW) != first


def test_the_dead_are_on_no_worklist(session: Session, app: Flask) -> None:
    ana, eva = make.patient(session), make.patient(session, "Eva", "Kos")
    doctor = make.doctor(session, [ana, eva])
    measure(session, ana, LOW)
    measure(session, eva, LOW)
    ana.died_on = date(2026, 11, 20)
    session.commit()
    drain(app)
    session.expire_all()

    found = monitoring.worklist(session, own(doctor), monitoring.Filter(), now=make.NOW)

    assert [row.entry.patient_id for row in found.page.items] == [eva.id]
    assert found.counts.total == 1
