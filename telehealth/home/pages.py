"""Start pages: the patient's day, the account page, who looked at my data."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Pages
from telehealth.core.web.platform import maybe_signed_in

pages = Pages("home", __name__)


@pages.for_patient("/")
@access(Access.PUBLIC)
def start() -> Response | str:
    """Today; signed out: the way in."""
    if maybe_signed_in() is None:
        return redirect(url_for("identity.sign_in"), 303)
    return render_template("home/today.html")


@pages.get("/vec")
@access(Access.SIGNED_IN)
def more() -> str:
    """My account: everything that is not used daily."""
    return render_template("home/more.html")
