"""Binding, naming and releasing meters. History stays; everything can be undone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict
from telehealth.core.i18n import N_
from telehealth.meters import policy
from telehealth.meters.models import How, Meter, MeterBinding, MeterKind
from telehealth.meters.service import rows


@dataclass(frozen=True, slots=True)
class NewMeter:
    """A meter that somebody registers."""

    identity: str
    kind: MeterKind = MeterKind.METER
    name: str = ""
    how: How = How.HAND


def bind(
    session: Session, actor: Actor, patient_id: int, wish: NewMeter, *, now: datetime
) -> Meter:
    """The meter is the patient's; a meter that is so already stays as it is.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not change meters.
        BoundElsewhere: the meter belongs to somebody else.
    """
    policy.require_keeping(actor, patient_id)
    meter = rows.meter_of(session, patient_id, wish.identity, wish.kind, now=now)
    _bind(session, actor, meter, wish.name, wish.how, now=now)
    return meter


def bind_again(
    session: Session, actor: Actor, patient_id: int, meter_id: int, *, now: datetime
) -> None:
    """A released meter is the patient's again, under its old name.

    Raises:
        NotFound: the actor acts for somebody else, or the meter was never the patient's.
        NotAllowed: the actor may not change meters.
        BoundElsewhere: the meter belongs to somebody else by now.
    """
    policy.require_keeping(actor, patient_id)
    before = rows.newest_binding(session, patient_id, meter_id)
    _bind(session, actor, before.meter, before.name, before.how, now=now)


def rename(
    session: Session, actor: Actor, patient_id: int, meter_id: int, name: str, *, now: datetime
) -> str:
    """The meter has this name for the patient; the one it had before is returned for an undo.

    Raises:
        NotFound: the actor acts for somebody else, or the meter was never the patient's.
        NotAllowed: the actor may not change meters.
    """
    policy.require_keeping(actor, patient_id)
    binding = rows.newest_binding(session, patient_id, meter_id)
    before, binding.name = binding.name, name
    audit.record(session, actor, "meters.rename", "meter", meter_id, now=now)
    return before


def unbind(
    session: Session, actor: Actor, patient_id: int, meter_id: int, *, now: datetime
) -> None:
    """The meter is nobody's; its readings stay where they are.

    Raises:
        NotFound: the actor acts for somebody else, or the meter was never the patient's.
        NotAllowed: the actor may not change meters.
        Conflict: it was released already.
    """
    policy.require_keeping(actor, patient_id)
    binding = rows.newest_binding(session, patient_id, meter_id)
    if binding.unbound_at is not None:
        raise Conflict(N_("This meter was removed already."))
    binding.unbound_at = max(now, binding.bound_at)
    binding.unbound_by_id = actor.person_id
    session.flush()
    audit.record(session, actor, "meters.unbind", "meter", meter_id, now=now)


def _bind(
    session: Session, actor: Actor, meter: Meter, name: str, how: How, *, now: datetime
) -> MeterBinding:
    binding = rows.bind_row(session, actor, meter, name, how, now=now)
    audit.record(session, actor, "meters.bind", "meter", meter.id, now=now)
    return binding
