"""The blueprint of monitoring's pages."""

from telehealth.core.web.pages import Pages

pages = Pages("monitoring", "telehealth.monitoring")
