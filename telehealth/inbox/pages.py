"""Pages of the inbox. Where an item leads is said by the rooms above, through `LINKS`."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from telehealth.core.i18n import N_
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Pages
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.identity import service as identity
from telehealth.inbox import service as inbox
from telehealth.inbox.models import InboxItem, ItemKind

pages = Pages("inbox", __name__)


@dataclass(frozen=True, slots=True)
class Link:
    """The page that shows the thing itself."""

    endpoint: str
    parameter: str
    """Name of the part of its address that takes the item's `ref`."""


LINKS: dict[ItemKind, Link] = {}
"""Filled by `app.py`: the rooms that deliver are above this one. A page not served is skipped."""

KIND_WORDS = {
    ItemKind.NOTICE: N_("Notice"),
    ItemKind.APPOINTMENT: N_("Appointment"),
    ItemKind.QUESTIONNAIRE: N_("Questionnaire"),
    ItemKind.CONSENT: N_("Consent"),
    ItemKind.DOCUMENT: N_("Document"),
    ItemKind.REPORT: N_("Report"),
}
DEEDS = {
    ItemKind.QUESTIONNAIRE: N_("Answer"),
    ItemKind.CONSENT: N_("Read and decide"),
}
ICONS = {
    ItemKind.NOTICE: "bell",
    ItemKind.APPOINTMENT: "calendar",
    ItemKind.QUESTIONNAIRE: "clipboard-list",
    ItemKind.CONSENT: "pen-line",
    ItemKind.DOCUMENT: "file-text",
    ItemKind.REPORT: "chart-line",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An item in words."""

    item: InboxItem
    title: str
    kind: str
    icon: str
    deed: str
    sender: str

    @property
    def is_unread(self) -> bool:
        """Whether nobody has opened it yet."""
        return self.item.read_at is None and self.item.done_at is None


@pages.for_patient("/nabiralnik")
@access(Access.SIGNED_IN)
def items() -> str:
    """What waits, the one due first at the head; then what is done."""
    with unit_of_work() as session:
        found = inbox.list_items(session, current_actor(session), now=now())
        names = identity.names(session, {row.sender_id for row in found if row.sender_id})
    shown = [_shown(row, names) for row in found]
    return render_template(
        "inbox/items.html",
        waiting=[one for one in shown if one.item.done_at is None],
        done=[one for one in shown if one.item.done_at is not None],
        unread=sum(one.is_unread for one in shown),
    )


@pages.for_patient("/nabiralnik/<int:item_id>")
@access(Access.SIGNED_IN)
def open_item(item_id: int) -> Response | str:
    """The item is read; on to the thing itself, where it has a page."""
    with unit_of_work() as session:
        row = inbox.open_item(session, current_actor(session), item_id, now=now())
        names = identity.names(session, [row.sender_id] if row.sender_id else [])
    link = LINKS.get(row.kind)
    if link is not None and link.endpoint in current_app.view_functions and row.ref.isdigit():
        values: dict[str, Any] = {link.parameter: int(row.ref)}
        return redirect(url_for(link.endpoint, **values), 303)
    return render_template("inbox/item.html", one=_shown(row, names))


def _shown(row: InboxItem, names: dict[int, str]) -> Shown:
    return Shown(
        item=row,
        title=gettext(row.title),
        kind=gettext(KIND_WORDS[row.kind]),
        icon=ICONS[row.kind],
        deed=gettext(DEEDS[row.kind]) if row.kind in DEEDS else gettext(N_("Open")),
        sender=names.get(row.sender_id or 0, ""),
    )
