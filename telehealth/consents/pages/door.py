"""The room's set of pages, and the words several of them share."""

from typing import Any

from flask import current_app, render_template, url_for

from telehealth.consents.models import State
from telehealth.core.i18n import N_
from telehealth.core.web.pages import Pages

pages = Pages("consents", "telehealth.consents")

_STATE = {
    State.OFFERED: (N_("Waits for an answer"), "warning", "pen-line"),
    State.VIEWED: (N_("Opened, waits for an answer"), "warning", "pen-line"),
    State.SEALING: (N_("Signed, being sealed"), "info", "clock"),
    State.SIGNED: (N_("Signed"), "success", "file-check"),
    State.DECLINED: (N_("Declined"), "", "x"),
    State.WITHDRAWN: (N_("Withdrawn"), "", "undo-2"),
    State.EXPIRED: (N_("Expired"), "", "clock"),
}
_DECISION = {
    "granted": (N_("Granted"), "check"),
    "refused": (N_("Refused"), "x"),
    "unanswered": (N_("Not answered (not granted)"), "minus"),
}
_CAPACITY = {
    "self": N_("for themself"),
    "guardian": N_("as parent or guardian"),
    "health_care_proxy": N_("as health-care proxy"),
}
_GESTURE = {
    "typed_name": N_("by typing the name, after giving the password again"),
    "click": N_("by a click, after giving the password again"),
}


def page(name: str, **values: Any) -> str:
    """One of this room's pages, with the words for states and answers."""
    return render_template(
        f"consents/{name}.html",
        **values,
        state_words=_STATE,
        decision_words=_DECISION,
        capacity_words=_CAPACITY,
        gesture_words=_GESTURE,
        link=_link,
    )


def _link(endpoint: str, **values: Any) -> str:
    """The address of a page of another room; empty where there is no such room."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""
