"""The room's set of pages, and the words and views several of them share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby

from babel.dates import format_date
from flask import current_app, render_template, url_for
from flask_babel import gettext

from telehealth.booking import policy
from telehealth.booking import service as booking
from telehealth.booking.models import (
    Appointment,
    Channel,
    Modality,
    Offer,
    ServiceType,
    Status,
)
from telehealth.core.actor import Actor, Basis
from telehealth.core.clock import local
from telehealth.core.i18n import N_
from telehealth.core.web.pages import Pages
from telehealth.core.web.words import locale

pages = Pages("booking", "telehealth.booking")

PATIENTS_CALL = "consults.room"
CLINICIANS_CALL = "consults.call"
"""Pages of a video call, in the room above; a call has the id of its appointment."""

_MODALITY = {
    Modality.VIDEO: N_("Video call"),
    Modality.PERSON: N_("At the clinic"),
    Modality.PHONE: N_("By telephone"),
}
_ICON = {Modality.VIDEO: "video", Modality.PERSON: "stethoscope", Modality.PHONE: "phone"}
_STATUS = {
    Status.BOOKED: (N_("Booked"), "info"),
    Status.ARRIVED: (N_("Waiting"), "warning"),
    Status.IN_PROGRESS: (N_("In progress"), "success"),
    Status.DONE: (N_("Done"), "success"),
    Status.NO_SHOW: (N_("Did not take place"), "warning"),
    Status.CANCELLED: (N_("Cancelled"), ""),
}
_BASIS = {
    Basis.GUARDIAN: N_("as parent or guardian"),
    Basis.MANDATE: N_("by mandate"),
    Basis.HEALTH_CARE_PROXY: N_("as health-care proxy"),
    Basis.CARE_TEAM: N_("for the clinic"),
    Basis.CLINIC_STAFF: N_("for the clinic"),
}
CHANNELS = {
    Channel.PHONE: N_("By telephone"),
    Channel.PERSON: N_("In person"),
    Channel.POST: N_("By post"),
    Channel.PORTAL: N_("In the portal"),
}
_WEEKDAYS = (
    N_("every Monday"),
    N_("every Tuesday"),
    N_("every Wednesday"),
    N_("every Thursday"),
    N_("every Friday"),
    N_("every Saturday"),
    N_("every Sunday"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An appointment as a page shows it to somebody at this moment."""

    row: Appointment
    is_joinable: bool
    may_change: bool
    call_opens_at: datetime
    call_url: str


def shown(row: Appointment, actor: Actor, now: datetime, call: str = PATIENTS_CALL) -> Shown:
    """What `actor` sees of an appointment and may do about it now; `call` is the call's page."""
    # Rooms above are not imported: an installation without calls simply has no such page.
    has_call = row.modality is Modality.VIDEO and call in current_app.view_functions
    return Shown(
        row=row,
        is_joinable=booking.is_joinable(row, now),
        may_change=booking.may_change(actor, row, now),
        call_opens_at=row.starts_at - policy.JOIN_OPENS,
        call_url=url_for(call, consultation=row.id) if has_call else "",
    )


def by_day(slots: Sequence[booking.Span]) -> list[list[booking.Span]]:
    """Slots of each local day together."""
    return [list(of_day) for _, of_day in groupby(slots, key=_day_of)]


def _day_of(slot: booking.Span) -> object:
    return local(slot.starts_at).date()


def page(template: str, **context: object) -> str:
    """A page of this room, with the words its templates look up by kind."""
    return render_template(
        f"booking/{template}.html",
        service_name=_service_name,
        modality_name=lambda kind: gettext(_MODALITY[kind]),
        modality_icon=_ICON.__getitem__,
        status_name=lambda status: gettext(_STATUS[status][0]),
        status_kind=lambda status: _STATUS[status][1],
        basis_name=lambda basis: gettext(_BASIS[basis]) if basis in _BASIS else "",
        channel_name=lambda channel: gettext(CHANNELS[channel]),
        hours_text=_hours_text,
        date_text=_date_text,
        **context,
    )


def _service_name(kind: ServiceType) -> str:
    return kind.name(locale())


def _hours_text(row: Offer) -> str:
    """Offered hours in words: every Tuesday, from when to when."""
    is_once = row.first_on == row.last_on
    day = _date_text(row.first_on) if is_once else gettext(_WEEKDAYS[row.first_on.weekday()])
    return f"{day}, {_wall(row.starts_wall)}\N{EN DASH}{_wall(row.ends_wall)}"


def _date_text(day: date) -> str:
    return format_date(day, "d. MMMM y" if locale() == "sl" else "d MMMM y", locale=locale())


def _wall(wall: time) -> str:
    return f"{wall.hour}.{wall.minute:02}" if locale() == "sl" else f"{wall:%H:%M}"
