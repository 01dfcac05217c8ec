"""A health worker's day: today's appointments and the head of the worklist."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.audit import service as audit
from telehealth.booking import service as booking
from telehealth.booking.models import Appointment
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import local
from telehealth.monitoring import service as monitoring
from telehealth.notifications import service as notifications
from telehealth.notifications.service import MailState

ROWS_SHOWN = 8
_WITH_CALENDAR = frozenset({Role.DOCTOR, Role.NURSE})


@dataclass(frozen=True, slots=True)
class Day:
    """What a health worker begins the day with."""

    appointments: Sequence[Appointment]
    open: Sequence[monitoring.Listed]
    """Patients who ask for a look, the most urgent first."""
    n_open: int
    patients: int
    """How many the worker looks after."""
    has_calendar: bool
    mail: MailState | None = None
    """Whether notices of alerts arrive; None: it is nothing to this worker."""
    n_untold: int = 0
    """Open alerts of which nobody could be told."""


def clinic_day(session: Session, actor: Actor, *, now: datetime) -> Day:
    """Today's appointments, and the head of the worker's open worklist.

    Each patient shown by name and reason finds that in the own trail.
    """
    if not actor.roles & _WITH_CALENDAR:
        return Day((), (), 0, 0, has_calendar=False)
    today = local(now).date()
    appointments = booking.agenda(session, actor, today, today, now=now)
    wanted = monitoring.Filter(is_asking=True, limit=ROWS_SHOWN)
    found = monitoring.worklist(session, actor, wanted, now=now)
    counts = found.counts
    for row in found.page.items:
        shown = Actor(
            actor.person_id,
            row.entry.patient_id,
            Basis.CARE_TEAM,
            actor.roles,
            None,
            actor.session_id,
        )
        audit.record(session, shown, "home.day", "worklist", row.entry.patient_id, now=now)
    return Day(
        appointments,
        found.page.items,
        counts.asking,
        counts.total,
        has_calendar=True,
        mail=notifications.mail_state(session, now=now),
        n_untold=alerts.untold_of_worker(session, actor, now=now),
    )
