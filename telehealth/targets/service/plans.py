"""Measurement plans of patients: in force on a day, their history, and agreeing on new ones."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.clock import HOME_ZONE, local
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.glycemia.adherence import DAY_MIN, EVERY_DAY, Planned, Window, windows
from telehealth.glycemia.slots import Slot
from telehealth.identity.models import Person
from telehealth.targets import policy
from telehealth.targets.models import PlanSlot, PlanVersion

PLAN_CHANGED = "targets.plan_changed"
TOLERANCES = (0, 15, 30, 45, 60, 90, 120)
"""Minutes to choose from."""

USUAL_WINDOWS = {
    Slot.BEFORE_BREAKFAST: (6 * 60, 8 * 60),
    Slot.AFTER_BREAKFAST: (8 * 60 + 30, 10 * 60 + 30),
    Slot.BEFORE_LUNCH: (11 * 60 + 30, 13 * 60 + 30),
    Slot.AFTER_LUNCH: (14 * 60, 16 * 60),
    Slot.BEFORE_DINNER: (17 * 60 + 30, 19 * 60 + 30),
    Slot.AFTER_DINNER: (20 * 60, 21 * 60 + 30),
    Slot.BEDTIME: (21 * 60 + 30, 23 * 60 + 30),
    Slot.NIGHT: (2 * 60, 4 * 60),
}
"""What the editor offers until somebody writes other times."""

SLOT_WORDS = {
    Slot.BEFORE_BREAKFAST: N_("Fasting, before breakfast"),
    Slot.AFTER_BREAKFAST: N_("After breakfast"),
    Slot.BEFORE_LUNCH: N_("Before lunch"),
    Slot.AFTER_LUNCH: N_("After lunch"),
    Slot.BEFORE_DINNER: N_("Before dinner"),
    Slot.AFTER_DINNER: N_("After dinner"),
    Slot.BEDTIME: N_("At bedtime"),
    Slot.NIGHT: N_("At night"),
}


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan to be agreed on; without slots nothing is planned from now on."""

    slots: tuple[Planned, ...]
    tolerance_min: int = 30
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of a patient's plan, as shown."""

    slots: tuple[Planned, ...]
    tolerance_min: int
    note: str
    set_by: str
    set_at: datetime

    @property
    def from_on(self) -> date:
        """The first day it holds: a plan never changes what was planned on an earlier day."""
        return local(self.set_at).date()

    def windows_on(self, day: date) -> list[Window]:
        """What is planned on a day, in order of time, tolerance included."""
        return windows(self.slots, day, tolerance_min=self.tolerance_min, zone=HOME_ZONE)

    @property
    def a_week(self) -> int:
        """How many measurements a week are planned."""
        return sum(slot.weekdays.bit_count() for slot in self.slots)


def plan_on(versions: Sequence[Plan], day: date) -> Plan | None:
    """The version that holds on a day, of versions newest first; None: nothing was agreed yet."""
    return next((plan for plan in versions if plan.from_on <= day), None)


def plans_of(session: Session, patient_ids: Collection[int]) -> dict[int, list[Plan]]:
    """All versions of some patients' plans, newest first; for a caller that has checked who asks.

    Patients without a plan are absent.
    """
    rows = session.execute(
        select(PlanVersion, Person)
        .join(Person, Person.id == PlanVersion.set_by_id)
        .where(PlanVersion.patient_id.in_(patient_ids))
        .order_by(PlanVersion.id.desc())
    )
    found: dict[int, list[Plan]] = {}
    for row, person in rows:
        found.setdefault(row.patient_id, []).append(_shown(row, person.name))
    return found


def look_at_plan(
    session: Session, actor: Actor, patient_id: int, *, now: datetime
) -> Sequence[Plan]:
    """All versions of the plan, newest first; the trail says who looked.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not see the plan.
    """
    policy.require_reading(actor, patient_id)
    audit.record(session, actor, "targets.read_plan", "plan", patient_id, now=now)
    return plans_of(session, [patient_id]).get(patient_id, [])


def set_plan(
    session: Session, actor: Actor, patient_id: int, new: NewPlan, *, now: datetime
) -> Plan:
    """The patient's plan is this from today on; agreeing on the same again changes nothing.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: everybody but doctors and nurses of the care team.
        Invalid: a slot twice, on no day, or in a window that cannot be.
    """
    by_id = policy.require_setting(actor, patient_id)
    _require_plan(new)
    name = session.get_one(Person, by_id).name
    known = plans_of(session, [patient_id]).get(patient_id, [])
    note, slots = new.note.strip(), _in_order(new.slots)
    if not known and not slots:
        return Plan((), new.tolerance_min, note, name, now)
    if known and (known[0].slots, known[0].tolerance_min, known[0].note) == (
        slots,
        new.tolerance_min,
        note,
    ):
        return known[0]
    row = PlanVersion(
        patient_id=patient_id,
        tolerance_min=new.tolerance_min,
        note=note,
        set_by_id=by_id,
        set_at=now,
        slots=[_row(one) for one in slots],
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "targets.set_plan", "plan", row.id, now=now)
    outbox.put(session, PLAN_CHANGED, {"patient_id": patient_id}, now=now)
    return _shown(row, name)


def _require_plan(new: NewPlan) -> None:
    errors = []
    if new.tolerance_min not in TOLERANCES:
        errors.append(FieldError("#/tolerance_min", N_("Choose one of the offered tolerances.")))
    seen: set[Slot] = set()
    for place, one in enumerate(new.slots):
        if one.slot in seen:
            words = N_("Each slot can be planned once; choose its days instead.")
            errors.append(FieldError(f"#/slots/{place}/slot", words, "twice"))
        seen.add(one.slot)
        if not 0 < one.weekdays <= EVERY_DAY:
            words = N_("Choose at least one day of the week.")
            errors.append(FieldError(f"#/slots/{place}/weekdays", words, "no_day"))
        if not 0 <= one.starts_min < one.ends_min <= DAY_MIN:
            words = N_("The window must end after it begins, on the same day.")
            errors.append(FieldError(f"#/slots/{place}/ends", words, "window"))
    if errors:
        raise Invalid(errors=tuple(errors))


def _in_order(slots: Collection[Planned]) -> tuple[Planned, ...]:
    return tuple(sorted(slots, key=lambda one: (one.starts_min, one.slot.value)))


def _row(one: Planned) -> PlanSlot:
    return PlanSlot(
        slot=one.slot, weekdays=one.weekdays, starts_min=one.starts_min, ends_min=one.ends_min
    )


def _shown(row: PlanVersion, name: str) -> Plan:
    slots = _in_order(
        [Planned(one.slot, one.weekdays, one.starts_min, one.ends_min) for one in row.slots]
    )
    return Plan(slots, row.tolerance_min, row.note, name, row.set_at)
