"""HTML doors of imports: files coming in, readings going out."""

from telehealth.imports.pages import bringing, leaving
from telehealth.imports.pages.door import pages

__all__ = ["bringing", "leaving", "pages"]
