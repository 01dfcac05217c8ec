"""From a sign-in to an actor: decided afresh for every request, event and job."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis, SignIn, SignInKind
from telehealth.core.errors import NotFound
from telehealth.directory import service as directory
from telehealth.mandates.models import Representation
from telehealth.mandates.service.facts import BASIS, acting_for, is_in_effect, representation


def actor_of(
    session: Session,
    sign_in: SignIn,
    subject_id: int | None,
    representation_id: int | None,
    now: datetime,
) -> Actor:
    """Who acts for whom, decided from the database for this one request, event or job.

    Raises:
        NotFound: the subject is not this person's to know about, or the representation has ended.
    """
    if sign_in.kind is SignInKind.DEVICE:
        return _device(session, sign_in, subject_id, now)
    if representation_id is not None:
        row = representation(session, sign_in.person_id, representation_id, now)
        if subject_id not in (None, row.represented_id):
            raise NotFound
        return _actor(sign_in, row.represented_id, BASIS[row.kind], row.id)
    if subject_id is None or subject_id == sign_in.person_id:
        return _actor(sign_in, sign_in.person_id, Basis.SELF)
    if sign_in.is_staff and directory.is_in_care_team(
        session, sign_in.person_id, subject_id, now=now
    ):
        return _actor(sign_in, subject_id, Basis.CARE_TEAM)
    for row in acting_for(session, sign_in.person_id, now=now):
        if row.represented_id == subject_id:
            return _actor(sign_in, subject_id, BASIS[row.kind], row.id)
    raise NotFound


def _device(session: Session, sign_in: SignIn, subject_id: int | None, now: datetime) -> Actor:
    if sign_in.patient_id is None or subject_id not in (None, sign_in.patient_id):
        raise NotFound
    _require_maker_still_acts(session, sign_in.person_id, sign_in.patient_id, now)
    return _actor(sign_in, sign_in.patient_id, Basis.DEVICE)


def _require_maker_still_acts(
    session: Session, maker_id: int, patient_id: int, now: datetime
) -> None:
    """A token made by a representative is worth no more than the representation is today.

    The sweeper that revokes such tokens may be late; this is not. A token made by the patient or by
    the care team has no representation behind it.
    """
    rows = session.scalars(
        select(Representation).where(
            Representation.representative_id == maker_id,
            Representation.represented_id == patient_id,
        )
    ).all()
    if not rows or any(is_in_effect(row, now) for row in rows):
        return
    if not directory.is_in_care_team(session, maker_id, patient_id, now=now):
        raise NotFound


def _actor(
    sign_in: SignIn, subject_id: int | None, basis: Basis, representation_id: int | None = None
) -> Actor:
    return Actor(
        person_id=sign_in.person_id,
        subject_id=subject_id,
        basis=basis,
        roles=sign_in.roles,
        representation_id=representation_id,
        session_id=sign_in.session_id,
        confirmed_at=sign_in.confirmed_at,
    )
