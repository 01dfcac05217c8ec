"""HTML doors of reports: the patient's, the care team's, and the public page about numbers."""

from telehealth.reports.pages import patient, public, remarks, staff
from telehealth.reports.pages.door import pages

__all__ = ["pages", "patient", "public", "remarks", "staff"]
