"""Pages of imports."""

from telehealth.core.web.pages import Pages

pages = Pages("imports", __name__)
