"""What the first pages show; use as `from telehealth.home import service as home`."""

from telehealth.home.service.clinic import Day, clinic_day
from telehealth.home.service.looked import Deed, Log, Visit, last_look, log_of
from telehealth.home.service.today import Latest, Today, today

__all__ = [
    "Day",
    "Deed",
    "Latest",
    "Log",
    "Today",
    "Visit",
    "clinic_day",
    "last_look",
    "log_of",
    "today",
]
