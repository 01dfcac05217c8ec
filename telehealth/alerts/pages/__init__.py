"""Pages of alerts: the patient's side, the care team's side."""

from telehealth.alerts.pages import patient, team
from telehealth.alerts.pages.door import pages

__all__ = ["pages", "patient", "team"]
