"""What the care team does with its patients: the worklist, one patient at a glance."""

from telehealth.monitoring.service.acting import BY_HAND, Act, Done, Loop, act, codes_of, loop_of
from telehealth.monitoring.service.codes import CODES, SEVERITY, Code, Reason
from telehealth.monitoring.service.judging import judge_all
from telehealth.monitoring.service.patients import Patient, patient
from telehealth.monitoring.service.planning import (
    PlanDay,
    SlotState,
    TodaysPlan,
    TodaysSlot,
    todays_plan,
)
from telehealth.monitoring.service.renewing import (
    clinic_changed,
    due_today,
    look_again,
    readings_changed,
)
from telehealth.monitoring.service.thresholds import (
    CHANGED,
    DEFAULT,
    Level,
    look_at_patient,
    look_at_unit,
    set_for_patient,
    set_for_unit,
)
from telehealth.monitoring.service.triage import DEFAULTS
from telehealth.monitoring.service.views import remove_view, save_view, views_of
from telehealth.monitoring.service.worklist import (
    APPEARED,
    Counts,
    Filter,
    Listed,
    Owner,
    Sort,
    Worklist,
    listed,
    version_of,
    worklist,
)

__all__ = [
    "APPEARED",
    "BY_HAND",
    "CHANGED",
    "CODES",
    "DEFAULT",
    "DEFAULTS",
    "SEVERITY",
    "Act",
    "Code",
    "Counts",
    "Done",
    "Filter",
    "Level",
    "Listed",
    "Loop",
    "Owner",
    "Patient",
    "PlanDay",
    "Reason",
    "SlotState",
    "Sort",
    "TodaysPlan",
    "TodaysSlot",
    "Worklist",
    "act",
    "clinic_changed",
    "codes_of",
    "due_today",
    "judge_all",
    "listed",
    "look_again",
    "look_at_patient",
    "look_at_unit",
    "loop_of",
    "patient",
    "readings_changed",
    "remove_view",
    "save_view",
    "set_for_patient",
    "set_for_unit",
    "todays_plan",
    "version_of",
    "views_of",
    "worklist",
]
