"""HTML doors of booking: the patient's appointments and slots, the worker's calendar."""

from telehealth.booking.pages import calendar, patient, slots
from telehealth.booking.pages.door import pages

__all__ = ["calendar", "pages", "patient", "slots"]
