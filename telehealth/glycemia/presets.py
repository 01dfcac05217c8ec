"""Targets per population: the range and the goals a report is read against.

Source: Battelino 2019 (doi 10.2337/dci19-0028), table of section "targets".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from telehealth.glycemia.bands import ADULT, PREGNANCY, Ranges


@dataclass(frozen=True, slots=True)
class Goal:
    """A share in percent that is to be passed, upwards or downwards."""

    limit_pct: float
    is_minimum: bool = False

    def is_met(self, share_pct: float) -> bool:
        """Whether an unrounded share meets the goal; the limit itself does not."""
        return share_pct > self.limit_pct if self.is_minimum else share_pct < self.limit_pct


@dataclass(frozen=True, slots=True)
class Preset:
    """A named population; a patient's own targets are one more of these."""

    name: str
    ranges: Ranges
    goals: Mapping[str, Goal] = field(default_factory=dict)
    """By the name of the share; a share without a goal has none ("n/a")."""


ADULTS = Preset(
    "adult",
    ADULT,
    {
        "tir_pct": Goal(70, is_minimum=True),
        "below_target_pct": Goal(4),
        "below_54_pct": Goal(1),
        "above_target_pct": Goal(25),
        "above_250_pct": Goal(5),
    },
)
"""Type 1 and type 2."""

CHILDREN = Preset("child", ADULT, ADULTS.goals)
"""Children and adolescents: the range and the goals of adults (Battelino 2019, which allows about
60 % in range below 25 years where the HbA1c goal is 7.5 %: an own goal)."""

OLDER = Preset(
    "older",
    ADULT,
    {
        "tir_pct": Goal(50, is_minimum=True),
        "below_target_pct": Goal(1),
        "above_250_pct": Goal(10),
    },
)
"""Older people and people at high risk."""

PREGNANT_TYPE1 = Preset(
    "pregnancy-type1",
    PREGNANCY,
    {
        "tir_pct": Goal(70, is_minimum=True),
        "below_target_pct": Goal(4),
        "below_54_pct": Goal(1),
        "above_target_pct": Goal(25),
    },
)

PREGNANT_TYPE2 = Preset("pregnancy-type2", PREGNANCY)
"""Pregnancy with type 2 or gestational diabetes: the range, and no goal until a clinician sets one
(the sources disagree)."""

PRESETS = {
    preset.name: preset for preset in (ADULTS, CHILDREN, OLDER, PREGNANT_TYPE1, PREGNANT_TYPE2)
}
