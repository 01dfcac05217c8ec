"""Pages of reports."""

from telehealth.core.web.pages import Pages

pages = Pages("reports", __name__)
