"""Choosing a slot: for oneself, for another, for a patient on the phone, and when moving."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from marshmallow import EXCLUDE, ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from telehealth.booking import policy
from telehealth.booking import service as booking
from telehealth.booking.models import Appointment
from telehealth.booking.pages.door import CHANNELS, by_day, page, pages
from telehealth.booking.schemas import SlotPageSchema, WishSchema
from telehealth.booking.service import FreeSlots, SlotQuery
from telehealth.core.actor import Actor
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, Invalid, NotFound
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, read_form
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.identity import service as identity

DAYS_SHOWN = 7
_SHOWS = {
    None: "",
    "booking.choose": "booking.choose",
    "booking.book": "booking.choose",
    "booking.choose_again": "booking.choose_again",
    "booking.move": "booking.choose_again",
    "booking.choose_for": "booking.choose_for",
    "booking.book_for": "booking.choose_for",
}
"""The page of slots that each door shows, or shows again after a refusal."""

Answer = Response | str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Week:
    """The days a page shows, and the addresses of those before and after."""

    first_on: date
    found: FreeSlots

    @property
    def last_on(self) -> date:
        return self.first_on + timedelta(days=DAYS_SHOWN - 1)

    def address(self, weeks: int) -> str:
        """The same page some weeks later or earlier, never before today."""
        day = max(self.first_on + timedelta(weeks=weeks), local(now()).date())
        return self.address_of(day)

    def address_of(self, day: date) -> str:
        """The same page beginning with a day."""
        arguments: dict[str, Any] = {
            "worker": self.found.worker.person_id,
            "service": self.found.service.key,
            "from": day.isoformat(),
        }
        return url_for(_SHOWS[request.endpoint], **(request.view_args or {}), **arguments)

    @property
    def is_first(self) -> bool:
        """Whether there is nothing before."""
        return self.first_on <= local(now()).date()

    @property
    def next_free_on(self) -> date | None:
        """The day of the next free slot, where these days have none."""
        return local(self.found.next_free.starts_at).date() if self.found.next_free else None


@pages.for_patient("/termini/nov")
@access(Access.SIGNED_IN)
def choose() -> str:
    """What can be booked; once that is chosen, when."""
    with unit_of_work() as session:
        return _choose(session, current_actor(session))


@pages.for_patient("/termini/nov", methods=("POST",))
@access(Access.SIGNED_IN)
def book() -> Answer:
    """Book the chosen slot."""
    try:
        with unit_of_work() as session:
            wish = read_form(WishSchema())
            row = booking.book(session, current_actor(session), wish, now=now())
    except (Invalid, Conflict) as refusal:
        return _again(None, refusal)
    flash(gettext("The appointment is booked."), "success")
    return redirect(url_for("booking.appointment", appointment_id=row.id), 303)


@pages.for_patient("/termini/<int:appointment_id>/prestavi")
@access(Access.SIGNED_IN)
def choose_again(appointment_id: int) -> str:
    """Another time for an appointment."""
    with unit_of_work() as session:
        actor = current_actor(session)
        row = booking.find(session, actor, appointment_id, now=now())
        return _slots(session, actor, Form(), moving=row)


@pages.for_patient("/termini/<int:appointment_id>/prestavi", methods=("POST",))
@access(Access.SIGNED_IN)
def move(appointment_id: int) -> Answer:
    """Move an appointment to the chosen slot."""
    try:
        with unit_of_work() as session:
            wish = read_form(WishSchema())
            row = booking.move(session, current_actor(session), appointment_id, wish, now=now())
    except (Invalid, Conflict) as refusal:
        return _again(None, refusal, appointment_id)
    flash(gettext("The appointment is moved; the earlier time is free again."), "success")
    return redirect(url_for("booking.appointment", appointment_id=row.id), 303)


@pages.get("/pacienti/<int:patient_id>/termini/nov")
@access(Access.STAFF)
def choose_for(patient_id: int) -> str:
    """What and when, for a patient who calls, comes or writes."""
    with unit_of_work() as session:
        return _choose(session, current_actor(session, patient_id))


@pages.post("/pacienti/<int:patient_id>/termini/nov")
@access(Access.STAFF)
def book_for(patient_id: int) -> Answer:
    """Book for a patient, and say how the wish reached the clinic."""
    try:
        with unit_of_work() as session:
            wish = read_form(WishSchema())
            row = booking.book(session, current_actor(session, patient_id), wish, now=now())
    except (Invalid, Conflict) as refusal:
        return _again(patient_id, refusal)
    flash(gettext("Booked for %(name)s.", name=row.patient.name), "success")
    day = local(row.starts_at).date().isoformat()
    return redirect(url_for("booking.calendar", day=day), 303)


def _choose(session: Session, actor: Actor) -> str:
    if "worker" in request.args:
        return _slots(session, actor, Form())
    return page(
        "choose",
        choices=booking.choices(session, actor, now=now()),
        team=booking.workers_for(session, actor, now=now()),
        patient_name=_patient_name(session, actor),
        slots_url=_slots_url,
    )


def _slots(session: Session, actor: Actor, form: Form, moving: Appointment | None = None) -> str:
    week = _week(session, actor, moving)
    return page(
        "slots",
        week=week,
        found=week.found,
        days=by_day(week.found.slots),
        moving=moving,
        form=form,
        key=form.value("key") or secrets.token_urlsafe(12),
        channels=_channels() if policy.is_for_staff(actor) else (),
        starts_at=form.value("starts_at"),
        patient_name=_patient_name(session, actor),
        post_url=request.path,
        back_url=url_for(_SHOWS[request.endpoint], **(request.view_args or {})),
        twice=_twice(week.found),
        zone_name=lambda moment: local(moment).tzname(),
    )


def _week(session: Session, actor: Actor, moving: Appointment | None) -> _Week:
    """What the address (or, after a refusal, the form) asks for.

    Raises:
        NotFound: an address nobody of ours made.
    """
    given: dict[str, Any] = dict(request.values.items())
    if moving is not None:
        given = {"worker": moving.worker_id, "service": moving.service_type.key} | given
    try:
        asked = SlotPageSchema().load(given, unknown=EXCLUDE)
    except ValidationError as error:
        raise NotFound from error
    first_on = max(asked["first_on"] or local(now()).date(), local(now()).date())
    query = SlotQuery(
        worker_id=asked["worker"],
        service=asked["service"],
        first_on=first_on,
        last_on=first_on + timedelta(days=DAYS_SHOWN - 1),
        moving_id=moving.id if moving else None,
    )
    return _Week(first_on, booking.find_slots(session, actor, query, now=now()))


def _again(
    patient_id: int | None, refusal: Invalid | Conflict, moving_id: int | None = None
) -> tuple[str, int]:
    """The slots as they are now, with what was refused; nothing was changed."""
    if isinstance(refusal, Invalid):
        form = Form.refused(refusal)
    else:
        form = Form(request.form, {"": gettext(refusal.detail, **refusal.params)})
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        moving = booking.find(session, actor, moving_id, now=now()) if moving_id else None
        return _slots(session, actor, form, moving), refusal.status


def _patient_name(session: Session, actor: Actor) -> str:
    """For whom the clinic books; in the patient's own frame the bar says it."""
    if not policy.is_for_staff(actor) or actor.subject_id is None:
        return ""
    return identity.person(session, actor.subject_id).name


def _slots_url(choice: booking.Choice) -> str:
    """The slots of a choice, from the day of the first free one."""
    first_on = local(choice.next_free.starts_at).date() if choice.next_free else local(now()).date()
    arguments: dict[str, Any] = {
        "worker": choice.worker.person_id,
        "service": choice.service.key,
        "from": first_on.isoformat(),
    }
    return url_for(_SHOWS[request.endpoint], **(request.view_args or {}), **arguments)


def _channels() -> list[tuple[str, str]]:
    return [(channel.value, gettext(label)) for channel, label in CHANNELS.items()]


def _twice(found: FreeSlots) -> set[datetime]:
    """Slots whose clock time comes twice that day (last Sunday of October): they need the zone."""
    return {
        slot.starts_at
        for slot in found.slots
        if local(slot.starts_at).replace(fold=0).utcoffset()
        != local(slot.starts_at).replace(fold=1).utcoffset()
    }
