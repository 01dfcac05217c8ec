"""Sending a consent to a patient."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.consents import policy
from telehealth.consents.models import LIVING, ConsentRequest, State
from telehealth.consents.policy import Facts
from telehealth.consents.service import evidence, life
from telehealth.consents.service.versions import in_use, template_of
from telehealth.core.actor import Actor
from telehealth.core.clock import HOME_ZONE, local
from telehealth.core.errors import Conflict, FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.directory import service as directory
from telehealth.identity import service as identity
from telehealth.inbox import service as inbox
from telehealth.inbox.models import ItemKind

ANSWER_WITHIN = timedelta(days=30)
MAX_WITHIN = timedelta(days=366)
_TITLE_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Sending:
    """Which consent; the last local day to answer (None: in thirty days)."""

    template: str
    due_on: date | None = None


def send(session: Session, actor: Actor, sending: Sending, *, now: datetime) -> ConsentRequest:
    """The consent waits in the subject's inbox.

    Raises:
        NotAllowed: the actor does not send consents.
        Invalid: no such consent, or a day that cannot be.
        Conflict: it waits already, is in force, or needs two signatures at this age.
    """
    version = in_use(session, sending.template, now=now)
    template = template_of(version)
    person = identity.person(session, actor.subject_id or 0)
    policy.require_sending(actor)
    if policy.needs_two_signatures(
        template, Facts(person.birth_on, person.died_on is not None), now
    ):
        raise Conflict(policy.TWO_SIGNATURES, code="two_signatures")
    life.expire_due(session, person.id, now=now)
    worker = directory.worker(session, actor.person_id or 0, now=now)
    row = ConsentRequest(
        subject_id=person.id,
        version_id=version.id,
        reference=secrets.token_hex(6).upper(),
        organisation=worker.unit_name if worker else "",
        sent_by_id=actor.person_id,
        sent_at=now,
        due_at=_due(sending.due_on, now),
        state=State.OFFERED,
        changed_at=now,
    )
    _add(session, row)
    evidence.append(session, row, actor, "offered", {"version": version.sha256}, now=now)
    languages = template.languages
    title_in = _TITLE_LANGUAGE if _TITLE_LANGUAGE in languages else languages[0]
    inbox.deliver(
        session,
        inbox.Delivery(
            person_id=person.id,
            kind=ItemKind.CONSENT,
            ref=str(row.id),
            title=template.text(title_in).title[:200],
            sender_id=actor.person_id,
            due_at=row.due_at,
        ),
        now=now,
    )
    audit.record(session, actor, "consents.send", "consent_request", row.id, now=now)
    return row


def _add(session: Session, row: ConsentRequest) -> None:
    refused = Conflict(
        N_("This consent is already waiting for an answer, or signed and in force."),
        code="already_sent",
    )
    living = session.scalar(
        select(ConsentRequest.id).where(
            ConsentRequest.subject_id == row.subject_id,
            ConsentRequest.version_id == row.version_id,
            ConsentRequest.state.in_(LIVING),
        )
    )
    if living is not None:
        raise refused
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise refused from error


def _due(due_on: date | None, now: datetime) -> datetime:
    today = local(now).date()
    last = due_on or today + ANSWER_WITHIN
    if not today <= last <= today + MAX_WITHIN:
        problem = FieldError("#/due_on", N_("Choose a day within the next year."), "bad_day")
        raise Invalid(errors=(problem,))
    return datetime.combine(last, time(23, 59, 59), HOME_ZONE)
