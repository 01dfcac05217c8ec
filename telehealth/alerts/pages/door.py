"""The blueprint of both sides of alerts."""

from telehealth.core.web.pages import Pages

pages = Pages("alerts", "telehealth.alerts")
