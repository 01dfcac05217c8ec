"""Consents: sent, prepared, signed, sealed; and actors as the doors would make them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from telehealth.consents import service as consents
from telehealth.consents.models import ConsentRecord, ConsentRequest, Preparation
from telehealth.core.actor import Actor, Basis, Role
from telehealth.identity.models import Person
from tests.make.people import NOW

TEMPLATE = "diabetes-monitoring"
DECISIONS = {"share-readings": "granted", "reminders": "refused"}


def as_self(who: Person, confirmed_at: datetime = NOW) -> Actor:
    """A person in their own account, who has just given the password."""
    return Actor(who.id, who.id, Basis.SELF, confirmed_at=confirmed_at)


def as_guardian(parent: Person, kid: Person, confirmed_at: datetime = NOW) -> Actor:
    """A parent with a child."""
    return Actor(parent.id, kid.id, Basis.GUARDIAN, confirmed_at=confirmed_at)


def as_team(worker: Person, patient: Person, role: Role = Role.DOCTOR) -> Actor:
    """A worker with a patient of theirs."""
    return Actor(worker.id, patient.id, Basis.CARE_TEAM, frozenset({role}), confirmed_at=NOW)


def request(
    session: Session, worker: Person, patient: Person, *, now: datetime = NOW
) -> ConsentRequest:
    """A consent in the patient's inbox."""
    wanted = consents.Sending(TEMPLATE)
    return consents.send(session, as_team(worker, patient), wanted, now=now)


def choice(
    decisions: Mapping[str, str] | None = None,
    *,
    gesture: str = "typed_name",
    typed_name: str = "Ana Novak",
    language: str = "sl",
) -> consents.Choice:
    """What a signer chose."""
    return consents.Choice(
        language, DECISIONS if decisions is None else decisions, gesture, typed_name
    )


def preparation(
    session: Session, actor: Actor, asked: ConsentRequest, *, now: datetime = NOW
) -> Preparation:
    """A preview in front of the signer."""
    return chosen(session, actor, asked, choice(), now=now)


def chosen(
    session: Session,
    actor: Actor,
    asked: ConsentRequest,
    wanted: consents.Choice | None,
    *,
    now: datetime = NOW,
) -> Preparation:
    """The same with a choice of the signer's own; None: the last one again."""
    draft = consents.draw_up(session, actor, asked.id, wanted, now=now)
    return consents.keep(session, actor, draft, consents.draw(draft, is_test=True), now=now)


def signature(
    session: Session, actor: Actor, asked: ConsentRequest, *, now: datetime = NOW
) -> ConsentRecord:
    """A signed consent that waits for its seal."""
    row = preparation(session, actor, asked, now=now)
    signing = consents.Signing(asked.id, row.h0, row.nonce)
    return consents.sign(session, actor, signing, now=now)
