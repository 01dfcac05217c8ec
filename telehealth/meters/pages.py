"""Pages of meters."""

from telehealth.core.web.pages import Pages

pages = Pages("meters", __name__)
