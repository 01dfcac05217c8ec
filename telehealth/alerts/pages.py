"""Pages of alerts."""

from telehealth.core.web.pages import Pages

pages = Pages("alerts", __name__)
