"""Doors of booking. The owner's appointment is with the doctor; the nurse is of the same team."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from tests.access.matrix import (
    CHILD,
    DOCTOR,
    NURSE,
    OTHER_DOCTOR,
    PATIENT,
    PERSONS,
    PROXY,
    World,
    door,
    patient_page,
)
from tests.make import booking as made
from tests.make.booking import NOW, TOMORROW

_SIDE_AND_TEAM = (PATIENT, PROXY, DOCTOR, NURSE)
_CLINICIANS = dict.fromkeys((DOCTOR, OTHER_DOCTOR, NURSE), 200)
_ONLY_THE_OWNERS = dict.fromkeys(PERSONS, 404)
_WISH = {
    "worker": "{doctor}",
    "service": "video",
    "starts_at": made.at("08:30").isoformat(),
    "key": "one-attempt",
}
_HOURS = {
    "service": "phone",
    "first_on": str(TOMORROW),
    "last_on": None,
    "starts": "13:00",
    "ends": "15:00",
}
_HOURS_FORM = {**_HOURS, "repeat": "weekly", "last_on": ""}
_SLOTS = f"?worker={{doctor}}&service=video&from={TOMORROW}"


def _own(status: int, *, child: int = 404) -> Mapping[str, int]:
    """Only the owner has what the address names; a child is told that a parent acts for it."""
    return _ONLY_THE_OWNERS | {PATIENT: status, CHILD: child}


def _team(status: int) -> Mapping[str, int]:
    return {DOCTOR: status, NURSE: status}


def _side_and_team(status: int) -> Mapping[str, int]:
    return dict.fromkeys(_SIDE_AND_TEAM, status)


ROWS = (
    door(
        "booking_api.slots",
        "GET",
        "/api/v1/patients/{owner}/slots" + _SLOTS + f"&to={TOMORROW}",
        allow=_side_and_team(200),
    ),
    door(
        "booking_api.appointments",
        "GET",
        "/api/v1/patients/{owner}/appointments",
        allow=_side_and_team(200),
    ),
    door(
        "booking_api.book",
        "POST",
        "/api/v1/patients/{owner}/appointments",
        json=_WISH,
        allow=_side_and_team(201),
    ),
    door(
        "booking_api.move",
        "POST",
        "/api/v1/patients/{owner}/appointments/{appointment}/moves",
        json=_WISH,
        allow=_side_and_team(201),
    ),
    door(
        "booking_api.cancel",
        "DELETE",
        "/api/v1/patients/{owner}/appointments/{appointment}",
        allow=_side_and_team(200),
    ),
    door(
        "booking_api.offer",
        "POST",
        "/api/v1/offers",
        json=_HOURS,
        allow=dict.fromkeys(_CLINICIANS, 201),
    ),
    door("booking_api.offers", "GET", "/api/v1/offers", allow=_CLINICIANS),
    door("booking_api.withdraw", "DELETE", "/api/v1/offers/{offer}", allow={DOCTOR: 204}),
    *patient_page("booking.appointments", "GET", "/termini"),
    *patient_page("booking.appointment", "GET", "/termini/{appointment}", own=_own(200)),
    *patient_page(
        "booking.calendar_entry", "GET", "/termini/{appointment}/termin.ics", own=_own(200)
    ),
    *patient_page(
        "booking.cancel",
        "POST",
        "/termini/{appointment}/odpoved",
        status=303,
        own=_own(303, child=403),
    ),
    *patient_page("booking.choose_again", "GET", "/termini/{appointment}/prestavi", own=_own(200)),
    *patient_page(
        "booking.move",
        "POST",
        "/termini/{appointment}/prestavi",
        form=_WISH,
        status=303,
        own=_own(303, child=403),
    ),
    *patient_page("booking.choose", "GET", "/termini/nov" + _SLOTS, own=_own(200)),
    *patient_page(
        "booking.book",
        "POST",
        "/termini/nov",
        form=_WISH,
        status=303,
        own=_own(303, child=403),
    ),
    door("booking.choose_for", "GET", "/pacienti/{owner}/termini/nov", allow=_team(200)),
    door(
        "booking.book_for",
        "POST",
        "/pacienti/{owner}/termini/nov",
        form=_WISH | {"channel": "phone"},
        allow=_team(303),
    ),
    door(
        "booking.cancel_for",
        "POST",
        "/pacienti/{owner}/termini/{appointment}/odpoved",
        allow=_team(303),
    ),
    door("booking.calendar", "GET", "/koledar", allow=_CLINICIANS),
    door("booking.choose_patient", "GET", "/koledar/nov", allow=_CLINICIANS),
    door("booking.hours", "GET", "/koledar/ure", allow=_CLINICIANS),
    door(
        "booking.offer",
        "POST",
        "/koledar/ure",
        form=_HOURS_FORM,
        allow=dict.fromkeys(_CLINICIANS, 303),
    ),
    door("booking.withdraw", "POST", "/koledar/ure/{offer}/umik", allow={DOCTOR: 303}),
    door("booking.finish", "POST", "/koledar/termini/{begun}/opravljeno", allow={DOCTOR: 303}),
    door("booking.miss", "POST", "/koledar/termini/{begun}/ni-prisel", allow={DOCTOR: 303}),
)


def furnish(session: Session, world: World) -> dict[str, object]:
    """An appointment tomorrow, with a free slot beside it, and one that has just begun."""
    doctor = world.people[DOCTOR]
    row = made.appointment(session, world.owner, doctor)
    yesterday = NOW - timedelta(days=1)
    begun = made.appointment(
        session, world.owner, doctor, "09:30", "visit", NOW.date(), now=yesterday
    )
    return {
        "doctor": doctor.id,
        "appointment": row.id,
        "begun": begun.id,
        "offer": row.offer_id,
    }
