"""Who may book, see and attend appointments, who may offer hours, and when. Pure functions."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from telehealth.booking.models import BLOCKING, Channel, Modality, Status
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import Conflict, NotAllowed, NotFound
from telehealth.core.i18n import N_

JOIN_OPENS = timedelta(minutes=10)
"""A video consultation may be entered this long before its start,"""
JOIN_CLOSES = timedelta(minutes=30)
"""and until this long after its planned end."""

_FOR_ONESELF_OR_ANOTHER = frozenset(
    {Basis.SELF, Basis.GUARDIAN, Basis.MANDATE, Basis.HEALTH_CARE_PROXY}
)
_STAFF = frozenset({Basis.CARE_TEAM, Basis.CLINIC_STAFF})
_CLINICIANS = frozenset({Role.DOCTOR, Role.NURSE})


@dataclass(frozen=True, slots=True)
class Times:
    """What the clock decides about one appointment."""

    starts_at: datetime
    ends_at: datetime
    status: Status
    modality: Modality
    cancel_until_min: int


def is_for_staff(actor: Actor) -> bool:
    """Whether the actor books as the clinic and not as the patient's side."""
    return actor.basis in _STAFF


def require_seeing(actor: Actor) -> int:
    """The patient whose appointments the actor may see: their own, of whom they represent or treat.

    Raises:
        NotAllowed: anybody else, also a device and the application itself.
    """
    if actor.subject_id is None or not _is_known(actor):
        raise NotAllowed(N_("You may not see the appointments of this person."))
    return actor.subject_id


def require_acting(actor: Actor, *, is_child: bool) -> tuple[int, int]:
    """Who (first) books, moves or cancels for whom (second); a child leaves it to a parent.

    Raises:
        NotAllowed: the actor may not do this for this person.
    """
    if actor.subject_id is None or actor.person_id is None or not _is_known(actor):
        raise NotAllowed(N_("You may not book for this person."))
    if actor.basis is Basis.SELF and is_child:
        raise NotAllowed(
            N_("Until the age of 15 a parent or guardian books for you."), code="too_young"
        )
    return actor.person_id, actor.subject_id


def require_channel(actor: Actor, channel: Channel) -> None:
    """The patient's side comes through the portal; any other way is recorded by the clinic alone.

    Raises:
        NotAllowed: a patient's booking that pretends to have come by phone.
    """
    if channel is not Channel.PORTAL and not is_for_staff(actor):
        raise NotAllowed(N_("Only the clinic records how a wish reached it."), code="channel")


def _is_known(actor: Actor) -> bool:
    return actor.basis in _FOR_ONESELF_OR_ANOTHER or is_for_staff(actor)


def require_offering(actor: Actor) -> int:
    """The worker whose hours the actor arranges: doctors and nurses their own, nobody another's.

    Raises:
        NotFound: the actor has no calendar here.
    """
    is_own = actor.basis is Basis.SELF and bool(actor.roles & _CLINICIANS)
    if not is_own or actor.person_id is None:
        raise NotFound
    return actor.person_id


def require_holding(actor: Actor, patient_id: int, worker_id: int) -> None:
    """The worker of the appointment, or another of the patient's care team, holds it.

    Raises:
        NotFound: not the actor's appointment to hold.
    """
    is_worker = actor.person_id == worker_id and actor.basis in (Basis.SELF, Basis.CARE_TEAM)
    is_team = actor.basis is Basis.CARE_TEAM and actor.subject_id == patient_id
    if not actor.roles & _CLINICIANS or not (is_worker or is_team):
        raise NotFound


def may_change(actor: Actor, times: Times, now: datetime) -> bool:
    """Whether it is still early enough to cancel or move; the clinic may until the start."""
    notice = timedelta(0) if is_for_staff(actor) else timedelta(minutes=times.cancel_until_min)
    return times.status is Status.BOOKED and now <= times.starts_at - notice


def require_changing(actor: Actor, times: Times, now: datetime) -> None:
    """Refuse a change that comes too late.

    Raises:
        Conflict: it has ended or begun, or its start is too near.
    """
    if times.status is not Status.BOOKED:
        raise Conflict(N_("This appointment can no longer be changed."), code="not_open")
    if not may_change(actor, times, now):
        raise Conflict(
            N_("It is too late to change this appointment here. Please call your practice."),
            code="too_late",
        )


def is_joinable(times: Times, now: datetime) -> bool:
    """Whether the video call of an appointment may be entered at this instant."""
    return (
        times.modality is Modality.VIDEO
        and times.status in BLOCKING
        and times.starts_at - JOIN_OPENS <= now <= times.ends_at + JOIN_CLOSES
    )
