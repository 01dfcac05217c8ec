"""What time does to consents, and what other rooms ask: is this granted now?"""

from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from surveys.consent.document import Decision
from telehealth.audit import service as audit
from telehealth.consents.models import (
    OPEN,
    ConsentRecord,
    ConsentRequest,
    State,
    TemplateVersion,
)
from telehealth.consents.service import evidence
from telehealth.core.actor import system
from telehealth.core.clock import local
from telehealth.inbox import service as inbox
from telehealth.inbox.models import ItemKind

CAUSE = "consents.expire"


def is_granted(
    session: Session, subject_id: int, template: str, item: str, *, now: datetime
) -> bool:
    """Whether the person's consent to one item is in force: sealed, not withdrawn, not expired.

    While a consent is being sealed it does not count yet, so that a withdrawal in between wins.
    """
    found = session.scalars(
        select(ConsentRecord)
        .join(ConsentRequest)
        .join(TemplateVersion)
        .where(
            ConsentRequest.subject_id == subject_id,
            ConsentRequest.state == State.SIGNED,
            TemplateVersion.template == template,
            or_(
                ConsentRecord.valid_until.is_(None),
                ConsentRecord.valid_until >= local(now).date(),
            ),
        )
        .order_by(ConsentRecord.answered_at.desc())
        .limit(1)
    ).first()
    return found is not None and found.decisions.get(item) == Decision.GRANTED.value


def expire_due(session: Session, subject_id: int | None = None, *, now: datetime) -> int:
    """Requests nobody answered in time, and consents past their last day, are over."""
    query = (
        select(ConsentRequest)
        .outerjoin(ConsentRecord, ConsentRecord.request_id == ConsentRequest.id)
        .where(
            or_(
                and_(ConsentRequest.state.in_(OPEN), ConsentRequest.due_at < now),
                and_(
                    ConsentRequest.state == State.SIGNED,
                    ConsentRecord.valid_until < local(now).date(),
                ),
            )
        )
    )
    if subject_id is not None:
        query = query.where(ConsentRequest.subject_id == subject_id)
    rows = session.scalars(query.with_for_update(of=ConsentRequest, skip_locked=True)).all()
    for row in rows:
        actor = system(CAUSE, row.subject_id)
        row.state, row.changed_at = State.EXPIRED, now
        evidence.append(session, row, actor, "expired", now=now)
        inbox.finish(session, row.subject_id, ItemKind.CONSENT, str(row.id), now=now)
        audit.record(session, actor, CAUSE, "consent_request", row.id, now=now)
    return len(rows)
