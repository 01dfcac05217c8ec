"""Finding and making rows of meters and bindings; the caller has checked who asks."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, NotFound
from telehealth.core.i18n import N_
from telehealth.meters.models import How, Meter, MeterBinding, MeterKind
from telehealth.meters.service.naming import Named

BOUND_ELSEWHERE = N_(
    "This meter is still registered for another person. Nothing was changed."
    " Ask that person or the clinic to release it first."
)


class BoundElsewhere(Conflict):
    """The meter belongs to somebody else; who that is remains unsaid."""

    def __init__(self) -> None:
        super().__init__(BOUND_ELSEWHERE, code="bound_elsewhere")


def find_meter(session: Session, patient_id: int, identity: str) -> Meter | None:
    """The meter of this identity, as far as this patient can mean it."""
    same = select(Meter).where(Meter.identity == identity)
    if Named(identity).is_unique:
        return session.scalar(same.where(Meter.only_for_id.is_(None)))
    return session.scalar(same.where(Meter.only_for_id == patient_id))


def meter_of(
    session: Session, patient_id: int, identity: str, kind: MeterKind, *, now: datetime
) -> Meter:
    """The meter of this identity, made where it is new."""
    found = find_meter(session, patient_id, identity)
    if found is not None:
        return found
    only_for_id = None if Named(identity).is_unique else patient_id
    made = Meter(identity=identity, only_for_id=only_for_id, kind=kind, first_seen_at=now)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:  # somebody made the same one a moment ago
        found = find_meter(session, patient_id, identity)
        if found is None:
            raise
        return found
    return made


def open_binding(session: Session, meter_id: int) -> MeterBinding | None:
    """Whose meter it is now."""
    return session.scalar(
        select(MeterBinding).where(
            MeterBinding.meter_id == meter_id, MeterBinding.unbound_at.is_(None)
        )
    )


def newest_binding(session: Session, patient_id: int, meter_id: int) -> MeterBinding:
    """The patient's binding of a meter, also one that has ended.

    Raises:
        NotFound: it was never the patient's.
    """
    found = session.scalar(
        select(MeterBinding)
        .where(MeterBinding.patient_id == patient_id, MeterBinding.meter_id == meter_id)
        .order_by(MeterBinding.id.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound
    return found


def bind_row(
    session: Session, actor: Actor, meter: Meter, name: str, how: How, *, now: datetime
) -> MeterBinding:
    """The meter is the subject's; a binding that is open already stays as it is.

    Raises:
        BoundElsewhere: the meter belongs to somebody else.
    """
    bound = open_binding(session, meter.id)
    if bound is None:
        if _was_elsewhere(session, meter, actor.subject_id):
            _forget_state(meter)
        bound = MeterBinding(
            meter=meter,
            patient_id=actor.subject_id,
            name=name,
            how=how,
            bound_by_id=actor.person_id,
            basis=actor.basis,
            bound_at=now,
        )
        try:
            with session.begin_nested():
                session.add(bound)
        except IntegrityError as error:  # the open one is unique: somebody was faster
            bound = open_binding(session, meter.id)
            if bound is None:
                raise BoundElsewhere from error
    if bound.patient_id != actor.subject_id:
        raise BoundElsewhere
    return bound


def _was_elsewhere(session: Session, meter: Meter, patient_id: int | None) -> bool:
    """Whether the meter was another person's."""
    found = session.scalar(
        select(MeterBinding.id)
        .where(MeterBinding.meter_id == meter.id, MeterBinding.patient_id != patient_id)
        .limit(1)
    )
    return found is not None


def _forget_state(meter: Meter) -> None:
    """How the meter did is the matter of the person who had it then."""
    meter.read_at = meter.clock_set_at = None
    meter.battery_percent = meter.clock_drift_s = meter.records = None
    meter.set_aside = meter.set_aside_clock = meter.set_aside_drift_s = None
    meter.firmware = None
