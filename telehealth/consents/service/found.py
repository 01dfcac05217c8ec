"""Finding requests and what decides about them; shared by the verbs of this room."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.consent.document import ConsentTemplate
from telehealth.consents.models import (
    OPEN,
    ConsentRecord,
    ConsentRequest,
    Preparation,
    State,
)
from telehealth.consents.policy import Facts
from telehealth.consents.service.versions import template_of
from telehealth.core.actor import Actor
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, NotFound
from telehealth.core.i18n import N_
from telehealth.identity import service as identity

_MAX_ID = 2**62


def request_of(
    session: Session, actor: Actor, request_id: int, *, locked: bool = False
) -> ConsentRequest:
    """One of the subject's requests.

    Args:
        session: the unit of work.
        actor: for whom.
        request_id: which one.
        locked: others wait until this transaction ends, and the row is read anew.

    Raises:
        NotFound: absent, or another's.
    """
    query = select(ConsentRequest).where(
        ConsentRequest.id == request_id, ConsentRequest.subject_id == actor.subject_id
    )
    if locked:
        query = query.with_for_update(of=ConsentRequest).execution_options(populate_existing=True)
    found = session.scalar(query) if 0 < request_id < _MAX_ID else None
    if found is None:
        raise NotFound
    return found


def judged(session: Session, request: ConsentRequest) -> tuple[ConsentTemplate, Facts]:
    """What `policy` needs to know: the wording and the person."""
    person = identity.person(session, request.subject_id)
    return template_of(request.version), Facts(person.birth_on, person.died_on is not None)


def record_of(session: Session, request_id: int) -> ConsentRecord | None:
    """The answer to a request, if there is one."""
    return session.scalar(
        select(ConsentRecord)
        .where(ConsentRecord.request_id == request_id)
        .order_by(ConsentRecord.id.desc())
        .limit(1)
    )


def preparation_of(session: Session, request_id: int, signer_id: int | None) -> Preparation | None:
    """What was last prepared for this signer."""
    return session.scalar(
        select(Preparation).where(
            Preparation.request_id == request_id, Preparation.signer_id == signer_id
        )
    )


def state_at(request: ConsentRequest, record: ConsentRecord | None, now: datetime) -> State:
    """The state in truth: a sweeper may be late, this is not."""
    if request.state in OPEN and now > request.due_at:
        return State.EXPIRED
    last = record.valid_until if record else None
    if request.state is State.SIGNED and last is not None and local(now).date() > last:
        return State.EXPIRED
    return request.state


def require_open(session: Session, request: ConsentRequest, now: datetime) -> None:
    """Still to be answered.

    Raises:
        Conflict: answered, withdrawn or too late.
    """
    state = state_at(request, record_of(session, request.id), now)
    if state in OPEN:
        return
    if state is State.EXPIRED:
        raise Conflict(
            N_("The time for answering has passed. Ask your care team to send it again."),
            code="expired",
        )
    raise Conflict(N_("This consent has already been answered."), code="answered")
