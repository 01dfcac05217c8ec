"""How many rows of imported files did not come into the diary, or came with an uncertain time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.files import Reason
from telehealth.core.actor import Actor
from telehealth.imports import policy
from telehealth.imports.models import FileImport, State
from telehealth.imports.service.sights import Sight

SHOWN_DAYS = 30
"""For so long the number stands on the pages; the reasons stay with each import."""
NO_READINGS = frozenset(
    {Reason.NOT_GLUCOSE, Reason.KETONE, Reason.PERSONAL, Reason.DEVICE, Reason.ALERT}
)
"""Rows that are no readings and belong nowhere in a diary of glucose."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a patient and the care team should know of the files of the last month."""

    n_rows: int
    """Rows that may be readings and were left out, and readings that the diary refused."""
    n_uncertain: int
    """Readings in the hour that comes twice in autumn."""


def left_out(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> LeftOut:
    """Rows left out of the imports of the last thirty days that are in the diary.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not import.
    """
    policy.require_importing(actor, patient_id)
    rows = session.execute(
        select(FileImport.seen, FileImport.n_rejected).where(
            FileImport.patient_id == patient_id,
            FileImport.state == State.DONE,
            FileImport.changed_at > now - timedelta(days=SHOWN_DAYS),
        )
    ).all()
    sights = [Sight.from_json(row.seen) for row in rows]
    n_rejected = sum(row.n_rejected for row in rows)
    return LeftOut(n_rejected + sum(map(n_unread, sights)), sum(sight.n_folds for sight in sights))


def n_unread(sight: Sight) -> int:
    """Rows of one file that may be readings and were left out."""
    return sum(one.count for one in sight.skipped if one.reason not in NO_READINGS)
