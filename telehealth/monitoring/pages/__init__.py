"""Pages of monitoring: the worklist, one patient, thresholds, the patient's own plan."""

from telehealth.monitoring.pages import limits, patient, plan, worklist
from telehealth.monitoring.pages.door import pages

__all__ = ["limits", "pages", "patient", "plan", "worklist"]
