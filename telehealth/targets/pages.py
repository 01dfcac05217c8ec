"""Pages of targets."""

from telehealth.core.web.pages import Pages

pages = Pages("targets", __name__)
