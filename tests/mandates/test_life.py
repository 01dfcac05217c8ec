"""Granting, ending and expiring against a plain model, and what follows from an end."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.core.actor import Actor, Basis, SignIn, SignInKind
from telehealth.core.clock import local
from telehealth.core.db import Database
from telehealth.core.errors import Conflict, NotAllowed, NotFound, StepUpNeeded
from telehealth.core.outbox import OutboxEvent
from telehealth.identity import service as identity
from telehealth.identity.models import Account, DeviceToken, Person
from telehealth.mandates import service as mandates
from telehealth.mandates.models import Representation, RepresentationEvent, Status, StatusReason
from tests import make
from tests.make import NOW


def own(person: Person, at: datetime = NOW) -> Actor:
    return Actor(person.id, person.id, Basis.SELF, confirmed_at=at)


def login_of(session: Session, person: Person) -> str:
    found = session.scalar(select(Account.login).where(Account.person_id == person.id))
    assert found
    return found


def test_a_mandate_needs_a_fresh_password(session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    wish = mandates.Grant(login_of(session, luka))

    with pytest.raises(StepUpNeeded):
        mandates.grant(session, own(ana, NOW - timedelta(minutes=6)), wish, now=NOW)

    row = mandates.grant(session, own(ana), wish, now=NOW)
    assert (row.status, row.status_reason) == (Status.ACTIVE, StatusReason.GRANTED_ONLINE)


def test_the_same_mandate_twice_is_a_conflict_and_after_its_last_day_it_can_be_renewed(
    session: Session,
) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    wish = mandates.Grant(login_of(session, luka), local(NOW).date())
    first = mandates.grant(session, own(ana), wish, now=NOW)
    with pytest.raises(Conflict), session.begin_nested():
        mandates.grant(session, own(ana), wish, now=NOW)

    later = NOW + timedelta(days=1)
    open_end = mandates.Grant(wish.representative_login)
    renewed = mandates.grant(session, own(ana, later), open_end, now=later)

    assert (first.status, first.status_reason) == (Status.EXPIRED, StatusReason.END_DATE)
    assert renewed.id != first.id
    history = session.scalars(
        select(RepresentationEvent.status)
        .where(RepresentationEvent.representation_id == first.id)
        .order_by(RepresentationEvent.id)
    ).all()
    assert history == [Status.ACTIVE, Status.EXPIRED]


def test_the_sweeper_ends_a_guardianship_on_the_fifteenth_birthday_and_tells_the_worker(
    session: Session,
) -> None:
    petra, kid = make.patient(session, "Petra", "Zupan"), make.child(session, years=14)
    row = make.guardian(session, petra, kid)
    birthday = NOW.replace(year=NOW.year + 1)

    assert mandates.expire_due(session, now=birthday - timedelta(days=1)) == 0
    assert mandates.expire_due(session, now=birthday) == 1
    assert mandates.expire_due(session, now=birthday) == 0

    assert (row.status, row.status_reason) == (Status.EXPIRED, StatusReason.CAME_OF_AGE)
    told = session.scalars(select(OutboxEvent).where(OutboxEvent.topic == "mandates.ended")).all()
    assert [event.payload for event in told] == [{"representation_id": row.id}]
    trail = session.scalars(select(AuditEvent).where(AuditEvent.action == "mandates.end")).all()
    assert [(event.subject_id, event.basis, event.cause) for event in trail] == [
        (kid.id, "system", "schedule")
    ]


def test_a_child_cannot_end_its_parents_guardianship(session: Session) -> None:
    petra, kid = make.patient(session, "Petra", "Zupan"), make.child(session)
    row = make.guardian(session, petra, kid)

    for who in (kid, petra):
        with pytest.raises(NotAllowed):
            mandates.end(session, own(who), row.id, now=NOW)
    assert row.status is Status.ACTIVE


def test_a_meter_connected_by_a_proxy_stops_with_the_mandate_even_if_the_sweeper_is_late(
    session: Session,
) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    row = make.mandate(session, ana, luka, local(NOW).date())
    proxy = Actor(luka.id, ana.id, Basis.MANDATE, representation_id=row.id)
    identity.give_device_token(session, proxy, ana.id, "meter", now=NOW)
    meter = SignIn(
        0, 0, luka.id, "meter", SignInKind.DEVICE, frozenset(), "en", NOW, NOW, NOW, ana.id
    )

    assert mandates.actor_of(session, meter, None, None, NOW).basis is Basis.DEVICE
    with pytest.raises(NotFound):
        mandates.actor_of(session, meter, None, None, NOW + timedelta(days=1))

    mandates.end(session, own(ana), row.id, now=NOW)
    token = session.scalars(select(DeviceToken).where(DeviceToken.patient_id == ana.id)).one()
    session.refresh(token)
    assert token.revoked_at == NOW


class Life(RuleBasedStateMachine):
    """Days pass, mandates are given and ended: the service must agree with a set of pairs."""

    session: Session

    @initialize()
    def people(self) -> None:
        self.savepoint = self.session.begin_nested()
        self.ana = make.patient(self.session)
        self.friends = [make.patient(self.session, "Luka", "Mrak") for _ in range(2)]
        self.logins = [login_of(self.session, friend) for friend in self.friends]
        self.now = NOW
        self.last_days: dict[int, date | None] = {}

    @rule(which=st.integers(0, 1), days=st.none() | st.integers(0, 3))
    def grant(self, which: int, days: int | None) -> None:
        last = None if days is None else local(self.now).date() + timedelta(days=days)
        wish = mandates.Grant(self.logins[which], last)
        try:
            with self.session.begin_nested():
                mandates.grant(self.session, own(self.ana, self.now), wish, now=self.now)
        except Conflict:
            assert which in self.last_days
        else:
            assert which not in self.last_days
            self.last_days[which] = last

    @rule(which=st.integers(0, 1), by_proxy=st.booleans())
    def end(self, which: int, *, by_proxy: bool) -> None:
        rows = mandates.acting_for(self.session, self.friends[which].id, now=self.now)
        for row in rows:
            actor = own(self.friends[which] if by_proxy else self.ana)
            mandates.end(self.session, actor, row.id, now=self.now)
            assert mandates.end(self.session, actor, row.id, now=self.now).status is Status.REVOKED
        self.last_days.pop(which, None)

    @rule(days=st.integers(1, 2), is_swept=st.booleans())
    def pass_days(self, days: int, *, is_swept: bool) -> None:
        self.now += timedelta(days=days)
        today = local(self.now).date()
        self.last_days = {
            which: last for which, last in self.last_days.items() if last is None or last >= today
        }
        if is_swept:
            mandates.expire_due(self.session, now=self.now)

    @invariant()
    def rights_are_those_of_the_model(self) -> None:
        if not hasattr(self, "friends"):
            return
        for which, friend in enumerate(self.friends):
            acting = mandates.acting_for(self.session, friend.id, now=self.now)
            assert bool(acting) is (which in self.last_days)
        rows = self.session.scalars(
            select(Representation).where(Representation.represented_id == self.ana.id)
        )
        for row in rows:
            final = row.status in (Status.REVOKED, Status.EXPIRED)
            assert final is (row.ended_at is not None)

    def teardown(self) -> None:
        if hasattr(self, "savepoint") and self.savepoint.is_active:
            self.savepoint.rollback()


def test_grant_end_and_time_agree_with_a_plain_model(db: Database, session: Session) -> None:
    assert db
    machine = type("LifeOfThisTest", (Life,), {"session": session})

    run_state_machine_as_test(
        machine, settings=settings(max_examples=12, stateful_step_count=12, deadline=None)
    )
