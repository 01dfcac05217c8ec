"""Pages of diary."""

from telehealth.core.web.pages import Pages

pages = Pages("diary", __name__)
