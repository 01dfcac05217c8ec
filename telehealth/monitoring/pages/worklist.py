"""The worklist: own patients by urgency, filters in the address, deeds for several at once."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from telehealth.alerts import service as alerts
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, Invalid
from telehealth.core.i18n import N_
from telehealth.core.web.access import Access, access
from telehealth.core.web.platform import current_actor, now, signed_in, unit_of_work
from telehealth.core.web.words import locale
from telehealth.monitoring import figures
from telehealth.monitoring import service as monitoring
from telehealth.monitoring.models import Deed, Kind, Stage
from telehealth.monitoring.pages.door import pages
from telehealth.monitoring.service import Act, Code, Filter, Owner, Sort
from telehealth.notifications import service as notifications
from telehealth.readings.models import UNITS

FIELDS = ("razlog", "lastnik", "pregled", "vrsta", "stanje", "isci", "red")
"""Filters in the address; the place in the list (`od`) is no part of a saved view."""
MAX_SELECTED = 100
_OWNERS = {"jaz": Owner.ME, "nihce": Owner.NOBODY}
_SORTS = {"ime": Sort.NAME, "meritev": Sort.OLDEST, "pregled": Sort.REVIEW}
SORT_WORDS = (
    ("", N_("Urgency")),
    ("ime", N_("Name")),
    ("meritev", N_("Longest without readings")),
    ("pregled", N_("Next review")),
)
OWNER_WORDS = (("", N_("anybody")), ("jaz", N_("me")), ("nihce", N_("nobody")))
_IS_ID = re.compile(r"\d{1,18}", re.ASCII)
BULK = {
    "acknowledged": (Deed.ACKNOWLEDGED, N_("Acknowledge")),
    "owned": (Deed.OWNED, N_("Take over")),
    "closed": (Deed.CLOSED, N_("Close the entry")),
}


@pages.get("/pacienti")
@access(Access.STAFF)
def patients() -> str:
    """The worker's own patients, the most urgent first."""
    wanted = chosen_filter(request.args)
    with unit_of_work() as opened:
        actor = current_actor(opened, signed_in().person_id)
        found = monitoring.worklist(opened, actor, wanted, now=now())
        views = monitoring.views_of(opened, actor)
        mail = notifications.mail_state(opened, now=now())
        n_untold = alerts.untold_of_worker(opened, actor, now=now())
    asked = {name: request.args[name] for name in FIELDS if request.args.get(name)}
    return render_template(
        "monitoring/worklist.html",
        found=found,
        mail=mail,
        n_untold=n_untold,
        wanted=wanted,
        asked=asked,
        query=urlencode(asked),
        views=[(view, dict(_pairs(view.query))) for view in views],
        figures=figures,
        words=figures.sentences,
        language=locale(),
        today=local(now()).date(),
        sorts=[(value, gettext(word)) for value, word in SORT_WORDS],
        owners=[(value, gettext(word)) for value, word in OWNER_WORDS],
        kinds=_choices(figures.KIND_WORDS),
        stages=_choices(figures.STAGE_WORDS),
        bulk=[(value, gettext(word)) for value, (_, word) in BULK.items()],
        units=UNITS,
        decimal=Decimal,
        without=changed,
        next_page=_next(asked, found.page.next_cursor),
    )


