"""What can be done with targets and plans: `current`, `ranges_of`, `set_targets`, `set_plan`."""

from telehealth.targets.service.limits import BOUNDS, Limits, derive, limits_of
from telehealth.targets.service.plans import (
    PLAN_CHANGED,
    SLOT_WORDS,
    TOLERANCES,
    USUAL_WINDOWS,
    NewPlan,
    Plan,
    look_at_plan,
    plan_on,
    plans_of,
    set_plan,
)
from telehealth.targets.service.setting import (
    CHANGED,
    OWN,
    NewTargets,
    OwnLimits,
    Targets,
    current,
    history,
    look,
    ranges_of,
    set_targets,
)

__all__ = [
    "BOUNDS",
    "CHANGED",
    "OWN",
    "PLAN_CHANGED",
    "SLOT_WORDS",
    "TOLERANCES",
    "USUAL_WINDOWS",
    "Limits",
    "NewPlan",
    "NewTargets",
    "OwnLimits",
    "Plan",
    "Targets",
    "current",
    "derive",
    "history",
    "limits_of",
    "look",
    "look_at_plan",
    "plan_on",
    "plans_of",
    "ranges_of",
    "set_plan",
    "set_targets",
]
