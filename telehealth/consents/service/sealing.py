"""The way of a signed document into its seal: read, (seal outside of any transaction), store."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.consents.gateways.sealing import SealedFile
from telehealth.consents.models import ConsentRecord, ConsentRequest, Preparation, State
from telehealth.consents.service import evidence
from telehealth.consents.service.found import preparation_of
from telehealth.core.actor import system
from telehealth.core.i18n import N_
from telehealth.inbox import service as inbox
from telehealth.inbox.models import ItemKind

CAUSE = "consents.seal"
RECEIPT_TITLE = N_("Signed consent")


@dataclass(frozen=True, slots=True)
class Unsealed:
    """The bytes the signer saw."""

    record_id: int
    pdf: bytes


def to_seal(session: Session, record_id: int) -> Unsealed | None:
    """What waits for its seal; None: it has one."""
    record = session.get(ConsentRecord, record_id)
    if record is None or record.file_sha256 is not None:
        return None
    row = preparation_of(session, record.request_id, record.signer_id)
    if row is None or row.h0 != record.h0:
        raise RuntimeError("the bytes of a signed consent are gone")
    return Unsealed(record.id, row.pdf)


def keep_sealed(session: Session, record_id: int, sealed: SealedFile, *, now: datetime) -> bool:
    """The sealed file belongs to its record and waits in the inbox; False: another was faster.

    The file must be on disk before. A withdrawal during sealing stays a withdrawal.
    """
    record = session.get_one(ConsentRecord, record_id)
    request = session.scalars(
        select(ConsentRequest)
        .where(ConsentRequest.id == record.request_id)
        .with_for_update(of=ConsentRequest)
        .execution_options(populate_existing=True)
    ).one()
    session.refresh(record)
    if record.file_sha256 is not None:
        return False
    record.file_sha256, record.revisions = sealed.sha256, sealed.revisions
    record.level, record.seal_sha256, record.sealed_at = sealed.level, sealed.signer_sha256, now
    if request.state is State.SEALING:
        request.state, request.changed_at = State.SIGNED, now
    actor = system(CAUSE, request.subject_id)
    proof = {
        "file": sealed.sha256,
        "revisions": sealed.revisions,
        "level": sealed.level,
        "seal": sealed.signer_sha256,
    }
    evidence.append(session, request, actor, "sealed", proof, now=now)
    row = preparation_of(session, request.id, record.signer_id)
    if row is not None:
        _forget(session, row)
    inbox.deliver(
        session,
        inbox.Delivery(
            person_id=request.subject_id,
            kind=ItemKind.DOCUMENT,
            ref=str(request.id),
            title=RECEIPT_TITLE,
            sender_id=request.sent_by_id,
        ),
        now=now,
    )
    audit.record(session, actor, CAUSE, "consent_request", request.id, now=now)
    return True


def _forget(session: Session, row: Preparation) -> None:
    """The sealed file begins with these bytes: a second copy would only be one more to guard."""
    session.delete(row)


def is_issued(session: Session, file_sha256: str, revisions: int) -> bool:
    """Whether exactly this file was given out: a seal alone does not show a missing revision."""
    found = session.scalar(
        select(ConsentRecord.revisions).where(ConsentRecord.file_sha256 == file_sha256)
    )
    return found is not None and found == revisions
