"""What is agreed with the demonstration's patients: targets and when to measure."""

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.actor import Actor, Basis, Role
from telehealth.demo.people import Clinic
from telehealth.glycemia.adherence import EVERY_DAY, Planned
from telehealth.glycemia.slots import Slot
from telehealth.targets import service as targets
from telehealth.targets.models import Population

_AGREED = timedelta(days=45)
_WORKDAYS = 0b001_1111
_PREGNANT, _OLDER, _STRICT = 9, (6, 13), 7
"""Places among the neighbours: Katja Likar; Hermina Humar and Olga Petek; Igor Jereb."""


def agree(session: Session, clinic: Clinic, now: datetime) -> None:
    """Some have targets of their own, most of the others those of adults; eight have a plan."""
    doctor, nurse = clinic.doctor_id, clinic.nurse_id
    people = clinic.neighbour_ids
    at = now - _AGREED

    def aim(patient_id: int, new: targets.NewTargets) -> None:
        targets.set_targets(
            session, _team(doctor, patient_id, Role.DOCTOR), patient_id, new, now=at
        )

    aim(clinic.patient_id, targets.NewTargets(Population.ADULT))
    aim(
        clinic.patient_id,
        targets.NewTargets(Population.OLDER, note="Najprej varno: brez nizkih vrednosti."),
    )
    aim(
        people[_PREGNANT],
        targets.NewTargets(Population.PREGNANCY_TYPE1, note="Nosečnost, 18. teden."),
    )
    for place in _OLDER:
        aim(people[place], targets.NewTargets(Population.OLDER))
    strict = targets.OwnLimits(Unit.MMOL_L, Decimal("3.9"), Decimal("8.5"))
    aim(people[_STRICT], targets.NewTargets(Population.ADULT, strict, note="Pred operacijo."))
    for number, patient_id in enumerate((clinic.patient_id, *people[:14:2])):
        plan = targets.NewPlan(_slots(number), tolerance_min=30, note="")
        targets.set_plan(session, _team(nurse, patient_id, Role.NURSE), patient_id, plan, now=at)


def _slots(number: int) -> tuple[Planned, ...]:
    """Morning and evening for everybody; around lunch on working days for every second one."""
    found = [
        Planned(Slot.BEFORE_BREAKFAST, EVERY_DAY, 6 * 60, 8 * 60),
        Planned(Slot.BEFORE_DINNER, EVERY_DAY, 17 * 60 + 30, 19 * 60 + 30),
        Planned(Slot.BEDTIME, EVERY_DAY, 21 * 60, 23 * 60),
    ]
    if number % 2:
        found.append(Planned(Slot.AFTER_LUNCH, _WORKDAYS, 14 * 60, 16 * 60))
        found.append(Planned(Slot.NIGHT, _WORKDAYS, 2 * 60, 4 * 60))
    return tuple(found)


def _team(worker_id: int, patient_id: int, role: Role) -> Actor:
    return Actor(worker_id, patient_id, Basis.CARE_TEAM, frozenset({role}))
