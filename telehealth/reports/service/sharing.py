"""Sharing a report with the patient: a lasting copy of what the care team saw, and a notice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.errors import FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.identity import service as identity
from telehealth.inbox import service as inbox
from telehealth.inbox.models import ItemKind
from telehealth.reports import policy
from telehealth.reports.models import MAX_WORDS_CHARS, SharedReport
from telehealth.reports.service.reporting import clinic_of, sheet_of
from telehealth.reports.service.sheets import Sheet
from telehealth.reports.service.windows import Days

TITLE = N_("A report of your glucose")
_LISTED = 50


@dataclass(frozen=True, slots=True)
class Shared:
    """A shared report as it is shown."""

    id: int
    patient_id: int
    patient_name: str
    birth_on: date
    clinic: str
    first: date
    last: date
    words: str
    sheet: Sheet
    shared_by: str
    shared_at: datetime


@dataclass(frozen=True, slots=True)
class SharedLine:
    """A line of the list of shared reports."""

    id: int
    first: date
    last: date
    shared_by: str
    shared_at: datetime
    is_withdrawn: bool


def share(
    session: Session, actor: Actor, patient_id: int, days: Days, words: str, *, now: datetime
) -> SharedReport:
    """The patient finds the report in the inbox, as it is now.

    Raises:
        NotFound: not the actor's patient.
        NotAllowed: not a doctor or nurse of the care team.
        Invalid: the words are too long, or there is nothing to share.
    """
    policy.require_writing(actor, patient_id)
    words = words.strip()
    if len(words) > MAX_WORDS_CHARS:
        wrong = FieldError("#/words", N_("At most 1,000 characters."), "too_long")
        raise Invalid(errors=(wrong,))
    sheet = sheet_of(session, patient_id, days, now=now)
    if sheet["sensor"] is None and sheet["sticks"] is None:
        raise Invalid(N_("There are no readings in these days, so there is no report to share."))
    row = SharedReport(
        patient_id=patient_id,
        first_on=days.first,
        last_on=days.last,
        words=words,
        sheet=orjson.dumps(sheet).decode(),
        shared_by_id=actor.person_id or 0,
        shared_at=now,
    )
    session.add(row)
    session.flush()
    delivery = inbox.Delivery(
        patient_id, ItemKind.REPORT, str(row.id), TITLE, sender_id=actor.person_id
    )
    inbox.deliver(session, delivery, now=now)
    audit.record(session, actor, "reports.share", "shared_report", row.id, now=now)
    return row


def withdraw(
    session: Session, actor: Actor, patient_id: int, share_id: int, *, now: datetime
) -> None:
    """The patient no longer finds the report; the row stays. Twice is once.

    Raises:
        NotFound: no such report of this patient.
        NotAllowed: not a doctor or nurse of the care team.
    """
    policy.require_writing(actor, patient_id)
    row = _of(session, patient_id, share_id)
    if row.withdrawn_at is not None:
        return
    row.withdrawn_at = now
    inbox.finish(session, patient_id, ItemKind.REPORT, str(row.id), now=now)
    audit.record(session, actor, "reports.withdraw", "shared_report", row.id, now=now)


def open_shared(
    session: Session, actor: Actor, patient_id: int, share_id: int, *, now: datetime
) -> Shared:
    """A shared report as it was; never one that was taken back.

    Raises:
        NotFound: no such report of this patient, or taken back.
        NotAllowed: the actor may not read reports.
    """
    policy.require_reading(actor, patient_id)
    row = _of(session, patient_id, share_id)
    if row.withdrawn_at is not None:
        raise NotFound
    person = identity.person(session, patient_id)
    audit.record(session, actor, "reports.open_shared", "shared_report", row.id, now=now)
    return Shared(
        id=row.id,
        patient_id=patient_id,
        patient_name=person.name,
        birth_on=person.birth_on,
        clinic=clinic_of(session, patient_id, now=now),
        first=row.first_on,
        last=row.last_on,
        words=row.words,
        sheet=cast("Sheet", orjson.loads(row.sheet)),
        shared_by=identity.names(session, [row.shared_by_id]).get(row.shared_by_id, ""),
        shared_at=row.shared_at,
    )


def shared_with(session: Session, actor: Actor, patient_id: int) -> Sequence[SharedLine]:
    """Reports shared with a patient, newest first; the caller's page is audited.

    The patient does not see those that were taken back.
    """
    policy.require_reading(actor, patient_id)
    rows = session.execute(
        select(
            SharedReport.id,
            SharedReport.first_on,
            SharedReport.last_on,
            SharedReport.shared_by_id,
            SharedReport.shared_at,
            SharedReport.withdrawn_at,
        )
        .where(SharedReport.patient_id == patient_id)
        .order_by(SharedReport.shared_at.desc(), SharedReport.id.desc())
        .limit(_LISTED)
    ).all()
    names = identity.names(session, {row.shared_by_id for row in rows})
    return [
        SharedLine(
            row.id,
            row.first_on,
            row.last_on,
            names.get(row.shared_by_id, ""),
            row.shared_at,
            row.withdrawn_at is not None,
        )
        for row in rows
        if row.withdrawn_at is None or policy.may_write(actor)
    ]


def _of(session: Session, patient_id: int, share_id: int) -> SharedReport:
    row = session.scalar(
        select(SharedReport).where(
            SharedReport.id == share_id, SharedReport.patient_id == patient_id
        )
    )
    if row is None:
        raise NotFound
    return row
