"""Appointments as files for people's own calendars (RFC 5545).

A calendar is read by others (a family, an employer): no name of a worker, a service or a clinic.
"""

from datetime import UTC, datetime

from icalendar import Calendar, Event

from telehealth.booking.models import Appointment, Status

ICS_TYPE = "text/calendar; charset=utf-8"


def calendar_file(row: Appointment, summary: str, *, now: datetime) -> str:
    """One appointment as an iCalendar file; a cancelled one takes itself out of the calendar.

    Args:
        row: the appointment.
        summary: neutral words in the reader's language, without anything of health care in them.
        now: when the file is made.
    """
    is_cancelled = row.status is Status.CANCELLED
    event = Event()
    event.add("uid", row.uid)
    event.add("sequence", row.sequence + is_cancelled)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", row.starts_at.astimezone(UTC))
    event.add("dtend", row.ends_at.astimezone(UTC))
    event.add("summary", summary)
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Telehealth//Booking//EN")
    calendar.add("method", "CANCEL" if is_cancelled else "PUBLISH")
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written.decode()
