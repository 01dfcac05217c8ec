"""Pages of questionnaires: the patient answers, the care team sends and sees results."""

from telehealth.questionnaires.pages import patient, team
from telehealth.questionnaires.pages.door import pages

__all__ = ["pages", "patient", "team"]
