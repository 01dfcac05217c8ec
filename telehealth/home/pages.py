"""Start pages: the patient's day, the clinic's day, the account page, who looked at my data."""

import re
from collections.abc import Mapping
from hashlib import sha256
from itertools import groupby
from typing import Any

import orjson
from babel.dates import format_date
from flask import current_app, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext
from werkzeug.wrappers import Response

from devices.glucose import Unit
from telehealth.alerts.pages.door import words as alert_words
from telehealth.core.clock import local
from telehealth.core.i18n import DEFAULT_LOCALE, LOCALES
from telehealth.core.web import assets
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
from telehealth.glycemia.entered import BELIEVABLE, CREDIBLE, TICK_SCALE
from telehealth.home import service as home
from telehealth.home.service import Visit
from telehealth.imports import service as imports
from telehealth.mandates import service as mandates
from telehealth.meters.figures import waiting_words
from telehealth.monitoring.figures import sentences
from telehealth.readings import service as readings
from telehealth.targets.service import SLOT_WORDS

pages = Pages("home", __name__)
_NONCE = re.compile(r'nonce="[^"]*"')
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
        left_out = imports.left_out(session, actor, today.patient_id, now=now())
    return render_template(
        "home/today.html",
        today=today,
        left_out=left_out,
        date=_date_words(),
        link=_link,
        slot_words=SLOT_WORDS,
        alert_words=alert_words()["w"],
        meters_waiting=waiting_words(today.meters_waiting),
    )


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


@pages.get("/brez-povezave")
@access(Access.PUBLIC)
def offline() -> str:
    """What the service worker shows without a connection: a form that is sent later."""
    return render_template(
        "home/offline.html",
        units=[(unit.value, unit.value) for unit in Unit],
        believable=_ends(BELIEVABLE),
        credible=_ends(CREDIBLE),
        meals=[(meal.value, gettext(readings.MEAL_WORDS[meal])) for meal in readings.FORM_MEALS],
    )


def _ends(ticks: Mapping[Unit, tuple[int, int]]) -> dict[str, list[float]]:
    """Lowest and highest value of each unit as numbers, for the page's own check."""
    return {unit.value: [one / 10 ** TICK_SCALE[unit] for one in ticks[unit]] for unit in Unit}


@pages.get("/sw.js")
@access(Access.PUBLIC)
def service_worker() -> Response:
    """The service worker of one language; a new text whenever a page or file it keeps is new."""
    asked = request.args.get("jezik", "")
    language = asked if asked in LOCALES else DEFAULT_LOCALE
    with force_locale(language):
        kept = _NONCE.sub("", offline())
    addresses = "".join(asset.digest for asset in assets.index().values())
    version = sha256((kept + addresses).encode()).hexdigest()[:16]
    script = assets.index()["core/sw.js"].path.read_text(encoding="utf-8")
    head = f'const VERSION = "{version}";\nconst LANGUAGE = "{language}";\n'
    answer = Response(head + script, mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@pages.get("/manifest.webmanifest")
@access(Access.PUBLIC)
def manifest() -> Response:
    """What a phone needs to put the portal beside its other programs."""
    body = {
        "id": "/",
        "name": gettext("Telehealth"),
        "short_name": gettext("Telehealth"),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "lang": locale(),
        "background_color": "#fbfaf7",
        "theme_color": "#0a6b6e",
        "icons": [
            {"src": assets.asset(f"home/{name}.png"), "sizes": size, "type": "image/png"} | purpose
            for name, size, purpose in _ICONS
        ],
        "shortcuts": [{"name": gettext("New reading"), "url": url_for("diary.new_entry")}],
    }
    return Response(orjson.dumps(body), mimetype="application/manifest+json")


_ICONS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("icon-192", "192x192", {}),
    ("icon-512", "512x512", {}),
    ("icon-maskable-512", "512x512", {"purpose": "maskable"}),
)


def _clinic_page(day: home.Day) -> str:
    return render_template(
        "home/clinic.html", day=day, date=_date_words(), link=_link, sentences=sentences
    )


def _date_words() -> str:
    """Today in full: `ponedeljek, 23. november`."""
    pattern = "EEEE, d. MMMM" if locale() == "sl" else "EEEE, d MMMM"
    return format_date(local(now()), pattern, locale=locale())


def _day_of(visit: Visit) -> object:
    return local(visit.at).date()


def _link(endpoint: str, **values: Any) -> str:
    """The address of a page of another room; empty where this installation has no such room."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""
