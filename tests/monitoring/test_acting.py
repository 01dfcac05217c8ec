"""What people do with an entry, and what brings it back."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import Conflict, Invalid, NotAllowed, NotFound
from telehealth.identity.models import Person
from telehealth.monitoring import service as monitoring
from telehealth.monitoring.models import Deed, Stage
from telehealth.monitoring.service import Act, Code, Owner
from tests import make
from tests.monitoring.steps import GOOD, TODAY, codes, drain, entry_of, measure, names, team


def test_the_worst_comes_back_when_it_comes_back(
    session: Session, doctor: Person, four: dict[str, Person], app: Flask
):
    session.commit()
    drain(app)
    ana = four["low"]
    actor = team(doctor, ana)
    assert entry_of(session, ana).stage is Stage.OPEN

    monitoring.act(session, actor, ana.id, Act(Deed.ACKNOWLEDGED), now=make.NOW)
    monitoring.act(session, actor, ana.id, Act(Deed.CLOSED), now=make.NOW)
    monitoring.judge_all(session, [ana.id], now=make.NOW)
    assert entry_of(session, ana).stage is Stage.CLOSED
    assert names(session, doctor)[-2:] == ["Šuštar Ana", "Čuk Dana"]

    measure(session, ana, "2.5")
    session.commit()
    drain(app)
    assert entry_of(session, ana).stage is Stage.OPEN
    assert names(session, doctor)[0] == "Šuštar Ana"
    told = monitoring.loop_of(session, actor, ana.id, now=make.NOW).history
    assert [done.deed for done in told] == [
        Deed.OPENED,
        Deed.CLOSED,
        Deed.ACKNOWLEDGED,
        Deed.OPENED,
    ]
    assert set(told[0].codes) == {Code.VERY_LOW, Code.SEEN_LATE}
    assert told[0].by is None
    assert told[1].by == "Miha Kovač"


def test_an_entry_nobody_took_up_settles_when_its_reasons_go(
    session: Session, doctor: Person, four: dict[str, Person], app: Flask
):
    session.commit()
    drain(app)
    names(session, doctor)
    cene = four["silent"]
    assert codes(entry_of(session, cene)) == ["never"]

    measure(session, cene, GOOD)
    session.commit()
    drain(app)

    entry = entry_of(session, cene)
    assert (entry.stage, codes(entry)) == (Stage.CLOSED, ["good"])
    told = monitoring.loop_of(session, team(doctor, cene), cene.id, now=make.NOW).history
    assert told[0].deed is Deed.SETTLED


def test_acknowledging_takes_the_entry_and_giving_it_back_opens_it(
    session: Session, doctor: Person, four: dict[str, Person], app: Flask
):
    session.commit()
    drain(app)
    actor, ana = team(doctor, four["low"]), four["low"]

    entry = monitoring.act(session, actor, ana.id, Act(Deed.ACKNOWLEDGED), now=make.NOW)
    assert (entry.stage, entry.owner_id) == (Stage.ACKNOWLEDGED, doctor.id)
    assert names(session, doctor, owner=Owner.ME) == ["Šuštar Ana"]

    entry = monitoring.act(session, actor, ana.id, Act(Deed.RELEASED), now=make.NOW)
    assert (entry.stage, entry.owner_id) == (Stage.OPEN, None)


@pytest.mark.parametrize(
    ("before", "wish", "refusal"),
    [
        ((), Act(Deed.ACKNOWLEDGED, version=99), Conflict),
        ((), Act(Deed.REOPENED), Conflict),
        ((), Act(Deed.NOTED, text="  "), Invalid),
        ((), Act(Deed.REVIEW, review_on=TODAY - timedelta(days=1)), Invalid),
        ((), Act(Deed.OWNED, owner_id=1), Invalid),
        ((Deed.ACKNOWLEDGED,), Act(Deed.ACKNOWLEDGED), Conflict),
        ((Deed.CLOSED,), Act(Deed.CLOSED), Conflict),
        ((Deed.CLOSED,), Act(Deed.ACKNOWLEDGED), Conflict),
    ],
)
def test_deeds_that_cannot_be_are_refused(
    session: Session,
    doctor: Person,
    four: dict[str, Person],
    app: Flask,
    before: tuple[Deed, ...],
    wish: Act,
    refusal: type[Exception],
):
    session.commit()
    drain(app)
    actor, ana = team(doctor, four["low"]), four["low"]
    for deed in before:
        monitoring.act(session, actor, ana.id, Act(deed), now=make.NOW)

    with pytest.raises(refusal):
        monitoring.act(session, actor, ana.id, wish, now=make.NOW)


def test_a_good_patient_cannot_be_opened_by_hand(
    session: Session, doctor: Person, four: dict[str, Person], app: Flask
):
    session.commit()
    drain(app)

    dana = four["good"]
    with pytest.raises(Conflict):
        monitoring.act(session, team(doctor, dana), dana.id, Act(Deed.REOPENED), now=make.NOW)


def test_whoever_acts_on_an_older_entry_is_told(
    session: Session, doctor: Person, four: dict[str, Person], app: Flask
):
    session.commit()
    drain(app)
    ana = four["low"]
    seen = entry_of(session, ana).version
    measure(session, ana, "2.5")
    session.commit()
    drain(app)

    wish = Act(Deed.CLOSED, version=seen)
    with pytest.raises(Conflict, match="changed meanwhile"):
        monitoring.act(session, team(doctor, ana), ana.id, wish, now=make.NOW)


@pytest.mark.parametrize("basis", sorted(set(Basis) - {Basis.CARE_TEAM}))
def test_only_the_care_team_acts(
    session: Session, doctor: Person, four: dict[str, Person], basis: Basis
):
    ana = four["low"]
    actor = Actor(doctor.id, ana.id, basis, frozenset({Role.DOCTOR}))

    with pytest.raises(NotAllowed):
        monitoring.act(session, actor, ana.id, Act(Deed.OWNED), now=make.NOW)
    with pytest.raises(NotFound):
        monitoring.act(session, actor, four["good"].id, Act(Deed.OWNED), now=make.NOW)
