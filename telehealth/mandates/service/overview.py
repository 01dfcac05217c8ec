"""One's own mandates and guardianships, both ways, with what is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.identity import service as identity
from telehealth.mandates import policy
from telehealth.mandates.models import Representation
from telehealth.mandates.service.facts import is_in_effect

PAST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Overview:
    """Who acts for me, for whom I act, what is over; and whether I may grant at all."""

    given: Sequence[Representation]
    """In effect: others act for the actor."""
    held: Sequence[Representation]
    """In effect: the actor acts for others."""
    past: Sequence[Representation]
    """Ended, the newest first."""
    may_grant: bool
    """False for a child under 15."""


def overview(session: Session, actor: Actor, *, now: datetime) -> Overview:
    """Everything about the actor's own representations.

    Raises:
        NotAllowed: asked while acting for another.
    """
    policy.require_managing(actor)
    own = identity.person(session, actor.person_id or 0)
    rows = session.scalars(
        select(Representation)
        .where(
            or_(Representation.represented_id == own.id, Representation.representative_id == own.id)
        )
        .order_by(Representation.id.desc())
    ).all()
    current = [row for row in rows if is_in_effect(row, now)]
    ids = {row.id for row in current}
    audit.record(
        session, actor, "mandates.list", "representation", now=now, detail={"rows": len(rows)}
    )
    return Overview(
        given=[row for row in current if row.represented_id == own.id],
        held=[row for row in current if row.representative_id == own.id],
        past=[row for row in rows if row.id not in ids][:PAST_SHOWN],
        may_grant=not policy.is_child(own.birth_on, now),
    )
