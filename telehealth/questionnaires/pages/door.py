"""The blueprint of both sides, and what their templates share."""

from telehealth.core.web.pages import Pages

pages = Pages("questionnaires", "telehealth.questionnaires")
