"""Appointments as files for people's own calendars: pure text, RFC 5545.

A calendar is read by others (a family, an employer): no name of a worker, a service or a clinic.
"""

from datetime import UTC, datetime

from telehealth.booking.models import Appointment, Status

ICS_TYPE = "text/calendar; charset=utf-8"
_LINE_OCTETS = 75


def calendar_file(row: Appointment, summary: str, *, now: datetime) -> str:
    """One appointment as an iCalendar file; a cancelled one takes itself out of the calendar.

    Args:
        row: the appointment.
        summary: neutral words in the reader's language, without anything of health care in them.
        now: when the file is made.
    """
    is_cancelled = row.status is Status.CANCELLED
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Telehealth//Booking//EN",
        f"METHOD:{'CANCEL' if is_cancelled else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{row.uid}",
        f"SEQUENCE:{row.sequence + is_cancelled}",
        f"DTSTAMP:{_instant(now)}",
        f"DTSTART:{_instant(row.starts_at)}",
        f"DTEND:{_instant(row.ends_at)}",
        f"SUMMARY:{_escaped(summary)}",
        f"STATUS:{'CANCELLED' if is_cancelled else 'CONFIRMED'}",
        "CLASS:PRIVATE",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    for char in ("\\", ";", ","):
        text = text.replace(char, "\\" + char)
    return " ".join(text.split())


def _folded(line: str) -> str:
    """Lines have at most 75 octets; a letter is never cut in two."""
    parts, part = [], ""
    for char in line:
        if len((part + char).encode()) > _LINE_OCTETS:
            parts.append(part)
            part = " "
        part += char
    return "\r\n".join([*parts, part])