@pages.post("/pacienti")
@access(Access.STAFF)
def act_on_several() -> Response:
    """Do the same to all ticked entries; those it cannot be done to stay, and the page says so."""
    chosen = BULK.get(request.form.get("deed", ""))
    ids = [int(value) for value in request.form.getlist("patient") if _IS_ID.fullmatch(value)]
    back = redirect(address(known(request.form.get("back", ""))), 303)
    if chosen is None or not ids:
        flash(gettext("Tick the patients first, then choose what to do."), "warning")
        return back
    done, left = 0, 0
    with unit_of_work() as opened:  # all or nothing: a foreign patient among them refuses them all
        for patient_id in dict.fromkeys(ids[:MAX_SELECTED]):
            actor = current_actor(opened, patient_id)
            try:
                with opened.begin_nested():  # a refusal undoes what was done to the alerts before
                    monitoring.act(opened, actor, patient_id, Act(chosen[0]), now=now())
                done += 1
            except Conflict:
                left += 1
    if done:
        flash(_told(chosen[0], done), "success")
    if left:
        flash(
            figures.ngettext(
                "%(num)d entry stays as it was: nothing to do there.",
                "%(num)d entries stay as they were: nothing to do there.",
                left,
            ),
            "info",
        )
    return back


@pages.post("/pacienti/pogledi")
@access(Access.STAFF)
def save_view() -> Response:
    """Keep the filters of the page under a name."""
    asked = known(request.form.get("back", ""))
    asked.pop("isci", None)  # a name searched for is a patient's, and no view
    try:
        with unit_of_work() as opened:
            actor = current_actor(opened, signed_in().person_id)
            monitoring.save_view(opened, actor, request.form.get("name", ""), urlencode(asked))
    except (Invalid, Conflict) as refusal:
        words = refusal.errors[0].detail if refusal.errors else refusal.detail
        flash(gettext(words), "error")
    else:
        flash(gettext("View saved."), "success")
    return redirect(address(asked), 303)


@pages.post("/pacienti/pogledi/<int:view_id>/odstrani")
@access(Access.STAFF)
def remove_view(view_id: int) -> Response:
    """Forget a saved view."""
    with unit_of_work() as opened:
        monitoring.remove_view(opened, current_actor(opened, signed_in().person_id), view_id)
    flash(gettext("View removed."), "success")
    return redirect(url_for("monitoring.patients"), 303)


def chosen_filter(args: Mapping[str, str]) -> Filter:
    """The filter an address asks for; what it does not know narrows nothing."""
    reason, kind, stage = args.get("razlog", ""), args.get("vrsta", ""), args.get("stanje", "")
    return Filter(
        reason=Code(reason) if reason in set(Code) else None,
        owner=_OWNERS.get(args.get("lastnik", "")),
        is_due=args.get("pregled") == "da",
        kind=Kind(kind) if kind in set(Kind) else None,
        stage=Stage(stage) if stage in set(Stage) else None,
        search=args.get("isci", ""),
        sort=_SORTS.get(args.get("red", ""), Sort.URGENCY),
        cursor=args.get("od") or None,
    )


def changed(asked: Mapping[str, str], name: str, value: str | None) -> dict[str, str]:
    """The address with one filter set to a value, or without it."""
    rest = {key: one for key, one in asked.items() if key != name}
    return rest if value is None else {**rest, name: value}


def address(asked: Mapping[str, str]) -> str:
    """The list with these filters."""
    values: dict[str, Any] = dict(asked)
    return url_for("monitoring.patients", **values)


def known(query: str) -> dict[str, str]:
    """The filters of an address, without anything else somebody may have put there."""
    return {name: value for name, value in _pairs(query) if name in FIELDS}


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query[:500])


def _next(asked: Mapping[str, str], cursor: str | None) -> str | None:
    return address({**asked, "od": cursor}) if cursor else None


def _choices(words: Mapping[Any, str]) -> list[tuple[str, str]]:
    return [("", gettext("all")), *((one.value, gettext(word)) for one, word in words.items())]


def _told(deed: Deed, done: int) -> str:
    if deed is Deed.ACKNOWLEDGED:
        return figures.ngettext(
            "%(num)d entry acknowledged.", "%(num)d entries acknowledged.", done
        )
    if deed is Deed.CLOSED:
        return figures.ngettext("%(num)d entry closed.", "%(num)d entries closed.", done)
    return figures.ngettext("%(num)d entry taken over.", "%(num)d entries taken over.", done)
