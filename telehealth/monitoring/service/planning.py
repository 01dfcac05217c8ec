"""The patient's own plan: what is due today, and how the last two weeks went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from telehealth.core.actor import Actor
from telehealth.core.clock import local
from telehealth.glycemia.adherence import Taken, Window
from telehealth.glycemia.slots import Slot
from telehealth.monitoring.service.stick_days import slots_of, sticks_of
from telehealth.targets import service as targets
from telehealth.targets.service import Plan

DAYS = 14


class SlotState(StrEnum):
    """Where a planned measurement of today stands."""

    DONE = "done"
    DUE = "due"
    LATER = "later"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class TodaysSlot:
    """A planned measurement of today; the window is shown without its tolerance."""

    slot: Slot
    state: SlotState
    opens_at: datetime
    closes_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlanDay:
    """One day: how many measurements were planned, how many of these done."""

    day: date
    planned: int
    done: int


@dataclass(frozen=True, slots=True)
class TodaysPlan:
    """Today, and the last fourteen complete days."""

    plan: Plan | None
    today: Sequence[TodaysSlot]
    days: Sequence[PlanDay]

    @property
    def planned(self) -> int:
        """Planned measurements of the complete days."""
        return sum(day.planned for day in self.days)

    @property
    def done(self) -> int:
        """How many of these were done."""
        return sum(day.done for day in self.days)


def todays_plan(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> TodaysPlan:
    """What is planned for the patient today; from the readings themselves, so it is never late.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not see the plan.
    """
    versions = targets.look_at_plan(session, actor, patient_id, now=now)
    today = local(now).date()
    first = today - timedelta(days=DAYS)
    plan = targets.plan_on(versions, today)
    if not versions:
        return TodaysPlan(None, (), ())
    taken = [one for one, _ in sticks_of(session, patient_id, first, today)]
    kept = slots_of(versions, taken, first, today)
    around = timedelta(minutes=plan.tolerance_min if plan else 0)
    return TodaysPlan(
        plan,
        [_slot(window, one, around, now) for window, one in kept.get(today, ())],
        [
            PlanDay(day, len(found), sum(one is not None for _, one in found))
            for back in range(DAYS, 0, -1)
            for day in (today - timedelta(days=back),)
            for found in (kept.get(day, ()),)
        ],
    )


def _slot(window: Window, taken: Taken | None, around: timedelta, now: datetime) -> TodaysSlot:
    if taken is not None:
        state = SlotState.DONE
    elif now > window.closes_at:
        state = SlotState.MISSED
    else:
        state = SlotState.DUE if now >= window.opens_at else SlotState.LATER
    done_at = taken.at if taken else None
    return TodaysSlot(
        window.slot, state, window.opens_at + around, window.closes_at - around, done_at
    )
