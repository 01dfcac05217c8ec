"""How browsers reach each other: ICE servers for people inside, and for the device check."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from telehealth.booking import service as booking
from telehealth.consults import policy
from telehealth.consults.service import rooms
from telehealth.core.actor import Actor
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.core.i18n import N_
from video.ice import IceConfiguration, ice_configuration, ice_servers
from video.rooms import INSIDE, CallState

OVERRUN = timedelta(minutes=30)
MIN_LIFE = timedelta(minutes=10)
CHECK_LIFE = timedelta(minutes=2)
"""The device check asks for one address and lets it go."""


@dataclass(frozen=True, slots=True)
class Relays:
    """STUN and TURN servers of this installation, and the secrets shared with them."""

    urls: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


def connection(
    session: Session, actor: Actor, consultation_id: int, relays: Relays, *, now: datetime
) -> IceConfiguration:
    """Servers for somebody inside, with names that are good until the end of slot and overrun.

    Raises:
        NotFound: not a consultation the actor sits in.
        NotAllowed: not let in (yet), or the call has ended.
    """
    appointment = booking.appointment_for_call(session, consultation_id)
    policy.require_joining(actor, rooms.facts_of(appointment, now))
    row = rooms.glance(session, consultation_id)
    if row is None:
        raise NotFound
    seat = rooms.seat_of(row, actor.person_id)
    if seat.place not in INSIDE or row.state is CallState.ENDED:
        raise NotAllowed(N_("Please wait until you are let in."), code="not_admitted")
    until = max(appointment.ends_at + OVERRUN, now + MIN_LIFE)
    return ice_configuration(
        ice_servers(relays.urls, relays.secrets, seat.participant_id, expires_at=until)
    )


def check_connection(relays: Relays, *, now: datetime) -> IceConfiguration:
    """Servers for the device check, under a name that belongs to nobody and lasts two minutes."""
    visitor = secrets.token_urlsafe(12)
    return ice_configuration(
        ice_servers(relays.urls, relays.secrets, visitor, expires_at=now + CHECK_LIFE)
    )
