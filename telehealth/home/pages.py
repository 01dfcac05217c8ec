"""Start pages: the patient's day, the clinic's day, the account page, who looked at my data."""

from itertools import groupby
from typing import Any

from babel.dates import format_date
from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from telehealth.core.clock import local
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Pages, acting
from telehealth.core.web.platform import (
    current_actor,
    maybe_signed_in,
    now,
    signed_in,
    unit_of_work,
)
from telehealth.core.web.words import locale
from telehealth.home import service as home
from telehealth.home.service import Visit
from telehealth.mandates import service as mandates

pages = Pages("home", __name__)
_MAX_SEQ = 2**62


@pages.for_patient("/")
@access(Access.PUBLIC)
def start() -> Response | str:
    """Today: the patient's own page or that of the person acted for; the clinic's day for staff."""
    who = maybe_signed_in()
    if who is None:
        return redirect(url_for("identity.sign_in"), 303)
    with unit_of_work() as session:
        actor = current_actor(session)
        if who.is_staff and acting() is None:
            day = home.clinic_day(session, actor, now=now())
            return _clinic_page(day)
        today = home.today(session, actor, now=now())
    return render_template("home/today.html", today=today, date=_date_words(), link=_link)


@pages.get("/vec")
@access(Access.SIGNED_IN)
def more() -> str:
    """My account: for whom I act, and everything that is not used daily."""
    with unit_of_work() as session:
        rows = mandates.acting_for(session, signed_in().person_id, now=now())
    return render_template(
        "home/more.html",
        rows=rows,
        kind_label=mandates.KIND_LABEL,
        last_day=mandates.last_day,
        link=_link,
    )


@pages.for_patient("/kdo-je-gledal")
@access(Access.SIGNED_IN)
def looked() -> str:
    """Who looked at my data, by day, in plain words."""
    with_own = request.args.get("moje") == "da"
    before = request.args.get("pred", type=int)
    with unit_of_work() as session:
        log = home.log_of(
            session,
            current_actor(session),
            with_own=with_own,
            before_seq=before if before is not None and 0 < before < _MAX_SEQ else None,
            now=now(),
        )
    return render_template(
        "home/looked.html",
        log=log,
        days=[list(visits) for _, visits in groupby(log.visits, key=_day_of)],
        with_own=with_own,
    )


def _clinic_page(day: home.Day) -> str:
    return render_template("home/clinic.html", day=day, date=_date_words(), link=_link)


def _date_words() -> str:
    """Today in full: `ponedeljek, 23. november`."""
    pattern = "EEEE, d. MMMM" if locale() == "sl" else "EEEE, d MMMM"
    return format_date(local(now()), pattern, locale=locale())


def _day_of(visit: Visit) -> object:
    return local(visit.at).date()


def _link(endpoint: str, **values: Any) -> str:
    """The address of a page of another room; empty where this installation has no such room."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""
