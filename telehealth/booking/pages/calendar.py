"""The worker's pages: the week, offered hours, what became of an appointment, whom to book for."""

from datetime import date, datetime, timedelta

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from telehealth.booking import service as booking
from telehealth.booking.pages.door import CLINICIANS_CALL, Shown, page, pages, shown
from telehealth.booking.schemas import HoursFormSchema
from telehealth.core.clock import HOME_ZONE, local
from telehealth.core.errors import Invalid
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, read_form
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.core.web.words import locale

WEEK = timedelta(days=7)
NOON = 12


@pages.get("/koledar")
@access(Access.STAFF)
def calendar() -> str:
    """My appointments of one week, and the hours I offer."""
    first_on = _monday(request.args.get("day", ""))
    last_on = first_on + WEEK - timedelta(days=1)
    with unit_of_work() as session:
        actor = current_actor(session)
        rows = booking.agenda(session, actor, first_on, last_on, now=now())
        offers = booking.offered_by(session, actor, now=now())
        days = _days(first_on, [shown(row, actor, now(), CLINICIANS_CALL) for row in rows])
        return page(
            "calendar",
            days=days,
            offers=offers,
            count=len(rows),
            first_on=first_on,
            last_on=last_on,
            previous_on=first_on - WEEK,
            next_on=first_on + WEEK,
            is_this_week=first_on == _monday(""),
        )


@pages.get("/koledar/ure")
@access(Access.STAFF)
def hours() -> str:
    """The form for offering hours, and those offered already."""
    return _hours(Form())


@pages.post("/koledar/ure")
@access(Access.STAFF)
def offer() -> Response | tuple[str, int]:
    """Offer hours."""
    try:
        with unit_of_work() as session:
            wanted = read_form(HoursFormSchema())
            booking.offer(session, current_actor(session), wanted, now=now())
    except Invalid as refusal:
        return _hours(Form.refused(refusal)), refusal.status
    flash(gettext("The hours are offered; your patients can book them now."), "success")
    return redirect(url_for("booking.hours"), 303)


@pages.post("/koledar/ure/<int:offer_id>/umik")
@access(Access.STAFF)
def withdraw(offer_id: int) -> Response:
    """Withdraw offered hours."""
    with unit_of_work() as session:
        booking.withdraw(session, current_actor(session), offer_id, now=now())
    flash(gettext("The hours are withdrawn. What is booked in them stays booked."), "success")
    return redirect(url_for("booking.hours"), 303)


@pages.post("/koledar/termini/<int:appointment_id>/opravljeno")
@access(Access.STAFF)
def finish(appointment_id: int) -> Response:
    """The appointment took place."""
    with unit_of_work() as session:
        row = booking.finish(session, current_actor(session), appointment_id, now=now())
    flash(gettext("Marked as done."), "success")
    return _to_week_of(row.starts_at)


@pages.post("/koledar/termini/<int:appointment_id>/ni-prisel")
@access(Access.STAFF)
def miss(appointment_id: int) -> Response:
    """The patient did not come."""
    with unit_of_work() as session:
        row = booking.miss(session, current_actor(session), appointment_id, now=now())
    flash(gettext("Marked: the patient did not come."), "success")
    return _to_week_of(row.starts_at)


@pages.post("/pacienti/<int:patient_id>/termini/<int:appointment_id>/odpoved")
@access(Access.STAFF)
def cancel_for(patient_id: int, appointment_id: int) -> Response:
    """Cancel a patient's appointment for the clinic."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        row = booking.cancel(session, actor, appointment_id, now=now())
    flash(gettext("Cancelled. The patient has been told in the inbox."), "success")
    return _to_week_of(row.starts_at)


@pages.get("/koledar/nov")
@access(Access.STAFF)
def choose_patient() -> str:
    """Whom to book for."""
    asked = request.args.get("q", "").strip()
    with unit_of_work() as session:
        actor = current_actor(session)
        patients = booking.patients_to_book(session, actor, asked=asked, now=now())
    return page("choose_patient", patients=patients, q=asked)


def _hours(form: Form) -> str:
    with unit_of_work() as session:
        actor = current_actor(session)
        return page(
            "hours",
            offers=booking.offered_by(session, actor, now=now()),
            service_options=[
                (kind.key, kind.name(locale())) for kind in booking.service_types(session)
            ],
            today=local(now()).date(),
            form=form,
        )


def _days(first_on: date, rows: list[Shown]) -> list[tuple[datetime, list[Shown]]]:
    """The days of a week that have something, and today in any case."""
    today = local(now()).date()
    days = []
    for offset in range(WEEK.days):
        day = first_on + timedelta(days=offset)
        of_day = [one for one in rows if local(one.row.starts_at).date() == day]
        if of_day or day == today:
            days.append((_noon(day), of_day))
    return days


def _monday(text: str) -> date:
    """The Monday of the week of a day in an address; of this week when there is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = local(now()).date()
    return day - timedelta(days=day.weekday())


def _noon(day: date) -> datetime:
    """A moment of a day, for the filters that write days."""
    return datetime(day.year, day.month, day.day, NOON, tzinfo=HOME_ZONE)


def _to_week_of(moment: datetime) -> Response:
    return redirect(url_for("booking.calendar", day=local(moment).date().isoformat()), 303)
