"""What the numbers mean, for anybody."""

from flask import render_template

from telehealth.core.web.access import Access, access
from telehealth.reports.pages.door import pages


@pages.get("/pomoc/stevilke")
@access(Access.PUBLIC)
def numbers() -> str:
    """What the numbers of a report mean."""
    return render_template("reports/numbers.html")
