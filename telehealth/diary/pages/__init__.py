"""Pages of the diary: reading it, adding to it, changing it; copying for a patient."""

from telehealth.diary.pages import adding, calling, changing, diary, paper, staff
from telehealth.diary.pages.diary import by_day, chosen_period, figure_response, has_sensor
from telehealth.diary.pages.door import pages

__all__ = [
    "adding",
    "by_day",
    "calling",
    "changing",
    "chosen_period",
    "diary",
    "figure_response",
    "has_sensor",
    "pages",
    "paper",
    "staff",
]
