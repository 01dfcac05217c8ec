"""Bands: each value is classified in its own unit with that unit's table.

Source: Battelino 2019 (doi 10.2337/dci19-0028). Converting before comparing puts 10.0 mmol/L
(180.156 mg/dL) above 180 mg/dL: the tables below are whole numbers in each unit instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from devices.glucose import Unit

Ticks = NDArray[np.int64]
Flags = NDArray[np.bool_]

LO, HI = 0, 9_999
"""In place of a tick where a device said LO or HI: they have a band and no number."""


class Band(StrEnum):
    """Where a value lies, from low to high."""

    VERY_LOW = "very_low"
    LOW = "low"
    IN_RANGE = "in_range"
    HIGH = "high"
    VERY_HIGH = "very_high"


BANDS = tuple(Band)


@dataclass(frozen=True, slots=True)
class Ranges:
    """A named set of bands: for each unit the highest tick of every band but the last."""

    name: str
    edges: Mapping[Unit, tuple[int, ...]]

    def target(self, unit: Unit) -> tuple[int, int]:
        """Lowest and highest tick that is in range, both inside."""
        edges = self.edges[unit]
        return edges[1] + 1, edges[2]


ADULT = Ranges("adult", {Unit.MG_DL: (53, 69, 180, 250), Unit.MMOL_L: (29, 38, 100, 139)})
"""Type 1 and type 2, non-pregnant: 70-180 mg/dL, 3.9-10.0 mmol/L."""

PREGNANCY = Ranges("pregnancy", {Unit.MG_DL: (53, 62, 140), Unit.MMOL_L: (29, 34, 78)})
"""Pregnancy with type 1: 63-140 mg/dL, 3.5-7.8 mmol/L; everything above is one band."""

TIGHT = Ranges("tight", {Unit.MG_DL: (53, 69, 140, 250), Unit.MMOL_L: (29, 38, 78, 139)})
"""Tight range for anyone: 70-140 mg/dL, 3.9-7.8 mmol/L."""


def band(tick: int, unit: Unit, ranges: Ranges = ADULT) -> Band:
    """The band of one value, given as a tick of its own unit."""
    return BANDS[sum(tick > edge for edge in ranges.edges[unit])]


def is_number(ticks: Ticks) -> Flags:
    """Which ticks are numbers, and not the words LO or HI."""
    found: Flags = (ticks != LO) & (ticks != HI)
    return found


def codes(ticks: Ticks, unit: Unit, ranges: Ranges = ADULT) -> NDArray[np.intp]:
    """The places in `BANDS` of many values of one unit."""
    return np.searchsorted(np.asarray(ranges.edges[unit]), ticks, side="left")
