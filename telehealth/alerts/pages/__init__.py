"""Pages of alerts: the patient's side, the care team's side."""

from telehealth.alerts.pages import patient, team
from telehealth.alerts.pages.door import pages
from telehealth.alerts.pages.offer import AlertRules

__all__ = ["AlertRules", "pages", "patient", "team"]
