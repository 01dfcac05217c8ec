"""HTML doors of consents: the patient's, the team's, and the page where anybody checks a file."""

from telehealth.consents.pages import patient, public, staff
from telehealth.consents.pages.door import pages

__all__ = ["pages", "patient", "public", "staff"]
