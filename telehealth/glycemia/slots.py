"""Slots of a day for fingersticks: before and after each meal, bedtime, night.

What somebody or a meter said comes first. A mark without the meal's name ("before a meal") gets the
meal of that time of day; a reading without any mark has a slot only where a log needs one, and is
then said to be placed by its time.
"""

from enum import StrEnum

import numpy as np

from telehealth.glycemia.bands import Ticks


class Slot(StrEnum):
    """When on a day; the first seven are the seven-point profile, in its order."""

    BEFORE_BREAKFAST = "before_breakfast"
    AFTER_BREAKFAST = "after_breakfast"
    BEFORE_LUNCH = "before_lunch"
    AFTER_LUNCH = "after_lunch"
    BEFORE_DINNER = "before_dinner"
    AFTER_DINNER = "after_dinner"
    BEDTIME = "bedtime"
    NIGHT = "night"


SLOTS = tuple(Slot)
SEVEN_POINTS = SLOTS[:7]
NO_SLOT = -1

_BEGINS_MIN = (0, 240, 480, 630, 780, 960, 1140, 1290)
_BY_TIME = np.array([7, 0, 1, 2, 3, 4, 5, 6])
"""Our choice: night until 4:00, then before breakfast until 8:00, after it until 10:30, before
lunch until 13:00, after it until 16:00, before dinner until 19:00, after it until 21:30, else
bedtime."""

_OWN = {slot.value: place for place, slot in enumerate(SLOTS)} | {"fasting": 0}
_HALVES = {"before_meal": 0, "after_meal": 1}
_MEALS_END_MIN = (240, 630, 960, 1320)


def by_time(minutes: Ticks) -> Ticks:
    """The places in `SLOTS` of minutes after local midnight, where only the time is known."""
    return _BY_TIME[np.searchsorted(_BEGINS_MIN, minutes, side="right") - 1]


def slot_of(mark: str, minute: int) -> int:
    """The place in `SLOTS` of a reading with this mark, `NO_SLOT` where the mark names none.

    Args:
        mark: a slot's name, `fasting`, `before_meal` or `after_meal`; anything else names none.
        minute: minutes after local midnight.
    """
    if mark in _HALVES:
        meal = sum(minute >= end for end in _MEALS_END_MIN) - 1
        return 2 * meal + _HALVES[mark] if 0 <= meal <= 2 else NO_SLOT  # noqa: PLR2004 - three meals
    return _OWN.get(mark, NO_SLOT)
