"""The patient's pages: my appointments, one of them, cancelling, the file for a calendar."""

from flask import Response as FileResponse
from flask import flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from telehealth.booking import service as booking
from telehealth.booking.figures import ICS_TYPE, calendar_file
from telehealth.booking.pages.door import page, pages, shown
from telehealth.core.web.access import Access, access
from telehealth.core.web.platform import current_actor, now, unit_of_work


@pages.for_patient("/termini")
@access(Access.SIGNED_IN)
def appointments() -> str:
    """My appointments, the next one first."""
    with unit_of_work() as session:
        actor = current_actor(session)
        ahead = [shown(row, actor, now()) for row in booking.upcoming(session, actor, now=now())]
        past = booking.past(session, actor, now=now())
        return page("appointments", ahead=ahead, past=past)


@pages.for_patient("/termini/<int:appointment_id>")
@access(Access.SIGNED_IN)
def appointment(appointment_id: int) -> str:
    """One appointment: when, with whom, who booked it, what can be done."""
    with unit_of_work() as session:
        actor = current_actor(session)
        row = booking.find(session, actor, appointment_id, now=now())
        return page("appointment", one=shown(row, actor, now()))


@pages.for_patient("/termini/<int:appointment_id>/odpoved", methods=("POST",))
@access(Access.SIGNED_IN)
def cancel(appointment_id: int) -> Response:
    """Cancel an appointment."""
    with unit_of_work() as session:
        booking.cancel(session, current_actor(session), appointment_id, now=now())
    flash(gettext("The appointment is cancelled; its time is free again."), "success")
    return redirect(url_for("booking.appointments"), 303)


@pages.for_patient("/termini/<int:appointment_id>/termin.ics")
@access(Access.SIGNED_IN)
def calendar_entry(appointment_id: int) -> FileResponse:
    """The appointment as a file for one's own calendar."""
    with unit_of_work() as session:
        row = booking.find(session, current_actor(session), appointment_id, now=now())
        text = calendar_file(row, gettext("Appointment"), now=now())
    answer = FileResponse(text, content_type=ICS_TYPE)
    answer.headers["Content-Disposition"] = 'attachment; filename="termin.ics"'
    return answer
