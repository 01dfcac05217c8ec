"""Video appointments that can be entered at `NOW`, and who represents whom in a call."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from telehealth.booking import service as booking
from telehealth.booking.models import Appointment, Modality
from telehealth.core.actor import Actor, Basis
from telehealth.core.clock import local
from telehealth.identity.models import Person
from telehealth.mandates.models import Representation
from tests.make.booking import as_doctor, as_team
from tests.make.people import NOW


def video_appointment(
    session: Session,
    patient: Person,
    doctor: Person,
    starts_at: datetime = NOW + timedelta(minutes=5),
) -> Appointment:
    """A booked video appointment of half an hour, by default one that begins in five minutes."""
    kind = next(one for one in booking.service_types(session) if one.modality is Modality.VIDEO)
    here = local(starts_at)
    hours = booking.NewHours(
        service=kind.key,
        first_on=here.date(),
        last_on=here.date(),
        starts_wall=here.time(),
        ends_wall=local(starts_at + timedelta(minutes=30)).time(),
        slot_min=30,
    )
    before = starts_at - timedelta(hours=2)
    booking.offer(session, as_doctor(doctor), hours, now=before)
    wish = booking.Wish(doctor.id, kind.key, starts_at, key=f"{patient.id}-{starts_at}")
    return booking.book(session, as_team(doctor, patient), wish, now=before)


def representing(row: Representation) -> Actor:
    """A guardian or proxy for the person they represent."""
    return Actor(
        row.representative_id,
        row.represented_id,
        Basis(row.kind.value),
        representation_id=row.id,
    )
