"""What can be done with targets and plans: `current`, `ranges_of`, `set_targets`, `set_plan`."""

from telehealth.targets.service.limits import BOUNDS, Limits, derive, limits_of
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
    "Limits",
    "NewTargets",
    "OwnLimits",
    "Targets",
    "current",
    "derive",
    "history",
    "limits_of",
    "look",
    "ranges_of",
    "set_targets",
]
