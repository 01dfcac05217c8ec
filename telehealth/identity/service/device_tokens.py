"""Device tokens: one patient, one purpose (upload readings), revocable, shown once."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.errors import NotFound
from telehealth.identity import policy
from telehealth.identity.models import DeviceToken
from telehealth.identity.service.signing_in import token_digest

PREFIX = "thd_"
"""Recognisable, so that a leaked one can be found by secret scanners."""


@dataclass(frozen=True, slots=True)
class NewDeviceToken:
    """A device token that has just been made; the token itself is shown only here."""

    id: int
    token: str = field(repr=False)
    patient_id: int
    name: str


def give_device_token(
    session: Session, actor: Actor, patient_id: int, name: str, *, now: datetime
) -> NewDeviceToken:
    """A device may upload readings of this patient.

    Raises:
        NotAllowed: not the actor's to give.
    """
    policy.require_giving_device_token(actor, patient_id)
    token = PREFIX + secrets.token_urlsafe(32)
    row = DeviceToken(
        patient_id=patient_id,
        created_by_id=actor.person_id,
        representation_id=actor.representation_id,
        name=name,
        token_hash=token_digest(token),
        created_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "identity.give_device_token", "device_token", row.id, now=now)
    return NewDeviceToken(row.id, token, patient_id, name)


def find_device_token(session: Session, token: str) -> DeviceToken | None:
    """The device token, unless revoked or unknown."""
    found = session.scalar(select(DeviceToken).where(DeviceToken.token_hash == token_digest(token)))
    return found if found is not None and found.revoked_at is None else None


def list_device_tokens(session: Session, actor: Actor, *, now: datetime) -> Sequence[DeviceToken]:
    """The subject's device tokens in force, newest first."""
    audit.record(session, actor, "identity.list_device_tokens", "device_token", now=now)
    return session.scalars(
        select(DeviceToken)
        .where(DeviceToken.patient_id == actor.subject_id, DeviceToken.revoked_at.is_(None))
        .order_by(DeviceToken.id.desc())
    ).all()


def revoke_device_token(session: Session, actor: Actor, token_id: int, *, now: datetime) -> None:
    """The device may no longer upload.

    Raises:
        NotFound: not one of the subject's.
    """
    found = session.scalar(
        select(DeviceToken).where(
            DeviceToken.id == token_id, DeviceToken.patient_id == actor.subject_id
        )
    )
    if found is None:
        raise NotFound
    policy.require_giving_device_token(actor, found.patient_id)
    found.revoked_at = found.revoked_at or now
    audit.record(session, actor, "identity.revoke_device_token", "device_token", token_id, now=now)


def revoke_device_tokens_under(session: Session, representation_id: int, *, now: datetime) -> None:
    """Tokens made under a representation end with it."""
    session.execute(
        update(DeviceToken)
        .where(DeviceToken.representation_id == representation_id, DeviceToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
