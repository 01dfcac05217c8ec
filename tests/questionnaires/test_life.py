"""The life of one assignment under any order of deeds of patient, proxy and team."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis
from telehealth.core.db import Database
from telehealth.core.errors import Conflict
from telehealth.core.outbox import OutboxEvent
from telehealth.identity.models import Person
from telehealth.inbox.models import InboxItem
from telehealth.questionnaires import service as questionnaires
from telehealth.questionnaires.models import (
    Assignment,
    AssignmentStatus,
    Flag,
    Respondent,
    StoredResponse,
    StoredScore,
)
from telehealth.questionnaires.service import AnswersRefused
from tests import make
from tests.make import questionnaires as made

PLACES = st.integers(0, 4)
POINTS = st.integers(0, 5)


WHO = st.sampled_from([Respondent.PATIENT, Respondent.PROXY])


@dataclass(frozen=True)
class Scene:
    """The people, and the session they work in."""

    session: Session
    ana: Person
    luka: Person
    doctor: Person

    def actor(self, who: Respondent) -> Actor:
        if who is Respondent.PATIENT:
            return made.as_self(self.ana)
        return Actor(self.luka.id, self.ana.id, Basis.MANDATE)


class Life(RuleBasedStateMachine):
    """Each run has an assignment of its own, on one open self.scene.session."""

    scene: ClassVar[Scene]

    def __init__(self) -> None:
        super().__init__()
        self.row: Assignment = made.sent(self.scene.session, self.scene.doctor, self.scene.ana)
        self.answers: dict[int, int] = {}
        self.last: Respondent | None = None
        self.status = AssignmentStatus.SENT

    @rule(place=PLACES, points=POINTS, who=WHO)
    def answer_one(self, place: int, points: int, who: Respondent) -> None:
        def keep() -> None:
            given = {made.LINK_IDS[place]: (made.option(points),)}
            questionnaires.keep_answers(
                self.scene.session,
                self.scene.actor(who),
                self.row.id,
                given,
                language="sl",
                now=make.NOW,
            )

        if self._is_open(keep):
            self.answers[place], self.last = points, who
            self.status = AssignmentStatus.STARTED

    @rule(points=st.lists(st.none() | POINTS, min_size=5, max_size=5), who=WHO)
    def replace_the_draft(self, points: list[int | None], who: Respondent) -> None:
        def save() -> None:
            questionnaires.save_draft(
                self.scene.session,
                self.scene.actor(who),
                self.row.id,
                made.response(points),
                now=make.NOW,
            )

        if self._is_open(save):
            self.answers = {at: one for at, one in enumerate(points) if one is not None}
            self.last, self.status = who, AssignmentStatus.STARTED

    @rule(who=WHO)
    def submit(self, who: Respondent) -> None:
        def send() -> None:
            questionnaires.submit(
                self.scene.session, self.scene.actor(who), self.row.id, now=make.NOW
            )

        if self.status is AssignmentStatus.COMPLETED:
            send()
        elif self.status is AssignmentStatus.WITHDRAWN:
            with pytest.raises(Conflict):
                send()
        elif len(self.answers) < 5:
            with pytest.raises(AnswersRefused):
                send()
        else:
            send()
            self.last, self.status = who, AssignmentStatus.COMPLETED

    @rule()
    def withdraw(self) -> None:
        def take_back() -> None:
            team = made.as_team(self.scene.doctor, self.scene.ana)
            questionnaires.withdraw(self.scene.session, team, self.row.id, now=make.NOW)

        if self.status is AssignmentStatus.COMPLETED:
            with pytest.raises(Conflict):
                take_back()
        else:
            take_back()
            self.status = AssignmentStatus.WITHDRAWN

    def _is_open(self, deed: Callable[[], None]) -> bool:
        if self.status in (AssignmentStatus.COMPLETED, AssignmentStatus.WITHDRAWN):
            with pytest.raises(Conflict):
                deed()
            return False
        deed()
        return True

    @invariant()
    def rows_say_what_happened(self) -> None:
        self.scene.session.expire_all()
        row = self.scene.session.get_one(Assignment, self.row.id)
        stored = self.scene.session.scalar(
            select(StoredResponse).where(StoredResponse.assignment_id == row.id)
        )
        assert row.status is self.status
        assert (stored.respondent if stored else None) == self.last
        item = self.scene.session.scalars(
            select(InboxItem).where(InboxItem.ref == str(row.id))
        ).one()
        over = self.status in (AssignmentStatus.COMPLETED, AssignmentStatus.WITHDRAWN)
        assert (item.done_at is not None) is over
        self._scores_follow(stored)

    def _scores_follow(self, stored: StoredResponse | None) -> None:
        response_id = stored.id if stored else 0
        scores = self.scene.session.scalars(
            select(StoredScore).where(StoredScore.response_id == response_id)
        ).all()
        flags = self.scene.session.scalars(
            select(Flag.rule).where(Flag.response_id == response_id)
        ).all()
        total = sum(self.answers.values())
        if self.status is AssignmentStatus.COMPLETED:
            assert {one.name: one.value for one in scores} == {"raw": total, "index": total * 4}
            assert ("raw_below_13" in flags) is (total < 13)
            assert ("item_0_or_1" in flags) is (min(self.answers.values()) <= 1)
        else:
            assert (list(scores), list(flags)) == ([], [])
        events = self.scene.session.scalars(
            select(OutboxEvent.payload).where(OutboxEvent.topic == "questionnaires.completed")
        ).all()
        mine = [one for one in events if one["assignment_id"] == self.row.id]
        assert len(mine) == (self.status is AssignmentStatus.COMPLETED)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_no_order_of_deeds_makes_the_rows_contradict_each_other(
    db: Database, session: Session
) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka")
    scene = Scene(session, ana, luka, make.doctor(session, [ana]))
    rules = type("LifeHere", (Life,), {"scene": scene})

    run_state_machine_as_test(rules, settings=settings(max_examples=25, stateful_step_count=12))

    assert session.scalar(select(func.count()).select_from(Assignment))
